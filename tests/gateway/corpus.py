"""The wire cases, cut as they are or anew."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.gateway.responses import LAST_CHUNK, Ending, Response, Stall, Step, http_chunk

FOLDER = Path(__file__).parent.parent / "wirecases"
Cut = Literal["as_is", "whole", "bytes"]
CUTS: tuple[Cut, ...] = ("as_is", "whole", "bytes")

# Says that the peer does not close after [DONE]: played so that waiting for it would hang.
_NEVER_CLOSED = {"stream_finish_then_no_close"}


@functools.cache
def manifest() -> list[dict[str, Any]]:
    """What is expected of each case."""
    loaded: list[dict[str, Any]] = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
    return loaded


@dataclass(frozen=True)
class Parts:
    """One recorded answer, taken apart."""

    head: bytes
    chunks: tuple[bytes, ...]
    is_chunked: bool
    is_closed: bool
    """Whether the last chunk is there; always, of a body with a length."""


@functools.cache
def parts(name: str) -> Parts:
    """A case, taken apart."""
    data = (FOLDER / f"{name}.http").read_bytes()
    end = data.index(b"\r\n\r\n") + 4
    head, body = data[:end], data[end:]
    if b"transfer-encoding: chunked" not in head.lower():
        return Parts(head, (body,) if body else (), is_chunked=False, is_closed=True)
    chunks, is_closed = unchunked(body)
    return Parts(head, tuple(chunks), is_chunked=True, is_closed=is_closed)


def unchunked(body: bytes) -> tuple[list[bytes], bool]:
    """The chunks of a body, and whether the last one came."""
    chunks: list[bytes] = []
    while body:
        line, _, body = body.partition(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        if size == 0:
            return chunks, True
        chunks.append(body[:size])
        body = body[size + 2 :]
    return chunks, False


def body(name: str) -> bytes:
    """The body of a case without its framing."""
    return b"".join(parts(name).chunks)


@dataclass
class WireCase(Response):
    """A recorded answer: at its own boundaries, in one piece, or a byte at a time."""

    name: str
    cut: Cut = "as_is"
    ending: Ending = "fin"

    def steps(self) -> Iterator[Step]:
        case = parts(self.name)
        yield case.head
        for piece in recut(case.chunks, self.cut):
            yield http_chunk(piece) if case.is_chunked else piece
        if self.name in _NEVER_CLOSED:
            yield Stall()
        if case.is_chunked and case.is_closed:
            yield LAST_CHUNK


def recut(chunks: Sequence[bytes], cut: Cut) -> Sequence[bytes]:
    """The bytes of a body in other pieces."""
    joined = b"".join(chunks)
    if cut == "as_is":
        return chunks
    if cut == "whole":
        return [joined] if joined else []
    return [joined[place : place + 1] for place in range(len(joined))]
