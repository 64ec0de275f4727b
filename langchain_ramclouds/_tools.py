"""Tools and output formats as LangChain's users give them, as wire parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from ramclouds.bridge.tools import to_tool_choice, with_parameters

AnyTool = dict[str, Any] | type | Callable[..., Any] | BaseTool
ToolChoice = str | bool | Mapping[str, Any] | None


def to_tool_params(
    tools: Sequence[AnyTool],
    *,
    tool_choice: ToolChoice = None,
    strict: bool | None = None,
    parallel_tool_calls: bool | None = None,
) -> dict[str, Any]:
    """The parameters of a call with these tools; none where there are no tools."""
    wire = [to_tool(tool, strict=strict) for tool in tools]
    if not wire:
        return {}
    params: dict[str, Any] = {"tools": wire}
    if tool_choice is not None and tool_choice is not False and tool_choice != "":
        params["tool_choice"] = to_tool_choice(tool_choice, _names(wire))
    if parallel_tool_calls is not None:
        params["parallel_tool_calls"] = parallel_tool_calls
    return params


def to_tool(tool: AnyTool, *, strict: bool | None = None) -> dict[str, Any]:
    """One tool; a function always has `parameters`."""
    wire = convert_to_openai_tool(tool, strict=strict)
    if wire.get("type") != "function":
        return wire
    return with_parameters(wire)


def _names(wire: Sequence[Mapping[str, Any]]) -> list[str]:
    return [tool["function"]["name"] if "function" in tool else tool["type"] for tool in wire]


def to_response_format(schema: Any, *, strict: bool | None = None) -> dict[str, Any]:
    """The `response_format` of a schema; one that already is a response format stays."""
    if isinstance(schema, Mapping) and schema.get("type") in ("json_schema", "json_object", "text"):
        return dict(schema)
    function = to_tool(schema, strict=strict)["function"]
    named = {key: value for key, value in function.items() if key != "parameters"}
    return {"type": "json_schema", "json_schema": {**named, "schema": function["parameters"]}}
