"""The text of an answer as it arrives, and where in it values and blocks end.

Each generator yields where it needs more text. What it decides depends on the text alone and never
on how that was split, and nothing is looked through more than a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import Literal

from ramclouds.prompted._reading.templates import Mark, mark_at

Steps = Generator[None, None, None]

_INSIDE_STRING = re.compile(r'["\\]')
_INSIDE_STRING_OF_LINE = re.compile(r'["\\\n]')
_OUTSIDE_STRING = re.compile(r'["\\{}\[\]<`]')
_OUTSIDE_STRING_OF_PARAGRAPH = re.compile(r'["\\{}\[\]<`]|\n[ \t]*\n')
_BLOCK_END = re.compile(r"[<`]|\[TOOL_CALLS\]")
_NOT_SPACE = re.compile(r"\S")
_NEVER_KEPT = 4096


class Source:
    """The text so far; `is_whole` once the answer has ended."""

    def __init__(self) -> None:
        self.text = ""
        self.at = 0
        """What comes before is decided."""
        self.is_whole = False

    def drop_decided(self) -> None:
        if self.at > _NEVER_KEPT:
            self.text, self.at = self.text[self.at :], 0

    def is_end(self, at: int) -> bool:
        return at >= len(self.text)

    def char(self, at: int) -> Generator[None, None, str]:
        """The character at a place; empty behind the end of the answer."""
        while at >= len(self.text) and not self.is_whole:
            yield
        return self.text[at : at + 1]

    def skip_space(self, at: int) -> Generator[None, None, int]:
        """The place of the next character that is no white space, or the end of the answer."""
        while True:
            found = _NOT_SPACE.search(self.text, at)
            if found:
                return found.start()
            at = len(self.text)
            if self.is_whole:
                return at
            yield

    def find(self, word: str, at: int) -> Generator[None, None, int]:
        """Where `word` stands; -1 where the answer ends without it."""
        while True:
            found = self.text.find(word, at)
            if found >= 0 or self.is_whole:
                return found
            at = max(at, len(self.text) - len(word) + 1)
            yield

    def mark(self, at: int) -> Generator[None, None, Mark | None]:
        """The mark that begins at a place."""
        while True:
            mark: Mark | Literal["more"] | None = mark_at(self.text, at, is_whole=self.is_whole)
            if mark != "more":
                return mark
            yield

    def has_ticks(self, at: int) -> Generator[None, None, bool]:
        """Whether a code block begins or ends at a place."""
        while not self.is_whole and self.text[at : at + 3] in ("", "`", "``"):
            yield
        return self.text.startswith("```", at)

    def value_end(
        self,
        at: int,
        shows: Callable[[int], None] | None = None,
        *,
        is_paragraph: bool = False,
    ) -> Generator[None, None, tuple[int, bool]]:
        """Where the brackets of a value are closed, and True; or what breaks it off, and False.

        That is the end of the answer, or a mark or a fence outside of strings; with `is_paragraph`
        a blank line too. `shows` is called
        with how far it is: then the value is text, and its strings end with their line.
        """
        depth, is_string = 0, False
        inside = _INSIDE_STRING_OF_LINE if shows else _INSIDE_STRING
        outside = _OUTSIDE_STRING_OF_PARAGRAPH if is_paragraph else _OUTSIDE_STRING
        while True:
            found = yield from self._next(inside if is_string else outside, at, shows)
            if found is None:
                return len(self.text), False
            at = found.end()
            if found[0] == "\\":
                at += 1
            elif is_string or found[0] == '"':
                is_string = not is_string
            elif found[0] in "{[}]":
                depth += 1 if found[0] in "{[" else -1
                if depth <= 0:
                    return at, True
            elif (yield from self._breaks_off(found)):
                return found.start(), False

    def _next(
        self, pattern: re.Pattern[str], at: int, shows: Callable[[int], None] | None
    ) -> Generator[None, None, re.Match[str] | None]:
        """The next character that counts, and with a backslash the one that it escapes."""
        while True:
            found = pattern.search(self.text, at)
            escape_is_open = found and found[0] == "\\" and found.end() == len(self.text)
            if found and not escape_is_open:
                return found
            at = found.start() if found else max(at, len(self.text.rstrip()))
            if self.is_whole:
                return None
            if shows:
                shows(at)
            yield

    def _breaks_off(self, found: re.Match[str]) -> Generator[None, None, bool]:
        if found[0] == "<":
            return (yield from self.mark(found.start())) is not None
        return found[0][0] == "\n" or (yield from self.has_ticks(found.start()))

    def block_end(self, at: int, *, is_fenced: bool) -> Generator[None, None, int]:
        """The next mark, whatever stands before it, or the end of the answer.

        With `is_fenced` the end of the code block too.
        """
        while True:
            found = _BLOCK_END.search(self.text, at)
            if found is None:
                if self.is_whole:
                    return len(self.text)
                at = max(at, len(self.text) - len("[TOOL_CALLS]"))
                yield
            elif found[0] == "`":
                if is_fenced and (yield from self.has_ticks(found.start())):
                    return found.start()
                at = found.end()
            elif found[0] == "<":
                mark = yield from self.mark(found.start())
                if mark is not None and mark.kind in ("closing", "wrapper", "element", "response"):
                    return found.start()
                at = found.end()
            else:
                return found.start()
