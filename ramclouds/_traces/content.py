"""What was asked and written, as the JSON that OpenTelemetry's conventions have for it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from ramclouds._observers import Operation
from ramclouds.types import Choice, Completion, InvalidToolCall, ToolCall

_SETTING = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_ON = ("true", "1", "span_only", "span_and_event")


def is_wanted() -> bool:
    """Whether the environment asks for content; it does not by default."""
    return os.environ.get(_SETTING, "").strip().lower() in _ON


def of_request(operation: Operation) -> dict[str, str]:
    """The messages and tools that are sent; of embeddings nothing, as in the conventions."""
    body = operation.body
    found: dict[str, Any] = {}
    if body.get("messages"):
        found["gen_ai.input.messages"] = [_message(one) for one in body["messages"]]
    if body.get("tools"):
        found["gen_ai.tool.definitions"] = [
            {"type": tool.get("type", "function"), **tool.get("function", {})}
            for tool in body["tools"]
        ]
    return {name: _text(value) for name, value in found.items()}


def of_completion(completion: Completion) -> dict[str, str]:
    """What the model wrote."""
    return {"gen_ai.output.messages": _text([_output(choice) for choice in completion.choices])}


def _output(choice: Choice) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    if choice.reasoning:
        parts.append({"type": "reasoning", "content": choice.reasoning})
    if choice.text or choice.refusal:
        parts.append({"type": "text", "content": choice.text or choice.refusal})
    calls: list[ToolCall | InvalidToolCall] = [*choice.tool_calls, *choice.invalid_tool_calls]
    parts += [_call(call.id, call.name, call.arguments) for call in calls]
    return {"role": "assistant", "parts": parts, "finish_reason": choice.finish_reason or ""}


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    role, content = message.get("role", ""), message.get("content")
    if role == "tool":
        result = {"type": "tool_call_response", "id": message.get("tool_call_id")}
        return {"role": role, "parts": [{**result, "response": content}]}
    parts = list(_parts(content))
    for call in message.get("tool_calls") or ():
        function = call.get("function", {})
        parts.append(_call(call.get("id"), function.get("name"), function.get("arguments")))
    return {"role": role, "parts": parts}


def _parts(content: Any) -> Iterable[dict[str, Any]]:
    if isinstance(content, str):
        yield {"type": "text", "content": content}
        return
    for part in content or ():
        kind = part.get("type", "") if isinstance(part, Mapping) else "text"
        text = part.get("text", "") if isinstance(part, Mapping) else str(part)
        # Pictures and files are megabytes, and no backend takes them.
        yield {"type": kind, "content": text} if kind == "text" else {"type": kind}


def _call(id: Any, name: Any, arguments: Any) -> dict[str, Any]:
    return {"type": "tool_call", "id": id, "name": name, "arguments": _arguments(arguments)}


def _arguments(arguments: Any) -> Any:
    try:
        return json.loads(arguments)
    except (TypeError, ValueError):
        return arguments


def _text(value: Any) -> str:
    # For one half of a surrogate pair, which UTF-8 cannot encode, an exporter drops a batch of
    # spans.
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text.encode("utf-8", "replace").decode()
