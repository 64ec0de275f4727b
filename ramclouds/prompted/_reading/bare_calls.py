"""Calls without marks: JSON on lines of its own, and code blocks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ramclouds.bridge.json_text import spoken
from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.answer import Answer, Wait
from ramclouds.prompted._reading.elements import python_calls
from ramclouds.prompted._reading.json_calls import Item, JsonCalls
from ramclouds.prompted._reading.marks import mark_at

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


class BareCalls:
    """Reads what may be calls without marks, when the answer has ended."""

    def __init__(self, answer: Answer, tools: Mapping[str, Tool], calls: JsonCalls) -> None:
        self._answer, self._tools, self._calls = answer, tools, calls
        self.has_thought = False
        """A thinking block has begun or ended."""

    def paragraph(self) -> Wait[None]:
        """JSON that begins a line: calls where it is all that stands on its lines."""
        answer, start = self._answer, self._answer.at
        if (yield from self._was_thought(start)):
            return
        items, end = yield from self._values(start, is_fenced=False)
        at = _matched(_BEHIND, answer.text, end)
        # A closing mark may stand alone: some models leave the opening one out.
        mark = yield from answer.mark(at)
        is_alone = answer.text[at : at + 1] in ("", "\n") or mark.kind in ("closing", "response")
        if not items or not is_alone or _EXAMPLE.search(answer.events.behind):
            answer.release(end)
            return
        answer.at = end + len(answer.text[end:at].partition("`")[0])
        answer.emit((yield from answer.unless_cut(items, at)))

    def fenced(self, start: int) -> Wait[bool]:
        """JSON that begins a code block; whether something was decided."""
        answer = self._answer
        if (yield from self._was_thought(start)):
            return True
        items, end = yield from self._values(start, is_fenced=True)
        if not items:
            return False
        at = _matched(_BETWEEN_FENCED, answer.text, end)
        # With letters behind it, it begins the next block.
        is_closed = answer.text.startswith("```", at) and not answer.text[at + 3 : at + 4].isalnum()
        behind = answer.text[at + 3 :] if is_closed else ""
        before = answer.events.behind
        if _EXAMPLE.search(before) or (behind.strip() and _HOW_TO.search(before)):
            answer.release(at + 3 if is_closed else end)
            return True
        if not is_closed:
            items = yield from answer.unless_cut(items, at)
        is_end = at == len(answer.text)
        answer.at = at + 3 if is_closed else (at if is_end else end)
        answer.in_fence = not is_closed
        answer.emit(items)
        return True

    def python(self, start: int) -> Wait[bool]:
        """Python that begins a code block; whether something was decided."""
        answer = self._answer
        if (yield from self._was_thought(start)):
            return True
        end = answer.text.find("```", start)
        calls = None if end < 0 else python_calls(answer.text[start:end], self._tools)
        if calls is None:
            return False
        answer.at = end + 3
        answer.emit(calls)
        return True

    def _was_thought(self, start: int) -> Wait[bool]:
        """Wait for the end: `</think>` alone may show that what stands before it was thought.

        Templates write the opening mark, so the model does not. Inside of a sound value at `start`
        the mark is a part of its text.
        """
        answer = self._answer
        while not answer.is_whole:
            yield
        if self.has_thought:
            return False
        self.has_thought = True
        begin = answer.at
        if answer.text[start] in "{[":
            end, is_closed = yield from answer.value_end(start)
            begin = end if is_closed else begin
        spans = spoken(answer.text[begin:])
        if not spans or spans[0][0] == 0:
            return False
        answer.release(begin + spans[0][0])
        return True

    def _values(self, start: int, *, is_fenced: bool) -> Wait[tuple[list[Item], int]]:
        """The calls of values in a row, and where they end; none where one is no call."""
        answer, items, at = self._answer, list[Item](), start
        while True:
            end, is_closed = yield from answer.value_end(at, is_paragraph=not is_fenced)
            text = answer.text[at:end]
            found = self._calls.sound(text, is_marked=False) if is_closed else None
            if found is None:
                end = self._broken_end(at, is_fenced=is_fenced)
                cut = answer.cut_reason(at, end)
                found = self._calls.broken(answer.text[at:end], is_marked=False, cut=cut)
            if not found:
                return [], end
            items += found
            at = _matched(_BETWEEN_FENCED if is_fenced else _BETWEEN, answer.text, end)
            if not answer.text.startswith(("{", "["), at):
                return items, end
            if not self._calls.leads(answer.text, at):
                return items if is_fenced else [], end

    def _broken_end(self, at: int, *, is_fenced: bool) -> int:
        text = self._answer.text
        for found in (_FENCE_END if is_fenced else _PARAGRAPH_END).finditer(text, at):
            mark = mark_at(text, found.start()) if found[0] == "<" else None
            if found[0] != "<" or (mark and mark.kind):
                return found.start()
        return len(text)


def _matched(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a pattern ends that may be empty."""
    found = pattern.match(text, at)
    return found.end() if found else at
