"""Tool calls in the text of an answer: which parts are a call, and which are text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ramclouds.bridge.json_text import shows_example, spoken
from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.answer import NOT_SEPARATOR, Answer, Begun, Item, Wait
from ramclouds.prompted._reading.elements import python_calls
from ramclouds.prompted._reading.envelope import take_envelope
from ramclouds.prompted._reading.json_calls import LOOKED_AT, JsonCalls
from ramclouds.prompted._reading.marked_calls import MarkedCalls
from ramclouds.prompted._reading.marks import NO_MARK, OPENINGS, Mark, mark_at

_PYTHON = "tool_code"  # Gemini
_OUTPUT = "tool_output"  # what Gemini makes up behind it
_CANDIDATE = re.compile(r"[<`{\[\u25c1]")
_OBJECT = re.compile(r'(?:\[\s*)?\{\s*"')
_FENCE_END = re.compile("```")
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n|\n[ \t]*```|<")
_BEHIND = re.compile(r"[^ \t}`]")
# What stands between values in a row: not in a fence, a new line only behind a comma.
_BETWEEN = re.compile(r"[}\]; \t]*(?:,[}\],;\s]*)?")
_BETWEEN_FENCED = re.compile(r"[}\],;\s]*")


class CallFinder:
    """Turns pieces of an answer into events; `tools` are those of each name.

    With `envelope` the answer may be one JSON object that holds the text: {"text": "..."}.
    """

    def __init__(self, tools: Mapping[str, Tool], *, envelope: bool = False) -> None:
        self._tools, self._has_thought = tools, False
        self._answer = answer = Answer()
        self._events = answer.events
        self._calls = JsonCalls(tools, is_marked=False, has_text=envelope)
        self._marked = MarkedCalls(answer, tools)
        self._steps = self._read(envelope=envelope)

    def feed(self, text: str) -> list[Item | Begun]:
        """What is decided after `text`."""
        # Python appends in place to a local name alone: else each piece copies a long call.
        so_far, self._answer.text = self._answer.text, ""
        so_far += text
        self._answer.text = so_far
        next(self._steps, None)
        return self._events.taken()

    def close(self, *, is_truncated: bool) -> list[Item | Begun]:
        """Decides what is open; `is_truncated` where the model did not end its answer itself."""
        self._answer.end(is_truncated=is_truncated)
        next(self._steps, None)
        self._events.end_text()
        return self._events.taken()

    def _read(self, *, envelope: bool) -> Wait[None]:
        answer = self._answer
        if envelope:
            yield from take_envelope(answer)
        while True:
            found = _CANDIDATE.search(answer.text, answer.at)
            answer.release(found.start() if found else len(answer.text))
            if found:
                yield from self._candidate(found[0])
            elif answer.is_whole:
                return
            else:
                answer.text, answer.at = "", 0
                yield

    def _candidate(self, char: str) -> Wait[None]:
        answer, at = self._answer, self._answer.at
        if char == "`":
            yield from self._ticks()
            return
        mark = yield from answer.mark(at)
        if mark.kind:
            yield from self._take_mark(mark)
        elif char not in "{[" or self._events.is_in_line:
            answer.release(at + 1)
        elif (yield from answer.ask(self._calls.leads, at, otherwise=False)):
            if not (yield from self._was_thought(at)):
                yield from self._paragraph()
        elif not _OBJECT.match(answer.text[at : at + LOOKED_AT]):
            answer.release(at + 1)
        else:  # JSON that is no call is text, and so is everything inside of it
            end, _ = yield from answer.value_end(at, is_text=True)
            answer.release(end)

    def _take_mark(self, mark: Mark) -> Wait[None]:
        answer, events = self._answer, self._events
        end = f"{answer.text[mark.start]}/{answer.text[mark.start + 1 : mark.end]}"
        is_behind = events.follows_call or (events.has_call and not events.is_in_line)
        if mark.kind == "closing" and events.follows_call:
            answer.at = mark.end
            events.end_call()
        elif mark.kind == "response" and is_behind:
            # What a model writes as the tool's answer is none.
            end = re.sub("^(.)/(.*)begin", r"\1\2end", re.sub(r"\s.*>", ">", end))
            answer.at = mark.end
            if not mark.is_empty:
                yield from self._skim_to(end, is_dropped=True)
            events.end_call()
        elif mark.kind == "thought" and not (events.is_in_line or events.behind.endswith("`")):
            self._has_thought = True
            answer.release(mark.end)
            yield from self._skim_to(end)
            events.behind = ""
        elif mark.kind not in OPENINGS or not (yield from self._marked.opened(mark)):
            self._has_thought |= mark.kind == "thought_end"
            answer.release(mark.end)
            events.behind = "" if mark.kind == "thought_end" else events.behind

    def _skim_to(self, end: str, *, is_line: bool = False, is_dropped: bool = False) -> Wait[None]:
        """Let all up to and with `end` be text, or drop it; with `is_line`, at most this line."""
        answer = self._answer
        line_end = r"|\n" if is_line else ""
        pattern = re.compile(rf"{re.escape(end)}{line_end}", re.IGNORECASE)
        while True:
            found = pattern.search(answer.text, answer.at)
            # The end itself may have arrived in part.
            rest = 0 if answer.is_whole else len(end) - 1
            to = found.end() if found else max(answer.at, len(answer.text) - rest)
            if is_dropped:
                answer.at = to
            answer.release(to)
            if found or answer.is_whole:
                return
            yield

    def _ticks(self) -> Wait[None]:
        """A block of code that holds calls, or code in a line, which holds none."""
        answer, at = self._answer, self._answer.at
        if (yield from answer.has_ticks(at)):
            yield from self._fence()
            return
        ticks = "``" if answer.text.startswith("``", at) else "`"
        is_code = self._events.is_in_line and not self._events.behind[-1:].isalnum()
        answer.release(at + len(ticks))
        if is_code:
            yield from self._skim_to(ticks, is_line=True)

    def _fence(self) -> Wait[None]:
        answer, at = self._answer, self._answer.at
        if answer.in_fence:
            yield from answer.ask(lambda text, at: text[at : at + 1] or None, at + 3, "")
            if not answer.text[at + 3 : at + 4].isalnum():
                answer.in_fence = False
                if self._events.follows_call:
                    answer.at = at + 3
                    self._events.end_call()
                answer.release(at + 3)
                return
        language = yield from answer.language(at)
        is_output = _OUTPUT in language.lower()
        if is_output and self._events.has_call:
            answer.at = at + 3
            yield from self._skim_to("```", is_dropped=True)
            self._events.end_call()
        elif is_output or not (language and (yield from self._opened_fence(at, language))):
            # A block of another language shows calls, and makes none.
            answer.release(at + 3)
            yield from self._skim_to("```")

    def _opened_fence(self, at: int, language: str) -> Wait[bool]:
        """Read what a code block begins with; whether something was decided."""
        answer = self._answer
        start = yield from answer.skip(at + len(language))
        char = answer.text[start : start + 1]
        mark = yield from answer.mark(start)
        if mark.kind in OPENINGS:
            answer.in_fence = yield from self._marked.opened(mark)
            return answer.in_fence
        is_python = language.lower().endswith(_PYTHON) and char not in ("", "<", "{", "[")
        leads = char in ("{", "[") and (yield from answer.ask(self._calls.leads, start, False))
        if not (is_python or leads):
            return False
        if (yield from self._was_thought(start)):
            return True
        return (yield from self._python(start) if is_python else self._fenced(start))

    # Calls without marks, read when the answer has ended.

    def _paragraph(self) -> Wait[None]:
        """JSON that begins a line: calls where it is all that stands on its lines."""
        answer, start = self._answer, self._answer.at
        items, end = yield from self._values(start, is_fenced=False)
        at = yield from answer.skip(end, _BEHIND)
        # A closing mark may stand alone: some models leave the opening one out.
        mark = yield from answer.mark(at)
        is_alone = answer.text[at : at + 1] in ("", "\n") or mark.kind in ("closing", "response")
        if not items or not is_alone or (yield from self._is_example(at)):
            answer.release(end)
            return
        answer.at = end + len(answer.text[end:at].partition("`")[0])
        answer.events.add(*(yield from answer.unless_cut(items, at)))

    def _fenced(self, start: int) -> Wait[bool]:
        """JSON that begins a code block; whether something was decided."""
        answer = self._answer
        items, end = yield from self._values(start, is_fenced=True)
        if not items:
            return False
        at = yield from answer.skip(end, NOT_SEPARATOR)
        # With letters behind it, it begins the next block.
        is_closed = answer.text.startswith("```", at) and not answer.text[at + 3 : at + 4].isalnum()
        if (yield from self._is_example(at + 3 if is_closed else len(answer.text))):
            answer.release(at + 3 if is_closed else end)
            return True
        if not is_closed:
            items = yield from answer.unless_cut(items, at)
        is_end = at == len(answer.text)
        answer.at = at + 3 if is_closed else (at if is_end else end)
        answer.in_fence = not is_closed
        answer.events.add(*items)
        return True

    def _is_example(self, end: int) -> Wait[bool]:
        """Whether a call without marks is an example; after a how-to the prose goes on."""
        at = yield from self._answer.skip(end)
        goes_on = self._answer.text[at : at + 1] not in ("", "{", "[", "<", "`")
        return shows_example(self._events.behind, goes_on=goes_on)

    def _python(self, start: int) -> Wait[bool]:
        """Python that begins a code block; whether it was calls."""
        end = self._answer.text.find("```", start)
        calls = python_calls(self._answer.text[start:end], self._tools) if end > 0 else None
        if not calls or (yield from self._is_example(end + 3)):
            return False
        self._answer.at = end + 3
        self._events.add(*calls)
        return True

    def _was_thought(self, start: int) -> Wait[bool]:
        """Wait for the end: `</think>` alone may show that what stands before it was thought.

        Templates write the opening mark, so the model does not. Inside of a sound value at `start`
        the mark is a part of its text.
        """
        answer = self._answer
        while not answer.is_whole:
            yield
        if self._has_thought:
            return False
        self._has_thought = True
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
            found = self._calls.sound(text) if is_closed else None
            if found is None:
                end = self._broken_end(at, is_fenced=is_fenced)
                cut = answer.cut_reason(at, end)
                found = self._calls.broken(answer.text[at:end], cut)
            if not found:
                return [], end
            items += found
            between = (_BETWEEN_FENCED if is_fenced else _BETWEEN).match(answer.text, end)
            at = between.end() if between else end
            if not answer.text.startswith(("{", "["), at):
                return items, end
            if not self._calls.leads(answer.text, at):
                return items if is_fenced else [], end

    def _broken_end(self, at: int, *, is_fenced: bool) -> int:
        text = self._answer.text
        for found in (_FENCE_END if is_fenced else _PARAGRAPH_END).finditer(text, at):
            if found[0] != "<" or (mark_at(text, found.start()) or NO_MARK).kind:
                return found.start()
        return len(text)
