"""LlamaIndex's tools and tool choices to the wire, and the calls back as selections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ToolCallBlock,
)
from llama_index.core.llms.llm import ToolSelection

from llama_index_ramclouds._messages import as_wire_call
from ramclouds import ConfigurationError
from ramclouds.bridge.tools import parsed_arguments, to_tool_choice, with_parameters

if TYPE_CHECKING:
    from llama_index.core.tools.types import BaseTool


def to_wire_tools(tools: Sequence[BaseTool]) -> list[dict[str, Any]]:
    """The tools as a request describes them."""
    return [with_parameters(tool.metadata.to_openai_tool(skip_length_check=True)) for tool in tools]


def to_wire_choice(
    choice: Any, tools: Sequence[Mapping[str, Any]], *, required: bool
) -> str | dict[str, Any] | None:
    """Any framework's form of a tool choice in the wire's; None leaves it to the model."""
    if choice is None:
        return "required" if required else None
    if not isinstance(choice, (str, bool, Mapping)):
        choice = choice.metadata.get_name()
    names = [tool["function"]["name"] for tool in tools if "function" in tool]
    wire: str | dict[str, Any] = to_tool_choice(choice, names)
    if isinstance(wire, dict) and "function" not in wire:
        raise ConfigurationError(
            f"tool_choice {dict(choice)!r} names no tool. Give a tool's name, 'auto', 'none' or"
            " 'required'."
        )
    return wire


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
        wire = [as_wire_call(call) for call in message.additional_kwargs.get("tool_calls") or ()]
        calls = [
            (call.get("id"), call["function"]["name"], call["function"].get("arguments", ""))
            for call in wire
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
    """Leave one call where several are not allowed, in both of its forms."""
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
