"""LangChain messages as neutral wire messages."""

from __future__ import annotations

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
from ramclouds.bridge.content_blocks import flatten, to_parts, to_result, to_said
from ramclouds.bridge.history import arguments_text, assistant_message, reasoning_in, wire_call

WireMessage = dict[str, Any]

TOOL_CALL_EXTRAS = "tool_call_extras"
"""Key of `additional_kwargs`: what the gateway sent beside a call and wants back, by call id."""


def to_wire(messages: Sequence[BaseMessage]) -> list[WireMessage]:
    """A conversation with all that models wrote; the client fits it to the model."""
    wire: list[WireMessage] = []
    for message in messages:
        if isinstance(message, AIMessage):
            wire.append(_assistant(message) | _named(message))
        elif isinstance(message, ToolMessage):
            wire.append(_tool(message.tool_call_id, message.content))
        elif isinstance(message, HumanMessage):
            wire += _user(message)
        else:
            wire += _other(message)
    return wire


def _assistant(message: AIMessage) -> WireMessage:
    about = message.response_metadata
    return assistant_message(
        to_said(message.content),
        list(_tool_calls(message)),
        author=about.get("requested_model") or about.get("model_name") or about.get("model"),
        reasoning=_reasoning(message),
        reasoning_field=message.additional_kwargs.get("reasoning_field"),
        attached=message.additional_kwargs,
    )


def _reasoning(message: AIMessage) -> str:
    beside = reasoning_in(message.additional_kwargs)
    if beside or isinstance(message.content, str):
        return beside
    return "".join(
        block.get("reasoning") or block.get("thinking") or ""
        for block in message.content
        if isinstance(block, dict) and block.get("type") in ("reasoning", "thinking")
    )


def _tool_calls(message: AIMessage) -> Iterator[dict[str, Any]]:
    extras = message.additional_kwargs.get(TOOL_CALL_EXTRAS, {})
    for call in message.tool_calls:
        arguments = arguments_text(call["args"])
        yield wire_call(call["id"], call["name"], arguments) | extras.get(call["id"], {})
    for invalid in message.invalid_tool_calls:
        yield wire_call(invalid["id"], invalid["name"] or "", invalid["args"] or "")
    yield from _foreign_calls(message)


def _foreign_calls(message: AIMessage) -> Iterator[dict[str, Any]]:
    """Calls that stand only in blocks, or in OpenAI's old `function_call`."""
    known = {call["id"] for call in (*message.tool_calls, *message.invalid_tool_calls)}
    for block in message.content:
        if not isinstance(block, dict) or (key := _ARGUMENTS.get(block.get("type", ""))) is None:
            continue
        call_id = block.get("call_id", block.get("id"))
        if call_id not in known:
            arguments = arguments_text(block.get(key) or block.get("partial_json") or {})
            yield wire_call(call_id, block.get("name", ""), arguments)
    for call in message.additional_kwargs.get("tool_calls") or ():
        # What LangChain reads has a `function`; the Responses API has its fields at the top.
        if isinstance(call, dict) and "function" not in call and call.get("call_id") not in known:
            arguments = arguments_text(call.get("arguments") or {})
            yield wire_call(call.get("call_id"), call.get("name", ""), arguments)
    function = message.additional_kwargs.get("function_call")
    if function and not known:
        name = function.get("name", "")
        yield wire_call(_function_id(name), name, function.get("arguments") or "{}")


# Blocks of Anthropic, of OpenAI's Responses API and of LangChain.
_ARGUMENTS = {"tool_use": "input", "function_call": "arguments", "tool_call": "args"}


def _function_id(name: str) -> str:
    return f"function_{name}"


def _tool(call_id: str, content: Any) -> WireMessage:
    return {"role": "tool", "tool_call_id": call_id, "content": to_result(content)}


def _other(message: BaseMessage) -> list[WireMessage]:
    if isinstance(message, FunctionMessage):
        return [_tool(_function_id(message.name), message.content)]
    if isinstance(message, (SystemMessage, ChatMessage)):
        role = message.role if isinstance(message, ChatMessage) else "system"
        given = message.content
        content = given if isinstance(given, str) else flatten(list(to_parts(given)))
        return [{"role": _ROLES.get(role.lower(), role), "content": content} | _named(message)]
    raise ConfigurationError(
        f"A {type(message).__name__} cannot be sent to a model. Leave it out of the messages."
    )


_ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "developer": "system"}


def _user(message: HumanMessage) -> list[WireMessage]:
    """Anthropic's tool results, if any, then what the user says."""
    if isinstance(message.content, str):
        return [{"role": "user", "content": message.content} | _named(message)]
    wire = [
        _tool(block.get("tool_use_id", ""), block.get("content") or "")
        for block in message.content
        if isinstance(block, dict) and block.get("type") == "tool_result"
    ]
    parts = list(to_parts(message.content))
    if parts or not message.content:
        wire.append({"role": "user", "content": flatten(parts)} | _named(message))
    return wire


def _named(message: BaseMessage) -> WireMessage:
    return {"name": message.name} if message.name else {}
