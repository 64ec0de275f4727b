"""Calls between marks, in all the forms that models were trained on."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.answer import NOT_SEPARATOR, Answer, Begun, Draft, Item, Wait
from ramclouds.prompted._reading.elements import NO_HEAD, Body, head_at, named_child
from ramclouds.prompted._reading.json_calls import NAME_LIKE, NO_OBJECT, JsonCalls, plain_name
from ramclouds.prompted._reading.marks import NO_MARK, OPENINGS, Mark

# `<parameter name="d`, `<arg_key>d`, `<days>3`: another argument has begun.
_BEGUN = re.compile(r"\s*<(?:(?!/)[^<>]*$|[\w.-]+>)")
_DEEPEST = 4  # <function_calls><tool_call><function=f>


class MarkedCalls:
    """Reads what an opening mark begins; `tools` are those of each name."""

    def __init__(self, answer: Answer, tools: Mapping[str, Tool]) -> None:
        self._answer, self._tools = answer, tools
        self._calls = JsonCalls(tools, is_marked=True, has_text=False)

    def opened(self, mark: Mark) -> Wait[bool]:
        """Read what an opening mark begins; whether that was a call."""
        answer, is_wrapped = self._answer, mark.kind == "wrapper"
        for _ in range(_DEEPEST):
            at = yield from answer.skip(mark.end)
            inner = NO_MARK if mark.kind == "element" else (yield from answer.mark(at))
            if inner.kind not in OPENINGS:
                break
            mark = inner
        else:
            return False
        if mark.kind == "element":
            return (yield from self._element(mark, at, is_wrapped=is_wrapped))
        if (yield from answer.has_ticks(at)):
            language = yield from answer.language(at)
            if not language:
                return False
            at = yield from answer.skip(at + len(language))
            answer.in_fence = True
        if answer.text.startswith(("{", "["), at):
            return (yield from self._block(at))
        return (yield from self._named(mark.end, at))

    def _element(self, mark: Mark, at: int, *, is_wrapped: bool) -> Wait[bool]:
        """`<invoke name="f">` or `<function=f>`, and what stands inside of it."""
        answer, name = self._answer, plain_name(mark.name)
        if not (name in self._tools or (is_wrapped and (not name or NAME_LIKE.fullmatch(name)))):
            return False
        if mark.is_empty or mark.value is not None:
            answer.at = mark.end
            body = Body("", self._tools.get(name, Tool(name)), mark)
            answer.events.add(self._call(mark.value or "", body))
            return True
        if answer.text.startswith("{", at) and name:
            return (yield from self._block(at, name))
        return (yield from self._tags(name, at, mark, is_wrapped=is_wrapped))

    def _named(self, start: int, at: int) -> Wait[bool]:
        """`f{...}` with marks between, or `f<arg_key>...`, or `<f>...</f>`: inside a wrapper."""
        answer = self._answer
        head = yield from answer.ask(head_at, start, NO_HEAD)
        if not head.name:
            is_child = answer.text.startswith("<", at)
            return is_child and (yield from self._tags("", at, NO_MARK, is_wrapped=True))
        # Behind [TOOL_CALLS] nothing else is written.
        is_known = head.name in self._tools or head.is_sure or answer.text[start - 1] == "]"
        if not is_known and answer.text.startswith("<arg_key>", head.end):
            end = (yield from answer.next_mark(head.end)).start
            is_known = "<arg_value>" in answer.text[head.end : end]
        if not is_known:
            return False
        answer.in_fence = head.has_fence
        if answer.text.startswith("{", head.end):
            return (yield from self._block(head.end, head.name))
        return (yield from self._tags(head.name, head.end, NO_MARK, is_wrapped=False))

    def _block(self, start: int, given: str = "") -> Wait[bool]:
        """JSON between marks: calls one after the other, or the arguments of the tool `given`."""
        answer, has_call = self._answer, False
        while True:
            is_doubled = answer.text.startswith("{{", start)  # as templates write braces
            start += is_doubled and not given
            name = given or (yield from answer.ask(self._calls.early_name, start, ""))
            if name:
                answer.events.add(Begun(name))
            items, end = yield from self._values(start, given)
            if not items and not name:
                return has_call
            if name and not (items and isinstance(items[0], Draft) and items[0].name == name):
                items = [Draft(name, answer.text[start:end], NO_OBJECT)]
            at = yield from answer.skip(end, NOT_SEPARATOR)
            answer.events.add(*(yield from answer.unless_cut(items, at)))
            is_end = at == len(answer.text) or answer.text[at] in "<`["
            answer.at, has_call = at if is_end else end, True
            is_value = not given and answer.text.startswith(("{", "["), at)
            if not is_value or (yield from answer.mark(at)).kind:
                return True
            answer.at = start = at

    def _values(self, start: int, given: str) -> Wait[tuple[list[Item], int]]:
        """The calls in a value, and its end: where it is broken, that of the block."""
        answer, calls = self._answer, self._calls
        end, is_closed = yield from answer.value_end(start)
        items = calls.sound(answer.text[start:end], given) if is_closed else None
        if items is None:
            end = (yield from answer.next_mark(start)).start
            return calls.broken(answer.text[start:end], answer.cut_reason(start, end), given), end
        at = yield from answer.skip(end, NOT_SEPARATOR)
        names = [item.name for item in items if isinstance(item, Draft)]
        is_more = answer.text.startswith("{", at) and bool(given)
        if not is_more and (not names or answer.text[at : at + 1] in ("", "<", "[", "`", "{")):
            return items, end
        mark = yield from answer.next_mark(at)
        line = answer.text[at : mark.start].partition("\n")[0]
        if mark.kind != "closing" and "{" not in line:
            return items, end
        # More stands behind the value: `{...} or {...}`.
        return [Draft(names[0], answer.text[start : mark.start].strip(), NO_OBJECT)], mark.start

    def _tags(self, name: str, start: int, tag: Mark, *, is_wrapped: bool) -> Wait[bool]:
        """Arguments in tags up to the mark that ends them; the name goes out with the first."""
        answer = self._answer
        is_tag = answer.text.startswith("<", start)
        is_early = bool(name) and is_tag and not (yield from answer.mark(start)).kind
        if is_early:
            answer.events.add(Begun(name))
        mark = yield from self._tags_end(start)
        text = answer.text[start : mark.start]
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
        if is_end and (answer.is_truncated or is_begun):
            call = Draft(name, text.strip(), answer.cut)
        elif body.is_open and mark.kind != "closing":
            call = Draft(name, text.strip(), NO_OBJECT)
        answer.at = mark.start - (len(body.rest) if is_end and not call.reason else 0)
        answer.events.add(call)
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
        answer, is_open, first = self._answer, False, NO_MARK
        while True:
            mark = yield from answer.next_mark(at, with_values=True)
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
