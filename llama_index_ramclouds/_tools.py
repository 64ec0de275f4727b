"""LlamaIndex's tools and tool choices to the wire, and the calls back as selections."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.llms.llm import ToolSelection

from llama_index_ramclouds._arguments import to_object
from llama_index_ramclouds._errors import empty_answer_error, missing_call_error
from llama_index_ramclouds._messages import as_wire_call
from ramclouds import ConfigurationError

if TYPE_CHECKING:
    from llama_index.core.tools.types import BaseTool

# "any" is what Anthropic and Mistral call it.
_WORDS = {"auto": "auto", "none": "none", "required": "required", "any": "required"}


def to_wire_tools(tools: Sequence[BaseTool]) -> list[dict[str, Any]]:
    """Describe the tools; each has a `parameters` object: Claude channels drop one without."""
    return [_to_wire(tool) for tool in tools]


def _to_wire(tool: BaseTool) -> dict[str, Any]:
    wire = tool.metadata.to_openai_tool(skip_length_check=True)
    function = wire["function"]
    function["parameters"] = {"type": "object", "properties": {}, **function["parameters"]}
    return wire


def to_wire_choice(
    choice: Any, tools: Sequence[Mapping[str, Any]], *, required: bool
) -> str | dict[str, Any] | None:
    """Any framework's spelling of a tool choice in the wire's; None leaves it to the model."""
    if choice is None:
        return "required" if required else None
    if isinstance(choice, bool):
        return "required" if choice else "none"
    if isinstance(choice, Mapping):
        return _from_mapping(choice, tools)
    name = choice if isinstance(choice, str) else choice.metadata.get_name()
    return _WORDS[name] if name in _WORDS else _named(name, tools)


def _from_mapping(
    choice: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]
) -> str | dict[str, Any]:
    # {"type": "function", "function": {"name": ...}}, the Responses API's {"type": "function",
    # "name": ...}, Anthropic's {"type": "tool", "name": ...} and {"type": "any"}.
    name = (choice.get("function") or choice).get("name")
    if name is not None:
        return _named(name, tools)
    if choice.get("type") in _WORDS:
        return _WORDS[choice["type"]]
    raise ConfigurationError(
        f"tool_choice {dict(choice)!r} names no tool: give a tool's name, 'auto', 'none' or"
        " 'required'."
    )


def _named(name: str, tools: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = [tool["function"]["name"] for tool in tools if "function" in tool]
    if name not in names:
        near = difflib.get_close_matches(name, [*names, *_WORDS], n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {names}."
        raise ConfigurationError(
            f"tool_choice names {name!r}, which is not among the tools: {hint}"
        )
    return {"type": "function", "function": {"name": name}}


def is_parallel(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether `chat_with_tools(tools, *args, **kwargs)` allows several calls."""
    # The fourth argument after the tools is allow_parallel_tool_calls.
    return bool(args[3] if len(args) > 3 else kwargs.get("allow_parallel_tool_calls", False))


def is_forced(choice: Any) -> bool:
    """Whether a choice, in any spelling, demands a call."""
    word = choice.get("type") if isinstance(choice, Mapping) else choice
    return word is not None and word not in ("auto", "none", False)


def selections(message: ChatMessage) -> list[ToolSelection]:
    """The calls of a message, of a finished one or one that is still arriving."""
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if blocks:
        return [
            _selection(block.tool_call_id, block.tool_name, block.tool_kwargs) for block in blocks
        ]
    calls = message.additional_kwargs.get("tool_calls")
    if not calls:
        return []
    wire = [as_wire_call(call) for call in calls]
    return [
        _selection(call.get("id"), call["function"]["name"], call["function"].get("arguments", ""))
        for call in wire
    ]


def _selection(id: str | None, name: str, kwargs: Any) -> ToolSelection:
    found = to_object(kwargs)[0] if isinstance(kwargs, str) else kwargs
    return ToolSelection(tool_id=id or "", tool_name=name, tool_kwargs=found)


def has_calls(message: ChatMessage) -> bool:
    """Whether a message holds a tool call, in either form."""
    return bool(message.additional_kwargs.get("tool_calls")) or any(
        isinstance(block, ToolCallBlock) for block in message.blocks
    )


def require_call(response: ChatResponse, model: str) -> ChatResponse:
    """Raise if no tool was called though the request demanded it."""
    if not has_calls(response.message):
        raise missing_call_error(response, model)
    return response


def require_answer(response: ChatResponse) -> None:
    """Raise if there are thoughts alone: an agent would end its run without an answer, in silence.

    Kimi ends so at times: https://github.com/run-llama/llama_index/issues/21337. Its thoughts are
    no answer, or nothing tells whether they are.
    """
    message = response.message
    if not (message.content or "").strip() and not has_calls(message) and _thinks(message):
        raise empty_answer_error(response)


def _thinks(message: ChatMessage) -> bool:
    return any(isinstance(block, ThinkingBlock) for block in message.blocks)


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
