"""Values that a model wrote as plain text, as the JSON that a schema asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from ramclouds._json.repair import PYTHON_LITERALS, repaired
from ramclouds._json.surrogates import whole
from ramclouds._late import late

_BRACKETED = late(r"[{\[].*[}\]]$", re.DOTALL)
_KINDS: dict[type, tuple[str, ...]] = {
    type(None): ("null",),
    bool: ("boolean",),
    int: ("integer", "number"),
    float: ("number",),
    str: ("string",),
    list: ("array",),
    dict: ("object",),
}


def schema_of(parameters: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The schema of one argument; an empty one where there is none."""
    found = parameters.get("properties", {}).get(key)
    return found if isinstance(found, Mapping) else {}


def to_json(text: str, schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    """`text` as JSON: its value where that fits the schema, and otherwise a string."""
    kinds, bare = _kinds(schema, root), text.strip()
    if kinds == {"string"}:
        return _quoted(text)
    bare = PYTHON_LITERALS.get(bare, bare)
    try:
        value = from_json(bare)
    except (ValueError, TypeError):  # a TypeError for half a surrogate pair
        value = repaired(bare, schema) if _BRACKETED.match(bare) else None
        if value is None:
            return _quoted(text)
        bare = json.dumps(value, ensure_ascii=False)
    fitting = _KINDS[type(value)]
    if kinds & {*fitting} or "string" not in (kinds or fitting):
        return bare
    return _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(whole(text), ensure_ascii=False)


def _kinds(schema: Any, root: Mapping[str, Any], depth: int = 0) -> set[str]:
    """The types that fit; none where the schema does not say."""
    if not isinstance(schema, Mapping) or depth > 8:  # a schema may refer to itself
        return set()
    if isinstance(reference := schema.get("$ref"), str):
        return _kinds(_found(reference, root), root, depth + 1)
    if "type" in schema:
        types = schema["type"]
        return {types} if isinstance(types, str) else {*types}
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return {_KINDS[type(value)][0] for value in values}
    branches = [branch for word in ("anyOf", "oneOf", "allOf") for branch in schema.get(word, ())]
    return {kind for branch in branches for kind in _kinds(branch, root, depth + 1)}


def _found(reference: str, root: Mapping[str, Any]) -> Any:
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found
