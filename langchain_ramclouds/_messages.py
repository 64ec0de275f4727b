"""LangChain messages as wire messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from langchain_ramclouds._errors import ConfigurationError
from langchain_ramclouds._parts import Part, flatten, to_parts, to_text
from ramclouds.bridge.history import (
    Replay,
    only_media,
    only_text,
    reasoning_replayed,
    wire_call,
)

WireMessage = dict[str, Any]

TOOL_CALL_EXTRAS = "tool_call_extras"
"""Key of `additional_kwargs`: by call id, what the gateway sent beside a call and wants back."""


def to_wire(messages: Sequence[BaseMessage], *, replay: Replay | None = None) -> list[WireMessage]:
    """What the gateway is sent for a conversation; reasoning only of the running tool loop."""
    answered = {m.tool_call_id for m in messages if isinstance(m, ToolMessage)}
    loop_start = _loop_start(messages)
    wire: list[WireMessage] = []
    media: list[Part] = []
    for position, message in enumerate(messages):
        if media and not isinstance(message, ToolMessage):
            wire.append({"role": "user", "content": media})
            media = []
        if isinstance(message, AIMessage):
            in_loop = replay if position >= loop_start else None
            wire.append(_assistant(message, answered=answered, replay=in_loop))
        elif isinstance(message, ToolMessage):
            result, shown = _tool(message.tool_call_id, message.content)
            wire.append(result)
            media += shown
        else:
            wire += _other(message)
    if media:
        wire.append({"role": "user", "content": media})
    return wire


def _loop_start(messages: Sequence[BaseMessage]) -> int:
    """Where the running tool loop begins: after the last message of the user."""
    for position in range(len(messages) - 1, -1, -1):
        if isinstance(messages[position], HumanMessage):
            return position
    return 0


def _assistant(message: AIMessage, *, answered: set[str], replay: Replay | None) -> WireMessage:
    text = to_text(message.content)
    wire: WireMessage = {"role": "assistant", "content": text} | _named(message)
    calls = list(_tool_calls(message, answered))
    if not calls:
        return wire
    wire |= {"tool_calls": calls, "content": text or None}
    return wire if replay is None else reasoning_replayed(wire, _reasoning(message), replay)


def _reasoning(message: AIMessage) -> str:
    if "reasoning_content" in message.additional_kwargs:
        return str(message.additional_kwargs["reasoning_content"])
    if isinstance(message.content, str):
        return ""
    return "".join(
        block.get("reasoning") or block.get("thinking") or ""
        for block in message.content
        if isinstance(block, dict) and block.get("type") in ("reasoning", "thinking")
    )


def _tool_calls(message: AIMessage, answered: set[str]) -> Iterator[dict[str, Any]]:
    extras = message.additional_kwargs.get(TOOL_CALL_EXTRAS, {})
    for call in message.tool_calls:
        arguments = json.dumps(call["args"], ensure_ascii=False)
        yield wire_call(call["id"], call["name"], arguments) | extras.get(call["id"], {})
    for invalid in message.invalid_tool_calls:
        # A call without a result is refused, and agents give no result to an invalid call.
        if invalid["id"] in answered:
            yield wire_call(invalid["id"], invalid["name"] or "", _as_object(invalid["args"]))
    yield from _foreign_calls(message)


def _foreign_calls(message: AIMessage) -> Iterator[dict[str, Any]]:
    """Calls that only Anthropic's blocks or OpenAI's old `function_call` hold."""
    known = {call["id"] for call in (*message.tool_calls, *message.invalid_tool_calls)}
    for block in message.content:
        if isinstance(block, dict) and block.get("type") == "tool_use" and block["id"] not in known:
            arguments = json.dumps(block["input"], ensure_ascii=False)
            yield wire_call(block["id"], block["name"], arguments)
    function = message.additional_kwargs.get("function_call")
    if function and not known:
        yield wire_call(_function_id(function["name"]), function["name"], function["arguments"])


def _as_object(arguments: str | None) -> str:
    """Arguments as a JSON object: the Claude channel skips a call whose arguments are none."""
    try:
        valid = isinstance(json.loads(arguments or ""), dict)
    except ValueError:
        valid = False
    return str(arguments) if valid else json.dumps({"invalid": arguments}, ensure_ascii=False)


def _function_id(name: str) -> str:
    return f"function_{name}"


def _tool(call_id: str, content: Any) -> tuple[WireMessage, list[Part]]:
    """A tool's result, and the parts of it that only a message of the user can carry."""
    parts = list(to_parts(content))
    text, media = only_text(parts), only_media(parts)
    if media:
        text.append({"type": "text", "text": "(The tool's media follow in the next message.)"})
        media.insert(0, {"type": "text", "text": f"(Result of the tool call {call_id}:)"})
    return {"role": "tool", "tool_call_id": call_id, "content": flatten(text)}, media


def _other(message: BaseMessage) -> list[WireMessage]:
    if isinstance(message, HumanMessage):
        return _user(message)
    if isinstance(message, FunctionMessage):
        return [_tool(_function_id(message.name), message.content)[0]]
    if isinstance(message, (SystemMessage, ChatMessage)):
        role = message.role if isinstance(message, ChatMessage) else "system"
        content = flatten(list(to_parts(message.content)))
        return [{"role": _ROLES.get(role.lower(), role), "content": content} | _named(message)]
    raise ConfigurationError(
        f"A {type(message).__name__} cannot be sent to a model. Leave it out of the messages."
    )


_ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "developer": "system"}


def _user(message: HumanMessage) -> list[WireMessage]:
    """Anthropic's tool results, if any, then what the user says."""
    wire: list[WireMessage] = []
    for block in message.content:
        if isinstance(block, dict) and block.get("type") == "tool_result":
            result, media = _tool(block["tool_use_id"], block.get("content") or "")
            wire.append(result)
            if media:
                wire.append({"role": "user", "content": media})
    parts = list(to_parts(message.content))
    if parts or isinstance(message.content, str) or not message.content:
        wire.append({"role": "user", "content": flatten(parts)} | _named(message))
    return wire


def _named(message: BaseMessage) -> WireMessage:
    # OpenAI's rule for names; agents are called "Research assistant" all the same.
    name = re.sub(r"[\s<|\\/>]+", "_", message.name or "")[:64]
    return {"name": name} if name else {}
