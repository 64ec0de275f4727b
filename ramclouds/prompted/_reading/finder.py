"""Tool calls in the text of an answer: which parts are a call, and which are text."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Mapping, Sequence

from ramclouds._json.repair import escaped
from ramclouds._json.surrogates import whole
from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.events import Event, Events
from ramclouds.prompted._reading.json_calls import (
    CUT,
    CUT_BY_LENGTH,
    KEYS,
    NAME_FIRST,
    NAMES,
    NO_OBJECT,
    Draft,
    Item,
    JsonCalls,
    is_name_like,
    plain_name,
)
from ramclouds.prompted._reading.source import Source, Steps
from ramclouds.prompted._reading.template_calls import (
    NAMED,
    NAMED_BEGUN,
    call_of,
    json_call,
    named_child,
    python_calls,
    read_body,
)
from ramclouds.prompted._reading.templates import Mark, attributes_of

_FENCES = (
    *("", "json", "json5", "jsonc", "jsonl", "xml"),
    *("tool_call", "tool_calls", "function_call", "tool_code"),
)
_PYTHON = "tool_code"  # Gemini
_CANDIDATE = re.compile(r"[<`{\[\u25c1]")
_FENCE = re.compile(r"```[ \t]*(\w*)")
_OPENINGS = ("wrapper", "element")
_ENVELOPE = '{"text":'
_STRING_PART = re.compile(r'(?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*', re.DOTALL)
_HALF = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}$")
_ENDS = ("", "<", "[", "`", "}", "]")
_DEEPEST = 4  # <function_calls><tool_call><function=f>
_LOOKED_AT = 300
_LEAD = re.compile(r"""(?:\[\s*)?\{\s*(["']?)(\w+)\1\s*:\s*(?:(["'])([^"'\n]*)(["']?))?""")
_LEAD_BEGUN = re.compile(r"""(?:\[\s*)?(?:\{\s*(?:["']?(\w*)["']?\s*(?::\s*)?)?)?""")
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n|\n[ \t]*```|<")
_COMPLETE_WORD = re.compile(r"(?:true|false|null|None|True|False|-?\d[\d.eE+-]*|[}\]\"'])\s*$")
_QUOTE = re.compile(r'(?<!\\)"')
_EXAMPLE = re.compile(
    r"\b(?:for (?:example|instance)|e\.g|such as|an? example|examples?:|like this)\b", re.IGNORECASE
)
_HOW_TO = re.compile(
    r"\b(?:you (?:can|could|may|might|would|should|must|need|call|write|send|use)|how (?:to|you)"
    r"|to (?:call|use|invoke|make|write|send)|would (?:look|be|call|write)|looks? like|by writing"
    r"|(?:following|this|the|same) (?:format|form|syntax|schema|structure|shape)|is written)\b",
    re.IGNORECASE,
)


class CallFinder:
    """Turns pieces of an answer into events; `tools` are those of each name.

    With `envelope` the answer may be one JSON object that holds the text: {"text": "..."}.
    """

    def __init__(self, tools: Mapping[str, Tool], *, envelope: bool = False) -> None:
        self._tools = tools
        self._calls = JsonCalls(tools)
        self._envelope = envelope
        self._source = Source()
        self._events = Events()
        self._cut = CUT
        self._in_fence = False
        """Inside a code block that was opened for the calls in it."""
        self._held_from = 0
        self._has_thought = False
        self._steps = self._answer()

    def feed(self, text: str) -> list[Event]:
        """What is decided after `text`."""
        self._source.text += text
        next(self._steps, None)
        return self._events.taken()

    def close(self, *, is_truncated: bool) -> list[Event]:
        """Decides what is open; `is_truncated` where the model did not end its answer itself."""
        self._source.is_whole = True
        self._cut = CUT_BY_LENGTH if is_truncated else CUT
        next(self._steps, None)
        self._events.close()
        return self._events.taken()

    # Text.

    def _answer(self) -> Steps:
        source = self._source
        if self._envelope:
            yield from self._enveloped()
        while True:
            found = _CANDIDATE.search(source.text, source.at)
            self._release(found.start() if found else len(source.text))
            if found:
                yield from self._candidate(found[0])
            elif source.is_whole:
                return
            else:
                if not self._events.is_held:
                    source.drop_decided()
                yield

    def _release(self, end: int) -> None:
        """Let everything up to `end` be text."""
        if end > self._source.at:
            self._events.text(self._source.text[self._source.at : end])
            self._source.at = end

    def _candidate(self, char: str) -> Steps:
        source, at = self._source, self._source.at
        if char == "`":
            yield from self._ticks()
            return
        if char != "{":
            mark = yield from source.mark(at)
            if mark is not None:
                yield from self._marked(mark)
                return
        if char in "{[" and not self._events.is_in_line:
            yield from self._paragraph()
        else:
            self._release(at + 1)

    def _skim_to(self, end: str, *, is_line: bool = False) -> Steps:
        """Let everything up to and with `end` be text; with `is_line`, at most this line."""
        source = self._source
        pattern = re.compile(rf"{re.escape(end)}|\n" if is_line else re.escape(end))
        while True:
            found = pattern.search(source.text, source.at)
            if found:
                self._release(found.end())
                return
            # The end itself may have arrived in part.
            self._release(len(source.text) - (0 if source.is_whole else len(end) - 1))
            if source.is_whole:
                return
            yield

    # JSON without marks.

    def _paragraph(self) -> Steps:
        """JSON that begins a line: calls where it is all that stands on its lines."""
        source, start = self._source, self._source.at
        if not (yield from self._leads_to_call(start)):
            yield from self._other_json()
            return
        items, end = yield from self._values(start, is_fenced=False)
        at = end
        while (char := (yield from source.char(at))) and char in " \t}`":
            at += 1
        if char not in ("", "\n") or not items or _EXAMPLE.search(self._events.paragraphs):
            self._release(end)
            return
        items = yield from self._unless_cut(items, at)
        self._hold()
        source.at = end + len(source.text[end:at].partition("`")[0])
        self._emit(items)

    def _unless_cut(self, items: list[Item], at: int) -> Generator[None, None, list[Item]]:
        """The calls, the last one invalid where the answer was cut off behind it.

        Nothing closes it then, so more may have been to come.
        """
        at = yield from self._source.skip_space(at)
        last = items[-1]
        is_closed = not self._source.is_end(at)
        if is_closed and self._source.text[at] == "<":  # `</tool_c` closes nothing
            is_closed = (yield from self._source.mark(at)) is not None
        if is_closed or self._cut != CUT_BY_LENGTH or isinstance(last, str) or last.reason:
            return items
        return [*items[:-1], last._replace(reason=self._cut)]

    def _values(
        self, start: int, *, is_fenced: bool
    ) -> Generator[None, None, tuple[list[Item], int]]:
        """The calls of values in a row, and where they end; none where one is no call."""
        source, items, at = self._source, list[Item](), start
        while True:
            end, is_closed = yield from source.value_end(at, is_paragraph=not is_fenced)
            found = self._sound(at, end, is_marked=False) if is_closed else None
            if found is None:
                end = yield from self._broken_end(at, is_fenced=is_fenced)
                cut = self._cut_reason(at, end)
                found = self._calls.broken(source.text[at:end], is_marked=False, cut=cut)
            if not found:
                return [], end
            items += found
            following = yield from self._next_value(end, is_fenced=is_fenced)
            if following < 0:
                return items, end
            at = following
            if not (yield from self._leads_to_call(at)):
                return items if is_fenced else [], end

    def _next_value(self, end: int, *, is_fenced: bool) -> Generator[None, None, int]:
        """Where the next value of a row begins, or -1."""
        source = self._source
        at = end
        space = "}], ;\t\r\n" if is_fenced else "}], ;\t"
        while (char := (yield from source.char(at))) and char in space:
            space += "\r\n" if char == "," else ""
            at += 1
        return at if char and char in "{[" else -1

    def _broken_end(self, at: int, *, is_fenced: bool) -> Generator[None, None, int]:
        source = self._source
        if is_fenced:
            end = yield from source.find("```", at)
            return len(source.text) if end < 0 else end
        searched = at
        while True:
            found = _PARAGRAPH_END.search(source.text, searched)
            if found and (found[0] != "<" or (yield from source.mark(found.start()))):
                return found.start()
            if found:
                searched = found.end()
                continue
            if source.is_whole:
                return len(source.text)
            # White space in front may belong to the end.
            searched = max(at, len(source.text.rstrip()) - 1)
            yield

    def _sound(self, start: int, end: int, *, is_marked: bool) -> list[Item] | None:
        try:
            return self._calls.sound(self._source.text[start:end], is_marked=is_marked)
        except ValueError:
            return None

    def _leads_to_call(self, at: int) -> Generator[None, None, bool]:
        """Whether the first key of an object is one of a call, and the name that of a tool."""
        source = self._source
        while True:
            text = source.text[at : at + _LOOKED_AT]
            is_final = source.is_whole or len(text) == _LOOKED_AT
            verdict = self._lead(text)
            if verdict is not None or is_final:
                return bool(verdict)
            yield

    def _lead(self, text: str) -> bool | None:
        """Whether a text begins a call; None where it is too short to tell."""
        lead = _LEAD.match(text)
        begun = _LEAD_BEGUN.fullmatch(text)
        keys = (*KEYS, "text") if self._envelope else KEYS
        if lead is None or (lead.end() == len(text) and lead[3] is None):
            if begun is None:
                return False
            key = begun[1] or ""
            return None if any(known.startswith(key) for known in keys) else False
        if lead[2] not in keys:
            return False
        if lead[2] not in NAMES or lead[3] is None:
            return True
        if lead[5]:
            return plain_name(lead[4]) in self._tools
        if lead.end() < len(text):
            return False
        names = (f"{space}{name}" for name in self._tools for space in ("", "functions."))
        return None if any(name.startswith(lead[4].lstrip()) for name in names) else False

    def _other_json(self) -> Steps:
        """JSON that is no call is text, and so is everything inside of it."""
        source = self._source
        if not re.match(r'(?:\[\s*)?\{\s*"', source.text[source.at : source.at + _LOOKED_AT]):
            self._release(source.at + 1)
            return
        end, _ = yield from source.value_end(source.at, self._release)
        self._release(end)

    def _cut_reason(self, start: int, end: int) -> str:
        """Why a broken text at the end of the answer is cut off; empty where braces lack only."""
        if not (self._source.is_whole and self._source.is_end(end)):
            return ""
        text = self._source.text[start:end]
        if self._cut == CUT_BY_LENGTH:
            return self._cut
        is_string = len(re.findall(r'(?<!\\)"', text)) % 2 and not text.rstrip().endswith(
            ("}", "]")
        )
        return "" if _COMPLETE_WORD.search(text) and not is_string else self._cut

    # Code blocks.

    def _ticks(self) -> Steps:
        """A block of code that holds calls, or code in a line, which holds none."""
        source, at = self._source, self._source.at
        if (yield from source.has_ticks(at)):
            yield from self._fence()
            return
        ticks = "``" if source.text.startswith("``", at) else "`"
        if self._events.is_in_line and not self._events.last.isalnum():
            self._release(at + len(ticks))
            yield from self._skim_to(ticks, is_line=True)
            return
        is_line_start = not self._events.is_in_line
        self._release(at + len(ticks))
        self._events.is_in_line = not is_line_start

    def _fence(self) -> Steps:
        source, at = self._source, self._source.at
        if self._in_fence and not (yield from source.char(at + 3)).isalnum():
            self._in_fence = False
            if not self._events.follows_call:
                self._release(at + 3)
                return
            source.at = at + 3
            self._events.end_call()
            return
        language = yield from self._language(at)
        if language is None:
            yield from self._shown_fence()
            return
        start = yield from source.skip_space(at + len(language[0]))
        char = source.text[start : start + 1]
        if language[1] == _PYTHON and char not in ("{", "[", "<"):
            yield from self._python(start)
        elif char and char in "{[" and (yield from self._leads_to_call(start)):
            yield from self._fenced(start)
        elif char == "<" and (mark := (yield from source.mark(start))) and mark.kind in _OPENINGS:
            if (yield from self._opened(mark)):
                self._in_fence = True
            else:
                yield from self._shown_fence()
        else:
            yield from self._shown_fence()

    def _language(self, at: int) -> Generator[None, None, tuple[str, str] | None]:
        """The beginning of a block and its language, where that may hold calls."""
        source = self._source
        while True:
            opening = _FENCE.match(source.text, at)
            assert opening is not None
            word = opening[1].lower()
            if not any(known.startswith(word) for known in _FENCES):
                return None
            if opening.end() < len(source.text) or source.is_whole:
                return (opening[0], word) if word in _FENCES else None
            yield

    def _shown_fence(self) -> Steps:
        """A block of another language shows calls, and makes none."""
        self._release(self._source.at + 3)
        yield from self._skim_to("```")

    def _fenced(self, start: int) -> Steps:
        source = self._source
        items, end = yield from self._values(start, is_fenced=True)
        if not items:
            yield from self._shown_fence()
            return
        at = yield from self._behind_value(end)
        is_closed = yield from source.has_ticks(at)
        if is_closed and (yield from source.char(at + 3)).isalnum():
            is_closed = False  # the next block begins
        following = (yield from source.skip_space(at + 3)) if is_closed else at
        if self._is_example(goes_on=is_closed and not source.is_end(following)):
            self._release(at + 3 if is_closed else end)
            return
        if not is_closed:
            items = yield from self._unless_cut(items, at)
        self._hold()
        source.at = at + 3 if is_closed else (at if source.is_end(at) else end)
        self._in_fence = not is_closed
        self._emit(items)

    def _behind_value(self, end: int) -> Generator[None, None, int]:
        at = end
        while (char := (yield from self._source.char(at))) and (char.isspace() or char in ",;}]"):
            at += 1
        return at

    def _is_example(self, *, goes_on: bool) -> bool:
        before = self._events.paragraphs
        return bool(_EXAMPLE.search(before) or (goes_on and _HOW_TO.search(before)))

    def _python(self, start: int) -> Steps:
        source = self._source
        end = yield from source.find("```", start)
        calls = None if end < 0 else python_calls(source.text[start:end], self._tools)
        if calls is None:
            yield from self._shown_fence()
            return
        self._hold()
        source.at = end + 3
        self._emit(calls)

    # Calls between marks.

    def _marked(self, mark: Mark) -> Steps:
        source, events = self._source, self._events
        if mark.kind == "closing" and events.follows_call:
            source.at = mark.end
            events.end_call()
        elif mark.kind == "response" and events.follows_call:
            # What a model writes as the tool's answer is none.
            end = yield from source.find(f"</{mark.tag}>", mark.end)
            source.at = len(source.text) if end < 0 else end + len(f"</{mark.tag}>")
            events.end_call()
        elif mark.kind == "thought" and not events.is_in_line:
            self._has_thought = True
            self._release(mark.end)
            yield from self._skim_to(mark.tag)
        elif mark.kind == "thought_end":
            self._forget_thought(mark.end)
        elif mark.kind in _OPENINGS:
            if not (yield from self._opened(mark)):
                self._release(mark.end)
        else:
            self._release(mark.end)

    def _forget_thought(self, end: int) -> None:
        """What stands before `</think>` alone was thought: templates write the opening mark."""
        if self._events.is_held:
            self._events.drop_held()
            self._source.at = self._held_from
        self._has_thought = True
        self._release(end)

    def _opened(self, mark: Mark) -> Generator[None, None, bool]:
        """Read what an opening mark begins; whether that was a call."""
        source, is_wrapped = self._source, False
        for _ in range(_DEEPEST):
            if mark.kind != "wrapper":
                break
            is_wrapped = True
            at = yield from source.skip_space(mark.end)
            char = source.text[at : at + 1]
            inner = (yield from source.mark(at)) if char and char in "<[" else None
            if inner is None or inner.kind not in _OPENINGS:
                break
            mark = inner
        else:
            return False
        if mark.kind == "element":
            return (yield from self._element(mark, is_wrapped=is_wrapped))
        if char == "`" and (yield from source.has_ticks(at)):
            language = yield from self._language(at)
            if language is None:
                return False
            at = yield from source.skip_space(at + len(language[0]))
            char = source.text[at : at + 1]
            self._in_fence = True
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
        items = self._sound(start, end, is_marked=True) if is_closed else None
        if items is None:
            end = yield from source.block_end(start, is_fenced=self._in_fence)
            cut = self._cut_reason(start, end)
            items = self._calls.broken(source.text[start:end], is_marked=True, cut=cut)
        if not items and not name:
            return False
        if name and not (items and isinstance(items[0], Draft) and items[0].name == name):
            items = [Draft(name, source.text[start:end], NO_OBJECT)]
        at = yield from self._behind_value(end)
        items = yield from self._unless_cut(items, at)
        source.at = end
        self._emit(items, is_named=bool(name))
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
            text = source.text[start : start + _LOOKED_AT]
            found = NAME_FIRST.match(text)
            if found:
                name = plain_name(found[1])
                if not is_name_like(name):
                    return ""
                self._events.name(name)
                return name
            if "}" in text or len(text) == _LOOKED_AT or source.is_whole:
                return ""
            yield

    def _element(self, mark: Mark, *, is_wrapped: bool) -> Generator[None, None, bool]:
        """`<invoke name="f">` or `<function=f>`, and what stands inside of it."""
        source, name = self._source, plain_name(mark.name)
        if name not in self._tools and not (is_wrapped and is_name_like(name)):
            if name or not is_wrapped:
                return False
        given = attributes_of(mark.attributes).get("arguments")
        if mark.is_empty:
            return self._take(mark.end, json_call(name, given or "", self._tools.get(name)))
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
        body, tool = read_body(text), self._tools.get(name)
        is_end = source.is_whole and source.is_end(end)
        if body.arguments is None and not is_named:
            needs_arguments = tool is not None and tool.needs_arguments
            if text.strip() or (needs_arguments and not is_wrapped):
                return False
        call = call_of(name, body, text, tool)
        is_unread = body.arguments is None and is_named
        if is_end and (body.is_cut or is_unread or self._cut == CUT_BY_LENGTH):
            call = Draft(name, text.strip(), self._cut)
        source.at = end - (len(body.rest) if is_end and not call.reason else 0)
        self._emit([call], is_named=is_named)
        return True

    def _named(self, start: int, at: int) -> Generator[None, None, bool]:
        """`f{...}` with marks between, or `f<arg_key>...`, or `<f>...</f>`: inside a wrapper."""
        source = self._source
        while True:
            text = source.text[start : start + _LOOKED_AT]
            head = NAMED.match(text)
            if head or source.is_whole or not NAMED_BEGUN.fullmatch(text):
                break
            yield
        if head is None:
            return (yield from self._child(at))
        name, at = plain_name(head["name"]), start + head.start("next")
        is_known = name in self._tools or any((head["kind"], head["space"], head["mark"]))
        if not is_known and head["next"] != "<arg_key>":
            return False
        self._in_fence = bool(head["fence"])
        if head["next"] == "{":
            self._events.name(name)
            yield from self._object(name, at)
            return True
        if not is_known:
            end = yield from source.block_end(at, is_fenced=False)
            if "<arg_value>" not in source.text[at:end]:
                return False
        is_named = head["next"] == "<arg_key>"
        if is_named:
            self._events.name(name)
        return (yield from self._body(name, at, is_wrapped=False, is_named=is_named))

    def _child(self, at: int) -> Generator[None, None, bool]:
        """`<get_weather><city>Hanoi</city></get_weather>`, or `<name>f</name>...`."""
        source = self._source
        if source.text[at : at + 1] != "<":
            return False
        end = yield from source.block_end(at, is_fenced=False)
        text = source.text[at:end]
        inner = re.match(r"\s*<([\w.-]+)>(.*)</\1>\s*$", text, re.DOTALL)
        if inner and inner[1] in self._tools:
            name, text = inner[1], inner[2]
        elif child := named_child(text):
            name, text = child
        else:
            return False
        return self._take(end, call_of(name, read_body(text), text, self._tools.get(name)))

    def _take(self, end: int, call: Draft) -> bool:
        self._source.at = end
        self._emit([call])
        return True

    def _object(self, name: str, start: int) -> Steps:
        """The arguments of a call whose name went out."""
        source = self._source
        end, is_closed = yield from source.value_end(start)
        tool = self._tools.get(name)
        call = json_call(name, source.text[start:end], tool) if is_closed else None
        if call is None or call.reason:
            end = yield from source.block_end(start, is_fenced=self._in_fence)
            text, cut = source.text[start:end], self._cut_reason(start, end)
            call = Draft(name, text.strip(), cut) if cut else json_call(name, text, tool)
        elif (char := (yield from source.char((yield from source.skip_space(end))))) not in _ENDS:
            # `{...} or {...}`: which of them is meant?
            stop = yield from source.block_end(end, is_fenced=self._in_fence)
            if (
                mark := (yield from source.mark(stop)) if not source.is_end(stop) else None
            ) and mark.kind == "closing":
                end, call = stop, Draft(name, source.text[start:stop].strip(), NO_OBJECT)
        calls = yield from self._unless_cut([call], end)
        source.at = end
        self._emit(calls, is_named=True)

    # Calls that were read.

    def _emit(self, items: Sequence[Item], *, is_named: bool = False) -> None:
        """Hand out calls, and what a message says beside them; the first one may have its name."""
        for item in items:
            if isinstance(item, str):
                self._events.text(item)
            elif is_named:
                self._events.end(item)
            else:
                self._events.call(item)
            is_named = False

    def _hold(self) -> None:
        """Without marks a call waits for the end: `</think>` may show that it was thought."""
        if not self._has_thought and not self._events.is_held:
            self._events.hold()
            self._held_from = self._source.at

    # The envelope.

    def _enveloped(self) -> Steps:
        """The text inside of `{"text": ...}`: a string that says it, or JSON that is it."""
        source = self._source
        while True:
            begun = re.sub(r"\s", "", source.text[:_LOOKED_AT])
            if begun.startswith(_ENVELOPE) and (len(begun) > len(_ENVELOPE) or source.is_whole):
                break
            if source.is_whole or not _ENVELOPE.startswith(begun):
                return
            yield
        source.at = yield from source.skip_space(source.text.index(":") + 1)
        if source.text[source.at : source.at + 1] == '"':
            source.at += 1
            yield from self._string()
        else:
            end, _ = yield from source.value_end(source.at)
            self._release(end)
        self._events.end_text()
        at = yield from source.skip_space(source.at)
        source.at = at + 1 if source.text[at : at + 1] == "}" else at

    def _string(self) -> Steps:
        source = self._source
        while True:
            part = _STRING_PART.match(source.text, source.at)
            assert part is not None
            text, end = part[0], part.end()
            if source.text[end : end + 1] != '"' and not source.is_whole:
                text = _HALF.sub("", text)  # the other half of the character may follow
            self._events.text(whole(json.loads(f'"{escaped(text)}"', strict=False)))
            source.at += len(text)
            if source.text[end : end + 1] == '"':
                source.at = end + 1
                return
            if source.is_whole:
                source.at = len(source.text)
                return
            yield
