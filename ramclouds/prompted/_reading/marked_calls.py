"""Calls between marks, in all the forms that models were trained on."""

from __future__ import annotations

import re
from collections.abc import Generator

from ramclouds.prompted._reading.blocks import BlockReader
from ramclouds.prompted._reading.json_calls import (
    CUT_BY_LENGTH,
    LOOKED_AT,
    NAME_FIRST,
    NO_OBJECT,
    Draft,
    is_name_like,
    plain_name,
)
from ramclouds.prompted._reading.source import Steps
from ramclouds.prompted._reading.template_calls import (
    NAMED,
    NAMED_BEGUN,
    call_of,
    json_call,
    named_child,
    read_body,
)
from ramclouds.prompted._reading.templates import OPENINGS, Mark, attributes_of

_ENDS = ("", "<", "[", "`", "}", "]")
_DEEPEST = 4  # <function_calls><tool_call><function=f>


class MarkedCalls:
    """Reads what an opening mark begins."""

    def __init__(self, reader: BlockReader) -> None:
        self._reader = reader
        self._source, self._events = reader.source, reader.events

    def opened(self, mark: Mark) -> Generator[None, None, bool]:
        """Read what an opening mark begins; whether that was a call."""
        source, is_wrapped = self._source, False
        for _ in range(_DEEPEST):
            if mark.kind != "wrapper":
                break
            is_wrapped = True
            at = yield from source.skip_space(mark.end)
            char = source.text[at : at + 1]
            inner = (yield from source.mark(at)) if char and char in "<[" else None
            if inner is None or inner.kind not in OPENINGS:
                break
            mark = inner
        else:
            return False
        if mark.kind == "element":
            return (yield from self._element(mark, is_wrapped=is_wrapped))
        if char == "`" and (yield from source.has_ticks(at)):
            language = yield from self._reader.language(at)
            if language is None:
                return False
            at = yield from source.skip_space(at + len(language[0]))
            char = source.text[at : at + 1]
            self._reader.in_fence = True
        if char and char in "{[":
            return (yield from self._block(at))
        return (yield from self._named(mark.end, at))

    def _block(self, start: int) -> Generator[None, None, bool]:
        """JSON between marks, its values one after the other."""
        source = self._source
        if source.text[start] == "{" and (yield from source.char(start + 1)) == "{":
            start += 1  # a model that has seen templates doubles its braces
        name = yield from self._early_name(start)
        end, is_closed = yield from source.value_end(start)
        items = self._reader.sound(start, end, is_marked=True) if is_closed else None
        if items is None:
            end = yield from source.block_end(start, is_fenced=self._reader.in_fence)
            cut = self._reader.cut_reason(start, end)
            items = self._reader.calls.broken(source.text[start:end], is_marked=True, cut=cut)
        if not items and not name:
            return False
        if name and not (items and isinstance(items[0], Draft) and items[0].name == name):
            items = [Draft(name, source.text[start:end], NO_OBJECT)]
        at = yield from self._reader.behind_value(end)
        items = yield from self._reader.unless_cut(items, at)
        source.at = end
        self._reader.emit(items, is_named=bool(name))
        char = source.text[at : at + 1]
        is_value = char and char in "{[" and not (yield from source.mark(at))
        if is_value and (yield from self._block(at)):
            return True
        if not char or char in "<`":
            source.at = at
        else:  # braces too many
            while source.text[source.at] in "}]":
                source.at += 1
        return True

    def _early_name(self, start: int) -> Generator[None, None, str]:
        """The name of the first call, which goes out before its arguments have arrived."""
        source = self._source
        while True:
            text = source.text[start : start + LOOKED_AT]
            found = NAME_FIRST.match(text)
            if found:
                name = plain_name(found[1])
                if not is_name_like(name):
                    return ""
                self._events.name(name)
                return name
            if "}" in text or len(text) == LOOKED_AT or source.is_whole:
                return ""
            yield

    def _element(self, mark: Mark, *, is_wrapped: bool) -> Generator[None, None, bool]:
        """`<invoke name="f">` or `<function=f>`, and what stands inside of it."""
        source, name = self._source, plain_name(mark.name)
        is_name = name in self._reader.tools or (is_wrapped and (not name or is_name_like(name)))
        if not is_name:
            return False
        given = attributes_of(mark.attributes).get("arguments")
        if mark.is_empty:
            return self._take(mark.end, json_call(name, given or "", self._reader.tools.get(name)))
        at = yield from source.skip_space(mark.end)
        if source.text[at : at + 1] == "{" and name:
            self._events.name(name)
            yield from self._object(name, at)
            return True
        is_begun = source.text[at : at + 1] == "<" and not (yield from source.mark(at))
        is_named = is_begun and bool(name)
        if is_named:
            self._events.name(name)
        return (yield from self._body(name, mark.end, is_wrapped=is_wrapped, is_named=is_named))

    def _body(
        self, name: str, start: int, *, is_wrapped: bool, is_named: bool
    ) -> Generator[None, None, bool]:
        """Arguments in tags up to the next mark."""
        source = self._source
        end = yield from source.block_end(start, is_fenced=False)
        text = source.text[start:end]
        if not name:
            child = named_child(text)
            if child is None:
                return False
            name, text = child
        body, tool = read_body(text), self._reader.tools.get(name)
        is_end = source.is_whole and source.is_end(end)
        if body.arguments is None and not is_named:
            needs_arguments = tool is not None and tool.needs_arguments
            if text.strip() or (needs_arguments and not is_wrapped):
                return False
        call = call_of(name, body, text, tool)
        is_unread = body.arguments is None and is_named
        if is_end and (body.is_cut or is_unread or self._reader.cut == CUT_BY_LENGTH):
            call = Draft(name, text.strip(), self._reader.cut)
        source.at = end - (len(body.rest) if is_end and not call.reason else 0)
        self._reader.emit([call], is_named=is_named)
        return True

    def _named(self, start: int, at: int) -> Generator[None, None, bool]:
        """`f{...}` with marks between, or `f<arg_key>...`, or `<f>...</f>`: inside a wrapper."""
        source = self._source
        while True:
            text = source.text[start : start + LOOKED_AT]
            head = NAMED.match(text)
            if head or source.is_whole or not NAMED_BEGUN.fullmatch(text):
                break
            yield
        if head is None:
            return (yield from self._child(at))
        name, at = plain_name(head["name"]), start + head.start("next")
        is_known = name in self._reader.tools or any((head["kind"], head["space"], head["mark"]))
        if not is_known and not (yield from self._has_pairs(at)):
            return False
        self._reader.in_fence = bool(head["fence"])
        is_named = head["next"] in ("{", "<arg_key>")
        if is_named:
            self._events.name(name)
        if head["next"] == "{":
            yield from self._object(name, at)
            return True
        return (yield from self._body(name, at, is_wrapped=False, is_named=is_named))

    def _has_pairs(self, at: int) -> Generator[None, None, bool]:
        """Whether the arguments of a tool that is not offered make its name one all the same."""
        if not self._source.text.startswith("<arg_key>", at):
            return False
        end = yield from self._source.block_end(at, is_fenced=False)
        return "<arg_value>" in self._source.text[at:end]

    def _child(self, at: int) -> Generator[None, None, bool]:
        """`<get_weather><city>Hanoi</city></get_weather>`, or `<name>f</name>...`."""
        source = self._source
        if source.text[at : at + 1] != "<":
            return False
        end = yield from source.block_end(at, is_fenced=False)
        text = source.text[at:end]
        inner = re.match(r"\s*<([\w.-]+)>(.*)</\1>\s*$", text, re.DOTALL)
        if inner and inner[1] in self._reader.tools:
            name, text = inner[1], inner[2]
        elif child := named_child(text):
            name, text = child
        else:
            return False
        return self._take(end, call_of(name, read_body(text), text, self._reader.tools.get(name)))

    def _take(self, end: int, call: Draft) -> bool:
        self._source.at = end
        self._reader.emit([call])
        return True

    def _object(self, name: str, start: int) -> Steps:
        """The arguments of a call whose name went out."""
        source = self._source
        end, is_closed = yield from source.value_end(start)
        tool = self._reader.tools.get(name)
        call = json_call(name, source.text[start:end], tool) if is_closed else None
        if call is None or call.reason:
            end = yield from source.block_end(start, is_fenced=self._reader.in_fence)
            text, cut = source.text[start:end], self._reader.cut_reason(start, end)
            call = Draft(name, text.strip(), cut) if cut else json_call(name, text, tool)
        elif (stop := (yield from self._joined_to(end))) > 0:
            end, call = stop, Draft(name, source.text[start:stop].strip(), NO_OBJECT)
        calls = yield from self._reader.unless_cut([call], end)
        source.at = end
        self._reader.emit(calls, is_named=True)

    def _joined_to(self, end: int) -> Generator[None, None, int]:
        """Where the call ends in which more stands behind the object: `{...} or {...}`; else 0."""
        source = self._source
        at = yield from source.skip_space(end)
        if source.text[at : at + 1] in _ENDS:
            return 0
        stop = yield from source.block_end(end, is_fenced=self._reader.in_fence)
        mark = None if source.is_end(stop) else (yield from source.mark(stop))
        return stop if mark is not None and mark.kind == "closing" else 0
