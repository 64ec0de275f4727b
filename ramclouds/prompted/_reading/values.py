"""Values that a model wrote as plain text, as the JSON that a schema asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from ramclouds.prompted._reading.arguments import settled
from ramclouds.prompted._reading.repair import PYTHON_LITERALS

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
    """Return the schema of one argument; an empty one where there is none."""
    found = parameters.get("properties", {}).get(key)
    return found if isinstance(found, Mapping) else {}


def is_text(schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Whether nothing but a string fits."""
    return _kinds(schema, root) == {"string"}


def to_json(text: str, schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    """Return `text` as JSON: what it says where that fits the schema, and otherwise a string."""
    kinds, bare = _kinds(schema, root), text.strip()
    bare = PYTHON_LITERALS.get(bare, bare)
    bare = settled(bare) if bare[:1] in ("{", "[") else bare
    try:
        said = _KINDS[type(from_json(bare))]
    except ValueError:
        return json.dumps(text, ensure_ascii=False)
    if kinds & {*said} or "string" not in (kinds or said):
        return bare
    return json.dumps(text, ensure_ascii=False)


def _kinds(schema: Any, root: Mapping[str, Any], depth: int = 0) -> set[str]:
    """Return the types that fit; none where the schema does not say."""
    if not isinstance(schema, Mapping) or depth > 8:  # a schema may refer to itself
        return set()
    if isinstance(reference := schema.get("$ref"), str):
        return _kinds(_found(reference, root), root, depth + 1)
    if "type" in schema:
        said = schema["type"]
        return {said} if isinstance(said, str) else {*said}
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
