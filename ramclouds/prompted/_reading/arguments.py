"""The arguments of one call, a character at a time: passed on while sound, mended where safe."""

from __future__ import annotations

from ramclouds.prompted._reading.repair import (
    PYTHON_LITERALS,
    is_json,
    is_literal,
    mended,
    remainder,
)

_CLOSER = {"{": "}", "[": "]"}
_SPACE = " \n\r\t"
_VALUE_ENDS = ("w", '"', "'", "}", "]")
_CONTROL = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


class ArgumentText:
    """One JSON object from its opening brace to its closing one.

    What is strict JSON is returned at once; only a comma waits for what follows it, a backslash for
    what it escapes, and a bare word for its end. The first other character makes the text `odd`:
    from there it waits for the object's end and is then mended as a whole, or returned as it was
    where that is not safe.
    """

    def __init__(self) -> None:
        self.is_done = False
        self._sent: list[str] = []
        self._comma: list[str] = []
        self._word: list[str] = []
        self._odd: list[str] | None = None
        # The odd text with its literals as JSON spells them, and without its comments.
        self._spelt: list[str] = []
        self._closers: list[str] = []
        self._awaited = {"}": 0, "]": 0}  # how many of each, since the depth has no limit
        self._before = ""  # what stands before a value or a word: a sign, or "w" for a word
        self._comment = ""  # what ends the comment
        self._quote = ""
        self._escaped = False
        self._maybe_unquoted = False

    def ends_before(self, char: str) -> bool:
        """Whether `char` cannot be part of the object: the end of the text, a tag or a fence."""
        is_quoted = self._comment or (self._quote and not self._maybe_unquoted)
        return not char or (not is_quoted and char in "<`")

    def push(self, char: str) -> str:
        """Return what can be passed on after `char`."""
        if self._maybe_unquoted:
            self._settle_quote(char)
        if self._comment or self._begins_comment(char):
            ready = self._push_comment(char)
        elif self._odd is not None:
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
        escape = "\\" if self._escaped and self._odd is None else ""
        rest = "".join([*self._comma, *(self._odd or []), *self._word, escape])
        sent = "".join(self._sent)
        word = self._taken_word()
        if truncated or self._is_cut(word) or (sent + rest).rstrip().endswith(":"):
            return rest
        spelt = "".join([*self._spelt, word, *reversed(self._closers)])
        return spelt if is_json(sent + spelt) else self._mended(sent, rest, spelt)

    def _is_cut(self, word: str) -> bool:
        """Whether the end came within a string, a comment or a bare word: more may be missing."""
        return bool(self._quote or self._comment == "*/" or (word and not is_literal(word)))

    def _push_quoted(self, char: str) -> str:
        if self._escaped:
            self._escaped = False
            return _escape(char)
        if char == "\\":
            self._escaped = True
            return ""
        if char == self._quote:
            self._quote = ""
        return _in_string(char)

    def _push_plain(self, char: str) -> str:
        if self._is_odd(char):
            return self._turn_odd(char)
        if _is_of_word(char):
            self._word.append(char)
            return self._taken(self._comma)
        word = self._taken_word()
        self._note(char, after_word=bool(word))
        if char == "," or (char.isspace() and self._comma):
            self._comma.append(char)
            return word
        if char in "}]":
            self._comma.clear()
            self._close(char)
            return word + char
        self._open(char)
        return word + self._taken(self._comma) + char

    def _is_odd(self, char: str) -> bool:
        if _is_of_word(char):
            return not self._word and self._before in _VALUE_ENDS
        word = "".join(self._word)
        if word and word not in PYTHON_LITERALS and not is_literal(word):
            return True
        if char in "}]":
            return self._closers[-1] != char
        if char in '"{[' and (word or self._before in _VALUE_ENDS):
            return True  # the comma before it is missing
        if char.isspace():
            return char not in _SPACE
        return char == "'" or (char == "," and bool(self._comma))

    def _note(self, char: str, *, after_word: bool) -> None:
        if not char.isspace():
            self._before = char
        elif after_word:
            self._before = "w"

    def _open(self, char: str) -> None:
        if char in "\"'":
            self._quote = char
        elif char in _CLOSER:
            self._closers.append(_CLOSER[char])
            self._awaited[_CLOSER[char]] += 1

    def _close(self, char: str) -> None:
        """Close what `char` ends, with all that is open inside it."""
        if not self._awaited[char]:
            return
        closer = ""
        while closer != char:
            closer = self._closers.pop()
            self._awaited[closer] -= 1
        self.is_done = not self._closers

    def _begins_comment(self, char: str) -> bool:
        # After a colon it would be a value: `{link: //host, color: # }`.
        if self._quote or len(self._word) != 1 or self._before == ":":
            return False
        if self._word[0] == "#":
            self._comment = "\n" if char.isspace() else ""
        elif self._word[0] == "/":
            self._comment = {"/": "\n", "*": "*/"}.get(char, "")
        return bool(self._comment)

    def _push_comment(self, char: str) -> str:
        if self._odd is None:
            self._be_odd()
        assert self._odd is not None
        self._odd += [*self._word, char]
        self._word.clear()
        if "".join(self._odd[-len(self._comment) :]) == self._comment:
            self._comment = ""
            self._spelt.append(" ")
        return ""

    def _turn_odd(self, char: str) -> str:
        self._be_odd()
        return self._push_odd(char)

    def _be_odd(self) -> None:
        self._odd = list(self._comma)
        self._spelt = list(self._comma)
        self._comma.clear()

    def _push_odd(self, char: str) -> str:
        assert self._odd is not None
        if not self._quote and _is_of_word(char):
            self._word.append(char)
            return ""
        self._odd += [*self._word, char]
        self._note(char, after_word=bool(self._word))
        self._spelt += [self._taken_word(), char]
        if self._escaped:
            self._escaped = False
        elif self._quote:
            self._escaped = char == "\\"
            self._maybe_unquoted = char == self._quote
        elif char in "}]":
            self._close(char)
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
        return PYTHON_LITERALS.get(word, word)

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


def _in_string(char: str) -> str:
    # Models write line breaks into strings as they are; JSON wants them escaped.
    return char if char >= " " else _CONTROL.get(char, f"\\u{ord(char):04x}")


def _escape(char: str) -> str:
    """Return what a backslash before `char` says, in JSON where that is sure."""
    if char == "'":  # of Python and JavaScript
        return char
    # Before a line break it is a backslash: the end of a line of shell.
    return f"\\{char}" if char >= " " else f"\\\\{_in_string(char)}"


def _is_of_word(char: str) -> bool:
    return char not in "\"{}[],:'" and not char.isspace()
