"""LlamaIndex's messages as neutral wire messages; nothing of the caller's is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ContentBlock,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from llama_index_ramclouds._parts import Part, to_parts, to_result_parts, to_said_parts
from ramclouds.bridge.history import (
    arguments_text,
    as_content,
    assistant_message,
    reasoning_in,
    wire_call,
)
from ramclouds.bridge.tools import parsed_arguments

_ROLES = {
    MessageRole.SYSTEM: "system",
    MessageRole.DEVELOPER: "system",
    MessageRole.USER: "user",
    MessageRole.ASSISTANT: "assistant",
    MessageRole.CHATBOT: "assistant",
    MessageRole.MODEL: "assistant",
    MessageRole.TOOL: "tool",
    MessageRole.FUNCTION: "tool",
}
MODEL = "model"
"""Key of `additional_kwargs`: who wrote the message, where something in it is for that model."""


def to_wire(messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    """A conversation, with all that models wrote; the client makes of it what a model takes."""
    return [_TO_WIRE[_ROLES[message.role]](message) for message in messages]


def _spoken(message: ChatMessage) -> dict[str, Any]:
    """A message of the user, or of the system."""
    content = as_content(_parts(_blocks_once(message), to_parts), between="\n")
    return {"role": _ROLES[message.role], "content": content, **_name(message)}


def _blocks_once(message: ChatMessage) -> list[ContentBlock]:
    """The blocks without the copies that core makes of legacy images.

    It appends `additional_kwargs["images"]` each time a message is validated, as in every event:
    https://github.com/run-llama/llama_index/pull/17477
    """
    if "images" not in message.additional_kwargs:
        return message.blocks
    images = [block for block in message.blocks if isinstance(block, ImageBlock)]
    copies = [image for n, image in enumerate(images) if image in images[:n]]
    return [block for block in message.blocks if not any(block is copied for copied in copies)]


def _name(message: ChatMessage) -> dict[str, str]:
    name = message.additional_kwargs.get("name")
    return {"name": name} if isinstance(name, str) else {}


def _parts(
    blocks: Iterable[ContentBlock], convert: Callable[[ContentBlock], Iterable[Part]]
) -> list[Part]:
    """The parts of blocks; the mark of a cache point goes onto the part before it."""
    parts: list[Part] = []
    for block in blocks:
        for part in convert(block):
            if "type" in part:
                parts.append(part)
            elif parts:
                parts[-1].update(part)
    return parts


def _assistant(message: ChatMessage) -> dict[str, Any]:
    thoughts = [block for block in message.blocks if isinstance(block, ThinkingBlock)]
    others = [
        block for block in message.blocks if not isinstance(block, (ThinkingBlock, ToolCallBlock))
    ]
    wire = assistant_message(
        as_content(_parts(others, to_said_parts), between=""),
        _tool_calls(message),
        author=message.additional_kwargs.get(MODEL),
        reasoning="".join(block.content or "" for block in thoughts)
        or reasoning_in(message.additional_kwargs),
        reasoning_field=message.additional_kwargs.get("reasoning_field"),
    )
    old = message.additional_kwargs.get("function_call")
    return wire | _name(message) | ({"function_call": old} if old else {})


def _tool_calls(message: ChatMessage) -> list[dict[str, Any]]:
    """The calls as blocks, completed by what the wire-shaped copies of them hold besides."""
    listed = wire_calls(message)
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if not blocks:
        return listed
    by_id = {call.get("id"): call for call in listed}
    return [_from_block(block, by_id.get(block.tool_call_id)) for block in blocks]


def wire_calls(message: ChatMessage) -> list[dict[str, Any]]:
    """The calls in the shape of the wire that stand beside the blocks of a message."""
    given = message.additional_kwargs.get("tool_calls")
    calls = given if isinstance(given, (list, tuple)) else ()
    known = [call for call in calls if isinstance(call, dict) or hasattr(call, "model_dump")]
    return [_wire_call(call) for call in known]


def _wire_call(call: Any) -> dict[str, Any]:
    """A call in OpenAI's shape: a dict, or an object of the openai package in an old history."""
    wire = dict(call) if isinstance(call, dict) else dict(call.model_dump(exclude_none=True))
    # A number in a stream, which a history has no use for.
    wire.pop("index", None)
    return wire


def _from_block(block: ToolCallBlock, listed: dict[str, Any] | None) -> dict[str, Any]:
    arguments = _same_arguments(arguments_text(block.tool_kwargs), listed)
    return {**(listed or {}), **wire_call(block.tool_call_id or "", block.tool_name, arguments)}


def _same_arguments(text: str, listed: dict[str, Any] | None) -> str:
    """The arguments as the model wrote them, if equal: another spelling misses the prompt cache."""
    spelled = (listed or {}).get("function", {}).get("arguments")
    if isinstance(spelled, str) and parsed_arguments(spelled) == parsed_arguments(text):
        return spelled
    return text


def _tool(message: ChatMessage) -> dict[str, Any]:
    parts = _parts(message.blocks, to_result_parts)
    given = message.additional_kwargs
    call_id = given.get("tool_call_id") or given.get("call_id")
    return {"role": "tool", "tool_call_id": call_id, "content": as_content(parts, between="\n")}


_TO_WIRE = {"user": _spoken, "system": _spoken, "assistant": _assistant, "tool": _tool}


def with_instructions(messages: Sequence[ChatMessage], text: str) -> list[ChatMessage]:
    """The conversation with a text at the end of its last message, or as one of its own."""
    if not messages or messages[-1].role is not MessageRole.USER:
        return [*messages, ChatMessage(text.strip())]
    last = messages[-1]
    extended = last.model_copy(update={"blocks": [*last.blocks, TextBlock(text=text)]})
    return [*messages[:-1], extended]
