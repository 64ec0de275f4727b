"""The nodes of a JSON schema as providers take them: typed and whole, and closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from ramclouds.bridge._schema_references import Node, with_words

_NOISE = frozenset({"$schema", "$id", "$anchor", "$comment", "discriminator"})
_BESIDE_TYPES = ("description", "default", "examples")
_ANNOTATIONS = frozenset({"title", *_BESIDE_TYPES})
_KEYS_OF = {
    "object": frozenset({
        "properties", "required", "additionalProperties", "patternProperties", "propertyNames",
        "minProperties", "maxProperties", "dependentRequired", "dependentSchemas",
    }),
    "array": frozenset({
        "items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems",
        "additionalItems",
    }),
    "string": frozenset({"minLength", "maxLength", "pattern", "format"}),
    "number": frozenset({
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    }),
}  # fmt: skip
"""The keywords that only values of one type can meet."""
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def open_form(node: Node) -> Node:
    """A node as every provider takes it: with its type, and with what some of them require."""
    node = {key: value for key, value in node.items() if key not in _NOISE}
    if "oneOf" in node:
        # OpenAI refuses it, Gemini's schemas lack it.
        node.setdefault("anyOf", node["oneOf"])
        del node["oneOf"]
    kind = node.get("type") or _type_of(node)
    if isinstance(kind, list):
        return _split(node, kind)
    if kind is not None:
        node["type"] = kind
    if kind == "object":
        if "properties" not in node:
            # An object that lists no properties may have any.
            node.setdefault("additionalProperties", True)
        node["properties"] = node.get("properties") or {}
        # Where it is missing, New API's Claude channel sends null, which some hosts refuse.
        node["required"] = [
            name for name in node.get("required") or () if name in node["properties"]
        ]
    if not node.get("properties"):
        # pydantic's titles of fields are their names again.
        node.pop("title", None)
    if kind == "array" and not isinstance(node.get("items"), Mapping):
        # OpenAI: "array schema missing items".
        several = node.get("prefixItems") or node.get("items")
        node["items"] = _any_of(several if isinstance(several, list) else ())
    return node


def _type_of(node: Mapping[str, Any]) -> Any:
    if "anyOf" in node or "$ref" in node:
        return None
    values = [node["const"]] if "const" in node else node.get("enum") or ()
    types = list(dict.fromkeys(_TYPES.get(type(value), "object") for value in values))
    return types or next((kind for kind, keys in _KEYS_OF.items() if node.keys() & keys), None)


def _any_of(schemas: Sequence[Any]) -> Node:
    distinct = [each for place, each in enumerate(schemas) if each not in schemas[:place]]
    if len(distinct) < 2:
        return dict(distinct[0]) if distinct else {}
    return {"anyOf": distinct}


def _split(node: Node, types: Sequence[str]) -> Node:
    """A node of several types, a list that only JSON Schema knows, as a union."""
    if "const" in node:
        types = [each for each in types if _is_of(node["const"], each)] or types[:1]
    if len(types) == 1:
        return open_form({**node, "type": types[0]})
    outer: Node = {key: node[key] for key in _BESIDE_TYPES if key in node}
    return {**outer, "anyOf": [_of_type(node, each) for each in types]}


def _of_type(node: Mapping[str, Any], kind: str) -> Node:
    foreign = _ANNOTATIONS.union(*(keys for name, keys in _KEYS_OF.items() if name != kind))
    if kind == "integer":
        foreign -= _KEYS_OF["number"]
    inner = {key: value for key, value in node.items() if key not in foreign}
    if "enum" in inner:
        inner["enum"] = [value for value in inner["enum"] if _is_of(value, kind)]
    return {**inner, "type": kind}


def _is_of(value: Any, kind: str) -> bool:
    found = _TYPES.get(type(value), "object")
    return found == kind or (found == "integer" and kind == "number")


# https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
_FORMATS = frozenset({
    "date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"
})  # fmt: skip
_NEVER_CLOSED = frozenset({
    "patternProperties", "propertyNames", "prefixItems", "contains", "not", "if", "then", "else",
    "dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems",
    "additionalItems"
})  # fmt: skip
_NOT_CLOSED = ("default", "examples", "minLength", "maxLength", "uniqueItems")


class ClosedForm:
    """Objects with all of their properties and no others, as OpenAI's strict mode has them."""

    def __init__(self) -> None:
        self.fits = True
        """Whether no node was one that loses what it allows when it is closed."""

    def __call__(self, node: Node) -> Node:
        node = open_form(node)
        if node.get("type") == "object":
            self.fits &= node.get("additionalProperties", False) is False
            node |= {"required": list(node["properties"]), "additionalProperties": False}
        is_typed = node.keys() & {"type", "anyOf", "allOf", "$ref", "enum", "const"}
        self.fits &= bool(is_typed) and not node.keys() & _NEVER_CLOSED
        unknown = () if node.get("format") in _FORMATS else ("format",)
        return described(node, (*_NOT_CLOSED, *unknown))


_WORDS = {
    "additionalProperties": "Any properties. Each value fits the JSON schema {}.",
    "const": "Always {}.",
    "default": "Default: {}.",
    "enum": "One of: {}.",
    "examples": "Examples: {}.",
    "exclusiveMaximum": "Less than {}.",
    "exclusiveMinimum": "Greater than {}.",
    "format": "Format: {}.",
    "maxLength": "At most {} characters.",
    "minLength": "At least {} characters.",
    "multipleOf": "A multiple of {}.",
    "prefixItems": "Items in this order: {}.",
    "uniqueItems": "No item twice.",
}
_OTHER = "Fits this JSON schema too: {}."


def described(node: Mapping[str, Any], keys: Iterable[str]) -> Node:
    """The node with some of its keywords in its description instead."""
    found = [key for key in keys if key in node]
    words = [_sentence(key, node[key]) for key in found]
    return with_words({key: value for key, value in node.items() if key not in found}, words)


def _sentence(key: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    if key not in _WORDS:
        return _OTHER.format(as_json({key: value}))
    if key == "format":
        return _WORDS[key].format(value)
    several = isinstance(value, list) and key in ("enum", "examples", "prefixItems")
    return _WORDS[key].format(", ".join(map(as_json, value if several else [value])))


def as_json(value: Any) -> str:
    """A value as JSON text, for a description."""
    return to_json(value, fallback=str, inf_nan_mode="constants").decode()
