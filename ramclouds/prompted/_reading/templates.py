"""The marks that models put around calls: those asked for, and those of their own training.

Sources: the chat templates of Hermes, Qwen, GLM, Kimi K2, DeepSeek V3 to V3.2, MiniMax M2, Llama 3
and Mistral, and the format that Claude falls back to.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

OPENINGS = ("wrapper", "element")
Kind = Literal["wrapper", "element", "closing", "response", "thought", "thought_end"]

# What stands before calls, whatever their form; bars, prefixes and case are left out of the names.
_WRAPPERS = (
    *("tool_call", "tool_calls"),  # <tool_call>: Hermes, Qwen, GLM; <|tool_call|>: Granite
    *("function_call", "function_calls"),  # <function_calls>: Claude, <|DSML|...: DeepSeek V3.2
    "python_tag",  # <|python_tag|>: Llama 3
    # <|tool_calls_section_begin|><|tool_call_begin|>functions.f:0: Kimi K2
    *("tool_calls_section_begin", "tool_call_section_begin"),
    # <|tool_calls_begin|><|tool_call_begin|>function<|tool_sep|>f: DeepSeek V3
    *("tool_call_begin", "tool_calls_begin"),
)
# <invoke name="f">: Claude, MiniMax, DeepSeek V3.2; <function=f>: Llama 3, Qwen3-Coder.
_ELEMENTS = ("invoke", "function")
_ENDS = (
    *("tool_calls_section_end", "tool_call_section_end", "tool_call_end", "tool_calls_end"),
    # The end of a turn, where a server writes it out.
    *("eom_id", "eot_id", "im_end", "end_of_sentence"),
)
_RESPONSES = ("tool_response", "tool_responses", "tool_result", "tool_results", "function_results")
_THOUGHTS = ("think", "thinking", "thought", "reasoning")
_NAMES = (*_WRAPPERS, *_ELEMENTS, *_ENDS, *_RESPONSES, *_THOUGHTS)
_PREFIXES = ("antml:", "minimax:", "dsml|")

_BAR = "|\uff5c"
_HEAD = re.compile(rf"<(/?[{_BAR}]?/?)((?:DSML[{_BAR}])?[\w\u2581:.-]*)", re.IGNORECASE)
_ATTRIBUTE = r"""\s+[\w:-]+\s*(?:=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?"""
_TAIL = re.compile(
    rf"""[{_BAR}]?(?:\s*=\s*["']?(?P<name>[^\s"'>/]+)["']?)?"""
    rf"(?P<attributes>(?:{_ATTRIBUTE})*)\s*(?P<empty>/?)>"
)
_ATTRIBUTES = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
# [TOOL_CALLS]f[ARGS]{...}: Mistral; [THINK]: Magistral; the triangles: Kimi-VL.
_LITERALS: dict[str, tuple[Kind, str]] = {
    "[TOOL_CALLS]": ("wrapper", "mistral"),
    "[THINK]": ("thought", "[/THINK]"),
    "[/THINK]": ("thought_end", ""),
    "\u25c1think\u25b7": ("thought", "\u25c1/think\u25b7"),
    "\u25c1/think\u25b7": ("thought_end", ""),
}
_LONGEST = 500


class Mark(NamedTuple):
    """A mark in a text, up to `end`; `tag` is its name without bars and prefixes."""

    kind: Kind
    tag: str
    end: int
    name: str = ""
    """Of the tool, where the mark holds it."""
    attributes: str = ""
    is_empty: bool = False
    """`<invoke name="f"/>`: nothing stands inside of it."""


def attributes_of(text: str) -> dict[str, str]:
    """The attributes of a tag, in whatever order and quotes."""
    return {name: a or b or c for name, a, b, c in _ATTRIBUTES.findall(text)}


def mark_at(text: str, at: int, *, is_whole: bool) -> Mark | Literal["more"] | None:
    """The mark that begins here, None, or "more" where that depends on text that is to come."""
    if text[at] != "<":
        return _literal_at(text, at, is_whole=is_whole)
    head = _HEAD.match(text, at)
    if head is None:
        return None
    leading, name = head[1], head[2].lower().replace("\uff5c", "|").replace("\u2581", "_")
    if head.end() == len(text) and not is_whole:
        return "more" if _may_become_mark(name) else None
    tag = _without_prefix(name)
    if tag not in _NAMES:
        return None
    tail = _TAIL.match(text, head.end())
    if tail is None or tail.end() - at > _LONGEST:
        return None if is_whole or len(text) - at > _LONGEST else "more"
    return _mark(tag, tail, is_end="/" in leading)


def _mark(tag: str, tail: re.Match[str], *, is_end: bool) -> Mark | None:
    attributes = tail["attributes"]
    name = tail["name"] or attributes_of(attributes).get("name", "")
    if tag in _THOUGHTS:
        return Mark("thought_end" if is_end else "thought", f"</{tag}>", tail.end())
    if is_end or tag in _ENDS:
        return Mark("closing", tag, tail.end())
    if tag in _RESPONSES:
        return Mark("response", tag, tail.end())
    kind: Kind = "element" if tag in _ELEMENTS or name else "wrapper"
    return Mark(kind, tag, tail.end(), name, attributes, bool(tail["empty"]))


def _may_become_mark(name: str) -> bool:
    begun = _without_prefix(name)
    return any(known.startswith(begun) for known in _NAMES) or any(
        prefix.startswith(name) for prefix in _PREFIXES
    )


def _without_prefix(name: str) -> str:
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name


def _literal_at(text: str, at: int, *, is_whole: bool) -> Mark | Literal["more"] | None:
    for literal, (kind, tag) in _LITERALS.items():
        if text.startswith(literal, at):
            return Mark(kind, tag, at + len(literal))
        if not is_whole and literal.startswith(text[at : at + len(literal)]):
            return "more"
    return None
