"""What of a stream's body is no event: bare JSON that the gateway appended, or a web page."""

from __future__ import annotations

from typing import Any

from ramclouds._json.parsing import MalformedError, parse_first

_NOISE_KEPT = 4096


class StrayJson:
    """Collects the lines that are no field of an event stream, and reads them as JSON."""

    def __init__(self) -> None:
        self.size = 0
        """Bytes kept."""
        self.value: Any = None
        """The last JSON object that the lines made up."""
        self._object: list[bytes] = []
        self._tried = 0
        self._noise = b""

    @property
    def is_page(self) -> bool:
        """Whether the lines begin a web page: what its scripts hold is no JSON of the gateway."""
        return self._noise.lstrip().startswith(b"<")

    def __bool__(self) -> bool:
        return bool(self._object or self._noise or self.value is not None)

    @property
    def text(self) -> bytes:
        """What was collected, for a message."""
        return b"\n".join(self._object) or self._noise

    def add(self, line: bytes) -> Any:
        """Take in a line; gives the JSON object that it completes, or None."""
        if not self._object and (self.is_page or not line.lstrip().startswith(b"{")):
            if len(self._noise) < _NOISE_KEPT:
                self._noise += line[:_NOISE_KEPT] + b"\n"
            return None
        self._object.append(line)
        self.size += len(line) + 1
        # To look only when it has doubled keeps the whole linear; `close` looks in any case.
        if not line.rstrip().endswith(b"}") or self.size < 2 * self._tried:
            return None
        return self.close()

    def close(self) -> Any:
        """Read what was collected; gives the JSON object that it makes up, or None."""
        if not self._object:
            return None
        self._tried = self.size
        try:
            self.value = parse_first(b"\n".join(self._object))
        except MalformedError:
            return None
        self._noise = self.text[:_NOISE_KEPT]
        self._object, self.size, self._tried = [], 0, 0
        return self.value
