"""The text of a completion as it arrives, and where in it values and blocks end.

Each generator yields where it needs more text. What it decides depends on the text alone and never
on how that was split, and nothing is looked through more than a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import NamedTuple, TypeVar

from ramclouds.prompted._reading.marks import NO_MARK, Mark, mark_at, mark_or_value_at

CUT_BY_LENGTH = "The arguments are cut off: raise max_tokens."
CUT = "The arguments are cut off."

T = TypeVar("T")
Wait = Generator[None, None, T]

NOT_SPACE = re.compile(r"\S")
NOT_SEPARATOR = re.compile(r"[^\s,;}\]]")
_IN_STRING = re.compile(r'["\\]')
_IN_STRING_OF_LINE = re.compile(r'["\\\n]')
_OUTSIDE = re.compile(r'["\\{}\[\]<`]')
_OUTSIDE_IN_PARAGRAPH = re.compile(r'["\\{}\[\]<`]|\n[ \t]*\n')
_MARK = re.compile(r"[<`\[]")
_FENCE = re.compile(r"```[ \t]*(\w*)")
_LANGUAGES = (
    *("", "json", "json5", "jsonc", "jsonl", "xml"),
    *("tool_call", "tool_calls", "function_call", "tool_code", "tool_output", "tool_outputs"),
)
_COMPLETE = re.compile(r"(?:true|false|null|None|True|False|-?\d[\d.eE+-]*|[}\]\"'])\s*$")
_QUOTE = re.compile(r'(?<!\\)"')


class Begun(NamedTuple):
    """The name of a call whose arguments have not arrived; the next call is its whole."""

    name: str


class Draft(NamedTuple):
    """A call that was read; with a `reason` no tool may run it."""

    name: str
    arguments: str
    reason: str = ""


Item = Draft | str  # a call, or text: around calls, or what a message says beside its own


class Events:
    """The events so far; white space around a call is not part of the text."""

    def __init__(self) -> None:
        self.behind = ""  # the end of the text behind the last call
        self.follows_call = False  # nothing but white space stands behind the last call
        self.has_call = False
        self._events: list[Item | Begun] = []
        self._space = ""

    @property
    def is_in_line(self) -> bool:
        """Whether there is text on this line, other than the marks of code."""
        return bool(self.behind.rpartition("\n")[2].strip("` \t\r"))

    def add(self, *events: Item | Begun) -> None:
        """Takes in what is decided."""
        for event in events:
            if not isinstance(event, str):
                self.end_call()
                self._events.append(event)
                continue
            body = event.rstrip()
            if body:
                self._events.append(self._space + body)
                self._space, self.follows_call = "", False
            self._space += event[len(body) :]
            self.behind = (self.behind + event)[-300:]

    def end_call(self) -> None:
        """Drops the white space before a call, or before what ends one."""
        self._space, self.behind, self.follows_call, self.has_call = "", "", True, True

    def end_text(self) -> None:
        """Keeps the white space so far, unless a call stands before it."""
        if self._space and not self.follows_call:
            self._events.append(self._space)
        self._space, self.follows_call = "", True

    def taken(self) -> list[Item | Begun]:
        """The new events."""
        taken, self._events = self._events, []
        return taken


class Buffer:
    """The text so far, and the events that were made of it."""

    def __init__(self) -> None:
        self.text = ""
        self.at = 0  # what comes before is decided
        self.is_whole = False  # the completion has ended
        self.is_truncated = False  # not by the model itself
        self.cut = CUT  # why a call is cut off that the completion ends in
        self.in_fence = False  # inside a code block that was opened for the calls in it
        self.events = Events()

    def end(self, *, is_truncated: bool) -> None:
        """Takes in that the completion has ended, by itself or not."""
        self.is_whole, self.is_truncated = True, is_truncated
        self.cut = CUT_BY_LENGTH if is_truncated else CUT

    def release(self, end: int) -> None:
        """Lets everything up to `end` be text."""
        if end > self.at:
            self.events.add(self.text[self.at : end])
            self.at = end

    def ask(self, question: Callable[[str, int], T | None], at: int, otherwise: T) -> Wait[T]:
        """What `question` finds here; it is asked again while it needs more text."""
        while (found := question(self.text, at)) is None and not self.is_whole:
            yield
        return otherwise if found is None else found

    def mark(self, at: int) -> Wait[Mark]:
        """The mark that begins at a place, or `NO_MARK`."""
        return (yield from self.ask(mark_at, at, NO_MARK))

    def has_ticks(self, at: int) -> Wait[bool]:
        """Whether a code block begins or ends at a place."""
        return (yield from self.ask(_has_ticks, at, otherwise=False))

    def language(self, at: int) -> Wait[str]:
        """The head of a code block that may hold calls; empty where it may not, or is none."""
        return (yield from self.ask(_language_at, at, ""))

    def skip(self, at: int, to: re.Pattern[str] = NOT_SPACE) -> Wait[int]:
        """The place of the next character of a kind, or the end of the completion."""
        while not (found := to.search(self.text, at)) and not self.is_whole:
            at = max(at, len(self.text))
            yield
        return found.start() if found else len(self.text)

    def value_end(
        self, at: int, *, is_text: bool = False, is_paragraph: bool = False
    ) -> Wait[tuple[int, bool]]:
        """Where the brackets of a value are closed, and True; or what breaks it off, and False.

        That is the end of the completion, or a mark or a fence outside of strings; with
        `is_paragraph` a blank line too. With `is_text` the value is released, and its strings end
        with their line.
        """
        depth, is_string = 0, False
        inside = _IN_STRING_OF_LINE if is_text else _IN_STRING
        outside = _OUTSIDE_IN_PARAGRAPH if is_paragraph else _OUTSIDE
        while True:
            found = yield from self._next(inside if is_string else outside, at, is_text=is_text)
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
        self, pattern: re.Pattern[str], at: int, *, is_text: bool
    ) -> Wait[re.Match[str] | None]:
        """The next character that counts, and with a backslash the one that it escapes."""
        while True:
            found = pattern.search(self.text, at)
            if found and not (found[0] == "\\" and found.end() == len(self.text)):
                return found
            at = found.start() if found else len(self.text)
            if self.is_whole:
                return None
            if is_text:
                self.release(at)
            yield

    def _breaks_off(self, found: re.Match[str]) -> Wait[bool]:
        if found[0] == "<":
            return (yield from self.mark(found.start())).kind is not None
        return found[0][0] == "\n" or (yield from self.has_ticks(found.start()))

    def next_mark(self, at: int, *, with_values: bool = False) -> Wait[Mark]:
        """The next mark, whatever stands before it, or the end of the completion.

        The end of a code block that was opened for calls counts too.
        """
        question = mark_or_value_at if with_values else mark_at
        while (at := (yield from self.skip(at, _MARK))) < len(self.text):
            if self.text[at] != "`":
                mark = yield from self.ask(question, at, NO_MARK)
                if mark.kind not in (None, "thought", "thought_end"):
                    return mark
            elif self.in_fence and (yield from self.has_ticks(at)):
                return Mark("closing", at, at + 3)
            at += 1
        return Mark(None, at, at)

    def cut_reason(self, start: int, end: int) -> str:
        """Why a broken text at the end is cut off; empty where only braces are missing."""
        if not self.is_whole or end < len(self.text):
            return ""
        text = self.text[start:end].rstrip()
        is_string = len(_QUOTE.findall(text)) % 2 and not text.endswith(("}", "]"))
        is_complete = not self.is_truncated and _COMPLETE.search(text) and not is_string
        return "" if is_complete else self.cut

    def unless_cut(self, items: list[Item], at: int) -> Wait[list[Item]]:
        """The calls, the last one invalid where the completion was cut off behind it.

        Nothing closes it then, so more may have been to come.
        """
        at, last = (yield from self.skip(at)), items[-1]
        is_closed = at < len(self.text)
        if is_closed and self.text[at] in "<[":  # `</tool_c` closes nothing
            is_closed = (yield from self.mark(at)).kind is not None
        if is_closed or not self.is_truncated or not isinstance(last, Draft) or last.reason:
            return items
        return [*items[:-1], last._replace(reason=self.cut)]


def _has_ticks(text: str, at: int) -> bool | None:
    ticks = text[at : at + 3]
    return ticks == "```" if len(ticks) == 3 or ticks.strip("`") else None


def _language_at(text: str, at: int) -> str | None:
    opening = _FENCE.match(text, at)
    if opening is None or not any(known.startswith(opening[1].lower()) for known in _LANGUAGES):
        return ""
    if opening.end() == len(text):
        return None
    return opening[0] if opening[1].lower() in _LANGUAGES else ""
