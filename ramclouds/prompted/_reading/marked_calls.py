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
    Item,
    is_name_like,
    plain_name,
)
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
_BEGUN = re.compile(r"\s*<(?:[^<>/]*$|arg_key>)")
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

    def _block(self, start: int, given: str = "") -> Generator[None, None, bool]:
        """JSON between marks: values one after the other, or the arguments of the tool `given`."""
        has_call = False
        while start >= 0 and (yield from self._value(start, given)):
            has_call = True
            start = -1 if given else (yield from self._behind_value())
        return has_call

    def _value(self, start: int, given: str) -> Generator[None, None, bool]:
        source, name = self._source, given
        if given:
            self._events.name(given)
        else:
            if source.text[start] == "{" and (yield from source.char(start + 1)) == "{":
                start += 1  # a model that has seen templates doubles its braces
            name = yield from self._early_name(start)
        items, end = yield from self._json(start, given)
        if not items and not name:
            return False
        if name and not (items and isinstance(items[0], Draft) and items[0].name == name):
            items = [Draft(name, source.text[start:end], NO_OBJECT)]
        at = end if given else (yield from self._reader.behind_value(end))
        items = yield from self._reader.unless_cut(items, at)
        source.at = end
        self._reader.emit(items, is_named=bool(name))
        return True

    def _behind_value(self) -> Generator[None, None, int]:
        """Where the next value begins, or -1; braces too many are dropped."""
        source = self._source
        at = yield from self._reader.behind_value(source.at)
        while source.text[source.at : source.at + 1] in ("}", "]"):
            source.at += 1
        char = source.text[at : at + 1]
        if char and char in "{[" and not (yield from source.mark(at)):
            return at
        if not char or char in "<`":
            source.at = at
        return -1

    def _json(self, start: int, given: str) -> Generator[None, None, tuple[list[Item], int]]:
        """The calls in a value, and its end: where it is broken, that of the block."""
        source, calls, tool = self._source, self._reader.calls, self._reader.tools.get(given)
        end, is_closed = yield from source.value_end(start)
        text = source.text[start:end]
        if given and is_closed and not (call := json_call(given, text, tool)).reason:
            stop = yield from self._joined_to(end)
            if stop:
                return [Draft(given, source.text[start:stop].strip(), NO_OBJECT)], stop
            return [call], end
        items = calls.sound(text, is_marked=True) if is_closed and not given else None
        if items is not None:
            return items, end
        end = yield from source.block_end(start, is_fenced=self._reader.in_fence)
        text, cut = source.text[start:end], self._reader.cut_reason(start, end)
        if given:
            return [Draft(given, text.strip(), cut) if cut else json_call(given, text, tool)], end
        return calls.broken(text, is_marked=True, cut=cut), end

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
        if mark.is_empty:
            given = attributes_of(mark.attributes).get("arguments", "")
            source.at = mark.end
            self._reader.emit([json_call(name, given, self._reader.tools.get(name))])
            return True
        at = yield from source.skip_space(mark.end)
        if source.text[at : at + 1] == "{" and name:
            return (yield from self._block(at, name))
        is_begun = source.text[at : at + 1] == "<" and not (yield from source.mark(at))
        is_early = is_begun and bool(name)
        return (yield from self._tags(name, mark.end, is_wrapped=is_wrapped, is_early=is_early))

    def _tags(
        self, name: str, start: int, *, is_wrapped: bool, is_early: bool
    ) -> Generator[None, None, bool]:
        """Arguments in tags up to the next mark; with `is_early` the name goes out before."""
        source, tools = self._source, self._reader.tools
        if is_early:
            self._events.name(name)
        end = yield from source.block_end(start, is_fenced=False)
        text = source.text[start:end]
        child = None if name else named_child(text, tools)
        name, text = child or (name, text)
        if not name:
            return False
        body, tool = read_body(text), tools.get(name)
        if body.arguments is None and not is_early and not (child and text.lstrip()[:1] == "{"):
            needs_arguments = tool is not None and tool.needs_arguments
            if text.strip() or (needs_arguments and not is_wrapped):
                return False
        call = call_of(name, body, text, tool)
        is_end = source.is_whole and source.is_end(end)
        # `<parameter name="d`, `<arg_key>d`: another one has begun.
        is_unread = _BEGUN.match(body.rest) if body.arguments else is_early
        if is_end and (body.is_cut or is_unread or self._reader.cut == CUT_BY_LENGTH):
            call = Draft(name, text.strip(), self._reader.cut)
        source.at = end - (len(body.rest) if is_end and not call.reason else 0)
        self._reader.emit([call], is_named=is_early)
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
            is_child = source.text[at : at + 1] == "<"
            return is_child and (yield from self._tags("", at, is_wrapped=True, is_early=False))
        name, at = plain_name(head["name"]), start + head.start("next")
        is_pair = head["next"] == "<arg_key>"
        is_known = name in self._reader.tools or any((head["kind"], head["space"], head["mark"]))
        if not is_known and is_pair:
            end = yield from source.block_end(at, is_fenced=False)
            is_known = "<arg_value>" in source.text[at:end]
        if not is_known:
            return False
        self._reader.in_fence = bool(head["fence"])
        if head["next"] == "{":
            return (yield from self._block(at, name))
        return (yield from self._tags(name, at, is_wrapped=False, is_early=is_pair))

    def _joined_to(self, end: int) -> Generator[None, None, int]:
        """Where the call ends in which more stands behind the object: `{...} or {...}`; else 0."""
        source = self._source
        at = yield from source.skip_space(end)
        if source.text[at : at + 1] in _ENDS:
            return 0
        stop = yield from source.block_end(end, is_fenced=self._reader.in_fence)
        mark = None if source.is_end(stop) else (yield from source.mark(stop))
        return stop if mark is not None and mark.kind == "closing" else 0
