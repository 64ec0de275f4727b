"""The tags that models put around calls: those asked for, and those of their own training."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Kind = Literal["wrapper", "element", "closing", "response", "thought", "thought_end", "value"]
OPENINGS = ("wrapper", "element")


class Form(NamedTuple):
    """A way to write a call: what opens it, bytes as seen, and the models that write it."""

    kind: Kind
    tags: str
    """In small letters, without bars and prefixes; with the bracket where that is not `<`."""
    seen: str
    models: str


_CALL, _ONE = '{"name": "f", "arguments": {"a": 1}}', '<parameter name="a">1</parameter>'
_INVOKE = f'<invoke name="f">\n{_ONE}\n</invoke>'
_PAIR = "<arg_key>a</arg_key>\n<arg_value>1</arg_value>"
_CODER = "<function=f>\n<parameter=a>\n1\n</parameter>\n</function>"
_KIMI = '<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{"a": 1}<|tool_call_end|>'
_SEEK = '<|tool▁calls▁begin|><|tool▁call▁begin|>{}{{"a": 1}}{}<|tool▁call▁end|>'.replace(
    "|", "\uff5c"
)
_SEP = "<\uff5ctool▁sep\uff5c>"
_DSML = _INVOKE.replace("</", "</\uff5cDSML\uff5c").replace("<i", "<\uff5cDSML\uff5ci")
FORMS = (
    Form("wrapper", "tool_call", f"<tool_call>\n{_CALL}\n</tool_call>", "Qwen, Hermes"),
    Form("wrapper", "tool_call", f"<tool_call>f\n{_PAIR}\n</tool_call>", "GLM"),
    Form("wrapper", "tool_call", f"<tool_call>\n{_CODER}\n</tool_call>", "Qwen3-Coder"),
    Form("wrapper", "tool_call", f"<minimax:tool_call>{_INVOKE}</minimax:tool_call>", "MiniMax M2"),
    Form("wrapper", "tool_call", f"<|tool_call|>[{_CALL}]", "Granite"),
    Form("wrapper", "tool_calls", f"<tool_calls>\n{_CALL}\n</tool_calls>", "MiniMax M1"),
    Form("wrapper", "function_call", f"<function_call>{_CALL}</function_call>", "Functionary"),
    Form("wrapper", "function_calls", f"<function_calls>{_INVOKE}</function_calls>", "Claude"),
    Form("wrapper", "function_calls", f"<\uff5cDSML\uff5cfunction_calls>{_DSML}", "DeepSeek V3.2"),
    Form("wrapper", "python_tag", f"<|python_tag|>{_CALL}<|eom_id|>", "Llama 3"),
    Form("wrapper", "tool_calls_section_begin", f"<|tool_calls_section_begin|>{_KIMI}", "Kimi K2"),
    Form("wrapper", "tool_call_section_begin", f"<|tool_call_section_begin|>{_KIMI}", "Kimi K2"),
    Form("wrapper", "tool_call_begin", _SEEK.format(f"f{_SEP}", ""), "DeepSeek V3.1"),
    Form(
        "wrapper",
        "tool_calls_begin",
        _SEEK.format(f"function{_SEP}f\n```json\n", "\n```"),
        "DeepSeek V3",
    ),
    Form("wrapper", "[tool_calls", '[TOOL_CALLS]f[CALL_ID]a1B[ARGS]{"a": 1}', "Mistral"),
    Form("element", "invoke", _INVOKE, "Claude, MiniMax M2"),
    Form("element", "function", '<function=f>{"a": 1}</function>', "Llama 3"),
)
_OTHERS: dict[Kind, str] = {
    # Two ends of calls, and the ends of a turn where a server writes them out.
    "closing": "tool_calls_section_end tool_call_section_end tool_call_end tool_calls_end"
    " eom_id eot_id im_end end_of_sentence",
    "response": "tool_response tool_responses tool_result tool_results function_results",
    # [THINK]: Magistral; the triangles: Kimi-VL.
    "thought": "think thinking thought reasoning [think \u25c1think",
}
_KINDS: dict[str, Kind] = {form.tags: form.kind for form in FORMS}
_KINDS |= {tag: kind for kind, tags in _OTHERS.items() for tag in tags.split()}
_VALUES: dict[str, Kind] = dict.fromkeys(("parameter", "param", "arg_value"), "value")
_PREFIXES = ("antml:", "minimax:", "dsml|")

_BAR = "|\uff5c"
_HEAD = (
    rf"(?P<bracket>(?P<angle><)|[\[\u25c1])(?P<lead>/?[{_BAR}]?/?)"
    rf"(?P<tag>(?:DSML[{_BAR}])?[\w\u2581:.-]*)"
)
_ATTRIBUTE = r"""\s+[\w:-]+\s*(?:=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+?))?"""
_TAIL = (
    rf"""[{_BAR}]?(?:\s*=\s*["']?(?P<name>[^\s"'>]+?)["']?)?"""
    rf"(?P<attributes>(?:{_ATTRIBUTE})*)\s*(?P<empty>/?)(?(angle)>|[\]\u25b7])"
)
_BEGUN = re.compile(_HEAD, re.IGNORECASE)
TAG = re.compile(_HEAD + _TAIL, re.IGNORECASE)
_ATTRIBUTES = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+?(?=\s|/?$)))""")
_LONGEST = 500


class Mark(NamedTuple):
    """A tag in a text; without a kind it is none of the known ones."""

    kind: Kind | None = None
    start: int = 0
    end: int = 0
    name: str = ""
    """Of the tool or the argument, where the tag holds it."""
    value: str | None = None
    """Of the attribute `value`, or `arguments`."""
    is_end: bool = False
    is_empty: bool = False
    """`<invoke name="f"/>`: nothing stands inside of it."""


NO_MARK = Mark()


def mark_at(text: str, at: int) -> Mark | None:
    """The mark that begins here; None where that depends on text that is to come."""
    return _at(text, at, _KINDS)


def mark_or_value_at(text: str, at: int) -> Mark | None:
    """The same, with the tags around the value of one argument."""
    return _at(text, at, _KINDS | _VALUES)


def values_in(text: str) -> list[Mark]:
    """The tags around the values of arguments."""
    marks = (_mark(found, _VALUES) for found in TAG.finditer(text))
    return [mark for mark in marks if mark.kind]


def _at(text: str, at: int, kinds: dict[str, Kind]) -> Mark | None:
    begun = _BEGUN.match(text, at)
    if begun is None:
        return NO_MARK if at < len(text) else None
    if begun.end() == len(text):
        tags = (*kinds, *_PREFIXES)
        return None if any(tag.startswith(_plain(begun)) for tag in tags) else NO_MARK
    if _plain(begun) not in kinds:
        return NO_MARK
    found = TAG.match(text, at, at + _LONGEST)
    if found is not None:
        return _mark(found, kinds)
    return NO_MARK if len(text) - at >= _LONGEST else None


def _mark(found: re.Match[str], kinds: dict[str, Kind]) -> Mark:
    kind, is_end = kinds.get(_plain(found)), "/" in found["lead"]
    attributes = {
        name.lower(): a or b or c for name, a, b, c in _ATTRIBUTES.findall(found["attributes"])
    }
    name = found["name"] or attributes.get("name", "")
    if is_end and kind != "value":
        kind = kind and ("thought_end" if kind == "thought" else "closing")
    elif kind == "wrapper" and name:
        kind = "element"
    value = attributes.get("value", attributes.get("arguments"))
    return Mark(kind, found.start(), found.end(), name, value, is_end, bool(found["empty"]))


def _plain(found: re.Match[str]) -> str:
    tag = found["tag"].lower().replace("\uff5c", "|").replace("\u2581", "_")
    tag = next((tag[len(word) :] for word in _PREFIXES if tag.startswith(word)), tag)
    return tag if found["bracket"] == "<" else found["bracket"] + tag
