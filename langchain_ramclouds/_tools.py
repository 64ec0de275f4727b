"""Tools and output formats as LangChain's users give them, as wire parameters."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal

from langchain_core.tools import BaseTool, Tool, create_schema_from_function
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError
from typing_extensions import is_typeddict

from ramclouds.bridge.body_fields import check_field, no_tool
from ramclouds.bridge.schemas import document
from ramclouds.bridge.tools import (
    answer_format,
    function_tool,
    given_format,
    to_tool_choice,
    without_title,
)

logger = logging.getLogger(__name__)

AnyTool = dict[str, Any] | type | Callable[..., Any] | BaseTool
ToolChoice = str | bool | Mapping[str, Any] | None
Schema = dict[str, Any] | type | Callable[..., Any]
Method = Literal["function_calling", "json_schema", "json_mode"]


def to_wire_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a call, with its tools, tool choice and format as the wire has them."""
    wire = dict(params)
    if tools := params.get("tools"):
        wire["tools"] = [to_tool(tool) for tool in check_field("tools", tools)]
    choice = wire.pop("tool_choice", None)
    if choice is not None and choice is not False and choice != "":
        names = [tool["function"]["name"] for tool in wire["tools"]] if tools else []
        wire["tool_choice"] = to_tool_choice(choice, names)
    if (asked := params.get("response_format")) is not None:
        wire["response_format"] = to_response_format(asked)
    return wire


def to_tool_params(
    tools: Sequence[AnyTool],
    *,
    tool_choice: ToolChoice = None,
    strict: bool | None = None,
    parallel_tool_calls: bool | None = None,
) -> dict[str, Any]:
    """The parameters of a call with these tools; none where there are no tools."""
    if not tools:
        return {}
    if strict:
        _say_strict_is_dropped()
    params = to_wire_params({"tools": tools, "tool_choice": tool_choice})
    if parallel_tool_calls is not None:
        params["parallel_tool_calls"] = parallel_tool_calls
    return params


@cache
def _say_strict_is_dropped() -> None:
    logger.warning(
        "strict=True has no effect on tools: the gateway does not pass it on. Arguments are checked"
        " when they come; with_structured_output(method='json_schema') holds a model to a schema."
    )


def to_tool(tool: AnyTool) -> dict[str, Any]:
    """One tool as a function with the JSON schema of its arguments."""
    if isinstance(tool, Mapping):
        return function_tool(tool)
    if not isinstance(tool, BaseTool) and not hasattr(tool, "__name__"):
        raise no_tool(tool)
    try:
        wire = convert_to_openai_tool(tool)
    except (TypeError, RecursionError):
        if not is_typeddict(tool):
            raise
        # LangChain's conversion ignores `NotRequired`, and never ends for a recursive TypedDict.
        wire = {"type": "function", "function": {"parameters": {}}}
    if is_typeddict(tool):
        return _typed_dict(tool, wire)
    if wire.get("type") != "function":
        return function_tool(wire)
    if (schema := _json_schema(tool)) is not None:
        # LangChain's own conversion cuts recursive classes: `kids: list[Node]` has `items: {}`.
        wire["function"]["parameters"] = without_title(schema)
    return wire


def _typed_dict(kind: Any, wire: dict[str, Any]) -> dict[str, Any]:
    """The tool of a TypedDict, with the None and `total=False` that LangChain's form lacks."""
    try:
        schema = TypeAdapter(kind).json_schema()
    except PydanticUserError:  # `typing.TypedDict` before Python 3.12
        return wire
    document(schema, wire["function"]["parameters"], schema.get("$defs", {}))
    return function_tool({"title": kind.__name__, **schema})


def _json_schema(tool: Any) -> Mapping[str, Any] | None:
    """The JSON schema of a tool's arguments, its definitions included."""
    kind = tool
    if isinstance(tool, BaseTool):
        if isinstance(tool, Tool) and not tool.args_schema:
            return None
        kind = tool.tool_call_schema
    elif inspect.isroutine(tool):
        kind = create_schema_from_function(
            tool.__name__,
            tool,
            filter_args=(),
            parse_docstring=True,
            error_on_invalid_docstring=False,
            include_injected=False,
        )
    if isinstance(kind, Mapping):
        return kind
    # `schema` is what a model of pydantic.v1 has.
    to_schema = getattr(kind, "model_json_schema", None) or getattr(kind, "schema", None)
    return to_schema() if callable(to_schema) else None


def to_response_format(schema: Any, *, strict: bool | None = None) -> dict[str, Any]:
    """The `response_format` of a schema; one that already is a response format stays."""
    if (wire := given_format(schema)) is not None:
        named = wire.get("json_schema")
        if strict is None or not isinstance(named, Mapping):
            return wire
        return {**wire, "json_schema": {"strict": strict, **named}}
    return answer_format(to_tool(schema), strict=strict is not False)
