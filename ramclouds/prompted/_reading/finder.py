"""Tool calls in the text of an answer: which parts are a call, and which are text."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping

from ramclouds.bridge.json_text import spoken
from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.blocks import BlockReader
from ramclouds.prompted._reading.envelope import take_envelope
from ramclouds.prompted._reading.events import Event
from ramclouds.prompted._reading.json_calls import (
    CUT,
    CUT_BY_LENGTH,
    LOOKED_AT,
    Item,
    leads_to_call,
)
from ramclouds.prompted._reading.marked_calls import MarkedCalls
from ramclouds.prompted._reading.source import Steps
from ramclouds.prompted._reading.template_calls import python_calls
from ramclouds.prompted._reading.templates import OPENINGS, Mark, mark_at

_PYTHON = "tool_code"  # Gemini
_CANDIDATE = re.compile(r"[<`{\[\u25c1]")
_FENCE_END = re.compile("```")
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n|\n[ \t]*```|<")
_BEHIND = re.compile(r"[ \t}`]*")
# What stands between values in a row: not in a fence, a new line only behind a comma.
_BETWEEN = re.compile(r"[}\]; \t]*(?:,[}\],;\s]*)?")
_BETWEEN_FENCED = re.compile(r"[}\],;\s]*")
_EXAMPLE = re.compile(
    r"\b(?:for (?:example|instance)|e\.g|such as|an? example|examples?:|like this)\b", re.IGNORECASE
)
_HOW_TO = re.compile(
    r"\b(?:you (?:can|could|may|might|would|should|must|need|call|write|send|use)|how (?:to|you)"
    r"|to (?:call|use|invoke|make|write|send)|would (?:look|be|call|write)|looks? like|by writing"
    r"|(?:following|this|the|same) (?:format|form|syntax|schema|structure|shape)|is written)\b",
    re.IGNORECASE,
)


class CallFinder:
    """Turns pieces of an answer into events; `tools` are those of each name.

    With `envelope` the answer may be one JSON object that holds the text: {"text": "..."}.
    """

    def __init__(self, tools: Mapping[str, Tool], *, envelope: bool = False) -> None:
        self._tools = tools
        self._envelope = envelope
        self._reader = reader = BlockReader(tools)
        self._source, self._events = reader.source, reader.events
        self._marked_calls = MarkedCalls(reader)
        self._has_thought = False
        self._steps = self._answer()

    def feed(self, text: str) -> list[Event]:
        """What is decided after `text`."""
        self._source.text += text
        next(self._steps, None)
        return self._events.taken()

    def close(self, *, is_truncated: bool) -> list[Event]:
        """Decides what is open; `is_truncated` where the model did not end its answer itself."""
        self._source.is_whole = True
        self._reader.cut = CUT_BY_LENGTH if is_truncated else CUT
        next(self._steps, None)
        self._events.close()
        return self._events.taken()

    # Text.

    def _answer(self) -> Steps:
        source = self._source
        if self._envelope:
            yield from take_envelope(self._reader)
        while True:
            found = _CANDIDATE.search(source.text, source.at)
            self._reader.release(found.start() if found else len(source.text))
            if found:
                yield from self._candidate(found[0])
            elif source.is_whole:
                return
            else:
                source.drop_decided()
                yield

    def _candidate(self, char: str) -> Steps:
        source, at = self._source, self._source.at
        if char == "`":
            yield from self._ticks()
            return
        if char != "{":
            mark = yield from source.mark(at)
            if mark is not None:
                yield from self._marked(mark)
                return
        if char in "{[" and not self._events.is_in_line:
            yield from self._paragraph()
        else:
            self._reader.release(at + 1)

    def _skim_to(self, end: str, *, is_line: bool = False) -> Steps:
        """Let everything up to and with `end` be text; with `is_line`, at most this line."""
        source = self._source
        pattern = re.compile(rf"{re.escape(end)}|\n" if is_line else re.escape(end))
        while True:
            found = pattern.search(source.text, source.at)
            if found:
                self._reader.release(found.end())
                return
            # The end itself may have arrived in part.
            self._reader.release(len(source.text) - (0 if source.is_whole else len(end) - 1))
            if source.is_whole:
                return
            yield

    # JSON without marks.

    def _paragraph(self) -> Steps:
        """JSON that begins a line: calls where it is all that stands on its lines."""
        source, start = self._source, self._source.at
        if not (yield from self._leads(start)):
            yield from self._other_json()
            return
        if (yield from self._was_thought(start)):
            return
        items, end = yield from self._values(start, is_fenced=False)
        at = _matched(_BEHIND, source.text, end)
        mark = mark_at(source.text, at, is_whole=True) if source.text[at : at + 1] == "<" else None
        # A closing mark may stand alone: some models leave the opening one out.
        is_closed = isinstance(mark, Mark) and mark.kind in ("closing", "response")
        is_alone = source.text[at : at + 1] in ("", "\n") or is_closed
        if not items or not is_alone or _EXAMPLE.search(self._events.paragraphs):
            self._reader.release(end)
            return
        source.at = end + len(source.text[end:at].partition("`")[0])
        self._reader.emit((yield from self._reader.unless_cut(items, at)))

    def _was_thought(self, start: int) -> Generator[None, None, bool]:
        """Wait for the end: `</think>` alone may show that what stands before it was thought.

        Templates write the opening mark, so the model does not. Inside of a sound value at `start`
        the mark is a part of its text.
        """
        source = self._source
        while not source.is_whole:
            yield
        if self._has_thought:
            return False
        self._has_thought = True
        begin = source.at
        if source.text[start] in "{[":
            end, is_closed = yield from source.value_end(start, is_paragraph=False)
            begin = end if is_closed else begin
        spans = spoken(source.text[begin:])
        if not spans or spans[0][0] == 0:
            return False
        self._reader.release(begin + spans[0][0])
        return True

    def _values(
        self, start: int, *, is_fenced: bool
    ) -> Generator[None, None, tuple[list[Item], int]]:
        """The calls of values in a row, and where they end; none where one is no call."""
        source, items, at = self._source, list[Item](), start
        while True:
            end, is_closed = yield from source.value_end(at, is_paragraph=not is_fenced)
            text = source.text[at:end]
            found = self._reader.calls.sound(text, is_marked=False) if is_closed else None
            if found is None:
                end = self._broken_end(at, is_fenced=is_fenced)
                cut = self._reader.cut_reason(at, end)
                found = self._reader.calls.broken(source.text[at:end], is_marked=False, cut=cut)
            if not found:
                return [], end
            items += found
            at = _matched(_BETWEEN_FENCED if is_fenced else _BETWEEN, source.text, end)
            if not source.text.startswith(("{", "["), at):
                return items, end
            if not (yield from self._leads(at)):
                return items if is_fenced else [], end

    def _broken_end(self, at: int, *, is_fenced: bool) -> int:
        text = self._source.text
        for found in (_FENCE_END if is_fenced else _PARAGRAPH_END).finditer(text, at):
            if found[0] != "<" or mark_at(text, found.start(), is_whole=True):
                return found.start()
        return len(text)

    def _leads(self, at: int) -> Generator[None, None, bool]:
        """Whether the first key of an object is one of a call, and the name that of a tool."""
        while True:
            text = self._source.text[at : at + LOOKED_AT]
            is_final = self._source.is_whole or len(text) == LOOKED_AT
            verdict = leads_to_call(text, self._tools, has_text=self._envelope)
            if verdict is not None or is_final:
                return bool(verdict)
            yield

    def _other_json(self) -> Steps:
        """JSON that is no call is text, and so is everything inside of it."""
        source = self._source
        if not re.match(r'(?:\[\s*)?\{\s*"', source.text[source.at : source.at + LOOKED_AT]):
            self._reader.release(source.at + 1)
            return
        end, _ = yield from source.value_end(source.at, self._reader.release)
        self._reader.release(end)

    # Code blocks.

    def _ticks(self) -> Steps:
        """A block of code that holds calls, or code in a line, which holds none."""
        source, at = self._source, self._source.at
        if (yield from source.has_ticks(at)):
            yield from self._fence()
            return
        ticks = "``" if source.text.startswith("``", at) else "`"
        was_in_line, last = self._events.is_in_line, self._events.last
        self._reader.release(at + len(ticks))
        self._events.is_in_line = was_in_line
        if was_in_line and not last.isalnum():
            yield from self._skim_to(ticks, is_line=True)

    def _fence(self) -> Steps:
        source, at = self._source, self._source.at
        if self._reader.in_fence and not (yield from source.char(at + 3)).isalnum():
            self._reader.in_fence = False
            if self._events.follows_call:
                source.at = at + 3
                self._events.end_call()
            self._reader.release(at + 3)
            return
        language = yield from self._reader.language(at)
        if language is None:
            yield from self._shown_fence()
            return
        start = yield from source.skip_space(at + len(language[0]))
        char = source.text[start : start + 1]
        is_python = language[1] == _PYTHON and char not in ("{", "[", "<")
        if is_python or (char and char in "{[" and (yield from self._leads(start))):
            if not (yield from self._was_thought(start)):
                yield from self._python(start) if is_python else self._fenced(start)
        elif char == "<" and (mark := (yield from source.mark(start))) and mark.kind in OPENINGS:
            if (yield from self._marked_calls.opened(mark)):
                self._reader.in_fence = True
            else:
                yield from self._shown_fence()
        else:
            yield from self._shown_fence()

    def _shown_fence(self) -> Steps:
        """A block of another language shows calls, and makes none."""
        self._reader.release(self._source.at + 3)
        yield from self._skim_to("```")

    def _fenced(self, start: int) -> Steps:
        source = self._source
        items, end = yield from self._values(start, is_fenced=True)
        if not items:
            yield from self._shown_fence()
            return
        at = _matched(_BETWEEN_FENCED, source.text, end)
        # With letters behind it, it begins the next block.
        is_closed = source.text.startswith("```", at) and not source.text[at + 3 : at + 4].isalnum()
        following = yield from source.skip_space(at + 3)
        if self._is_example(goes_on=is_closed and not source.is_end(following)):
            self._reader.release(at + 3 if is_closed else end)
            return
        if not is_closed:
            items = yield from self._reader.unless_cut(items, at)
        source.at = at + 3 if is_closed else (at if source.is_end(at) else end)
        self._reader.in_fence = not is_closed
        self._reader.emit(items)

    def _is_example(self, *, goes_on: bool) -> bool:
        before = self._events.paragraphs
        return bool(_EXAMPLE.search(before) or (goes_on and _HOW_TO.search(before)))

    def _python(self, start: int) -> Steps:
        source = self._source
        end = source.text.find("```", start)
        calls = None if end < 0 else python_calls(source.text[start:end], self._tools)
        if calls is None:
            yield from self._shown_fence()
            return
        source.at = end + 3
        self._reader.emit(calls)

    # Calls between marks.

    def _marked(self, mark: Mark) -> Steps:
        source, events = self._source, self._events
        if mark.kind == "closing" and events.follows_call:
            source.at = mark.end
            events.end_call()
        elif mark.kind == "response" and events.follows_call:
            # What a model writes as the tool's answer is none.
            end = yield from source.find(f"</{mark.tag}>", mark.end)
            source.at = len(source.text) if end < 0 else end + len(f"</{mark.tag}>")
            events.end_call()
        elif mark.kind == "thought" and not events.is_in_line:
            self._has_thought = True
            self._reader.release(mark.end)
            yield from self._skim_to(mark.tag)
        elif mark.kind not in OPENINGS or not (yield from self._marked_calls.opened(mark)):
            self._has_thought |= mark.kind == "thought_end"
            self._reader.release(mark.end)


def _matched(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a pattern ends that may be empty."""
    found = pattern.match(text, at)
    return found.end() if found else at
