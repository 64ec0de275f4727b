"""Calls as JSON, in the shapes that models give them: an object, a list of them, or a wrapper."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from ramclouds.prompted._arguments import ArgumentText, settled
from ramclouds.prompted._reader import NotACallError, Reader, Steps
from ramclouds.prompted._scan import Depth, StringText

_NAME = ("name", "tool", "tool_name", "function", "function_name", "action")
_ARGUMENTS = ("arguments", "parameters", "input", "args", "params", "tool_input", "action_input")
_WRAPPER = ("tool_calls", "tool_call", "function_call", "calls")
# What stands beside a call and says nothing: {"id": ..., "type": "function", "function": {...}}.
_SILENT = ("id", "type", "index", "tool_call_id", "call_id", "role", "content")
_KEYS = (*_NAME, *_ARGUMENTS, *_WRAPPER, *_SILENT)
_TEXT = "text"


class _Draft:
    """A call whose object is being read; `is_sent` once it is decided."""

    def __init__(self) -> None:
        self.name = ""
        self.arguments: str | None = None
        self.is_sent = False


class CallReader:
    """Reads calls from a reader; raises NotACallError where what was held is no call.

    `tools` says of each name whether it needs arguments. `marked` is a place that holds nothing but
    calls: there any name is one, because an agent can then tell the model that there is no such
    tool. With `envelope` an object may also hold the answer: {"text": "..."}.
    """

    def __init__(self, reader: Reader, tools: Mapping[str, bool], *, envelope: bool) -> None:
        self._reader = reader
        self._tools = tools
        self._names = tuple(tools)
        self._keys = (*_KEYS, _TEXT) if envelope else _KEYS

    def value(self, *, marked: bool) -> Steps:
        if self._reader.char == "[":
            yield from self._list(marked=marked)
        elif self._reader.char == "{":
            yield from self._object(marked=marked)
        else:
            raise NotACallError

    def _list(self, *, marked: bool) -> Steps:
        reader = self._reader
        yield from reader.take()
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
            needs_arguments = self._tools.get(draft.name, False) and not marked
            if not draft.name or needs_arguments or not is_closed:
                raise NotACallError
            self._send(draft)
        reader.held.clear()
        if is_closed:
            yield from reader.drop()

    def _members(self, draft: _Draft, *, marked: bool) -> Steps:
        """Read an object's members, up to its closing brace or what stands in its place."""
        reader = self._reader
        yield from reader.take()
        yield from reader.take_space()
        while reader.char and reader.char in "\"'":
            key = yield from self._string(None if draft.is_sent else self._keys)
            yield from reader.take_space()
            yield from reader.take_literal(":")
            yield from reader.take_space()
            yield from self._member(key, draft, marked=marked)
            yield from reader.take_space()
            if reader.char != ",":
                return
            yield from reader.take()
            yield from reader.take_space()

    def _member(self, key: str, draft: _Draft, *, marked: bool) -> Steps:
        if draft.is_sent or key in _SILENT:
            yield from self._skipped()
        elif key == _TEXT:
            yield from self._answer(draft)
        elif key in _WRAPPER:
            yield from self.value(marked=marked)
            draft.is_sent = True
        elif key in _NAME and self._reader.char == "{":
            yield from self._members(draft, marked=marked)
            if self._reader.char == "}":
                yield from self._reader.take()
        elif key in _NAME:
            draft.name = yield from self._string(None if marked else self._names)
            if draft.arguments is not None:
                self._send(draft)
        else:
            yield from self._arguments(draft)

    def _arguments(self, draft: _Draft) -> Steps:
        if draft.name and self._reader.char == "{":
            self._reader.call(draft.name)
            draft.is_sent = True
            yield from self._streamed()
            return
        if not self._reader.char:
            raise NotACallError
        draft.arguments = yield from self._collected()
        if draft.name:
            self._send(draft)

    def _send(self, draft: _Draft) -> None:
        self._reader.call(draft.name)
        self._reader.arguments(draft.arguments or "{}")
        draft.is_sent = True

    def _streamed(self) -> Steps:
        reader, arguments = self._reader, ArgumentText()
        while not arguments.is_done:
            if arguments.ends_before(reader.char):
                reader.arguments(arguments.finish(truncated=reader.is_truncated))
                return
            reader.arguments(arguments.push(reader.char))
            yield from reader.drop()

    def _collected(self) -> Generator[None, str, str]:
        """Return arguments as a whole: JSON inside a string, or while the name is not known."""
        if self._reader.char in "\"'":
            return _whole((yield from self._string(None)))
        start = len(self._reader.held)
        yield from self._skipped()
        return _whole("".join(self._reader.held[start:]))

    def _skipped(self) -> Steps:
        depth = Depth()
        while not depth.ends_before(self._reader.char):
            if not depth.is_open and self._reader.char in ",}]":
                return
            depth.push(self._reader.char)
            yield from self._reader.take()

    def _string(self, allowed: tuple[str, ...] | None) -> Generator[None, str, str]:
        """Return a string, given up at the first character that leads to none of `allowed`."""
        reader = self._reader
        if not reader.char or reader.char not in "\"'":
            raise NotACallError
        string, pieces, value = StringText(reader.char), [], ""
        yield from reader.take()
        while not string.is_done:
            if not reader.char:
                raise NotACallError
            pieces.append(string.push(reader.char))
            if allowed is not None:
                value += pieces[-1]
                if not any(_leads_to(name, value, string.is_done) for name in allowed):
                    raise NotACallError
            yield from reader.take()
        return "".join(pieces)

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


def _leads_to(name: str, value: str, is_done: bool) -> bool:
    return name == value if is_done else name.startswith(value)


def _whole(text: str) -> str:
    """Return the arguments that `text` holds, mended where that is safe."""
    text = text.strip()
    if text in ("", "null", "None"):
        return "{}"
    if text[0] != "{":
        return text
    return settled(text)
