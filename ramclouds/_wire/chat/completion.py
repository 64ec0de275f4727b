"""The JSON of a whole response to `Completion`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from ramclouds._json.parsing import MalformedError
from ramclouds._wire.chat.message import (
    extra_keys,
    made_up_id,
    message_of,
    raw_calls,
    reasoning_of,
    refusal_of,
)
from ramclouds._wire.fields import (
    as_arguments,
    as_index,
    as_list,
    as_name,
    as_object,
    as_text,
    is_no_arguments,
)
from ramclouds._wire.usage import usage_of
from ramclouds.types import Choice, Completion, ToolCall


def to_completion(body: Mapping[str, Any], request_id: str | None) -> Completion:
    """The completion in a whole body; without choices where the body has none."""
    basis = (body.get("id"), body.get("created"), request_id)
    choices = [choice for choice in as_list(body.get("choices")) if isinstance(choice, dict)]
    return Completion(
        id=as_name(body.get("id")) or "",
        model=as_name(body.get("model")) or "",
        choices=tuple(
            _to_choice(choice, position, (*basis, position))
            for position, choice in enumerate(choices)
        ),
        usage=usage_of(body),
        request_id=request_id,
        raw=dict(body),
    )


def partial_completion(body: bytes, request_id: str | None) -> Completion | None:
    """What a JSON body that was cut off holds of its completion; None where that is nothing."""
    try:
        value = from_json(body, allow_partial="trailing-strings")
        completion = to_completion(value, request_id) if isinstance(value, dict) else None
    except ValueError:
        return None
    return completion if completion is not None and completion.choices else None


def _to_choice(choice: Mapping[str, Any], position: int, basis: Any) -> Choice:
    message = message_of(choice)
    if not message and choice.get("finish_reason") != "content_filter":
        raise MalformedError("a choice holds no message")
    index = as_index(choice.get("index"))
    return Choice(
        index=position if index is None else index,
        text=as_text(message.get("content")),
        reasoning=reasoning_of(message),
        refusal=refusal_of(message),
        tool_calls=to_tool_calls(message, basis),
        finish_reason=as_name(choice.get("finish_reason")),
        logprobs=as_object(choice.get("logprobs")) or None,
    )


def to_tool_calls(message: Mapping[str, Any], basis: Any) -> tuple[ToolCall, ...]:
    """The complete tool calls of a message."""
    calls: dict[str, ToolCall] = {}
    for position, call in enumerate(raw_calls(message)):
        function = as_object(call.get("function"))
        name = as_name(function.get("name")) or ""
        arguments = as_arguments(function.get("arguments"))
        call_id = as_name(call.get("id"))
        if call_id is None or call_id in calls:
            # The results of two calls with one id could not be assigned.
            call_id = made_up_id(basis, position, name)
        calls[call_id] = ToolCall(
            id=call_id,
            name=name,
            arguments="{}" if is_no_arguments(arguments) else arguments,
            extra=extra_keys(call),
        )
    return tuple(calls.values())
