"""Tool calls in the text of a completion: which parts are a call, and which are text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ramclouds.bridge.json_text import shows_example, spoken
from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.buffer import NOT_SEPARATOR, Begun, Buffer, Item, Wait
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
    """Turns pieces of a completion into events; `tools` are those of each name.

    With `envelope` the completion may be one JSON object that holds the text: {"text": "..."}.
    """

    def __init__(self, tools: Mapping[str, Tool], *, envelope: bool = False) -> None:
        self._tools, self._has_thought = tools, False
        self._buffer = buffer = Buffer()
        self._events = buffer.events
        self._calls = JsonCalls(tools, is_marked=False, has_text=envelope)
        self._marked = MarkedCalls(buffer, tools)
        self._steps = self._read(envelope=envelope)

    def feed(self, text: str) -> list[Item | Begun]:
        """What is decided after `text`."""
        # Python appends in place to a local name alone: else each piece copies a long call.
        so_far, self._buffer.text = self._buffer.text, ""
        so_far += text
        self._buffer.text = so_far
        next(self._steps, None)
        return self._events.taken()

    def close(self, *, is_truncated: bool) -> list[Item | Begun]:
        """Decides what is open; `is_truncated` where the model did not end it itself."""
        self._buffer.end(is_truncated=is_truncated)
        next(self._steps, None)
        self._events.end_text()
        return self._events.taken()

    def _read(self, *, envelope: bool) -> Wait[None]:
        buffer = self._buffer
        if envelope:
            yield from take_envelope(buffer)
        while True:
            found = _CANDIDATE.search(buffer.text, buffer.at)
            buffer.release(found.start() if found else len(buffer.text))
            if found:
                yield from self._candidate(found[0])
            elif buffer.is_whole:
                return
            else:
                buffer.text, buffer.at = "", 0
                yield

    def _candidate(self, char: str) -> Wait[None]:
        buffer, at = self._buffer, self._buffer.at
        if char == "`":
            yield from self._ticks()
            return
        mark = yield from buffer.mark(at)
        if mark.kind:
            yield from self._take_mark(mark)
        elif char not in "{[" or self._events.is_in_line:
            buffer.release(at + 1)
        elif (yield from buffer.ask(self._calls.leads, at, otherwise=False)):
            if not (yield from self._was_thought(at)):
                yield from self._paragraph()
        elif not _OBJECT.match(buffer.text[at : at + LOOKED_AT]):
            buffer.release(at + 1)
        else:  # JSON that is no call is text, and so is everything inside of it
            end, _ = yield from buffer.value_end(at, is_text=True)
            buffer.release(end)

    def _take_mark(self, mark: Mark) -> Wait[None]:
        buffer, events = self._buffer, self._events
        end = f"{buffer.text[mark.start]}/{buffer.text[mark.start + 1 : mark.end]}"
        is_behind = events.follows_call or (events.has_call and not events.is_in_line)
        if mark.kind == "closing" and events.follows_call:
            buffer.at = mark.end
            events.end_call()
        elif mark.kind == "response" and is_behind:
            # A result that a model writes in the tool's place is no call.
            end = re.sub("^(.)/(.*)begin", r"\1\2end", re.sub(r"\s.*>", ">", end))
            buffer.at = mark.end
            if not mark.is_empty:
                yield from self._skim_to(end, is_dropped=True)
            events.end_call()
        elif mark.kind == "thought" and not (events.is_in_line or events.behind.endswith("`")):
            self._has_thought = True
            buffer.release(mark.end)
            yield from self._skim_to(end)
            events.behind = ""
        elif mark.kind not in OPENINGS or not (yield from self._marked.opened(mark)):
            self._has_thought |= mark.kind == "thought_end"
            buffer.release(mark.end)
            events.behind = "" if mark.kind == "thought_end" else events.behind

    def _skim_to(self, end: str, *, is_line: bool = False, is_dropped: bool = False) -> Wait[None]:
        """Let all up to and with `end` be text, or drop it; with `is_line`, at most this line."""
        buffer = self._buffer
        line_end = r"|\n" if is_line else ""
        pattern = re.compile(rf"{re.escape(end)}{line_end}", re.IGNORECASE)
        while True:
            found = pattern.search(buffer.text, buffer.at)
            # The end itself may have arrived in part.
            rest = 0 if buffer.is_whole else len(end) - 1
            to = found.end() if found else max(buffer.at, len(buffer.text) - rest)
            if is_dropped:
                buffer.at = to
            buffer.release(to)
            if found or buffer.is_whole:
                return
            yield

    def _ticks(self) -> Wait[None]:
        """A block of code that holds calls, or code in a line, which holds none."""
        buffer, at = self._buffer, self._buffer.at
        if (yield from buffer.has_ticks(at)):
            yield from self._fence()
            return
        ticks = "``" if buffer.text.startswith("``", at) else "`"
        is_code = self._events.is_in_line and not self._events.behind[-1:].isalnum()
        buffer.release(at + len(ticks))
        if is_code:
            yield from self._skim_to(ticks, is_line=True)

    def _fence(self) -> Wait[None]:
        buffer, at = self._buffer, self._buffer.at
        if buffer.in_fence:
            yield from buffer.ask(lambda text, at: text[at : at + 1] or None, at + 3, "")
            if not buffer.text[at + 3 : at + 4].isalnum():
                buffer.in_fence = False
                if self._events.follows_call:
                    buffer.at = at + 3
                    self._events.end_call()
                buffer.release(at + 3)
                return
        language = yield from buffer.language(at)
        is_output = _OUTPUT in language.lower()
        if is_output and self._events.has_call:
            buffer.at = at + 3
            yield from self._skim_to("```", is_dropped=True)
            self._events.end_call()
        elif is_output or not (language and (yield from self._opened_fence(at, language))):
            # A block of another language shows calls, and makes none.
            buffer.release(at + 3)
            yield from self._skim_to("```")

    def _opened_fence(self, at: int, language: str) -> Wait[bool]:
        """Read what a code block begins with; whether something was decided."""
        buffer = self._buffer
        start = yield from buffer.skip(at + len(language))
        char = buffer.text[start : start + 1]
        mark = yield from buffer.mark(start)
        if mark.kind in OPENINGS:
            buffer.in_fence = yield from self._marked.opened(mark)
            return buffer.in_fence
        is_python = language.lower().endswith(_PYTHON) and char not in ("", "<", "{", "[")
        leads = char in ("{", "[") and (yield from buffer.ask(self._calls.leads, start, False))
        if not (is_python or leads):
            return False
        if (yield from self._was_thought(start)):
            return True
        return (yield from self._python(start) if is_python else self._fenced(start))

    # Calls without marks, read when the completion has ended.

    def _paragraph(self) -> Wait[None]:
        """JSON that begins a line: calls where it is all that stands on its lines."""
        buffer, start = self._buffer, self._buffer.at
        items, end = yield from self._values(start, is_fenced=False)
        at = yield from buffer.skip(end, _BEHIND)
        # A closing mark may stand alone: some models leave the opening one out.
        mark = yield from buffer.mark(at)
        is_alone = buffer.text[at : at + 1] in ("", "\n") or mark.kind in ("closing", "response")
        if not items or not is_alone or (yield from self._is_example(at)):
            buffer.release(end)
            return
        buffer.at = end + len(buffer.text[end:at].partition("`")[0])
        buffer.events.add(*(yield from buffer.unless_cut(items, at)))

    def _fenced(self, start: int) -> Wait[bool]:
        """JSON that begins a code block; whether something was decided."""
        buffer = self._buffer
        items, end = yield from self._values(start, is_fenced=True)
        if not items:
            return False
        at = yield from buffer.skip(end, NOT_SEPARATOR)
        # With letters behind it, it begins the next block.
        is_closed = buffer.text.startswith("```", at) and not buffer.text[at + 3 : at + 4].isalnum()
        if (yield from self._is_example(at + 3 if is_closed else len(buffer.text))):
            buffer.release(at + 3 if is_closed else end)
            return True
        if not is_closed:
            items = yield from buffer.unless_cut(items, at)
        is_end = at == len(buffer.text)
        buffer.at = at + 3 if is_closed else (at if is_end else end)
        buffer.in_fence = not is_closed
        buffer.events.add(*items)
        return True

    def _is_example(self, end: int) -> Wait[bool]:
        """Whether a call without marks is an example; after a how-to the prose goes on."""
        at = yield from self._buffer.skip(end)
        goes_on = self._buffer.text[at : at + 1] not in ("", "{", "[", "<", "`")
        return shows_example(self._events.behind, goes_on=goes_on)

    def _python(self, start: int) -> Wait[bool]:
        """Python that begins a code block; whether it was calls."""
        end = self._buffer.text.find("```", start)
        calls = python_calls(self._buffer.text[start:end], self._tools) if end > 0 else None
        if not calls or (yield from self._is_example(end + 3)):
            return False
        self._buffer.at = end + 3
        self._events.add(*calls)
        return True

    def _was_thought(self, start: int) -> Wait[bool]:
        """Wait for the end: `</think>` alone may show that what stands before it was thought.

        Templates write the opening mark, so the model does not. Inside of a sound value at `start`
        the mark is a part of its text.
        """
        buffer = self._buffer
        while not buffer.is_whole:
            yield
        if self._has_thought:
            return False
        self._has_thought = True
        begin = buffer.at
        if buffer.text[start] in "{[":
            end, is_closed = yield from buffer.value_end(start)
            begin = end if is_closed else begin
        spans = spoken(buffer.text[begin:])
        if not spans or spans[0][0] == 0:
            return False
        buffer.release(begin + spans[0][0])
        return True

    def _values(self, start: int, *, is_fenced: bool) -> Wait[tuple[list[Item], int]]:
        """The calls of values in a row, and where they end; none where one is no call."""
        buffer, items, at = self._buffer, list[Item](), start
        while True:
            end, is_closed = yield from buffer.value_end(at, is_paragraph=not is_fenced)
            text = buffer.text[at:end]
            found = self._calls.sound(text) if is_closed else None
            if found is None:
                end = self._broken_end(at, is_fenced=is_fenced)
                cut = buffer.cut_reason(at, end)
                found = self._calls.broken(buffer.text[at:end], cut)
            if not found:
                return [], end
            items += found
            between = (_BETWEEN_FENCED if is_fenced else _BETWEEN).match(buffer.text, end)
            at = between.end() if between else end
            if not buffer.text.startswith(("{", "["), at):
                return items, end
            if not self._calls.leads(buffer.text, at):
                return items if is_fenced else [], end

    def _broken_end(self, at: int, *, is_fenced: bool) -> int:
        text = self._buffer.text
        for found in (_FENCE_END if is_fenced else _PARAGRAPH_END).finditer(text, at):
            if found[0] != "<" or (mark_at(text, found.start()) or NO_MARK).kind:
                return found.start()
        return len(text)
