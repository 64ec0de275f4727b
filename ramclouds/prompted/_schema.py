"""The JSON schema of "text or a list of calls", for servers that hold a model to a schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ramclouds.bridge.schemas import prepare_schema
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
    branches = [_calls_schema(offered, parallel=parallel)]
    if not is_forced(tool_choice):
        branches.append(_object_schema({"text": _text_schema(response_format)}))
    schema = branches[0] if len(branches) == 1 else {"anyOf": branches}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def _calls_schema(tools: Sequence[Tool], *, parallel: bool | None) -> dict[str, Any]:
    calls = []
    for tool in tools:
        arguments = prepare_schema(tool.parameters, "plain", use="tool").schema
        name = {"type": "string", "enum": [tool.name]}
        calls.append(_object_schema({"name": name, "arguments": arguments}))
    items: dict[str, Any] = calls[0] if len(calls) == 1 else {"anyOf": calls}
    several: dict[str, Any] = {"type": "array", "items": items, "minItems": 1}
    if not parallel:
        # Unasked, one at a time: small models repeat a call for as long as the schema lets them.
        several["maxItems"] = 1
    return _object_schema({"tool_calls": several})


def _text_schema(response_format: Mapping[str, Any] | None) -> dict[str, Any]:
    asked = response_format or {}
    if asked.get("type") not in ("json_schema", "json_object"):
        return {"type": "string"}
    schema = asked.get("json_schema", {}).get("schema", {"type": "object"})
    return prepare_schema(schema, "plain", use="open_answer").schema


def _object_schema(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
