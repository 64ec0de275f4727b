"""Calls as JSON, in the shapes that models give them: an object, a list of them, or a wrapper."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from ramclouds._json.repair import escaped, is_json, repaired, sound
from ramclouds._json.surrogates import whole
from ramclouds.bridge.tools import Tool

NAMES = ("name", "tool", "tool_name", "function", "function_name", "action")
_ARGUMENTS = (
    *("arguments", "parameters", "input", "args", "kwargs", "params"),
    *("tool_arguments", "tool_input", "action_input"),
)
_WRAPPER = ("tool_calls", "tool_call", "function_call", "calls")
# What stands beside a call and says nothing: {"id": ..., "type": "function", "function": {...}}.
_SILENT = (
    *("id", "type", "index", "tool_call_id", "call_id", "role", "description"),
    *("thought", "thoughts", "reasoning", "explanation"),
)
_CONTENT = "content"  # what a message says beside its calls
KEYS = (*NAMES, *_ARGUMENTS, *_WRAPPER, *_SILENT, _CONTENT)
_DEEPEST = 3  # wrappers in wrappers: {"tool_calls": [{"tool_call": {...}}]}

CUT_BY_LENGTH = "The arguments are cut off: raise max_tokens."
CUT = "The arguments are cut off."
NO_OBJECT = "The arguments are not one JSON object."

# Of a tool that is not offered. With a space it is one of a format's description: "tool name".
_NAME_LIKE = re.compile(r"[\w.:/-]{1,128}")
_ONE_OF_NAME = "|".join(NAMES)
_ONE_OF_ARGUMENTS = "|".join(_ARGUMENTS)
_NAMED = re.compile(
    rf"""["']?\b(?:{_ONE_OF_NAME})["']?\s*:\s*(?:["']([^"'\n]{{1,128}})["']|([\w.-]+)(?=\s*[,}}]))"""
)
_GIVEN = re.compile(rf"""["']?\b(?:{_ONE_OF_ARGUMENTS})["']?\s*:\s*""")
NAME_FIRST = re.compile(
    rf"""\{{\s*"(?:{_ONE_OF_NAME})"\s*:\s*"([^"\\{{}}]+)"\s*,\s*"(?:{_ONE_OF_ARGUMENTS})"\s*:\s*\{{"""
)
# Two calls in a row within one block.
_NEXT_CALL = re.compile(rf"""\n\s*(?=\{{\s*["']?(?:{_ONE_OF_NAME})["']?\s*:)""")
LOOKED_AT = 300
"""What of a value tells whether a call begins."""
_LEAD = re.compile(r"""(?:\[\s*)?\{\s*(["']?)(\w+)\1\s*:\s*(?:(["'])([^"'\n]*)(["']?))?""")
_LEAD_BEGUN = re.compile(r"""(?:\[\s*)?(?:\{\s*(?:["']?(\w*)["']?\s*(?::\s*)?)?)?""")
_DECODER = json.JSONDecoder(strict=False)


class Draft(NamedTuple):
    """A call that was read; with a `reason` no tool may run it."""

    name: str
    arguments: str
    reason: str = ""


Item = Draft | str
"""A call, or what a message says beside its calls."""


def is_name_like(name: str) -> bool:
    """Whether a name can be one of a tool that is not offered."""
    return _NAME_LIKE.fullmatch(name) is not None


def plain_name(name: str) -> str:
    """A tool's name without what models write around it: `functions.f`, `f()`."""
    return name.strip().removeprefix("functions.").removesuffix("()").strip()


def leads_to_call(text: str, tools: Collection[str], *, has_text: bool) -> bool | None:
    """Whether a text begins a call without marks; None where it is too short to tell.

    With `has_text` the object may hold the answer: {"text": "..."}.
    """
    lead = _LEAD.match(text)
    keys = (*KEYS, "text") if has_text else KEYS
    if lead is None or (lead.end() == len(text) and lead[3] is None):
        begun = _LEAD_BEGUN.fullmatch(text)
        is_known = begun and any(known.startswith(begun[1] or "") for known in keys)
        return None if is_known else False
    if lead[2] not in keys or lead[2] not in NAMES or lead[3] is None:
        return lead[2] in keys
    if lead[5]:
        return plain_name(lead[4]) in tools
    names = (f"{space}{name}" for name in tools for space in ("", "functions."))
    is_name = lead.end() == len(text) and any(n.startswith(lead[4].lstrip()) for n in names)
    return None if is_name else False


class JsonCalls:
    """Reads calls from JSON text; `tools` are those of each name.

    `is_marked` is a place that holds nothing but calls: there any name is one, because an agent can
    then tell the model that there is no such tool.
    """

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = tools

    def sound(self, text: str, *, is_marked: bool) -> list[Item] | None:
        """The calls in a text, none where it says something else; None where it is no JSON."""
        text = escaped(text)
        try:
            value = sound(text)
            return list(self._exact(self._items(value, is_marked=is_marked) or [], text))
        except (ValueError, RecursionError):
            return None

    def broken(self, text: str, *, is_marked: bool, cut: str = "") -> list[Item]:
        """The calls in a text that is no JSON, repaired where that is safe, else invalid.

        `cut` is the reason where the text ended before the JSON did.
        """
        pieces = [text]
        if is_marked:
            ends = [0, *(match.end() for match in _NEXT_CALL.finditer(text)), len(text)]
            pieces = [text[begin:end] for begin, end in pairwise(ends)]
        items: list[Item] = []
        for piece in filter(str.strip, pieces):
            found = self.sound(piece.strip(" \n\r\t,;"), is_marked=is_marked)
            if found is None:
                found = self._mended(piece.strip(), is_marked, cut if piece is pieces[-1] else "")
            items += found
        return items

    def _mended(self, text: str, is_marked: bool, cut: str) -> list[Item]:
        named = _NAMED.search(text)
        name = plain_name(named[1] or named[2]) if named else ""
        if not self._is_name(name, is_marked=is_marked) or named is None:
            return []
        if not cut:
            value = repaired(text, self._schema(name))
            items = self._items(value, is_marked=is_marked)
            if items:
                return items
        given = _GIVEN.search(text)
        if given is None and not is_marked:
            return []
        arguments = _without_outer_brace(text[given.end() :]) if given else ""
        return [Draft(name, arguments, cut or NO_OBJECT)]

    def _schema(self, name: str) -> dict[str, Any]:
        """The schema of a call, which tells a repair what may stand where."""
        tool = self._tools.get(name)
        arguments = tool.parameters if tool else {}
        return {"properties": {key: {} for key in KEYS} | dict.fromkeys(_ARGUMENTS, arguments)}

    def _is_name(self, name: str, *, is_marked: bool) -> bool:
        return name in self._tools or (is_marked and is_name_like(name))

    def _items(self, value: Any, *, is_marked: bool, depth: int = 0) -> list[Item] | None:
        if isinstance(value, list):
            found = [self._items(item, is_marked=is_marked, depth=depth) for item in value]
            return None if None in found else [item for items in found for item in items or ()]
        if not isinstance(value, dict) or depth > _DEEPEST:
            return None
        if any(key in value for key in _WRAPPER):
            return self._wrapped(value, is_marked=is_marked, depth=depth)
        if isinstance(value.get("function"), dict):
            beside = {key: item for key, item in value.items() if key != "function"}
            inner = {**beside, **value["function"]}
            return self._items(inner, is_marked=is_marked, depth=depth + 1)
        return self._call(value, is_marked=is_marked)

    def _wrapped(
        self, value: Mapping[str, Any], *, is_marked: bool, depth: int
    ) -> list[Item] | None:
        items: list[Item] = []
        for key, inner in value.items():
            if key == _CONTENT and isinstance(inner, str):
                items.append(inner)
            elif key in _WRAPPER:
                found = self._items(inner, is_marked=is_marked, depth=depth + 1)
                if not found:
                    return None
                items += found
            elif not (is_marked or key in _SILENT or key == _CONTENT):
                return None
        return items

    def _call(self, value: Mapping[str, Any], *, is_marked: bool) -> list[Item] | None:
        key = next((key for key in NAMES if isinstance(value.get(key), str)), None)
        name = plain_name(value[key]) if key else ""
        if not self._is_name(name, is_marked=is_marked):
            return None
        tool = self._tools.get(name, Tool(name))
        given = next((given for given in _ARGUMENTS if given in value and given != key), None)
        rest = {k: v for k, v in value.items() if k not in (key, given)}
        if given is not None:
            if not is_marked and _is_schema(value[given], tool):
                return None
            return [_draft(name, value[given])]
        properties = tool.parameters.get("properties", {})
        flat = {k: v for k, v in rest.items() if k in properties or k not in (*_SILENT, _CONTENT)}
        if not is_marked and (
            not flat.keys() <= properties.keys() or (tool.needs_arguments and not flat)
        ):
            return None
        if not is_marked and "description" in value and not flat:
            return None  # a description of the tool
        return [_draft(name, flat)]

    def _exact(self, items: list[Item], text: str) -> Iterator[Item]:
        """The calls with their arguments as the model wrote them, where that is JSON."""
        at = 0
        for item in items:
            if isinstance(item, str) or item.reason:
                yield item
                continue
            for given in _GIVEN.finditer(text, at):
                if text[given.end() : given.end() + 1] != "{":
                    continue
                value, end = _DECODER.raw_decode(text, given.end())
                written = text[given.end() : end]
                if is_json(written) and _to_text(value) == item.arguments:
                    item, at = item._replace(arguments=written), end
                    break
            yield item


def _draft(name: str, arguments: Any) -> Draft:
    if isinstance(arguments, str):
        text = arguments.strip()
        if text in ("", "null", "None"):
            return Draft(name, "{}")
        value = repaired(text) if text[0] == "{" else None
        if not isinstance(value, dict):
            return Draft(name, arguments, NO_OBJECT)
        return Draft(name, text if is_json(text) else _to_text(value))
    if arguments is None:
        return Draft(name, "{}")
    return Draft(name, _to_text(arguments), "" if isinstance(arguments, dict) else NO_OBJECT)


def _to_text(value: Any) -> str:
    # Half a surrogate pair cannot be encoded, so it could not even be sent back.
    return whole(json.dumps(value, ensure_ascii=False))


def _is_schema(arguments: Any, tool: Tool) -> bool:
    """Whether a tool is described: its parameters are a schema, not arguments."""
    is_described = isinstance(arguments, dict) and arguments.get("type") == "object"
    return is_described and "type" not in tool.parameters.get("properties", {})


def _without_outer_brace(text: str) -> str:
    """The arguments of a broken call without the braces that close what is around them."""
    text = text.rstrip()
    outer = text.count("}") - text.count("{")
    while outer > 0 and text.endswith("}"):
        text, outer = text[:-1].rstrip(), outer - 1
    return text
