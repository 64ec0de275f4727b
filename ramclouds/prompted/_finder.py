"""Tool calls in the text of an answer: which characters are a call, and which are text.

Reads one character at a time, so no split of the text can matter, and each a bounded number of
times. The first character that rules a call out sends on as text what was held back for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from itertools import groupby
from operator import attrgetter

from ramclouds.prompted._calls import CallReader
from ramclouds.prompted._reader import Event, NotACallError, Reader, Steps
from ramclouds.prompted._scan import Depth

_TAGS = ("tool_call", "tool_calls", "function_call")
_FENCES = ("", "json", "json5", "jsonc", "xml", *_TAGS)
_TRIGGER = re.compile(r"[<`{\[]")
_JSON_OBJECT = re.compile(r"[\[{\s]*\{\s*[\"']")


class CallFinder:
    """Turns pieces of an answer into events; `tools` says of each name if it needs arguments."""

    def __init__(self, tools: Mapping[str, bool], *, envelope: bool = False) -> None:
        self._reader = Reader()
        self._calls = CallReader(self._reader, tools, envelope=envelope)
        self._is_fenced = False
        self._is_plain = False
        self._steps = self._answer()
        next(self._steps)

    @property
    def has_calls(self) -> bool:
        return self._reader.has_calls

    def feed(self, text: str) -> list[Event]:
        """Return what is decided after `text`."""
        at = 0
        while at < len(text):
            if self._is_plain:
                found = _TRIGGER.search(text, at)
                end = found.start() if found else len(text)
                self._reader.text(text[at:end])
                if not found:
                    break
                at = end
            self._steps.send(text[at])
            at += 1
        return self._taken()

    def close(self, *, truncated: bool) -> list[Event]:
        """Decide what is open; `truncated` where the model did not end its answer itself."""
        self._reader.is_truncated = truncated
        with suppress(StopIteration):
            self._steps.send("")
        self._reader.close()
        return self._taken()

    def _taken(self) -> list[Event]:
        """Return the new events, neighbours of one kind as one: two calls are never neighbours."""
        events, self._reader.events = self._reader.events, []
        if len(events) < 2:
            return events
        return [
            Event(kind, "".join(event.text for event in group))
            for kind, group in groupby(events, key=attrgetter("kind"))
        ]

    def _answer(self) -> Steps:
        reader = self._reader
        yield from reader.drop()
        while reader.char:
            if reader.char in "<`{[":
                yield from self._candidate()
            else:
                reader.text(reader.char)
                self._is_plain = True
                reader.char = yield
                self._is_plain = False

    def _candidate(self) -> Steps:
        places: dict[str, Callable[[], Steps]] = {"<": self._tag, "`": self._fence}
        try:
            yield from places.get(self._reader.char, self._bare)()
        except NotACallError:
            held = self._reader.release()
            if self._is_fenced:
                yield from self._skim_fence()
            elif found := _JSON_OBJECT.search(held):
                yield from self._skim_json(held[found.start() :])

    def _skim_fence(self) -> Steps:
        """Pass over a block of code: a call inside it is only shown there."""
        self._is_fenced = False
        ticks = 0
        while self._reader.char and ticks < 3:
            ticks = ticks + 1 if self._reader.char == "`" else 0
            self._reader.text(self._reader.char)
            yield from self._reader.drop()

    def _skim_json(self, begun: str) -> Steps:
        """Pass over JSON that is no call: what looks like one inside it is data."""
        depth = Depth()
        for char in begun:
            depth.push(char)
        while depth.is_open and not depth.ends_before(self._reader.char):
            depth.push(self._reader.char)
            self._reader.text(self._reader.char)
            yield from self._reader.drop()

    def _bare(self) -> Steps:
        yield from self._block(marked=False)
        self._reader.release()

    def _tag(self) -> Steps:
        """Calls in tags: `<tool_call>{...}</tool_call>`."""
        reader = self._reader
        yield from reader.take()
        tag = yield from self._word(_TAGS)
        yield from reader.take_literal(">")
        yield from reader.take_space()
        if reader.char == "`":
            yield from self._open_fence()
            yield from self._block(marked=True)
            yield from self._drop_literal("```")
            yield from reader.take_space()
        else:
            yield from self._block(marked=True)
        yield from self._drop_literal(f"</{tag}>")

    def _fence(self) -> Steps:
        """A block of code that holds calls."""
        reader = self._reader
        yield from self._open_fence()
        self._is_fenced = True
        if reader.char == "<":
            yield from self._tag()
            yield from reader.take_space()
        else:
            yield from self._block(marked=False)
        self._is_fenced = False
        yield from self._drop_literal("```")

    def _open_fence(self) -> Steps:
        yield from self._reader.take_literal("```")
        self._is_fenced = True  # a block of another language shows calls, and makes none
        yield from self._word(_FENCES)
        yield from self._reader.take_space()
        self._is_fenced = False

    def _word(self, allowed: tuple[str, ...]) -> Generator[None, str, str]:
        reader, word = self._reader, ""
        while reader.char.isalnum() or reader.char == "_":
            word += reader.char
            if not any(name.startswith(word) for name in allowed):
                raise NotACallError
            yield from reader.take()
        if word not in allowed:
            raise NotACallError
        return word

    def _block(self, *, marked: bool) -> Steps:
        """Objects and lists in a row; what separates the last from what follows is held."""
        reader = self._reader
        yield from self._calls.value(marked=marked)
        while True:
            while reader.char == "}":  # a brace too many is a slip of small models
                yield from reader.drop()
            yield from reader.take_space()
            if reader.char == ",":
                yield from reader.take()
                yield from reader.take_space()
            if not reader.char or reader.char not in "{[":
                return
            yield from self._calls.value(marked=marked)

    def _drop_literal(self, literal: str) -> Steps:
        """Drop what ends a call; a model that forgets it made its call all the same."""
        try:
            yield from self._reader.take_literal(literal)
        except NotACallError:
            self._reader.release()
        else:
            self._reader.held.clear()
