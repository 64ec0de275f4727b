"""Bytes of a server-sent event stream to events, at any split and in linear time.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation, with
two differences: an event that the end of the stream cuts off is given out, and so is a line that
is no field (the gateway appends errors as bare JSON).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Event: TypeAlias = tuple[Literal["message", "error", "stray"], bytes]
"""The data of one event, of an event named `error`, or a stray line that is no field.

A plain tuple: there is one for each token, and a class takes longer than all the rest here.
"""

_BOM = b"\xef\xbb\xbf"
_FIELDS = (b"data:", b":", b"event:", b"id:", b"retry:")


def looks_like_events(body: bytes) -> bool:
    """Whether a body, or its beginning, is an event stream, whatever its Content-Type says."""
    return body.lstrip(_BOM + b" \r\n").startswith(_FIELDS)


class CommentFilter:
    """Knows comments from what else a stream has, however it is cut."""

    def __init__(self) -> None:
        self._is_comment: bool | None = None
        """Whether the line under way is one; None at its start."""

    def has_content(self, data: bytes) -> bool:
        """Whether some bytes are more than comments and line ends."""
        if (
            self._is_comment is None
            and data[:1] != b":"
            and b"\n:" not in data
            and b"\r" not in data
        ):
            # As nearly all are.
            self._is_comment = None if data.endswith(b"\n") else False
            return bool(data.strip(b"\n"))
        found = False
        for place, line in enumerate(data.replace(b"\r", b"\n").split(b"\n")):
            if place:
                self._is_comment = None
            if line and self._is_comment is None:
                self._is_comment = line.startswith(b":")
            found = found or bool(line and not self._is_comment)
        return found


class EventDecoder:
    """Splits on CR, LF and CRLF only; a line is joined once, when it is complete."""

    def __init__(self) -> None:
        self.buffered = 0
        """Bytes of the line and event under way."""
        self._tail: list[bytes] = []
        self._data: list[bytes] = []
        self._data_size = 0
        self._kind: Literal["message", "error"] = "message"
        self._at_start = True
        self._after_cr = False

    def feed(self, data: bytes) -> list[Event]:
        """Takes in some bytes; gives the events they complete."""
        if b"\r" in data or (self._after_cr and data):
            data = self._normalized(data)
        if b"\n" not in data:
            self._tail.append(data)
            self.buffered += len(data)
            return []
        if self._tail:
            self._tail.append(data)
            data = b"".join(self._tail)
        lines = data.split(b"\n")
        last = lines.pop()
        self._tail = [last] if last else []
        events = self._events(lines)
        self.buffered = len(last) + self._data_size
        return events

    def close(self) -> list[Event]:
        """The end of the stream; gives what has no line end or blank line behind it."""
        last = b"".join(self._tail)
        self._tail = []
        return self._events([last, b""] if last else [b""])

    def _normalized(self, data: bytes) -> bytes:
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
        self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _events(self, lines: list[bytes]) -> list[Event]:
        events: list[Event] = []
        if self._at_start and lines:
            self._at_start = False
            lines[0] = lines[0].removeprefix(_BOM)
        pending = self._data
        for line in lines:
            if line.startswith(b"data:"):
                pending.append(line[6:] if line[5:6] == b" " else line[5:])
                self._data_size += len(line)
            elif not line:
                if pending:
                    data = pending[0] if len(pending) == 1 else b"\n".join(pending)
                    events.append((self._kind, data))
                    pending.clear()
                    self._data_size = 0
                self._kind = "message"
            else:
                events += self._rare(line)
        return events

    def _rare(self, line: bytes) -> list[Event]:
        name, _, value = line.partition(b":")
        if name == b"event":
            self._kind = "error" if value.strip() == b"error" else "message"
        elif name == b"data":
            self._data.append(b"")
        elif name not in {b"", b"id", b"retry"}:
            return [("stray", line)]
        return []
