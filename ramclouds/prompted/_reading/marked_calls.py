"""Calls between marks, in all the forms that models were trained on."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.buffer import NOT_SEPARATOR, Begun, Buffer, Draft, Item, Wait
from ramclouds.prompted._reading.elements import NO_HEAD, Body, head_at, named_child
from ramclouds.prompted._reading.json_calls import NAME_LIKE, NO_OBJECT, JsonCalls, plain_name
from ramclouds.prompted._reading.marks import NO_MARK, OPENINGS, Mark

# `<parameter name="d`, `<arg_key>d`, `<days>3`: another argument has begun.
_BEGUN = re.compile(r"\s*<(?:(?!/)[^<>]*$|[\w.-]+>)")
_DEEPEST = 4  # <function_calls><tool_call><function=f>


class MarkedCalls:
    """Reads what an opening mark begins; `tools` are those of each name."""

    def __init__(self, buffer: Buffer, tools: Mapping[str, Tool]) -> None:
        self._buffer, self._tools = buffer, tools
        self._calls = JsonCalls(tools, is_marked=True, has_text=False)

    def opened(self, mark: Mark) -> Wait[bool]:
        """Read what an opening mark begins; whether that was a call."""
        buffer, is_wrapped = self._buffer, mark.kind == "wrapper"
        for _ in range(_DEEPEST):
            at = yield from buffer.skip(mark.end)
            inner = NO_MARK if mark.kind == "element" else (yield from buffer.mark(at))
            if inner.kind not in OPENINGS:
                break
            mark = inner
        else:
            return False
        if mark.kind == "element":
            return (yield from self._element(mark, at, is_wrapped=is_wrapped))
        if (yield from buffer.has_ticks(at)):
            language = yield from buffer.language(at)
            if not language:
                return False
            at = yield from buffer.skip(at + len(language))
            buffer.in_fence = True
        if buffer.text.startswith(("{", "["), at):
            return (yield from self._block(at))
        return (yield from self._named(mark.end, at))

    def _element(self, mark: Mark, at: int, *, is_wrapped: bool) -> Wait[bool]:
        """`<invoke name="f">` or `<function=f>`, and what stands inside of it."""
        buffer, name = self._buffer, plain_name(mark.name)
        if not (name in self._tools or (is_wrapped and (not name or NAME_LIKE.fullmatch(name)))):
            return False
        if mark.is_empty or mark.value is not None:
            buffer.at = mark.end
            body = Body("", self._tools.get(name, Tool(name)), mark)
            buffer.events.add(self._call(mark.value or "", body))
            return True
        if buffer.text.startswith("{", at) and name:
            return (yield from self._block(at, name))
        return (yield from self._tags(name, at, mark, is_wrapped=is_wrapped))

    def _named(self, start: int, at: int) -> Wait[bool]:
        """`f{...}` with marks between, or `f<arg_key>...`, or `<f>...</f>`: inside a wrapper."""
        buffer = self._buffer
        head = yield from buffer.ask(head_at, start, NO_HEAD)
        if not head.name:
            is_child = buffer.text.startswith("<", at)
            return is_child and (yield from self._tags("", at, NO_MARK, is_wrapped=True))
        # Behind [TOOL_CALLS] nothing else is written.
        is_known = head.name in self._tools or head.is_sure or buffer.text[start - 1] == "]"
        if not is_known and buffer.text.startswith("<arg_key>", head.end):
            end = (yield from buffer.next_mark(head.end)).start
            is_known = "<arg_value>" in buffer.text[head.end : end]
        if not is_known:
            return False
        buffer.in_fence = head.has_fence
        if buffer.text.startswith("{", head.end):
            return (yield from self._block(head.end, head.name))
        return (yield from self._tags(head.name, head.end, NO_MARK, is_wrapped=False))

    def _block(self, start: int, given: str = "") -> Wait[bool]:
        """JSON between marks: calls one after the other, or the arguments of the tool `given`."""
        buffer, has_call = self._buffer, False
        while True:
            is_doubled = buffer.text.startswith("{{", start)  # as templates write braces
            start += is_doubled and not given
            name = given or (yield from buffer.ask(self._calls.early_name, start, ""))
            if name:
                buffer.events.add(Begun(name))
            items, end = yield from self._values(start, given)
            if not items and not name:
                return has_call
            if name and not (items and isinstance(items[0], Draft) and items[0].name == name):
                items = [Draft(name, buffer.text[start:end], NO_OBJECT)]
            at = yield from buffer.skip(end, NOT_SEPARATOR)
            buffer.events.add(*(yield from buffer.unless_cut(items, at)))
            is_end = at == len(buffer.text) or buffer.text[at] in "<`["
            buffer.at, has_call = at if is_end else end, True
            is_value = not given and buffer.text.startswith(("{", "["), at)
            if not is_value or (yield from buffer.mark(at)).kind:
                return True
            buffer.at = start = at

    def _values(self, start: int, given: str) -> Wait[tuple[list[Item], int]]:
        """The calls in a value, and its end: where it is broken, that of the block."""
        buffer, calls = self._buffer, self._calls
        end, is_closed = yield from buffer.value_end(start)
        items = calls.sound(buffer.text[start:end], given) if is_closed else None
        if items is None:
            end = (yield from buffer.next_mark(start)).start
            return calls.broken(buffer.text[start:end], buffer.cut_reason(start, end), given), end
        at = yield from buffer.skip(end, NOT_SEPARATOR)
        names = [item.name for item in items if isinstance(item, Draft)]
        is_more = buffer.text.startswith("{", at) and bool(given)
        if not is_more and (not names or buffer.text[at : at + 1] in ("", "<", "[", "`", "{")):
            return items, end
        mark = yield from buffer.next_mark(at)
        line = buffer.text[at : mark.start].partition("\n")[0]
        if mark.kind != "closing" and "{" not in line:
            return items, end
        # More stands behind the value: `{...} or {...}`.
        return [Draft(names[0], buffer.text[start : mark.start].strip(), NO_OBJECT)], mark.start

    def _tags(self, name: str, start: int, tag: Mark, *, is_wrapped: bool) -> Wait[bool]:
        """Arguments in tags up to the mark that ends them; the name goes out with the first."""
        buffer = self._buffer
        is_tag = buffer.text.startswith("<", start)
        is_early = bool(name) and is_tag and not (yield from buffer.mark(start)).kind
        if is_early:
            buffer.events.add(Begun(name))
        mark = yield from self._tags_end(start)
        text = buffer.text[start : mark.start]
        child = None if name else named_child(text, self._tools)
        name, text = child or (name, text)
        tool = self._tools.get(name, Tool(name))
        body = Body(text, tool, tag)
        is_empty = not text.strip() and (is_wrapped or not tool.needs_arguments)
        is_json = child is not None and text.lstrip().startswith("{")
        if not (name and (body.arguments or is_early or is_json or is_empty)):
            return False
        call = self._call(text, body)
        is_end = mark.kind is None
        rest = body.rest if body.arguments else text
        is_begun = body.is_open or not (body.arguments or text.strip()) or _BEGUN.match(rest)
        if is_end and (buffer.is_truncated or is_begun):
            call = Draft(name, text.strip(), buffer.cut)
        elif body.is_open and mark.kind != "closing":
            call = Draft(name, text.strip(), NO_OBJECT)
        buffer.at = mark.start - (len(body.rest) if is_end and not call.reason else 0)
        buffer.events.add(call)
        return True

    def _call(self, text: str, body: Body) -> Draft:
        inner = body.inner()
        if inner is not None:
            text, body = inner, Body(inner, body.tool)
        return body.call() if body.arguments else self._calls.arguments(body.tool.name, text)

    def _tags_end(self, at: int) -> Wait[Mark]:
        """The mark that ends an element, which one inside of a value does not.

        Where the value lacks its end, it is the first mark behind its beginning.
        """
        buffer, is_open, first = self._buffer, False, NO_MARK
        while True:
            mark = yield from buffer.next_mark(at, with_values=True)
            is_opening = mark.kind == "value" and not mark.is_end
            if first.kind and (mark.kind is None or is_opening):
                return first
            if mark.kind == "value":
                is_open, first = is_opening and mark.value is None, NO_MARK
            elif not is_open or mark.kind is None:
                return mark
            else:
                first = first if first.kind else mark
            at = mark.end
