"""Brackets and strings of JSON text that arrives in pieces."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\.|[\"{}\[\]]", re.DOTALL)
_DEPTH = {"{": 1, "[": 1, "}": -1, "]": -1}


class BracketScan:
    """Follows the brackets, past those inside strings."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._has_begun = False
        self._carry = ""

    @property
    def is_closed(self) -> bool:
        """Whether an object was opened, and is closed again."""
        return self._has_begun and self._depth == 0

    def feed(self, text: str) -> None:
        """Takes in the next piece."""
        text = self._carry + text
        backslashes = len(text) - len(text.rstrip("\\"))
        self._carry = "\\" * (backslashes % 2)
        for token in _TOKEN.findall(text):
            if token == '"':
                self._in_string = not self._in_string
            elif not self._in_string and token in _DEPTH:
                self._depth += _DEPTH[token]
                self._has_begun = True
