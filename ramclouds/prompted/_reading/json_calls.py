"""Calls as JSON, in the shapes that models give them: an object, a list of them, or a wrapper."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from ramclouds._json.repair import escaped, is_json, repaired, sound
from ramclouds._json.surrogates import whole
from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.buffer import Draft, Item

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
NO_OBJECT = "The arguments are not one JSON object."
TWICE = "The arguments are given twice."

# Of a tool that is not offered. With a space it is one of a format's description: "tool name".
NAME_LIKE = re.compile(r"[\w.:/-]{1,128}")
_NAME_KEY = rf"""["']?\b(?:{"|".join(NAMES)})["']?\s*:\s*"""
_NAMED = re.compile(rf"""{_NAME_KEY}(?:["']([^"'\n]{{1,128}})["']|([\w.-]+)(?=\s*[,}}]))""")
_GIVEN = re.compile(rf"""["']?\b(?:{"|".join(_ARGUMENTS)})["']?\s*:\s*""")
_NAME_FIRST = re.compile(rf"""\{{\s*{_NAME_KEY}"([^"\\{{}}]+)"\s*,\s*{_GIVEN.pattern}\{{""")
# Two calls in a row within one block.
_NEXT_CALL = re.compile(rf"""\n\s*(?=\{{\s*{_NAME_KEY})""")
LOOKED_AT = 300  # what of a value tells whether a call begins
_LEAD = re.compile(r"""(?:\[\s*)?\{\s*(["']?)(\w+)\1\s*:\s*(?:(["'])([^"'\n]*)(["']?))?""")
_LEAD_BEGUN = re.compile(r"""(?:\[\s*)?(?:\{\s*(?:["']?(\w*)["']?\s*(?::\s*)?)?)?""")
_DECODER = json.JSONDecoder(strict=False)
_EMPTY = re.compile(r"\{\s*\}|\b(?:null|None)\b")


def plain_name(name: str) -> str:
    """A tool's name without what models write around it: `functions.f`, `f()`."""
    return name.strip().removeprefix("functions.").removesuffix("()").strip()


class JsonCalls:
    """Reads calls from JSON text; `tools` are those of each name.

    Between marks there is nothing but calls, so any name is one: an agent can tell the model that
    there is no such tool. With `has_text` an object may hold the completion: {"text": "..."}.
    """

    def __init__(self, tools: Mapping[str, Tool], *, is_marked: bool, has_text: bool) -> None:
        self._tools, self._is_marked = tools, is_marked
        self._keys = (*KEYS, "text") if has_text else KEYS

    def leads(self, text: str, at: int) -> bool | None:
        """Whether a call without marks begins here; None where that depends on text to come."""
        text = text[at : at + LOOKED_AT]
        lead = _LEAD.match(text)
        if lead is None or (lead.end() == len(text) and lead[3] is None):
            begun = _LEAD_BEGUN.fullmatch(text)
            may_be = begun and any(key.startswith(begun[1] or "") for key in self._keys)
            return None if may_be and len(text) < LOOKED_AT else False
        if lead[2] not in NAMES or lead[3] is None:
            return lead[2] in self._keys
        if lead[5]:
            return plain_name(lead[4]) in self._tools
        names = (f"{space}{name}" for name in self._tools for space in ("", "functions."))
        may_be = lead.end() == len(text) and any(n.startswith(lead[4].lstrip()) for n in names)
        return None if may_be else False

    @staticmethod
    def early_name(text: str, at: int) -> str | None:
        """The name of a call that begins here; empty if it is not first, None if unknown."""
        text = text[at : at + LOOKED_AT]
        found = _NAME_FIRST.match(text)
        if found is None:
            return "" if "}" in text or len(text) == LOOKED_AT else None
        name = plain_name(found[1])
        return name if NAME_LIKE.fullmatch(name) else ""

    def arguments(self, name: str, text: str, cut: str = "") -> Draft:
        """The call of a name whose arguments are written as JSON, repaired where that is safe."""
        text = text.strip()
        if not text and not cut:
            return Draft(name, "{}")
        is_read = text.startswith("{") and not cut
        value = repaired(text, self._parameters(name)) if is_read else None
        if not isinstance(value, dict):
            return Draft(name, text, cut or NO_OBJECT)
        is_written = is_json(text) and json.loads(text) == value
        return Draft(name, text if is_written else to_text(value))

    def sound(self, text: str, given: str = "") -> list[Item] | None:
        """The calls in a text, none where it says something else; None where it is no JSON.

        With `given`, the name of a tool, the text is its arguments.
        """
        if given:
            call = self.arguments(given, text)
            return None if call.reason else [call]
        text = escaped(text)
        try:
            items, written = self._items(sound(text)) or [], _written(text)
            for place, item in enumerate(items):
                if isinstance(item, Draft) and item.arguments in written:
                    items[place] = item._replace(arguments=written[item.arguments])
            return items
        except (ValueError, RecursionError):
            return None

    def broken(self, text: str, cut: str, given: str = "") -> list[Item]:
        """The calls in a text that is no JSON, repaired where that is safe, else invalid.

        `cut` is the reason where the text ended before the JSON did.
        """
        if given:
            return [self.arguments(given, text, cut)]
        ends = [match.end() for match in _NEXT_CALL.finditer(text)] if self._is_marked else []
        pieces = [text[begin:end] for begin, end in pairwise([0, *ends, len(text)])]
        items: list[Item] = []
        for piece in filter(str.strip, pieces):
            found = self.sound(piece.strip(" \n\r\t,;"))
            reason = cut if piece is pieces[-1] else ""
            items += self._repaired(piece.strip(), reason) if found is None else found
        return items

    def _repaired(self, text: str, cut: str) -> list[Item]:
        named, given = _NAMED.search(text), _GIVEN.search(text)
        name = plain_name(named[1] or named[2]) if named else ""
        if not self._is_name(name):
            return []
        # Arguments as JSON text lose their escapes with the repair of what is around them.
        is_text = given is not None and text[given.end() : given.end() + 1] in ('"', "'")
        if not cut and not is_text:
            inner = dict.fromkeys(_ARGUMENTS, self._parameters(name))
            schema: dict[str, Any] = {"properties": {key: {} for key in KEYS} | inner}
            items = self._items(repaired(text, schema))
            # `{"name": "f", "arguments": {`, `{"name": "f"`: nothing arrived.
            is_empty = not _EMPTY.search(text) and bool(given or not text.endswith("}"))
            if items and not (is_empty and items[-1][1:2] == ("{}",)):
                return items
        if given is None and not self._is_marked:
            return []
        arguments = _without_outer_brace(text[given.end() :]) if given else ""
        return [Draft(name, arguments, cut or NO_OBJECT)]

    def _parameters(self, name: str) -> Mapping[str, Any]:
        return self._tools.get(name, Tool(name)).parameters

    def _is_name(self, name: str) -> bool:
        return name in self._tools or (self._is_marked and bool(NAME_LIKE.fullmatch(name)))

    def _items(self, value: Any, depth: int = 0) -> list[Item] | None:
        """The calls in a value; None where it is anything else."""
        if isinstance(value, list):
            found = [self._items(item, depth=depth) for item in value]
            return None if None in found else [item for items in found for item in items or ()]
        if not isinstance(value, dict) or depth > _DEEPEST:
            return None
        if any(key in value for key in _WRAPPER):
            return self._wrapped(value, depth=depth + 1)
        if isinstance(value.get("function"), dict):
            inner = {key: item for key, item in value.items() if key != "function"}
            inner |= value["function"]
            return self._items(inner, depth=depth + 1)
        call = self._call(value)
        return call and [call]

    def _wrapped(self, value: dict[str, Any], depth: int) -> list[Item] | None:
        items: list[Item] = []
        for key, inner in value.items():
            if key in _WRAPPER:
                found = self._items(inner, depth=depth)
                if not found:
                    return None
                items += found
            elif key in (_CONTENT, "text"):
                items += [inner] if isinstance(inner, str) else []
            elif not (self._is_marked or key in _SILENT):
                return None
        return items

    def _call(self, value: Mapping[str, Any]) -> Draft | None:
        key = next((key for key in NAMES if isinstance(value.get(key), str)), None)
        name = plain_name(value[key]) if key else ""
        if not self._is_name(name):
            return None
        tool = self._tools.get(name, Tool(name))
        properties = tool.parameters.get("properties", {})
        given = [value[word] for word in _ARGUMENTS if word in value and word != key]
        others = {key, *({*_ARGUMENTS, *_SILENT, _CONTENT} - properties.keys())}
        flat = {word: item for word, item in value.items() if word not in others}
        if given and (any(given) or not flat.keys() & properties.keys()):
            # A description of the tool: its parameters are a schema.
            is_schema = isinstance(given[0], dict) and given[0].get("type") == "object"
            is_call = self._is_marked or not is_schema or "type" in properties
            beside = {word: flat[word] for word in flat.keys() & properties.keys() - {*KEYS}}
            return self._given(name, given, beside) if is_call else None
        is_described = "description" in value or tool.needs_arguments
        is_call = flat.keys() <= properties.keys() and (bool(flat) or not is_described)
        return Draft(name, to_text(flat)) if is_call or self._is_marked else None

    def _given(self, name: str, given: list[Any], beside: dict[str, Any]) -> Draft:
        """The call with the arguments under one key or several, and those `beside` them."""
        arguments = next(filter(None, given), given[0])
        is_twice = any(other and other != arguments for other in given if isinstance(other, dict))
        known = arguments if isinstance(arguments, dict) else dict.fromkeys(beside)
        if is_twice or any(known.get(word, item) != item for word, item in beside.items()):
            return Draft(name, to_text([*given, beside] if beside else given), TWICE)
        if arguments is None or isinstance(arguments, str):
            return self.arguments(name, "" if arguments in (None, "null", "None") else arguments)
        if isinstance(arguments, dict):
            return Draft(name, to_text(arguments | beside))
        return Draft(name, to_text(arguments), NO_OBJECT)


def _written(text: str) -> dict[str, str]:
    """What stands behind the keys of arguments as the model wrote it, by our text of the same."""
    found, at = dict[str, str](), 0
    for place in _GIVEN.finditer(text):
        if place.start() >= at and text.startswith("{", place.end()):
            value, at = _DECODER.raw_decode(text, place.end())
            found[to_text(value)] = text[place.end() : at]
    return {ours: theirs for ours, theirs in found.items() if is_json(theirs)}


def to_text(value: Any) -> str:
    # Half a surrogate pair cannot be encoded, so it could not even be sent back.
    return whole(json.dumps(value, ensure_ascii=False))


def _without_outer_brace(text: str) -> str:
    """The arguments of a broken call without the braces that close what is around them."""
    text = text.rstrip()
    outer = text.count("}") - text.count("{")
    while outer > 0 and text.endswith("}"):
        text, outer = text[:-1].rstrip(), outer - 1
    return text
