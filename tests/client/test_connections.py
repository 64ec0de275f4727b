"""Responses belong to their requests, and every call ends: the same for both clients."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ramclouds import (
    APIConnectionError,
    APITimeoutError,
    BadRequestError,
    RamCloudsError,
    RequestTooLargeError,
)
from tests.client.wire_server import (
    Script,
    chunked,
    request_of,
    responding,
    whole,
    wire_server,
    without_end,
)
from tests.gateway import Gate, Gateway, Hang, Json, Raw, Sse, completion, error, text_chunks
from tests.harness import EACH_TWIN, Calls, each_row, in_row, read

Connect = Callable[..., Calls]
pytestmark = EACH_TWIN

SHORT = httpx.Timeout(5, read=0.3, write=0.3, pool=0.3)
# Where the call fails so in any case.
SHORTEST = httpx.Timeout(5, read=0.05, write=0.05)
EVENTS = b"".join(
    b"%x\r\n%b\r\n" % (len(event), event)
    for event in (
        *(b"data: " + json.dumps(one).encode() + b"\n\n" for one in text_chunks("first")),
        b"data: [DONE]\n\n",
    )
)
STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    + EVENTS
)

FIRST = {
    "length": whole("first"),
    "chunked": chunked("first"),
    "stream": STREAM + b"0\r\n\r\n",
    "informational": b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + whole("first"),
}
UNASKED = {
    "whole": whole("POISON"),
    "stream": STREAM.replace(b"first", b"POISN") + b"0\r\n\r\n",
    "half": whole("POISON")[:40],
    "byte": b"H",
    "408": b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "junk": b"\x00junk\r\n",
}


@each_row("first", FIRST)
def test_what_nobody_asked_for_is_no_response(
    gateway: Gateway, connect: Connect, first: str
) -> None:
    for kind, unasked in UNASKED.items():
        for is_late in (False, True):
            gate, calls = Gate(), connect()
            pieces = [FIRST[first], gate, unasked] if is_late else [FIRST[first] + unasked]
            gateway.reply(Raw(pieces, close=False), Json(completion("second")))
            ask = calls.stream if first == "stream" else calls.complete
            assert read(ask())["text"] == "first", (kind, is_late)
            gate.open()
            gateway.wait_idle()
            assert calls.complete().text == "second", (kind, is_late)
            calls.close()


def test_what_nobody_asked_for_behind_a_refusal(gateway: Gateway, connect: Connect) -> None:
    refusal = whole("", status="400 Bad Request")
    gateway.reply(Raw([refusal + whole("POISON")], close=False), Json(completion("second")))
    calls = connect()
    with pytest.raises(BadRequestError):
        calls.complete()
    assert calls.complete().text == "second"


def test_what_breaks_behind_a_whole_response_is_no_failure(connect: Connect) -> None:
    for end in [b"0\r\nX y\r\n\r\n", b"0\r\n" + b"X: y\r\n" * 60_000, b"0\r\n\r\nzz"]:
        with in_row(end), wire_server(responding(chunked("Hi", end=end))) as server:
            assert connect(base_url=server.base_url, max_retries=2).complete().text == "Hi"
            assert server.connections == 1


def test_response_before_the_request_was_read(connect: Connect) -> None:
    """The server reads the head, refuses, and neither reads on nor closes."""
    body = json.dumps(error("too large")).encode()
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    def play(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(refusal)
        threading.Event().wait(3)

    messages = [{"role": "user", "content": "x" * 20_000_000}]
    with wire_server(play) as server, pytest.raises(RequestTooLargeError):
        connect(base_url=server.base_url, timeout=30).complete(messages=messages)


# What a server does that never ends, and what becomes of the call.
ENDLESS: dict[str, tuple[Script, type[RamCloudsError] | None]] = {
    "informational_then_silence": (responding(b"HTTP/1.1 103 E\r\n\r\n"), APITimeoutError),
    "informational": (without_end(b"HTTP/1.1 103 E\r\n\r\n"), APIConnectionError),
    "silence": (responding(), APITimeoutError),
    "head_by_the_byte": (
        without_end(b"x", before=b"HTTP/1.1 200 OK\r\nX: ", pause=0.02),
        APITimeoutError,
    ),
    "head": (without_end(b"X: y\r\n" * 50, before=b"HTTP/1.1 200 OK\r\n"), APIConnectionError),
    "reason": (without_end(b"x" * 500, before=b"HTTP/1.1 200 "), APIConnectionError),
    "chunk_extension": (
        without_end(b"x" * 500, before=chunked("Hi", end=b"5;x=")),
        APIConnectionError,
    ),
    "chunk_extension_by_the_byte": (
        without_end(b"x", before=chunked("Hi", end=b"5;x="), pause=0.02),
        APITimeoutError,
    ),
    "small_chunks": (
        without_end(b"1;" + b"x" * 200 + b"\r\n \r\n", before=chunked("Hi", end=b"")),
        APIConnectionError,
    ),
    "trailers": (without_end(b"X: y\r\n" * 50, before=chunked("Hi", end=b"0\r\n")), None),
    "trailers_by_the_byte": (
        without_end(b"x", before=chunked("Hi", end=b"0\r\nX: "), pause=0.02),
        None,
    ),
    "behind_done": (without_end(b"x", before=STREAM + b"5;x=", pause=0.02), None),
    "nothing_is_read": (lambda connection: threading.Event().wait(3) and None, APITimeoutError),
}


def test_every_call_ends(connect: Connect) -> None:
    for kind, (script, expected) in ENDLESS.items():
        size = 20_000_000 if kind == "nothing_is_read" else 2
        params: dict[str, Any] = {"messages": [{"role": "user", "content": "x" * size}]}
        timeout = {APITimeoutError: SHORTEST, None: SHORT}.get(expected, 30)
        with in_row(kind), wire_server(script) as server:
            calls = connect(base_url=server.base_url, timeout=timeout)
            ask = calls.stream if kind == "behind_done" else calls.complete
            if expected is None:
                assert read(ask(**params))["text"] in {"Hi", "first"}
                continue
            with pytest.raises(expected) as caught:
                ask(**params)
            assert isinstance(caught.value, APITimeoutError) is (expected is APITimeoutError)


def test_expectation_that_nobody_meets(connect: Connect) -> None:
    with wire_server(responding()) as server:
        calls = connect(base_url=server.base_url, timeout=SHORTEST)
        with pytest.raises(APITimeoutError):
            calls.complete(extra_headers={"Expect": "100-continue"})


def failing_at(place: str, pause: float) -> Script:
    """A second request on a connection fails at a place."""
    parts = {
        "nothing": b"",
        "half_head": b"HTTP/1.1 200 OK\r\nX",
        "informational": b"HTTP/1.1 103 Early\r\n\r\n",
        "illegal": b"nonsense\r\n\r\n",
    }

    def play(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(whole("first"))
        request_of(connection)
        threading.Event().wait(pause)
        connection.sendall(parts[place])

    return play


def test_only_what_was_never_received_is_sent_again(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, pause, is_free in [
        ("nothing", 0, True),
        ("nothing", 0.2, False),
        ("half_head", 0, False),
        ("informational", 0, False),
        ("illegal", 0, False),
    ]:
        # A server that closes later than at once has had the request.
        monkeypatch.setattr("ramclouds._http.connection._AT_ONCE", 0.05 if pause else 20.0)
        scripts = failing_at(place, pause), responding(whole("again"))
        with in_row(place, pause), wire_server(*scripts) as server:
            calls = connect(base_url=server.base_url)
            assert calls.complete().text == "first"
            if is_free:
                assert calls.complete().text == "again"
            else:
                with pytest.raises(APIConnectionError):
                    calls.complete()
            assert server.connections == (2 if is_free else 1)


def test_machine_without_poll(
    gateway: Gateway, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("select.poll")
    assert connect().complete().text
    gateway.reply(Hang("headers"))
    with pytest.raises(APITimeoutError):
        connect(max_retries=0, timeout=0.05).complete()


def test_no_retries_is_no_second_request(gateway: Gateway, connect: Connect) -> None:
    for status in (408, 409, 429, 500, 502, 503, 504):
        gateway.reply(Json(error("no"), status, {"Retry-After": "0"}))
        with pytest.raises(RamCloudsError):
            connect(max_retries=0).complete()
    assert len(gateway.requests) == 7


def test_slow_reader_of_a_stream_lets_the_server_wait(gateway: Gateway, connect: Connect) -> None:
    """What nobody has read waits in the kernel, and not in our memory."""
    import tracemalloc

    event = text_chunks("x" * 1000)[1]
    sent = 0

    def events() -> Any:
        nonlocal sent
        for _ in range(20_000):
            sent += 1
            yield event
        yield text_chunks("x")[-2]

    gateway.reply(Sse(events()))
    tracemalloc.start()
    calls = connect()
    calls._twin.first(
        calls.client, "stream", model="m", messages=[{"role": "user", "content": "H"}]
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent < 20_000
    assert peak < 5_000_000


def test_host_is_not_looked_up_for_each_connection(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramclouds._http.addresses.FRESH", 600.0)
    looked_up, lookup = [], socket.getaddrinfo

    def looking(*args: Any, **kwargs: Any) -> Any:
        looked_up.append(args[0])
        return lookup(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", looking)
    with wire_server(responding(whole("Hi", headers="Connection: close\r\n"))) as server:
        calls = connect(base_url=server.base_url, max_retries=0)
        for _ in range(3):
            assert calls.complete().text == "Hi"
        assert server.connections == 3
        assert looked_up == ["127.0.0.1"]
    # A host that has moved is looked up again.
    with pytest.raises(APIConnectionError):
        calls.complete()
    with pytest.raises(APIConnectionError):
        calls.complete()
    assert looked_up == ["127.0.0.1"] * 2
