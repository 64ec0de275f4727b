"""What all forms of calls share: the text so far, what was decided, and how a block ends."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence

from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.events import Events
from ramclouds.prompted._reading.json_calls import CUT, CUT_BY_LENGTH, Item, JsonCalls
from ramclouds.prompted._reading.source import Source

_FENCES = (
    *("", "json", "json5", "jsonc", "jsonl", "xml"),
    *("tool_call", "tool_calls", "function_call", "tool_code"),
)
_FENCE = re.compile(r"```[ \t]*(\w*)")
_COMPLETE_WORD = re.compile(r"(?:true|false|null|None|True|False|-?\d[\d.eE+-]*|[}\]\"'])\s*$")


class BlockReader:
    """One answer on its way; `tools` are those of each name."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self.tools = tools
        self.calls = JsonCalls(tools)
        self.source = Source()
        self.events = Events()
        self.cut = CUT
        """Why a call is cut off that the answer ends in."""
        self.in_fence = False
        """Inside a code block that was opened for the calls in it."""

    def release(self, end: int) -> None:
        """Let everything up to `end` be text."""
        if end > self.source.at:
            self.events.text(self.source.text[self.source.at : end])
            self.source.at = end

    def unless_cut(self, items: list[Item], at: int) -> Generator[None, None, list[Item]]:
        """The calls, the last one invalid where the answer was cut off behind it.

        Nothing closes it then, so more may have been to come.
        """
        at = yield from self.source.skip_space(at)
        last = items[-1]
        is_closed = not self.source.is_end(at)
        if is_closed and self.source.text[at] == "<":  # `</tool_c` closes nothing
            is_closed = (yield from self.source.mark(at)) is not None
        if is_closed or self.cut != CUT_BY_LENGTH or isinstance(last, str) or last.reason:
            return items
        return [*items[:-1], last._replace(reason=self.cut)]

    def cut_reason(self, start: int, end: int) -> str:
        """Why a broken text at the end of the answer is cut off; empty where braces lack only."""
        if not (self.source.is_whole and self.source.is_end(end)):
            return ""
        text = self.source.text[start:end]
        if self.cut == CUT_BY_LENGTH:
            return self.cut
        is_string = len(re.findall(r'(?<!\\)"', text)) % 2 and not text.rstrip().endswith(
            ("}", "]")
        )
        return "" if _COMPLETE_WORD.search(text) and not is_string else self.cut

    def language(self, at: int) -> Generator[None, None, tuple[str, str] | None]:
        """The beginning of a block and its language, where that may hold calls."""
        source = self.source
        while True:
            opening = _FENCE.match(source.text, at)
            assert opening is not None
            word = opening[1].lower()
            if not any(known.startswith(word) for known in _FENCES):
                return None
            if opening.end() < len(source.text) or source.is_whole:
                return (opening[0], word) if word in _FENCES else None
            yield

    def behind_value(self, end: int) -> Generator[None, None, int]:
        at = end
        while (char := (yield from self.source.char(at))) and (char.isspace() or char in ",;}]"):
            at += 1
        return at

    def emit(self, items: Sequence[Item], *, is_named: bool = False) -> None:
        """Hand out calls, and what a message says beside them; the first one may have its name."""
        for item in items:
            if isinstance(item, str):
                self.events.text(item)
            elif is_named:
                self.events.end(item)
            else:
                self.events.call(item)
            is_named = False
