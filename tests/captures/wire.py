"""Captures on the wire: their bytes cut anew, for a socket or for an httpx transport."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

import httpx

from tests.captures.capture import Capture
from tests.gateway.corpus import Cut, recut, unchunked


def raw_pieces(capture: Capture) -> list[bytes]:
    """The bytes of a connection, framing included, cut at random: the same every time."""
    dice = random.Random(capture.name)
    sizes = [dice.randint(1, 120) for _ in capture.data]
    return [piece for piece in _cut(capture.data, sizes) if piece]


def _cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    for size in sizes:
        yield data[:size]
        data = data[size:]
    yield data


@dataclass(frozen=True)
class Reply:
    """A reply taken apart: what an HTTP library makes of the bytes."""

    status: int
    headers: list[tuple[str, str]]
    chunks: list[bytes]
    is_whole: bool
    """Whether the last chunk, or as many bytes as promised, came."""


def reply_of(capture: Capture) -> Reply:
    """The reply of a capture, without its framing."""
    head, _, body = capture.data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (x.partition(":") for x in lines[1:])]
    lengths = {name.lower(): value for name, value in headers}
    if lengths.get("transfer-encoding", "").lower() == "chunked":
        chunks, is_whole = unchunked(body)
        return Reply(capture.status, headers, chunks, is_whole)
    is_whole = len(body) >= int(lengths.get("content-length", len(body)))
    return Reply(capture.status, headers, [body], is_whole)


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The pieces of a body; one that was cut off ends as a connection that broke."""

    def __init__(self, pieces: Sequence[bytes], *, is_whole: bool) -> None:
        self._pieces = pieces
        self._is_whole = is_whole

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        if not self._is_whole:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete body")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


class ReplayTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Replies with captures, one for each request and the last one again, without a socket."""

    def __init__(self, captures: list[Capture], cut: Cut) -> None:
        self.requests: list[httpx.Request] = []
        self._captures = list(captures)
        self._cut = cut

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        rest = self._captures
        reply = reply_of(rest.pop(0) if len(rest) > 1 else rest[0])
        pieces = recut(reply.chunks, self._cut)
        # The body's framing is done with: httpx must not look for it.
        headers = [(k, v) for k, v in reply.headers if k.lower() != "transfer-encoding"]
        return httpx.Response(
            reply.status, headers=headers, stream=_Body(pieces, is_whole=reply.is_whole)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)
