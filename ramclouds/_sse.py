"""Bytes of a server-sent event stream to event payloads, at any split and in linear time.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation, with
two differences: an event that the end of the stream cuts off is still given out, and lines that
are no field are kept (the gateway appends errors as bare JSON).
"""

from __future__ import annotations

_BOM = b"\xef\xbb\xbf"
_NOISE_KEPT = 4096


class ErrorEvent(bytes):
    """The payload of an event that calls itself an error."""

    __slots__ = ()


class EventDecoder:
    """Splits on CR, LF and CRLF only; a line is joined once, when it is complete."""

    def __init__(self) -> None:
        self.held = 0
        """Bytes held back: of the line and event under way, and of the residue."""
        self._tail: list[bytes] = []
        self._tail_size = 0
        self._data: list[bytes] = []
        self._data_size = 0
        self._residue: list[bytes] = []
        self._residue_size = 0
        self._residue_tried = 0
        self._noise = b""
        self._is_error = False
        self._at_start = True
        self._after_cr = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take in some bytes; give out the payloads of the events they complete."""
        if b"\r" in data or (self._after_cr and data):
            data = self._normalized(data)
        if b"\n" not in data:
            self._tail.append(data)
            self._tail_size += len(data)
            self.held += len(data)
            return []
        if self._tail:
            self._tail.append(data)
            data = b"".join(self._tail)
        lines = data.split(b"\n")
        last = lines.pop()
        self._tail = [last] if last else []
        self._tail_size = len(last)
        return self._take(lines)

    def close(self) -> list[bytes]:
        """End of the stream: give out what has no line end or blank line behind it."""
        last = b"".join(self._tail)
        self._tail, self._tail_size = [], 0
        return self._take([last, b""] if last else [b""])

    def new_residue(self) -> bytes:
        """Bare JSON among the lines, or nothing where it has not grown enough to look again.

        Looking only when it has doubled keeps the whole linear; `residue` looks in any case.
        """
        if self._residue_size < 2 * self._residue_tried or not self._residue:
            return b""
        self._residue_tried = self._residue_size
        return self.residue

    @property
    def residue(self) -> bytes:
        """The lines that are no field, from the first that begins a JSON object."""
        return b"\n".join(self._residue)

    @property
    def noise(self) -> bytes:
        """The beginning of the lines that are neither field nor JSON: a web page, a sentence."""
        return self._noise

    def drop_residue(self) -> None:
        """Forget a JSON object that means nothing."""
        self._residue, self._residue_size, self._residue_tried = [], 0, 0

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
                self._take_rare(line)
        self.held = self._tail_size + self._data_size + self._residue_size
        return events

    def _take_rare(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"event":
            self._is_error = value.strip() == b"error"
        elif name == b"data":
            self._data.append(b"")
        elif name not in {b"", b"id", b"retry"}:
            if self._residue or line.lstrip().startswith(b"{"):
                self._residue.append(line)
                self._residue_size += len(line) + 1
            elif len(self._noise) < _NOISE_KEPT:
                self._noise += line[:_NOISE_KEPT] + b"\n"
