"""The nodes of a JSON schema in Google's form, which has fewer keywords.

https://ai.google.dev/api/caching#Schema. New API's Gemini channel drops the others from tools, and
sends those of a `response_format` on, to be refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ramclouds.bridge._schema_forms import described, open_form
from ramclouds.bridge._schema_references import DEFINITIONS, Node, with_words
from ramclouds.bridge._schema_tree import rebuilt

_KEYWORDS = frozenset({
    "type", "format", "title", "description", "nullable", "enum", "maxItems", "minItems",
    "properties", "required", "minLength", "maxLength", "minProperties", "maxProperties",
    "pattern", "anyOf", "propertyOrdering", "items", "minimum", "maximum"
})  # fmt: skip
_BESIDE_UNION = frozenset({"title", "description", "nullable", "default", "examples", "anyOf"})
_FORMATS = frozenset({"date-time", "int32", "int64", "float", "double"})
# Dropped. Other keywords that Google does not take are described in words.
_DROPPED = frozenset({"deprecated", "readOnly", "writeOnly"})
_BOUNDS = (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1))
_SCALARS = [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]


class GeminiForm:
    """What one schema's nodes become."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._definitions = {key: root[key] for key in DEFINITIONS if key in root}
        self._is_at_root = True
        self.has_texts = False
        """Whether objects are asked for as JSON text."""

    def __call__(self, node: Node) -> Node:
        made = self._made(node)
        self._is_at_root = self._is_at_root and not made.keys().isdisjoint(("$ref", "allOf"))
        return made

    def _made(self, node: Node) -> Node:
        is_empty = "properties" not in node and node.get("additionalProperties") is not False
        node = open_form(node)
        if "anyOf" in node:
            node = _union(node)
            if "allOf" in node:
                return node
        if node.get("type") == "null":
            node = with_words({**node, "type": "string", "nullable": True}, ["Always null."])
        elif not node.keys() & {"type", "anyOf"}:
            # A node without a type is refused.
            several = {"type": "array", "items": {"anyOf": _SCALARS}}
            node |= {"anyOf": [*_SCALARS, several], "nullable": True}
            node = with_words(node, ["Any JSON value."])
        node = _bounds(_choice(node))
        if node.get("type") == "object":
            node = self._values(node, is_empty=is_empty)
        in_words = [key for key in node if key not in _KEYWORDS and key not in _DROPPED]
        if node.get("format") not in _FORMATS:
            in_words.append("format")
        ordered = described(node, sorted(in_words))
        return {key: value for key, value in ordered.items() if key not in _DROPPED}

    def _values(self, node: Node, *, is_empty: bool) -> Node:
        values = node.pop("additionalProperties", None)
        if is_empty:
            # Google refuses an object with empty or no `properties`, except at the root.
            del node["properties"], node["required"]
            if not self._is_at_root:
                self.has_texts = True
                node = with_words({**node, "type": "string"}, ["JSON text of an object."])
        if isinstance(values, Mapping) and values:
            # The definitions are not sent, so the words must hold what they say.
            values = rebuilt({**values, **self._definitions}, open_form)
            return described({**node, "additionalProperties": values}, ["additionalProperties"])
        return with_words(node, ["Any properties."]) if is_empty else node


def _union(node: Node) -> Node:
    """A union whose null is `nullable`; of a single other branch, that one to be merged."""
    branches = [branch for branch in node["anyOf"] if not _is_null(branch)]
    if len(branches) < len(node["anyOf"]):
        node["nullable"] = True
    own = {key: value for key, value in node.items() if key not in _BESIDE_UNION}
    outer = {key: value for key, value in node.items() if key in _BESIDE_UNION and key != "anyOf"}
    if own:
        branches = [{"allOf": [own, branch]} for branch in branches]
    if not branches:
        return {**outer, "type": "null"}
    if len(branches) == 1:
        return {**outer, "allOf": branches}
    return {**outer, "anyOf": branches}


def _is_null(branch: Mapping[str, Any]) -> bool:
    values = branch.get("enum", [branch.get("const", "")])
    return branch.get("type") == "null" or values == [None]


def _choice(node: Node) -> Node:
    """`enum` takes non-empty strings only; other values are described in words."""
    key = "const" if "const" in node else "enum"
    if key not in node:
        return node
    values = [node["const"]] if key == "const" else list(node["enum"])
    if None in values:
        values.remove(None)
        node["nullable"] = True
    texts = values and all(isinstance(value, str) and value for value in values)
    node = {name: value for name, value in node.items() if name not in ("const", "enum")}
    if texts or not values:
        return {**node, "enum": values} if texts else node
    return described({**node, key: values[0] if key == "const" else values}, [key])


def _bounds(node: Node) -> Node:
    """Google's bounds are inclusive: an integer's move by one, others are described as well."""
    for key, bound, step in _BOUNDS:
        limit = node.get(key)
        if isinstance(limit, bool) or not isinstance(limit, (int, float)):
            continue
        if node.get("type") == "integer" and limit == int(limit):
            limit = int(limit) + step
            del node[key]
        node.setdefault(bound, limit)
    return node
