"""The parts of a stream's body that are no events: bare JSON from the gateway, or a web page."""

from __future__ import annotations

from typing import Any

from ramclouds._failures.error_body import is_web_page
from ramclouds._json.parsing import MalformedError, parse_first

_OTHER_KEPT = 4096


class StrayJson:
    """Collects the lines that are no field of an event stream, and reads them as JSON."""

    def __init__(self) -> None:
        self.size = 0
        """Bytes kept."""
        self.value: Any = None
        """The last JSON object that the lines made up."""
        self._object: list[bytes] = []
        self._tried = 0
        self._other = b""

    @property
    def is_page(self) -> bool:
        """Whether the lines begin a web page, whose scripts are no JSON of the gateway."""
        return is_web_page(self._other)

    def __bool__(self) -> bool:
        return bool(self._object or self._other or self.value is not None)

    @property
    def text(self) -> bytes:
        """The lines collected, for an error message."""
        return b"\n".join(self._object) or self._other

    def add(self, line: bytes) -> Any:
        """Takes in a line; gives the JSON object that it completes, or None."""
        if not self._object and (self.is_page or not line.lstrip().startswith(b"{")):
            if len(self._other) < _OTHER_KEPT:
                self._other += line[:_OTHER_KEPT] + b"\n"
            return None
        self._object.append(line)
        self.size += len(line) + 1
        # Parsed again only after the buffer doubled: at each line it would be quadratic. `close`
        # always parses.
        if not line.rstrip().endswith(b"}") or self.size < 2 * self._tried:
            return None
        return self.close()

    def close(self) -> Any:
        """Parses the lines collected; gives the JSON object that they are, or None."""
        if not self._object:
            return None
        self._tried = self.size
        try:
            self.value = parse_first(b"\n".join(self._object))
        except MalformedError:
            return None
        self._other = self.text[:_OTHER_KEPT]
        self._object, self.size, self._tried = [], 0, 0
        return self.value
