"""Calls as JSON, in the shapes that models give them: an object, a list of them, or a wrapper."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.arguments import ArgumentText, settled
from ramclouds.prompted._reading.characters import NotACallError, Reader, Steps
from ramclouds.prompted._reading.pieces import (
    is_name_like,
    one_of,
    take_key,
    take_string,
    take_up_to_end,
    take_value,
)
from ramclouds.prompted._reading.scanning import Depth, StringText

_NAME = ("name", "tool", "tool_name", "function", "function_name", "action")
_ARGUMENTS = ("arguments", "parameters", "input", "args", "params", "tool_input", "action_input")
_WRAPPER = ("tool_calls", "tool_call", "function_call", "calls")
# What stands beside a call and says nothing: {"id": ..., "type": "function", "function": {...}}.
_SILENT = ("id", "type", "index", "tool_call_id", "call_id", "role")
_CONTENT = "content"  # what a message says beside its calls
_KEYS = (*_NAME, *_ARGUMENTS, *_WRAPPER, *_SILENT, _CONTENT)
_TEXT = "text"
_DEEPEST = 3  # wrappers in wrappers: {"tool_calls": [{"tool_call": {...}}]}
_SCHEMA = '{"type":"object"'


class _Draft:
    """A call whose object is being read; `is_sent` once it is decided."""

    def __init__(self) -> None:
        self.name = ""
        self.arguments: str | None = None
        self.is_sent = False
        self.is_nested = False


class CallReader:
    """Reads calls from a reader; raises NotACallError where what was held is no call.

    `tools` are those of each name. `marked` is a place that holds nothing but
    calls: there any name is one, because an agent can then tell the model that there is no such
    tool. With `envelope` an object may also hold the answer: {"text": "..."}.
    """

    def __init__(self, reader: Reader, tools: Mapping[str, Tool], *, envelope: bool) -> None:
        self._reader = reader
        self._tools = tools
        self._names = one_of(tools)
        self._keys = one_of((*_KEYS, _TEXT) if envelope else _KEYS)
        self._depth = 0
        self._content = ""

    def value(self, *, marked: bool) -> Steps:
        """A call or a list of calls."""
        self._depth, self._content = 0, ""
        yield from self._value(marked=marked)

    def items(self, *, marked: bool) -> Steps:
        """A list of calls after its opening bracket."""
        self._depth, self._content = 0, ""
        yield from self._items(marked=marked)

    def name(self, end: str, *, marked: bool) -> Generator[None, str, str]:
        """The name of a tool up to `end`."""
        reader, name = self._reader, ""
        leads = is_name_like if marked else self._names
        while reader.char and reader.char != end:
            name += reader.char
            if not leads(name, False):
                raise NotACallError
            yield from reader.take()
        if not leads(name, True):
            raise NotACallError
        return name

    def streamed(self, name: str, held: Sequence[str] = ()) -> Steps:
        """The arguments of a call that is decided, an object, of which `held` was read."""
        reader, arguments = self._reader, ArgumentText()
        self._call(name)
        for char in held:
            reader.arguments(arguments.push(char))
        while not arguments.is_done:
            if arguments.ends_before(reader.char):
                reader.arguments(arguments.finish(truncated=reader.is_truncated))
                return
            reader.arguments(arguments.push(reader.char))
            yield from reader.drop()

    def _call(self, name: str) -> None:
        if self._content:
            self._say_content()
        self._reader.call(name)

    def _say_content(self) -> None:
        self._reader.held.clear()
        self._reader.text(self._content)
        self._content = ""

    def _value(self, *, marked: bool) -> Steps:
        if self._reader.char == "[":
            yield from self._reader.take()
            yield from self._items(marked=marked)
        elif self._reader.char == "{":
            yield from self._object(marked=marked)
        else:
            raise NotACallError

    def _items(self, *, marked: bool) -> Steps:
        reader = self._reader
        yield from reader.take_space()
        while True:
            if reader.char != "{":
                raise NotACallError
            yield from self._object(marked=marked)
            yield from reader.take_space()
            if reader.char != ",":
                break
            yield from reader.take()
            yield from reader.take_space()
            if reader.char == "]":
                break
        if reader.char == "]":
            yield from reader.take()
            reader.held.clear()

    def _object(self, *, marked: bool) -> Steps:
        draft = _Draft()
        yield from self._members(draft, marked=marked)
        reader = self._reader
        is_closed = reader.char == "}"
        if not draft.is_sent:
            tool = self._tools.get(draft.name)
            needs_arguments = tool is not None and tool.needs_arguments
            if not draft.name or (needs_arguments and not marked) or not is_closed:
                raise NotACallError
            self._send(draft)
        reader.held.clear()
        if is_closed:
            yield from reader.drop()

    def _members(self, draft: _Draft, *, marked: bool) -> Steps:
        """Read an object's members, up to its closing brace or what stands in its place."""
        reader = self._reader
        yield from reader.take()
        if marked and reader.char == "{":  # a model that has seen templates doubles its braces
            yield from reader.take()
        # In plain text a brace and a comment are code, which is not to wait for the comment's end.
        yield from (reader.take_gap() if marked else reader.take_space())
        while reader.char.isalpha() or (reader.char and reader.char in "\"'"):
            key = yield from take_key(reader, None if draft.is_sent else self._keys)
            yield from reader.take_space()
            yield from reader.take_literal(":")
            yield from reader.take_space()
            yield from self._member(key, draft, marked=marked)
            yield from reader.take_gap()
            if reader.char != ",":
                return
            yield from reader.take()
            yield from reader.take_gap()

    def _member(self, key: str, draft: _Draft, *, marked: bool) -> Steps:
        if key == _CONTENT:
            yield from self._beside(draft)
        elif draft.is_sent or key in _SILENT:
            yield from take_value(self._reader)
        elif key == _TEXT:
            yield from self._answer(draft)
        elif key in _WRAPPER:
            yield from self._wrapped(marked=marked)
            draft.is_sent = True
        elif key in _NAME:
            yield from self._named(draft, marked=marked)
        else:
            yield from self._arguments(key, draft, marked=marked)

    def _named(self, draft: _Draft, *, marked: bool) -> Steps:
        """The tool's name, or an object that holds it: {"function": {"name": ...}}."""
        reader = self._reader
        if reader.char == "{" and not draft.is_nested:
            draft.is_nested = True
            yield from self._members(draft, marked=marked)
            if reader.char == "}":
                yield from reader.take()
            return
        draft.name = yield from take_string(reader, is_name_like if marked else self._names)
        if draft.arguments is not None:
            self._send(draft)

    def _beside(self, draft: _Draft) -> Steps:
        """What is said beside a call: it comes out before the call, or behind one that is sent."""
        if not self._reader.char or self._reader.char not in "\"'":
            yield from take_value(self._reader)
            return
        self._content = yield from take_string(self._reader, None)
        if draft.is_sent:
            self._say_content()

    def _wrapped(self, *, marked: bool) -> Steps:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotACallError
        yield from self._value(marked=marked)
        self._depth -= 1

    def _arguments(self, key: str, draft: _Draft, *, marked: bool) -> Steps:
        if draft.name and self._reader.char == "{":
            start = len(self._reader.held)
            if key == "parameters" and not marked:
                yield from self._no_schema(self._tools[draft.name])
            held = self._reader.held[start:]
            draft.is_sent = True
            yield from self.streamed(draft.name, held)
            return
        if not self._reader.char:
            raise NotACallError
        draft.arguments = yield from self._collected()
        if draft.name:
            self._send(draft)

    def _send(self, draft: _Draft) -> None:
        self._call(draft.name)
        self._reader.arguments(draft.arguments or "{}")
        draft.is_sent = True

    def _no_schema(self, tool: Tool) -> Steps:
        """Give up where a tool is described: its parameters are a schema, not arguments."""
        if "type" in tool.parameters.get("properties", {}):
            return
        for expected in _SCHEMA:
            yield from self._reader.take_space()
            if self._reader.char != expected:
                return
            yield from self._reader.take()
        raise NotACallError

    def _collected(self) -> Generator[None, str, str]:
        """Return arguments as a whole: JSON inside a string, or while the name is not known."""
        reader = self._reader
        if reader.char in "\"'":
            return _whole((yield from take_string(reader, None)))
        start = len(reader.held)
        yield from take_up_to_end(reader)
        return _whole("".join(reader.held[start:]))

    def _answer(self, draft: _Draft) -> Steps:
        """The answer inside the envelope: a string that says it, or JSON that is it."""
        reader = self._reader
        reader.held.clear()
        draft.is_sent = True
        if reader.char == '"':
            string = StringText(reader.char)
            yield from reader.drop()
            while reader.char and not string.is_done:
                reader.text(string.push(reader.char))
                yield from reader.drop()
        else:
            depth = Depth()
            while reader.char and (depth.is_open or reader.char not in ",}"):
                depth.push(reader.char)
                reader.text(reader.char)
                yield from reader.drop()
        reader.end_text()


def _whole(text: str) -> str:
    """Return the arguments that `text` holds, mended where that is safe."""
    text = text.strip()
    if text in ("", "null", "None"):
        return "{}"
    if text[0] != "{":
        return text
    return settled(text)
