"""Calls in the forms of other templates: a name, and arguments as JSON or one by one."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any

from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.characters import NotACallError, Reader, Steps
from ramclouds.prompted._reading.json_calls import CallReader
from ramclouds.prompted._reading.scanning import Words
from ramclouds.prompted._reading.templates import (
    AFTER_NAME,
    BEFORE_ARGUMENTS,
    CALL_ID,
    CLOSINGS,
    ELEMENTS,
    PAIRS,
    SEPARATOR,
    Parameters,
)
from ramclouds.prompted._reading.values import is_text, schema_of, to_json

_NAMESPACE = "functions."
_KIND = "function"  # what DeepSeek V3 writes before the name


class MarkedReader:
    """Reads calls from a reader; raises NotACallError where what was held is no call."""

    def __init__(self, reader: Reader, calls: CallReader, tools: Mapping[str, Tool]) -> None:
        self._reader = reader
        self._calls = calls
        self._tools = tools
        self._names = Words([*tools, *(_NAMESPACE + name for name in tools), _KIND])

    def element(self, mark: str, *, is_wrapped: bool) -> Steps:
        """`<function=NAME>` or `<invoke name="NAME">`, from the name on."""
        reader, (name_end, parameters) = self._reader, ELEMENTS[mark]
        name = yield from self._calls.name(name_end[0], marked=is_wrapped)
        yield from reader.take_literal(name_end)
        yield from reader.take_space()
        if reader.char == "{":
            yield from self._calls.streamed(name)
            return
        found = yield from reader.take_one_of(Words([parameters.opening, *CLOSINGS]))
        if found == parameters.opening:
            yield from self._one_by_one(name, parameters)
        else:
            self._without_arguments(name, is_wrapped=is_wrapped)

    def spelt(self) -> Steps:
        """`NAME{...}`, with marks between, or `NAME<arg_key>...`: inside a wrapper."""
        reader = self._reader
        name, is_fenced = (yield from self._spelt_name()), False
        while True:
            yield from reader.take_space()
            if reader.char == "{":
                yield from self._calls.streamed(name)
                reader.in_fence = is_fenced
                return
            if reader.char == "`":
                yield from reader.take_literal("```json")
                is_fenced = True
                continue
            found = yield from reader.take_one_of(AFTER_NAME)
            if found == CALL_ID:
                while reader.char.isalnum():
                    yield from reader.take()
            elif found == PAIRS.opening:
                yield from self._one_by_one(name, PAIRS)
                return
            elif found not in BEFORE_ARGUMENTS:
                self._without_arguments(name, is_wrapped=False)
                return

    def _spelt_name(self) -> Generator[None, str, str]:
        reader = self._reader
        name = yield from reader.take_one_of(self._names)
        if name == _KIND and name not in self._tools:
            yield from reader.take_literal(SEPARATOR)
            name = yield from reader.take_one_of(self._names)
        if name not in self._tools:
            name = name.removeprefix(_NAMESPACE)
        if name not in self._tools:
            raise NotACallError
        while reader.char and reader.char in ":0123456789":  # the number of a call of Kimi
            yield from reader.take()
        return name

    def _without_arguments(self, name: str, *, is_wrapped: bool) -> None:
        tool = self._tools.get(name)
        if tool is not None and tool.needs_arguments and not is_wrapped:
            raise NotACallError
        self._reader.call(name)
        self._reader.arguments("{}")

    def _one_by_one(self, name: str, parameters: Parameters) -> Steps:
        """Arguments from the first key on; one that is cut off leaves the JSON open."""
        reader, tool = self._reader, self._tools.get(name, Tool(name))
        reader.call(name)
        separator = "{"
        while True:
            key, *between = yield from self._key(parameters)
            if len(between) < len(parameters.key_ends):
                reader.arguments(f"{separator}{_quoted(key)[:-1]}")
                return
            reader.arguments(f"{separator}{_quoted(key)}: ")
            schema = schema_of(tool.parameters, key)
            if not (yield from self._value(schema, tool.parameters, parameters.closing)):
                return
            separator = ", "
            yield from reader.take_space()
            if not (yield from self._has_next(parameters.opening)):
                break
        if reader.char or not reader.is_truncated:
            reader.arguments("}")

    def _key(self, parameters: Parameters) -> Generator[None, str, list[str]]:
        """Return the key, what follows it, and an empty text for the end that was found."""
        found = []
        for end in parameters.key_ends:
            text = _Until(end)
            while self._reader.char and not text.is_done:
                text.push(self._reader.char)
                yield from self._reader.drop()
            found.append(text.text())
            if not text.is_done:
                return found
        return [*found, ""]

    def _has_next(self, opening: str) -> Generator[None, str, bool]:
        reader = self._reader
        try:
            found = yield from reader.take_one_of(Words([opening, *CLOSINGS]))
        except NotACallError:
            reader.release()
            return False
        reader.held.clear()
        return found == opening

    def _value(
        self, schema: Mapping[str, Any], root: Mapping[str, Any], closing: str
    ) -> Generator[None, str, bool]:
        """Pass on one value; whether its end was found."""
        reader, text, streams = self._reader, _Until(closing), is_text(schema, root)
        if streams:
            reader.arguments('"')
        while reader.char and not text.is_done:
            text.push(reader.char)
            if streams:
                reader.arguments(_quoted(text.taken())[1:-1])
            yield from reader.drop()
        if streams:
            reader.arguments('"' if text.is_done else _quoted(text.text())[1:-1])
        elif text.is_done:
            reader.arguments(to_json(text.text(), schema, root))
        else:
            reader.arguments(text.text())
        return text.is_done


class _Until:
    """The text up to an end mark, without the line break that follows or ends its tags."""

    def __init__(self, end: str) -> None:
        self.is_done = False
        self._end = end
        self._matched = 0
        self._begun = False
        self._line_break = ""
        self._text: list[str] = []

    def push(self, char: str) -> None:
        if char == self._end[self._matched]:
            self._matched += 1
            self.is_done = self._matched == len(self._end)
            return
        # The first character of an end mark does not come again in it.
        for lost in self._end[: self._matched]:
            self._add(lost)
        self._matched = int(char == self._end[0])
        if not self._matched:
            self._add(char)

    def _add(self, char: str) -> None:
        if char == "\n" and not self._begun:
            self._begun = True
            return
        self._begun = True
        self._text.append(self._line_break)
        self._line_break = char if char == "\n" else ""
        self._text.append("" if self._line_break else char)

    def taken(self) -> str:
        """Return what is certain and was not taken before."""
        taken = "".join(self._text)
        self._text.clear()
        return taken

    def text(self) -> str:
        """Return the rest; where the end is missing, with what may have been its beginning."""
        if self.is_done:
            return self.taken()
        return self.taken() + self._line_break + self._end[: self._matched]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
