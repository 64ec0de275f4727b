"""Tools, tool choices and answer formats as LangChain's users give them, as wire parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from langchain_ramclouds._errors import ConfigurationError

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
    # The Claude channel drops a tool without parameters (relay-claude.go).
    parameters = wire["function"].get("parameters") or {"type": "object", "properties": {}}
    return {**wire, "function": {**wire["function"], "parameters": parameters}}


def _names(wire: Sequence[Mapping[str, Any]]) -> list[str]:
    return [tool["function"]["name"] if "function" in tool else tool["type"] for tool in wire]


def to_tool_choice(choice: str | bool | Mapping[str, Any], names: Sequence[str]) -> Any:
    """One of auto, none, required, or a named function; OpenAI's and Anthropic's spellings."""
    if isinstance(choice, Mapping):
        return _from_mapping(choice, names)
    if choice is True or choice in ("any", "required"):
        return "required"
    if choice in ("auto", "none"):
        return choice
    return _named(str(choice), names)


def _from_mapping(choice: Mapping[str, Any], names: Sequence[str]) -> Any:
    function = choice.get("function")
    name = function.get("name") if isinstance(function, Mapping) else choice.get("name")
    if name is not None:
        return _named(name, names)
    kind = choice.get("type")
    if kind in ("any", "auto", "none", "required"):
        return to_tool_choice(kind, names)
    return dict(choice)


def _named(name: str, names: Sequence[str]) -> dict[str, Any]:
    if name not in names:
        raise ConfigurationError(
            f"tool_choice {name!r} is not among the tools: {', '.join(names)}. Give one of these "
            "names, or 'auto', 'any' or 'none'."
        )
    return {"type": "function", "function": {"name": name}}


def is_forced(tool_choice: Any) -> bool:
    """Whether an answer without a call breaks the tool choice."""
    return tool_choice == "required" or isinstance(tool_choice, Mapping)


def to_response_format(schema: Any, *, strict: bool | None = None) -> dict[str, Any]:
    """The `response_format` of a schema; one that already is a response format stays."""
    if isinstance(schema, Mapping) and schema.get("type") in ("json_schema", "json_object", "text"):
        return dict(schema)
    function = to_tool(schema, strict=strict)["function"]
    named = {key: value for key, value in function.items() if key != "parameters"}
    return {"type": "json_schema", "json_schema": {**named, "schema": function["parameters"]}}
