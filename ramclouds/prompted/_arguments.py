"""The arguments of one call, a character at a time: passed on while sound, mended where safe."""

from __future__ import annotations

from ramclouds.prompted._repair import is_json, is_literal, mended, remainder

_CLOSER = {"{": "}", "[": "]"}
_PYTHON = {"None": "null", "True": "true", "False": "false"}
_CONTROL = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


class ArgumentText:
    """One JSON object from its opening brace to its closing one.

    What is strict JSON is returned at once; only a comma waits for what follows it, and a bare word
    for its end. The first other character makes the text `odd`: from there it waits for the
    object's end and is then mended as a whole, or returned as it was where that is not safe.
    """

    def __init__(self) -> None:
        self.is_done = False
        self._sent: list[str] = []
        self._comma: list[str] = []
        self._word: list[str] = []
        self._odd: list[str] | None = None
        self._spelt: list[str] = []  # the odd text with its literals as JSON spells them
        self._closers: list[str] = []
        self._quote = ""
        self._escaped = False
        self._maybe_unquoted = False

    def ends_before(self, char: str) -> bool:
        """Whether `char` cannot be part of the object: the end of the text, a tag or a fence."""
        return not char or (not self._quote and char in "<`")

    def push(self, char: str) -> str:
        """Return what can be passed on after `char`."""
        if self._maybe_unquoted:
            self._settle_quote(char)
        if self._odd is not None:
            ready = self._push_odd(char)
        elif self._quote:
            ready = self._push_quoted(char)
        else:
            ready = self._push_plain(char)
        self._sent.append(ready)
        return ready

    def finish(self, *, truncated: bool) -> str:
        """Return the rest of an object whose text ended before its last closing brace.

        The braces are added unless the model was cut off: then more may have been to come.
        """
        if self._maybe_unquoted:
            self._quote, self._maybe_unquoted = "", False
        self.is_done = True
        rest = "".join([*self._comma, *self._word, *(self._odd or [])])
        sent = "".join(self._sent)
        if truncated or self._quote or (sent + rest).rstrip().endswith(":"):
            return rest
        closers = "".join(reversed(self._closers))
        plain = "".join(self._word) + closers
        if is_json(sent + plain):
            return plain
        return self._mended(sent, rest, closers)

    def _push_quoted(self, char: str) -> str:
        if self._escaped:
            self._escaped = False
        elif char == "\\":
            self._escaped = True
        elif char == self._quote:
            self._quote = ""
        # Models write line breaks into strings as they are; JSON wants them escaped.
        return char if char >= " " else _CONTROL.get(char, f"\\u{ord(char):04x}")

    def _push_plain(self, char: str) -> str:
        if _is_of_word(char):
            self._word.append(char)
            return self._taken(self._comma)
        if self._is_odd(char):
            return self._turn_odd(char)
        word = self._taken_word()
        if char == "," or (char.isspace() and self._comma):
            self._comma.append(char)
            return word
        if char in "}]":
            self._comma.clear()
            self._closers.pop()
            self.is_done = not self._closers
            return word + char
        self._open(char)
        return word + self._taken(self._comma) + char

    def _is_odd(self, char: str) -> bool:
        word = "".join(self._word)
        if word and word not in _PYTHON and not is_literal(word):
            return True
        if char in "}]":
            return self._closers[-1] != char
        return char == "'" or (char == "," and bool(self._comma))

    def _open(self, char: str) -> None:
        if char in "\"'":
            self._quote = char
        elif char in _CLOSER:
            self._closers.append(_CLOSER[char])

    def _turn_odd(self, char: str) -> str:
        self._odd = list(self._comma)
        self._spelt = list(self._comma)
        self._comma.clear()
        return self._push_odd(char)

    def _push_odd(self, char: str) -> str:
        assert self._odd is not None
        if not self._quote and _is_of_word(char):
            self._word.append(char)
            return ""
        self._odd += [*self._word, char]
        self._spelt += [self._taken_word(), char]
        if self._escaped:
            self._escaped = False
        elif self._quote:
            self._escaped = char == "\\"
            self._maybe_unquoted = char == self._quote
        elif char in self._closers:
            while self._closers.pop() != char:
                pass
            self.is_done = not self._closers
        else:
            self._open(char)
        if not self.is_done:
            return ""
        return self._mended("".join(self._sent), "".join(self._odd), "".join(self._spelt))

    def _settle_quote(self, char: str) -> None:
        # In a text that is odd already a quote may be an apostrophe: what follows it tells.
        if not char.isspace():
            self._maybe_unquoted = False
            self._quote = "" if char in ",:}]" else self._quote

    def _mended(self, sent: str, rest: str, spelt: str) -> str:
        repaired = mended(sent + spelt)
        mended_rest = None if repaired is None else remainder(repaired, after=sent)
        return rest if mended_rest is None else mended_rest

    def _taken_word(self) -> str:
        word = self._taken(self._word)
        return _PYTHON.get(word, word)

    @staticmethod
    def _taken(waiting: list[str]) -> str:
        text = "".join(waiting)
        waiting.clear()
        return text


def settled(text: str) -> str:
    """Return the one object or list that `text` is, mended where that is safe."""
    arguments, pieces = ArgumentText(), []
    for char in text:
        if arguments.is_done:
            return text  # and more
        pieces.append(arguments.push(char))
    if not arguments.is_done:
        pieces.append(arguments.finish(truncated=True))
    return "".join(pieces)


def _is_of_word(char: str) -> bool:
    return char not in "\"{}[],:'" and not char.isspace()
