"""Tool calls in the text of an answer: which parts are a call, and which are text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.answer import Answer, Wait
from ramclouds.prompted._reading.bare_calls import BareCalls
from ramclouds.prompted._reading.envelope import take_envelope
from ramclouds.prompted._reading.events import Event
from ramclouds.prompted._reading.json_calls import CUT, CUT_BY_LENGTH, LOOKED_AT, JsonCalls
from ramclouds.prompted._reading.marked_calls import MarkedCalls
from ramclouds.prompted._reading.marks import OPENINGS, Mark

_PYTHON = "tool_code"  # Gemini
_CANDIDATE = re.compile(r"[<`{\[\u25c1]")
_OBJECT = re.compile(r'(?:\[\s*)?\{\s*"')


class CallFinder:
    """Turns pieces of an answer into events; `tools` are those of each name.

    With `envelope` the answer may be one JSON object that holds the text: {"text": "..."}.
    """

    def __init__(self, tools: Mapping[str, Tool], *, envelope: bool = False) -> None:
        self._answer = answer = Answer()
        self._events = answer.events
        self._calls = calls = JsonCalls(tools, has_text=envelope)
        self._bare = BareCalls(answer, tools, calls)
        self._marked = MarkedCalls(answer, tools, calls)
        self._steps = self._read(envelope=envelope)

    def feed(self, text: str) -> list[Event]:
        """What is decided after `text`."""
        self._answer.text += text
        next(self._steps, None)
        return self._events.taken()

    def close(self, *, is_truncated: bool) -> list[Event]:
        """Decides what is open; `is_truncated` where the model did not end its answer itself."""
        self._answer.is_whole = True
        self._answer.cut = CUT_BY_LENGTH if is_truncated else CUT
        next(self._steps, None)
        self._events.close()
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
                answer.drop_decided()
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
            yield from self._bare.paragraph()
        elif not _OBJECT.match(answer.text[at : at + LOOKED_AT]):
            answer.release(at + 1)
        else:  # JSON that is no call is text, and so is everything inside of it
            end, _ = yield from answer.value_end(at, is_text=True)
            answer.release(end)

    def _take_mark(self, mark: Mark) -> Wait[None]:
        answer, events = self._answer, self._events
        end = f"{answer.text[mark.start]}/{answer.text[mark.start + 1 : mark.end]}"
        if mark.kind == "closing" and events.follows_call:
            answer.at = mark.end
            events.end_call()
        elif mark.kind == "response" and events.follows_call:
            # What a model writes as the tool's answer is none.
            yield from self._skim_to(re.sub(r"\s.*>", ">", end), is_dropped=True)
            events.end_call()
        elif mark.kind == "thought" and not events.is_in_line:
            self._bare.has_thought = True
            answer.release(mark.end)
            yield from self._skim_to(end)
        elif mark.kind not in OPENINGS or not (yield from self._marked.opened(mark)):
            self._bare.has_thought |= mark.kind == "thought_end"
            answer.release(mark.end)

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

    # Code.

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
        if not (language and (yield from self._opened_fence(at, language))):
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
        if char in ("{", "["):
            leads = yield from answer.ask(self._calls.leads, start, otherwise=False)
            return leads and (yield from self._bare.fenced(start))
        is_python = language.lower().endswith(_PYTHON) and char not in ("", "<")
        return is_python and (yield from self._bare.python(start))
