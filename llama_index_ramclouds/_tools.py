"""LlamaIndex's tools and tool choices to the wire, and the calls back as selections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ToolCallBlock,
)
from llama_index.core.bridge.pydantic import BaseModel
from llama_index.core.llms.llm import ToolSelection

from llama_index_ramclouds._messages import wire_calls
from ramclouds.bridge.body_fields import check_field, no_tool
from ramclouds.bridge.tools import (
    answer_format,
    answer_tool,
    function_tool,
    given_format,
    parsed_arguments,
    to_tool_choice,
    without_title,
)

if TYPE_CHECKING:
    from llama_index.core.tools.types import ToolMetadata


def to_tool_params(tools: Sequence[Any], choice: Any, *, required: bool) -> dict[str, Any]:
    """The tools of a request, and which of them the model has to call."""
    wire_tools = to_wire_tools(tools)
    wire_choice = to_wire_choice(choice, wire_tools, required=required)
    return {"tools": wire_tools} | ({} if wire_choice is None else {"tool_choice": wire_choice})


def to_wire_tools(tools: Sequence[Any]) -> list[dict[str, Any]]:
    """The tools as a request describes them: LlamaIndex's, functions, classes or mappings."""
    return [_to_wire_tool(tool) for tool in check_field("tools", tools)]


def _to_wire_tool(tool: Any) -> dict[str, Any]:
    if isinstance(tool, Mapping):
        return function_tool(tool)
    if isinstance(tool, type) and issubclass(tool, BaseModel):
        return class_tool(tool)
    if not _is_tool(tool):
        if not hasattr(tool, "__name__"):
            raise no_tool(tool)
        from llama_index.core.tools import FunctionTool

        tool = FunctionTool.from_defaults(tool)
    metadata: ToolMetadata = tool.metadata
    # Not core's `to_openai_tool`: of a recursive class it leaves the definitions alone, and it
    # changes names that agents then do not find.
    kind = metadata.fn_schema
    schema = metadata.get_parameters_dict() if kind is None else kind.model_json_schema()
    function = {
        "name": metadata.get_name(),
        "description": metadata.description,
        "parameters": without_title(schema),
    }
    return {"type": "function", "function": function}


def _is_tool(value: Any) -> bool:
    # Not `isinstance`: LlamaIndex's tools take long to import.
    return hasattr(getattr(value, "metadata", None), "fn_schema")


def to_wire_format(asked: Any) -> Any:
    """The format that a call asks for; a class or a JSON schema stands for its own."""
    return given_format(asked) or answer_format(_to_wire_tool(asked))


def class_tool(kind: type[BaseModel]) -> dict[str, Any]:
    """The tool whose call holds an object of a class."""
    return answer_tool(function_tool({"title": kind.__name__, **kind.model_json_schema()}))


def to_wire_choice(
    choice: Any, tools: Sequence[Mapping[str, Any]], *, required: bool
) -> str | dict[str, Any] | None:
    """Any framework's form of a tool choice in the wire's; None leaves it to the model."""
    if choice is None:
        return "required" if required else None
    if choice == "":
        return None
    if _is_tool(choice):
        choice = choice.metadata.get_name()
    return to_tool_choice(choice, [tool["function"]["name"] for tool in tools])


def is_parallel(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether `chat_with_tools(tools, *args, **kwargs)` allows several calls."""
    # The fourth argument after the tools is allow_parallel_tool_calls.
    return bool(args[3] if len(args) > 3 else kwargs.get("allow_parallel_tool_calls", False))


def selections(message: ChatMessage) -> list[ToolSelection]:
    """The calls of a message, of a finished one or one that is still arriving.

    Text that is not one whole JSON object is no call: a tool would run on what is missing.
    """
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if blocks:
        calls = [(block.tool_call_id, block.tool_name, block.tool_kwargs) for block in blocks]
    else:
        calls = [
            (call.get("id"), call["function"]["name"], call["function"].get("arguments", ""))
            for call in wire_calls(message)
        ]
    parsed = ((id, name, _parsed(arguments)) for id, name, arguments in calls)
    return [
        ToolSelection(tool_id=id or "", tool_name=name, tool_kwargs=found)
        for id, name, found in parsed
        if found is not None
    ]


def _parsed(arguments: Any) -> dict[str, Any] | None:
    if not isinstance(arguments, str):
        return dict(arguments)
    found, is_whole = parsed_arguments(arguments or "{}")
    return found if is_whole else None


def keep_first_call(response: ChatResponse) -> ChatResponse:
    """Keep only the first call, in both of its forms."""
    message = response.message
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if len(blocks) > 1:
        message.blocks = [block for block in message.blocks if block not in blocks[1:]]
        message.additional_kwargs["tool_calls"] = message.additional_kwargs["tool_calls"][:1]
    return response


def react_defaults() -> dict[str, Any]:
    """What core's ReAct fallback forgets: it hands None to an agent that refuses None."""
    from llama_index.core.agent.react.formatter import ReActChatFormatter
    from llama_index.core.agent.react.output_parser import ReActOutputParser

    return {
        "react_chat_formatter": ReActChatFormatter.from_defaults(),
        "output_parser": ReActOutputParser(),
    }
