"""A prompt of `llm` as the keywords of the client's request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import llm
from llm.parts import (
    AttachmentPart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

from llm_ramclouds._attachments import to_part
from llm_ramclouds._options import Options
from ramclouds.bridge.dialects import DialectChoice
from ramclouds.bridge.history import assistant_message, wire_call
from ramclouds.bridge.shapes import schema_shape
from ramclouds.bridge.structured import Shape
from ramclouds.bridge.tools import answer_format, answer_tool, function_tool
from ramclouds.prompted import ToolMode

METADATA = "ramclouds"
"""The key of a part's metadata that holds what goes back to the model that wrote it."""
_OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Request:
    """One request, and what its response should hold."""

    params: dict[str, Any]
    mode: ToolMode
    shape: Shape[Any] | None
    """Of the value that a schema asks for."""
    by_tool_call: bool
    """The value is asked for as the arguments of a call."""
    after_results: bool

    @classmethod
    def of(cls, prompt: llm.Prompt, name: str) -> Request:
        """The request that a prompt asks for, with all of its history."""
        options = prompt.options
        assert isinstance(options, Options)
        messages = prompt.messages
        params = {
            "model": name,
            "messages": [wire for message in messages for wire in _to_wire(message)],
            **options.to_params(),
        }
        if prompt.tools:
            params["tools"] = [
                _to_tool(tool) for tool in prompt.tools if isinstance(tool, llm.Tool)
            ]
        mode = ToolMode(options.tool_calling, on_unsupported="fallback")
        schema = prompt.schema
        asked = _asked_for(schema, params, mode) if isinstance(schema, Mapping) else {}
        return cls(
            params={**params, **asked},
            mode=mode,
            shape=schema_shape(schema, _OUTPUT) if isinstance(schema, Mapping) else None,
            by_tool_call="tool_choice" in asked,
            after_results=bool(messages) and messages[-1].role == "tool",
        )


def _asked_for(
    schema: Mapping[str, Any], params: Mapping[str, Any], mode: ToolMode
) -> dict[str, Any]:
    """What asks for a value of a schema, in the way that suits the model."""
    # llama.cpp refuses a tool without a description.
    about = schema.get("description") or "The answer."
    tool = function_tool({"name": _OUTPUT, "description": about, "parameters": schema})
    is_native = mode.prompted_mode(params["model"]) is None
    if is_native and not params.get("tools") and DialectChoice().ways(params)[0] == "tool":
        choice = {"type": "function", "function": {"name": _OUTPUT}}
        return {"tools": [answer_tool(tool)], "tool_choice": choice}
    return {"response_format": answer_format(tool)}


def _to_tool(tool: llm.Tool) -> dict[str, Any]:
    described = {"description": tool.description} if tool.description else {}
    return function_tool({"name": tool.name, "parameters": tool.input_schema, **described})


def _to_wire(message: Message) -> Iterator[dict[str, Any]]:
    parts = message.parts
    if message.role == "tool":
        for part in parts:
            if isinstance(part, ToolResultPart):
                yield {
                    "role": "tool",
                    "tool_call_id": part.tool_call_id,
                    "content": part.output,
                }
    elif message.role == "assistant":
        yield _from_model(parts)
    else:
        yield {"role": message.role, "content": _content(parts)}


def _content(parts: Sequence[Part]) -> Any:
    media = [
        to_part(part.attachment)
        for part in parts
        if isinstance(part, AttachmentPart) and part.attachment
    ]
    text = _text(parts)
    if not media:
        return text
    return [*([{"type": "text", "text": text}] if text else []), *media]


def _text(parts: Sequence[Part]) -> str:
    return "".join(part.text for part in parts if isinstance(part, TextPart))


def _from_model(parts: Sequence[Part]) -> dict[str, Any]:
    calls = [
        wire_call(
            part.tool_call_id,
            part.name,
            json.dumps(part.arguments, ensure_ascii=False),
            **_kept(part).get("extra", {}),
        )
        for part in parts
        if isinstance(part, ToolCallPart) and not part.server_executed
    ]
    reasoning = "".join(part.text for part in parts if isinstance(part, ReasoningPart))
    authors = [_kept(part)["model"] for part in parts if "model" in _kept(part)]
    return assistant_message(
        _text(parts), calls, author=authors[0] if authors else None, reasoning=reasoning
    )


def _kept(part: Part) -> dict[str, Any]:
    kept = (getattr(part, "provider_metadata", None) or {}).get(METADATA)
    return kept if isinstance(kept, dict) else {}
