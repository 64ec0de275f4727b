"""Text read a character at a time: which word it is, what a string says, where a value ends."""

from __future__ import annotations

from collections.abc import Iterable

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_HEX = frozenset("0123456789abcdefABCDEF")


class Words:
    """Words of which one is expected."""

    def __init__(self, words: Iterable[str]) -> None:
        self.whole = frozenset(words)
        self.begun = frozenset(word[:end] for word in self.whole for end in range(len(word) + 1))


class StringText:
    """A string after its opening quote."""

    def __init__(self, quote: str) -> None:
        self.is_done = False
        self._quote = quote
        self._escape = ""
        self._high = ""

    def push(self, char: str) -> str:
        """Return what the string says up to `char`, beyond what was returned before."""
        if self._escape:
            return self._push_escape(char)
        if char == "\\":
            self._escape = char
            return ""
        self.is_done = char == self._quote
        return self._after_half("" if self.is_done else char)

    def _push_escape(self, char: str) -> str:
        self._escape += char
        if self._escape == "\\u" or (self._escape[1] == "u" and char in _HEX):
            return self._unicode() if len(self._escape) == 6 else ""
        escape, self._escape = self._escape, ""
        if escape[1] == "u":  # \u without its four digits stands for itself
            return self._after_half(escape)
        return self._after_half(_ESCAPES.get(char, char))

    def _unicode(self) -> str:
        code, self._escape = int(self._escape[2:], 16), ""
        if self._high and 0xDC00 <= code < 0xE000:
            high, self._high = ord(self._high), ""
            return chr(0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00))
        if 0xD800 <= code < 0xDC00:
            before = self._after_half("")
            self._high = chr(code)
            return before
        return self._after_half("\ufffd" if 0xDC00 <= code < 0xE000 else chr(code))

    def _after_half(self, text: str) -> str:
        # Half a surrogate pair cannot be encoded, so it could not even be sent back.
        lost, self._high = "\ufffd" if self._high else "", ""
        return lost + text


class Depth:
    """How deep inside a value a text has come."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False

    @property
    def is_open(self) -> bool:
        """Whether a string, an object or a list has begun and not ended."""
        return self._in_string or self._depth > 0

    def ends_before(self, char: str) -> bool:
        """Whether `char` cannot be part of JSON: the end of the text, a tag or a fence."""
        return not char or (not self._in_string and char in "<`")

    def push(self, char: str) -> None:
        if self._escaped:
            self._escaped = False
        elif self._in_string:
            self._escaped = char == "\\"
            self._in_string = char != '"'
        elif char == '"':
            self._in_string = True
        elif char in "{[":
            self._depth += 1
        elif char in "}]":
            self._depth -= 1
