"""The JSON schema of "text or a list of calls", for servers that hold a model to a schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ramclouds.bridge.tools import Tool, is_forced, offered_tools


def grammar_format(
    tools: Sequence[Mapping[str, Any]],
    *,
    tool_choice: Any = None,
    parallel: bool | None = None,
    response_format: Mapping[str, Any] | None = None,
) -> dict[str, Any] | None:
    """The `response_format` to send: with no tool to call, the caller's own."""
    offered = offered_tools(tools, tool_choice)
    if not offered:
        return None if response_format is None else dict(response_format)
    definitions: dict[str, Any] = {}
    branches = [_calls_schema(offered, definitions, parallel=parallel)]
    if not is_forced(tool_choice):
        branches.append(_object_schema({"text": _text_schema(response_format, definitions)}))
    schema = branches[0] if len(branches) == 1 else {"anyOf": branches}
    if definitions:
        schema = {**schema, "$defs": definitions}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def _calls_schema(
    tools: Sequence[Tool], definitions: dict[str, Any], *, parallel: bool | None
) -> dict[str, Any]:
    calls = [_call_schema(tool, definitions) for tool in tools]
    items: dict[str, Any] = calls[0] if len(calls) == 1 else {"anyOf": calls}
    several: dict[str, Any] = {"type": "array", "items": items, "minItems": 1}
    if not parallel:
        # Unasked, one at a time: small models repeat a call for as long as the schema lets them.
        several["maxItems"] = 1
    return _object_schema({"tool_calls": several})


def _call_schema(tool: Tool, definitions: dict[str, Any]) -> dict[str, Any]:
    parameters = tool.parameters or {"type": "object", "properties": {}}
    arguments = _hoisted(parameters, definitions, prefix=tool.name)
    return _object_schema({"name": {"type": "string", "enum": [tool.name]}, "arguments": arguments})


def _text_schema(
    response_format: Mapping[str, Any] | None, definitions: dict[str, Any]
) -> dict[str, Any]:
    kind = "text" if response_format is None else response_format.get("type")
    if response_format is None or kind not in ("json_schema", "json_object"):
        return {"type": "string"}
    schema = response_format.get("json_schema", {}).get("schema", {"type": "object"})
    return _hoisted(schema, definitions, prefix="text")


def _object_schema(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _hoisted(
    schema: Mapping[str, Any], definitions: dict[str, Any], *, prefix: str
) -> dict[str, Any]:
    """Return `schema` with its definitions moved to the root, where its references point."""
    moved = {
        f"#/{section}/{name}": f"{prefix}.{name}"
        for section in ("$defs", "definitions")
        for name in schema.get(section, {})
    }
    for section in ("$defs", "definitions"):
        for name, definition in schema.get(section, {}).items():
            definitions[f"{prefix}.{name}"] = _pointed(definition, moved)
    rest = {key: value for key, value in schema.items() if key not in ("$defs", "definitions")}
    pointed: dict[str, Any] = _pointed(rest, moved)
    return pointed


def _pointed(value: Any, moved: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        reference = value.get("$ref")
        if isinstance(reference, str) and reference in moved:
            return {**value, "$ref": f"#/$defs/{moved[reference]}"}
        return {key: _pointed(item, moved) for key, item in value.items()}
    if isinstance(value, list):
        return [_pointed(item, moved) for item in value]
    return value
