"""Tool calls in the text of an answer: which characters are a call, and which are text.

Reads one character at a time, so no split of the text can matter, and each a bounded number of
times. The first character that rules a call out sends on as text what was held back for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import groupby
from operator import attrgetter

from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.characters import Event, NotACallError, Reader, Steps
from ramclouds.prompted._reading.json_calls import CallReader
from ramclouds.prompted._reading.scanning import Depth
from ramclouds.prompted._reading.template_calls import MarkedReader
from ramclouds.prompted._reading.templates import CLOSINGS, ELEMENTS, MARKS, OPENINGS, THOUGHTS

_FENCES = (
    *("", "json", "json5", "jsonc", "jsonl", "xml"),
    *("tool_call", "tool_calls", "function_call", "tool_code"),
)
_TRIGGER = re.compile(r"[<`{\[]")
_JSON_OBJECT = re.compile(r"\{\s*[\"']")


class CallFinder:
    """Turns pieces of an answer into events; `tools` are those of each name."""

    def __init__(self, tools: Mapping[str, Tool], *, envelope: bool = False) -> None:
        self._reader = Reader()
        self._calls = CallReader(self._reader, tools, envelope=envelope)
        self._marked = MarkedReader(self._reader, self._calls, tools)
        self._skim: Steps | None = None
        self._is_plain = False
        self._steps = self._answer()
        next(self._steps)

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
        places: dict[str, Callable[[], Steps]] = {
            "<": self._tag,
            "`": self._ticks,
            "[": self._bracket,
            "{": self._bare,
        }
        try:
            yield from places[self._reader.char]()
        except NotACallError:
            held = self._reader.release()
            skim, self._skim = self._skim, None
            if skim is not None:
                yield from skim
            elif found := _JSON_OBJECT.search(held):
                begins = len(held[: found.start()].rstrip("[{ \n\r\t"))
                yield from self._skim_json(held[begins:])
        else:
            self._skim = None
            self._reader.release()

    def _skim_to(self, end: str, *, line: bool = False) -> Steps:
        """Pass over a block of code or thought: a call inside it is only shown there."""
        reader, last = self._reader, ""
        while reader.char and last != end and not (line and reader.char == "\n"):
            last = (last + reader.char)[-len(end) :]
            reader.text(reader.char)
            yield from reader.drop()

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

    def _bracket(self) -> Steps:
        """A list of calls, or what Mistral's models write before calls."""
        yield from self._reader.take()
        if self._reader.char == "T":
            yield from self._reader.take_literal("TOOL_CALLS]")
            yield from self._wrapped()
        else:
            yield from self._calls.items(marked=False)
            yield from self._rest_of_block(marked=False)

    def _tag(self) -> Steps:
        reader = self._reader
        is_blank = reader.is_blank
        mark = yield from reader.take_one_of(MARKS)
        if mark in CLOSINGS and reader.follows_call:
            reader.end_call()
        elif mark in ELEMENTS:
            yield from self._marked.element(mark, is_wrapped=False)
        elif mark in OPENINGS.whole:
            yield from self._wrapped()
        else:
            if mark in THOUGHTS and is_blank:
                self._skim = self._skim_to(THOUGHTS[mark])
            raise NotACallError

    def _wrapped(self) -> Steps:
        """What stands after a mark that calls follow: `<tool_call>{...}`."""
        reader = self._reader
        yield from reader.take_space()
        while reader.char == "<":
            mark = yield from reader.take_one_of(OPENINGS)
            if mark in ELEMENTS:
                yield from self._marked.element(mark, is_wrapped=True)
                return
            yield from reader.take_space()
        if reader.char == "`":
            yield from reader.take_literal("```")
            yield from self._language()
            yield from self._block(marked=True)
            reader.in_fence = True
        elif reader.char and reader.char in "{[":
            yield from self._block(marked=True)
        else:
            yield from self._marked.spelt()

    def _ticks(self) -> Steps:
        """A block of code that holds calls, or code in a line, which holds none."""
        reader, ticks = self._reader, 0
        is_in_line = reader.is_in_line and not reader.last.isalnum()
        while reader.char == "`" and ticks < 3:
            yield from reader.take()
            ticks += 1
        if ticks == 3:
            yield from self._fence()
            return
        if is_in_line:
            self._skim = self._skim_to("`" * ticks, line=True)
        raise NotACallError

    def _fence(self) -> Steps:
        reader = self._reader
        if reader.in_fence and not reader.char.isalnum():
            reader.in_fence = False
            if not reader.follows_call:
                raise NotACallError
            reader.end_call()
            return
        self._skim = self._skim_to("```")  # a block of another language shows calls
        yield from self._language()
        if reader.char == "<":
            yield from self._tag()
        else:
            yield from self._block(marked=False)
        reader.in_fence = True

    def _language(self) -> Steps:
        reader, word = self._reader, ""
        while reader.char == " ":
            yield from reader.take()
        while reader.char.isalnum() or reader.char == "_":
            word += reader.char.lower()
            if not any(name.startswith(word) for name in _FENCES):
                raise NotACallError
            yield from reader.take()
        if word not in _FENCES:
            raise NotACallError
        yield from reader.take_space()

    def _block(self, *, marked: bool) -> Steps:
        """Objects and lists in a row; what separates the last from what follows is held."""
        yield from self._calls.value(marked=marked)
        yield from self._rest_of_block(marked=marked)

    def _rest_of_block(self, *, marked: bool) -> Steps:
        reader = self._reader
        while True:
            # A brace too many is a slip of small models.
            while reader.char and reader.char in ("}]" if marked else "}"):
                yield from reader.drop()
            yield from reader.take_space()
            if reader.char and reader.char in ",;":
                yield from reader.take()
                yield from reader.take_space()
            if not reader.char or reader.char not in "{[":
                return
            yield from self._calls.value(marked=marked)
