"""What the gateway can respond, as steps of bytes and waits."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Ending = Literal["keep", "fin", "rst", "half"]
Stage = Literal["accept", "headers", "mid_headers", "body", "mid_body"]

REQUEST_ID = "20261122070000123456789aB3dE5fG"
GATEWAY_HEADERS = {
    "X-New-Api-Version": "v0.0.0-test",
    "X-Oneapi-Request-Id": REQUEST_ID,
}
_STREAM_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
}
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
_REASONS |= {429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}


@dataclass(frozen=True)
class Pause:
    """Waits a time before the next write."""

    seconds: float


class Stall:
    """Waits until the client closes the connection."""


class Gate:
    """Waits until the test calls `open()`: order without time."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def open(self) -> None:
        self._event.set()

    @property
    def is_open(self) -> bool:
        return self._event.is_set()


Step = bytes | Pause | Stall | Gate


class Response:
    """Something that can be played: steps, then how the connection ends."""

    ending: Ending = "keep"

    def steps(self) -> Iterator[Step]:
        raise NotImplementedError


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """A status line and headers, with the empty line after them."""
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def http_chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


@dataclass
class Body(Response):
    """A whole body of any type, in one write with its headers."""

    content: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Ending = "keep"

    def steps(self) -> Iterator[Step]:
        body = self.content if isinstance(self.content, bytes) else self.content.encode()
        headers = {**GATEWAY_HEADERS, "Content-Length": str(len(body)), **self.headers}
        yield head(self.status, headers) + body


@dataclass
class Json(Response):
    """A JSON body; headers are added to the gateway's own."""

    obj: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def steps(self) -> Iterator[Step]:
        body = json.dumps(self.obj, ensure_ascii=False, separators=(",", ":"))
        headers = {"Content-Type": "application/json; charset=utf-8", **self.headers}
        return Body(body, self.status, headers).steps()


Event = Mapping[str, Any] | str | bytes | Step


@dataclass
class Sse(Response):
    """An event stream, each event a chunk of its own.

    A mapping becomes a `data:` line, str and bytes go out as they are, a Gate or Pause waits.
    """

    events: Iterable[Event]
    done: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    status: int = 200
    ending: Ending = "keep"
    closed: bool = True
    """Whether the last HTTP chunk is sent: without it the body is cut off."""

    def steps(self) -> Iterator[Step]:
        headers = {**GATEWAY_HEADERS, **_STREAM_HEADERS, **self.headers}
        yield head(self.status, {**headers, "Transfer-Encoding": "chunked"})
        for event in self.events:
            if self.delay:
                yield Pause(self.delay)
            yield event if isinstance(event, Pause | Stall | Gate) else http_chunk(encoded(event))
        if self.done:
            yield http_chunk(b"data: [DONE]\n\n")
        if self.closed:
            yield LAST_CHUNK


def encoded(event: Mapping[str, Any] | str | bytes) -> bytes:
    """The bytes of one event."""
    if isinstance(event, bytes):
        return event
    if isinstance(event, str):
        return event.encode()
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"data: {text}\n\n".encode()


@dataclass
class Raw(Response):
    """Bytes played as cut, a write each; everything, status line too, is in them.

    Between them may stand a `Gate`, `Pause` or `Stall`.
    """

    pieces: Sequence[Step] | bytes
    close: bool = True
    drop: Literal["fin", "rst", "half"] | None = None

    def steps(self) -> Iterator[Step]:
        yield from [self.pieces] if isinstance(self.pieces, bytes) else self.pieces

    @property
    def ending(self) -> Ending:  # type: ignore[override]  # a value there, computed here
        return self.drop or ("fin" if self.close else "keep")


@dataclass
class Drip(Response):
    """Another answer, some bytes at a time."""

    answer: Response
    delay: float = 0.001
    size: int = 1

    def __post_init__(self) -> None:
        self.ending = self.answer.ending

    def steps(self) -> Iterator[Step]:
        for step in self.answer.steps():
            if not isinstance(step, bytes):
                yield step
                continue
            for start in range(0, len(step), self.size):
                yield step[start : start + self.size]
                if self.delay:
                    yield Pause(self.delay)


@dataclass
class Endless(Response):
    """One event over and over, until the client goes, or `times`."""

    event: Event
    times: int | None = None

    def steps(self) -> Iterator[Step]:
        yield from Sse(self._repeated()).steps()

    def _repeated(self) -> Iterator[Event]:
        sent = 0
        while self.times is None or sent < self.times:
            sent += 1
            yield self.event
