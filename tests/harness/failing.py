"""The ways in which a call fails, with a gateway that lets it fail so."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from tests.gateway import Body, Drop, Gateway, Hang, Json, Pause, Raw, Sse, chunk, error, head
from tests.gateway.responses import Response

_ANSWERS: Mapping[str, Response] = {
    "401": Json(error("Invalid token", "new_api_error", ""), 401),
    "407": Body("", 407),
    "429": Json(error("slow down", "rate_limit_error", ""), 429),
    "500": Json(error("failed", "server_error", ""), 500),
    "redirect": Body("", 302, {"Location": "/elsewhere"}),
    "web_page": Body("<html></html>", headers={"Content-Type": "text/html"}),
    "broken_json": Body("{broken", headers={"Content-Type": "application/json"}),
    "error_in_200": Json(error("failed", "server_error", "")),
    "error_event": Sse([chunk({"content": "a"}), error("failed", "server_error", "")]),
    "broken_event": Sse([chunk({"content": "a"}), "data: {broken\n\n"]),
    "cut": Drop("mid_body", how="fin"),
    "reset": Drop("headers", how="rst"),
    "closed": Drop("accept", how="fin"),
    "bad_framing": Raw([head(200, {"Transfer-Encoding": "chunked"}), Pause(0.02), b"zz\r\n"]),
    "no_http": Raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "bad_gzip": Body("no gzip", headers={"Content-Encoding": "gzip"}),
    "read_timeout": Hang("headers"),
    # The server hangs up in the middle of the handshake.
    "tls": Drop("accept", how="fin"),
}
FAILURES = (*_ANSWERS, "refused", "no_host", "connect_timeout", "proxy")
"""The names of the failures."""
# What is waited for never comes: a busy machine changes nothing.
_TIMEOUTS = {"read_timeout": httpx.Timeout(10, read=0.05)}


@contextmanager
def failing(kind: str, gateway: Gateway) -> Iterator[dict[str, Any]]:
    """Settings of a client whose next call fails in this way."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        if kind == "refused":
            yield {"base_url": f"http://127.0.0.1:{port}/v1"}
        elif kind == "no_host":
            yield {"base_url": "https://gateway.invalid/v1"}
        elif kind == "connect_timeout":
            with _full(taken):
                timeout = httpx.Timeout(10, connect=0.05)
                yield {"base_url": f"http://127.0.0.1:{port}/v1", "timeout": timeout}
        elif kind == "proxy":
            yield {"base_url": gateway.base_url, "proxy": f"http://u:{PASSWORD}@127.0.0.1:{port}"}
        else:
            gateway.reply(_ANSWERS[kind])
            scheme = "https:" if kind == "tls" else "http:"
            url = gateway.base_url.replace("http:", scheme)
            yield {"base_url": url, "timeout": _TIMEOUTS.get(kind, 10)}


PASSWORD = "pr0xyc4narybird"


@contextmanager
def _full(listener: socket.socket) -> Iterator[None]:
    """A port whose queue is full: connecting to it waits."""
    listener.listen(0)
    waiting = [socket.socket() for _ in range(3)]
    try:
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield
    finally:
        for one in waiting:
            one.close()
