"""The gateway's queue without a socket: an answer's bytes, handed to httpx in the same process."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from tests.gateway.answering import Answering
from tests.gateway.request import Headers, Request
from tests.gateway.responses import LAST_CHUNK, Response

_CUT = "peer closed connection without sending complete message body (incomplete chunked read)"


class OfflineGateway(Answering):
    """Answers over `httpx.MockTransport`: for what does not depend on how bytes travel."""

    base_url = "https://gateway.test/v1"

    def http_client(self) -> httpx.Client:
        """A client whose requests come here."""
        return httpx.Client(transport=httpx.MockTransport(self._respond))

    def _respond(self, request: httpx.Request) -> httpx.Response:
        pairs = [(name.decode(), value.decode()) for name, value in request.headers.raw]
        path = request.url.raw_path.decode()
        received = Request(request.method, path, Headers(pairs), request.read(), 0)
        self.requests.append(received)
        return _response(self._answer(received))


def _response(answer: Response) -> httpx.Response:
    steps = (step for step in answer.steps() if isinstance(step, bytes))
    head, _, rest = next(steps).partition(b"\r\n\r\n")
    start, *lines = head.split(b"\r\n")
    pairs = [line.split(b":", 1) for line in lines]
    headers = [(name, value.strip()) for name, value in pairs]
    is_chunked = any(name.lower() == b"transfer-encoding" for name, _ in headers)
    content = _unchunked(steps) if is_chunked else _whole(rest, steps)
    return httpx.Response(int(start.split(b" ")[1]), headers=headers, content=content)


def _whole(rest: bytes, steps: Iterator[bytes]) -> Iterator[bytes]:
    yield rest
    yield from steps


def _unchunked(steps: Iterator[bytes]) -> Iterator[bytes]:
    """The body in its chunks; each step is one chunk."""
    for step in steps:
        if step == LAST_CHUNK:
            return
        yield step.partition(b"\r\n")[2].removesuffix(b"\r\n")
    raise httpx.RemoteProtocolError(_CUT)
