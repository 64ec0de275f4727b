"""Messages and blocks that the tests put on the wire."""

from __future__ import annotations

import base64
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    TextBlock,
    ToolCallBlock,
)

from llama_index_ramclouds._messages import to_wire
from ramclouds.bridge.dialects import dialect_for
from ramclouds.bridge.prepare import apply

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PNG_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def wire(*messages: ChatMessage) -> Any:
    """Messages in neutral form."""
    return to_wire(messages)


def sent(*messages: ChatMessage, model: str = "gpt-5") -> Any:
    """What goes out to a model."""
    body = {"model": model, "messages": to_wire(messages)}
    return apply(body, dialect_for(model)).body["messages"]


def user(*blocks: Any) -> ChatMessage:
    return ChatMessage(role="user", blocks=list(blocks))


def calling(*calls: ToolCallBlock, text: str = "", **kwargs: Any) -> ChatMessage:
    return ChatMessage(
        role="assistant", blocks=[TextBlock(text=text), *calls], additional_kwargs=kwargs
    )


def result(text: str, id: str = "call_1") -> ChatMessage:
    return ChatMessage(role="tool", content=text, additional_kwargs={"tool_call_id": id})


F = ToolCallBlock(tool_call_id="call_1", tool_name="f", tool_kwargs={"a": 1})
WIRE_F = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
