"""The JSON of a whole response to `Completion`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import from_json

from ramclouds._json.parsing import MalformedError
from ramclouds._wire.chat.extra import message_extra, response_facts
from ramclouds._wire.chat.message import message_of, reasoning_of, refusal_of
from ramclouds._wire.chat.tool_calls import to_tool_calls
from ramclouds._wire.fields import as_index, as_list, as_name, as_object, as_text
from ramclouds._wire.usage import usage_of
from ramclouds.types import Choice, Completion


class EmptyChoiceError(MalformedError):
    """A choice holds no message, where one of the wrong type is malformed."""


def to_completion(body: Mapping[str, Any], request_id: str | None) -> Completion:
    """The completion in a whole body; without choices where the body has none."""
    return completion_from_choices(choices_in(body), body, request_id)


def completion_from_choices(
    raw_choices: Iterable[Mapping[str, Any]], body: Mapping[str, Any], request_id: str | None
) -> Completion:
    """The completion of the choices that a body has."""
    basis = (body.get("id"), body.get("created"), request_id)
    completion_id = as_name(body.get("id"))
    choices = [
        _to_choice(choice, position, (*basis, position))
        for position, choice in enumerate(raw_choices)
    ]
    return Completion(
        id=completion_id or "",
        model=as_name(body.get("model")) or "",
        choices=tuple(choices),
        usage=usage_of(body, completion_id),
        request_id=request_id,
        raw=dict(body),
        facts=response_facts(body),
    )


def choices_in(body: Any) -> list[dict[str, Any]]:
    """The choices of a body, as sent."""
    choices = as_list(body.get("choices")) if isinstance(body, dict) else []
    return [choice for choice in choices if isinstance(choice, dict)]


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
    given = choice.get("message") or choice.get("delta")
    if given and not message:
        raise MalformedError(f"a message is {type(given).__name__}")
    if not message and choice.get("finish_reason") != "content_filter":
        raise EmptyChoiceError("a choice holds no message")
    index = as_index(choice.get("index"))
    finish_reason = as_name(choice.get("finish_reason"))
    calls, invalid_calls = to_tool_calls(message, basis, finish_reason)
    return Choice(
        index=position if index is None else index,
        text=as_text(message.get("content")),
        reasoning=reasoning_of(message),
        refusal=refusal_of(message),
        tool_calls=calls,
        invalid_tool_calls=invalid_calls,
        finish_reason=finish_reason,
        logprobs=as_object(choice.get("logprobs")) or None,
        extra=message_extra(message),
    )
