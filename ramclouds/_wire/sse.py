"""Bytes of a server-sent event stream to event payloads, at any split and in linear time.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation, with
two differences: an event that the end of the stream cuts off is still given out, and so are lines
that are no field (the gateway appends errors as bare JSON).
"""

from __future__ import annotations

_BOM = b"\xef\xbb\xbf"
_FIELDS = (b"data:", b":", b"event:", b"id:", b"retry:")


def looks_like_events(body: bytes) -> bool:
    """Whether a body, or the beginning of one, is an event stream, whatever its label says."""
    return body.lstrip(_BOM + b" \r\n").startswith(_FIELDS)


class ErrorEvent(bytes):
    """The payload of an event that calls itself an error."""

    __slots__ = ()


class StrayLine(bytes):
    """A line that is no field of an event stream, in its place among the payloads."""

    __slots__ = ()


class EventDecoder:
    """Splits on CR, LF and CRLF only; a line is joined once, when it is complete."""

    def __init__(self) -> None:
        self.held = 0
        """Bytes held back, of the line and event under way."""
        self._tail: list[bytes] = []
        self._data: list[bytes] = []
        self._data_size = 0
        self._is_error = False
        self._at_start = True
        self._after_cr = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take in some bytes; give out the payloads of the events they complete."""
        if b"\r" in data or (self._after_cr and data):
            data = self._normalized(data)
        if b"\n" not in data:
            self._tail.append(data)
            self.held += len(data)
            return []
        if self._tail:
            self._tail.append(data)
            data = b"".join(self._tail)
        lines = data.split(b"\n")
        last = lines.pop()
        self._tail = [last] if last else []
        events = self._take(lines)
        self.held = len(last) + self._data_size
        return events

    def close(self) -> list[bytes]:
        """End of the stream: give out what has no line end or blank line behind it."""
        last = b"".join(self._tail)
        self._tail = []
        return self._take([last, b""] if last else [b""])

    def _normalized(self, data: bytes) -> bytes:
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
        self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _take(self, lines: list[bytes]) -> list[bytes]:
        events: list[bytes] = []
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
                    payload = pending[0] if len(pending) == 1 else b"\n".join(pending)
                    events.append(ErrorEvent(payload) if self._is_error else payload)
                    pending.clear()
                    self._data_size = 0
                self._is_error = False
            else:
                events += self._take_rare(line)
        return events

    def _take_rare(self, line: bytes) -> list[bytes]:
        name, _, value = line.partition(b":")
        if name == b"event":
            self._is_error = value.strip() == b"error"
        elif name == b"data":
            self._data.append(b"")
        elif name not in {b"", b"id", b"retry"}:
            return [StrayLine(line)]
        return []
