"""LlamaIndex's messages to wire messages; nothing of the caller's is changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
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

from llama_index_ramclouds._parts import Part, to_parts
from ramclouds import ConfigurationError, ModelFacts
from ramclouds.bridge.history import (
    as_content,
    only_media,
    only_text,
    reasoning_replayed,
    wire_call,
    without_open_calls,
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


def to_wire(
    messages: Sequence[ChatMessage], facts: ModelFacts, *, replay_reasoning: bool
) -> list[dict[str, Any]]:
    """Convert a conversation; reasoning goes back only within the running tool loop."""
    cache_points = "claude" in facts.name.lower()
    loop = _running_loop(messages) if replay_reasoning else len(messages)
    wire: list[dict[str, Any]] = []
    returned: list[Part] = []
    made: list[str] = []
    for place, message in enumerate(messages):
        role = _ROLES[message.role]
        if role != "tool":
            if returned:
                wire.append({"role": "user", "content": returned})
            returned, made = [], []
        if role == "assistant":
            wire.append(_assistant(message, facts if place >= loop else None))
            made = _make_ids(wire[-1], place)
        elif role == "tool":
            call_id = made.pop(0) if made else _answered_id(message, place)
            text, media = _tool(message, call_id)
            wire.append(text)
            # Tool messages take no media: it follows when all calls are answered.
            returned.extend(media)
        else:
            parts = _parts(_blocks_once(message), cache_points=cache_points)
            wire.append({"role": role, "content": as_content(parts, between=""), **_name(message)})
    if returned:
        wire.append({"role": "user", "content": returned})
    return without_open_calls(wire)


def _running_loop(messages: Sequence[ChatMessage]) -> int:
    """Where the messages after the last user message begin."""
    places = (n for n in range(len(messages), 0, -1) if messages[n - 1].role is MessageRole.USER)
    return next(places, 0)


def _blocks_once(message: ChatMessage) -> list[ContentBlock]:
    """The blocks without the copies that core makes of legacy images.

    It appends `additional_kwargs["images"]` each time a message is validated, as in every event.
    """
    if "images" not in message.additional_kwargs:
        return message.blocks
    images = [block for block in message.blocks if isinstance(block, ImageBlock)]
    copies = [image for n, image in enumerate(images) if image in images[:n]]
    return [block for block in message.blocks if not any(block is copied for copied in copies)]


def _name(message: ChatMessage) -> dict[str, str]:
    name = message.additional_kwargs.get("name")
    return {"name": name} if isinstance(name, str) else {}


def _parts(blocks: Iterable[ContentBlock], *, cache_points: bool) -> list[Part]:
    parts: list[Part] = []
    for block in blocks:
        for part in to_parts(block, cache_points=cache_points):
            if "type" in part:
                parts.append(part)
            elif parts:
                parts[-1].update(part)
    return parts


def _assistant(message: ChatMessage, replay_for: ModelFacts | None) -> dict[str, Any]:
    thoughts = [block for block in message.blocks if isinstance(block, ThinkingBlock)]
    others = [
        block for block in message.blocks if not isinstance(block, (ThinkingBlock, ToolCallBlock))
    ]
    parts = _parts(others, cache_points=False)
    if any(part["type"] != "text" for part in parts):
        raise ConfigurationError(
            "An assistant message holds media, which no model takes there. Move it to a user"
            " message."
        )
    calls = _tool_calls(message)
    text = "".join(part["text"] for part in parts)
    wire: dict[str, Any] = {"role": "assistant", "content": text, **_name(message)}
    if calls:
        wire["content"] = text or None
        wire["tool_calls"] = calls
    reasoning = "".join(block.content or "" for block in thoughts)
    if replay_for is None or not (reasoning or calls):
        return wire
    return reasoning_replayed(wire, reasoning, "inline" if replay_for.inline_reasoning else "field")


def _tool_calls(message: ChatMessage) -> list[dict[str, Any]]:
    """The calls as blocks, completed by what the wire-shaped copies of them hold besides."""
    listed = [as_wire_call(call) for call in message.additional_kwargs.get("tool_calls") or []]
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if not blocks:
        return [_sendable(call) for call in listed]
    by_id = {call.get("id"): call for call in listed}
    return [_from_block(block, by_id.get(block.tool_call_id)) for block in blocks]


def as_wire_call(call: Any) -> dict[str, Any]:
    """A call in OpenAI's shape: a dict, or an object of the openai package in an old history."""
    return dict(call) if isinstance(call, dict) else dict(call.model_dump(exclude_none=True))


def _from_block(block: ToolCallBlock, listed: dict[str, Any] | None) -> dict[str, Any]:
    kwargs = block.tool_kwargs
    text = kwargs if isinstance(kwargs, str) else json.dumps(kwargs, ensure_ascii=False)
    arguments = _same_arguments(text, listed)
    call = {**(listed or {}), "id": block.tool_call_id or "", "type": "function"}
    return _sendable({**call, "function": {"name": block.tool_name, "arguments": arguments}})


def _same_arguments(text: str, listed: dict[str, Any] | None) -> str:
    """The model's own spelling where it says the same: another one misses the prompt cache."""
    spelled = (listed or {}).get("function", {}).get("arguments")
    if isinstance(spelled, str) and parsed_arguments(spelled) == parsed_arguments(text):
        return spelled
    return text


def _sendable(call: dict[str, Any]) -> dict[str, Any]:
    """Arguments that are no JSON object are refused or dropped upstream, so send what is sound."""
    function = call.get("function") or {}
    arguments = function.get("arguments") or "{}"
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    found, is_whole = parsed_arguments(arguments)
    if not is_whole:
        arguments = json.dumps(found, ensure_ascii=False)
    extra = {key: value for key, value in call.items() if key not in _OURS}
    return wire_call(call.get("id"), function.get("name", ""), arguments, **extra)


_OURS = ("index", "id", "type", "function")


def _make_ids(sent: dict[str, Any], place: int) -> list[str]:
    """Ids for calls that all came without, as Ollama's do: the results answer them in order."""
    calls = sent.get("tool_calls", [])
    if any(call["id"] for call in calls):
        return []
    for number, call in enumerate(calls):
        call["id"] = f"call_{place}_{number}"
    return [call["id"] for call in calls]


def _answered_id(message: ChatMessage, place: int) -> str:
    call_id = message.additional_kwargs.get("tool_call_id")
    if not isinstance(call_id, str):
        raise ConfigurationError(
            f"Message {place} is a tool result without tool_call_id. Put the id of its call into"
            ' additional_kwargs["tool_call_id"].'
        )
    return call_id


def _tool(message: ChatMessage, call_id: str) -> tuple[dict[str, Any], list[Part]]:
    """A tool message, whose content is always a string, and the media to send after it."""
    blocks = [block for block in message.blocks if not isinstance(block, ThinkingBlock)]
    parts = _parts(blocks, cache_points=False)
    text = "\n".join(part["text"] for part in only_text(parts))
    media = only_media(parts)
    if media:
        text = text or "The result follows in the next user message."
        media.insert(0, {"type": "text", "text": f"Result of tool call {call_id}:"})
    return {"role": "tool", "tool_call_id": call_id, "content": text}, media


def with_instructions(messages: Sequence[ChatMessage], text: str) -> list[ChatMessage]:
    """The conversation with a text at the end of its last message, or as one of its own."""
    if not messages or messages[-1].role is not MessageRole.USER:
        return [*messages, ChatMessage(text.strip())]
    last = messages[-1]
    extended = last.model_copy(update={"blocks": [*last.blocks, TextBlock(text=text)]})
    return [*messages[:-1], extended]
