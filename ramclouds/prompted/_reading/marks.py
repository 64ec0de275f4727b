"""The tags that models put around calls: those asked for, and those of their own training."""

from __future__ import annotations

import re
from functools import partial
from typing import Literal, NamedTuple

Kind = Literal["wrapper", "element", "closing", "response", "thought", "thought_end", "value"]
OPENINGS = ("wrapper", "element")
_CALL, _ARGUMENTS = '{"name": "f", "arguments": {"a": 1}}', '{"a": 1}'
_INVOKE = '<invoke name="f">\n<parameter name="a">1</parameter>\n</invoke>'
_CODER = "<function=f>\n<parameter=a>\n1\n</parameter>\n</function>"
_PAIR = "f\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n"
_KIMI = f"<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{_ARGUMENTS}<|tool_call_end|>"
_V3 = f"function<|tool▁sep|>f\n```json\n{_ARGUMENTS}\n```<|tool▁call▁end|>".replace("|", "\uff5c")
_DSML = _INVOKE.replace("</", "</\uff5cDSML\uff5c").replace("<i", "<\uff5cDSML\uff5ci")
# The tags that open a call (in small letters, without bars and prefixes, with a bracket that is not
# `<`), bytes as seen, and the models that write them.
WRAPPERS = (
    ("tool_call", f"<tool_call>\n{_CALL}\n</tool_call>", "Qwen, Hermes"),
    ("tool_call", f"<tool_call>{_PAIR}</tool_call>", "GLM"),
    ("tool_call", f"<tool_call>\n{_CODER}\n</tool_call>", "Qwen3-Coder"),
    ("tool_call", f"<minimax:tool_call>\n{_INVOKE}\n</minimax:tool_call>", "MiniMax M2"),
    ("tool_call", f"<|tool_call|>[{_CALL}]", "Granite"),
    ("tool_calls", f"<tool_calls>\n{_CALL}\n</tool_calls>", "MiniMax M1"),
    ("function_call", f"<function_call>{_CALL}</function_call>", "Gemma"),
    ("function_calls", f"<function_calls>\n{_INVOKE}\n</function_calls>", "Claude"),
    ("function_calls", f"<\uff5cDSML\uff5cfunction_calls>\n{_DSML}", "DeepSeek V3.2"),
    ("python_tag", f"<|python_tag|>{_CALL}<|eom_id|>", "Llama 3"),
    ("tool_calls_section_begin tool_call_section_begin tool_call_begin", _KIMI, "Kimi K2"),
    ("tool_calls_begin", f"<\uff5ctool▁calls▁begin\uff5c>{_V3}", "DeepSeek V3"),
    ("[tool_calls", f"[TOOL_CALLS]f[CALL_ID]a1B[ARGS]{_ARGUMENTS}", "Mistral"),
)
ELEMENTS = (
    ("invoke", _INVOKE, "Claude, MiniMax M2"),
    ("function", f"<function=f>{_ARGUMENTS}</function>", "Llama 3"),
)
_TAGS: dict[Kind, str] = {
    "wrapper": " ".join(tags for tags, _, _ in WRAPPERS),
    "element": " ".join(tags for tags, _, _ in ELEMENTS),
    # The ends of calls, and of a turn where a server writes that out.
    "closing": "tool_calls_section_end tool_call_section_end tool_call_end tool_calls_end"
    " eom_id eot_id im_end end_of_sentence",
    "response": "tool_response tool_responses tool_result tool_results tool_output tool_outputs"
    " function_response function_results tool_outputs_begin tool_output_begin [tool_results",
    # [THINK]: Magistral; the triangles: Kimi-VL.
    "thought": "think thinking thought reasoning [think \u25c1think",
}
_KINDS = {tag: kind for kind, tags in _TAGS.items() for tag in tags.split()}
_VALUES: dict[str, Kind] = dict.fromkeys(("parameter", "param", "arg_value"), "value")
_PREFIXES = ("seed:", "antml:", "minimax:", "dsml|")
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
_TAG = re.compile(_HEAD + _TAIL, re.IGNORECASE)
_ATTRIBUTES = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+?(?=\s|/?[>\]])))""")
_LONGEST = 500


class Mark(NamedTuple):
    """A tag in a text; without a kind it is none of the known ones."""

    kind: Kind | None = None
    start: int = 0
    end: int = 0
    name: str = ""  # of the tool or the argument, where the tag holds it
    value: str | None = None  # of the attribute `value`, or `arguments`
    attributes: tuple[tuple[str, str], ...] = ()
    is_end: bool = False
    is_empty: bool = False  # `<invoke name="f"/>`: nothing stands inside of it


NO_MARK = Mark()


def values_in(text: str) -> list[Mark]:
    """The tags around the values of arguments."""
    return [_mark(found, _VALUES) for found in _TAG.finditer(text) if _plain(found) in _VALUES]


def mark_at(text: str, at: int, kinds: dict[str, Kind] = _KINDS) -> Mark | None:
    """The mark that begins here; None where that depends on text that is to come."""
    begun = _BEGUN.match(text, at)
    if begun is None:
        return NO_MARK if at < len(text) else None
    if begun.end() == len(text):
        tags = (*kinds, *_PREFIXES)
        return None if any(tag.startswith(_plain(begun)) for tag in tags) else NO_MARK
    if _plain(begun) not in kinds:
        return NO_MARK
    found = _TAG.match(text, at, at + _LONGEST)
    if found is not None:
        return _mark(found, kinds)
    return NO_MARK if len(text) - at >= _LONGEST else None


mark_or_value_at = partial(mark_at, kinds=_KINDS | _VALUES)
"""The mark that begins here, or a tag around the value of an argument."""


def _mark(found: re.Match[str], kinds: dict[str, Kind]) -> Mark:
    if found["name"] and found["attributes"].strip() and "=" not in found["attributes"]:
        return NO_MARK  # `<parameter=days or weeks>`
    kind, is_end = kinds[_plain(found)], "/" in found["lead"]
    attributes = tuple((word, a or b or c) for word, a, b, c in _ATTRIBUTES.findall(found[0]))
    own = {word.lower(): text for word, text in attributes}
    name = found["name"] or own.get("name", "")
    if is_end and kind != "value":
        kind = "thought_end" if kind == "thought" else "closing"
    elif kind == "wrapper" and name:
        kind = "element"
    value = own.get("value", own.get("arguments"))
    return Mark(kind, *found.span(), name, value, attributes, is_end, bool(found["empty"]))


def _plain(found: re.Match[str]) -> str:
    tag = found["tag"].lower().replace("\uff5c", "|").replace("\u2581", "_")
    tag = next((tag[len(word) :] for word in _PREFIXES if tag.startswith(word)), tag)
    return tag if found["bracket"] == "<" else found["bracket"] + tag
