"""The gateway's JSON to the client's values: the only forgiving code.

New API passes the JSON of many providers through unparsed, so every field here has been seen
missing, null, or of another type. What comes out has the types of `ramclouds.types`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json, to_json

from ramclouds._json.parsing import MalformedError
from ramclouds.types import Choice, Completion, Model, ToolCall, Usage

_CALL_KEYS = frozenset({"index", "id", "type", "function"})
_NO_ARGUMENTS = frozenset({"", "null", "{}"})


def as_text(value: Any) -> str:
    """A text field: a string, null, or a list of parts of which the text parts are joined."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(as_text(part) for part in value)
    if isinstance(value, dict):
        return "" if _is_reasoning_part(value) else as_text(value.get("text"))
    raise MalformedError(f"a text is {type(value).__name__}")


def reasoning_of(message: Mapping[str, Any]) -> str:
    """Reasoning in any spelling, the first that holds some: gateways send two at a time."""
    for key in ("reasoning_content", "reasoning"):
        value = message.get(key)
        if value:
            return _reasoning_text(value)
    for key in ("reasoning_details", "content"):
        value = message.get(key)
        if isinstance(value, list):
            parts = "".join(map(_reasoning_text, filter(_is_reasoning_part, value)))
            if parts:
                return parts
    return ""


def _is_reasoning_part(part: Any) -> bool:
    # OpenRouter's reasoning.text and reasoning.summary; Mistral's and Anthropic's thinking parts.
    kinds = ("reasoning", "thinking", "redacted_thinking")
    return isinstance(part, dict) and str(part.get("type")).startswith(kinds)


def refusal_of(message: Mapping[str, Any]) -> str:
    """Why the model refused: a field of its own, or a part of the content."""
    value = message.get("refusal")
    if value:
        return as_text(value)
    parts = message.get("content")
    if not isinstance(parts, list):
        return ""
    return "".join(as_text(part.get("refusal")) for part in parts if isinstance(part, dict))


def _reasoning_text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(map(_reasoning_text, value))
    if isinstance(value, dict):
        keys = ("text", "thinking", "summary", "content", "reasoning")
        return next((_reasoning_text(value[key]) for key in keys if value.get(key)), "")
    return value if isinstance(value, str) else ""


def as_arguments(value: Any) -> str:
    """Arguments as JSON text: objects are written out, null is nothing."""
    if isinstance(value, str):
        return value
    return "" if value is None else to_json(value).decode()


def is_no_arguments(arguments: str) -> bool:
    """Whether an argument text says only that there are none."""
    return arguments.strip() in _NO_ARGUMENTS


def as_count(value: Any) -> int:
    """A token count: whole floats and digits are seen too, anything else counts as 0."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 20:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e18:
        return 0
    return int(value)


def as_index(value: Any) -> int | None:
    """An index: an int, also as a string of digits; None where there is none."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def as_name(value: Any) -> str | None:
    """An id, a name or a reason: text that is not empty; numbers are written out."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def as_object(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """A JSON list; one object alone counts as a list of one."""
    if isinstance(value, dict):
        return [value]
    return value if isinstance(value, list) else []


def usage_of(body: Mapping[str, Any]) -> Usage | None:
    """Usage of an answer or an event: beside the choices or, as Moonshot has it, in one."""
    usage = to_usage(body.get("usage"))
    if usage is not None:
        return usage
    choices = (choice for choice in as_list(body.get("choices")) if isinstance(choice, dict))
    return next((used for choice in choices if (used := to_usage(choice.get("usage")))), None)


def to_usage(value: Any) -> Usage | None:
    """A usage object; None for null, an empty one, or anything else."""
    if not isinstance(value, dict) or not value:
        return None
    prompt_details = as_object(
        value.get("prompt_tokens_details") or value.get("input_tokens_details")
    )
    completion_details = as_object(
        value.get("completion_tokens_details") or value.get("output_tokens_details")
    )
    # `input_tokens` and `output_tokens` stand beside the others as zeros, or in their place.
    prompt = _first_count(value, "prompt_tokens", "input_tokens")
    completion = _first_count(value, "completion_tokens", "output_tokens")
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=as_count(value.get("total_tokens")) or prompt + completion,
        cached_tokens=as_count(prompt_details.get("cached_tokens"))
        or _first_count(
            value, "prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens"
        ),
        cache_creation_tokens=_cache_creation(value, prompt_details),
        reasoning_tokens=as_count(completion_details.get("reasoning_tokens"))
        or as_count(value.get("reasoning_tokens")),
        prompt_audio_tokens=as_count(prompt_details.get("audio_tokens")),
        completion_audio_tokens=as_count(completion_details.get("audio_tokens")),
        raw=value,
    )


def _first_count(value: Mapping[str, Any], *keys: str) -> int:
    return next((count for key in keys if (count := as_count(value.get(key)))), 0)


def _cache_creation(value: Mapping[str, Any], details: Mapping[str, Any]) -> int:
    counted = _first_count(details, "cached_creation_tokens", "cache_creation_tokens")
    return (
        counted
        or as_count(value.get("cache_creation_input_tokens"))
        or as_count(value.get("claude_cache_creation_5_m_tokens"))
        + as_count(value.get("claude_cache_creation_1_h_tokens"))
    )


def made_up_id(*basis: Any) -> str:
    """An id for a tool call that came without one: the same for the same answer."""
    digest = hashlib.sha256(repr(basis).encode("utf-8", "replace")).hexdigest()
    return f"call_{digest[:24]}"


def to_tool_calls(message: Mapping[str, Any], basis: Any) -> tuple[ToolCall, ...]:
    """The complete tool calls of a message."""
    calls: dict[str, ToolCall] = {}
    for position, call in enumerate(raw_calls(message)):
        function = as_object(call.get("function"))
        name = as_name(function.get("name")) or ""
        arguments = as_arguments(function.get("arguments"))
        call_id = as_name(call.get("id"))
        if call_id is None or call_id in calls:
            # Two calls of one id could not be told apart by their results.
            call_id = made_up_id(basis, position, name)
        calls[call_id] = ToolCall(
            id=call_id,
            name=name,
            arguments="{}" if is_no_arguments(arguments) else arguments,
            extra=extra_keys(call),
        )
    return tuple(calls.values())


def raw_calls(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tool calls as sent, the old `function_call` among them."""
    calls = [call for call in as_list(message.get("tool_calls")) if isinstance(call, dict)]
    old = message.get("function_call")
    if not calls and isinstance(old, dict) and old:
        return [{"index": 0, "function": old}]
    return calls


def extra_keys(call: Mapping[str, Any]) -> dict[str, Any]:
    """What a tool call holds beside the usual: it must be sent back with it."""
    if call.keys() <= _CALL_KEYS:
        return {}
    return {key: value for key, value in call.items() if key not in _CALL_KEYS}


def message_of(choice: Mapping[str, Any]) -> dict[str, Any]:
    """The message of a choice, whether it is called message or delta, or is a bare text."""
    text = choice.get("text")
    given = choice.get("message") or choice.get("delta")
    return {"content": text} if not given and isinstance(text, str) else as_object(given)


def to_completion(body: Mapping[str, Any], request_id: str | None) -> Completion:
    """A complete answer; one without choices comes back without, for the caller to refuse."""
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
    """What a JSON body that was cut off holds of its answer; None where that is nothing."""
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


def to_models(body: Any) -> list[Model]:
    """The model list, in its order.

    Raises:
        MalformedError: there is no list.
    """
    entries = body.get("data") if isinstance(body, dict) else body
    if not isinstance(entries, list):
        raise MalformedError("no list of models")
    return [
        Model(
            id=model_id,
            owned_by=as_name(entry.get("owned_by")) or "",
            created=as_count(entry.get("created")),
            supported_endpoint_types=tuple(
                kind
                for kind in as_list(entry.get("supported_endpoint_types"))
                if isinstance(kind, str)
            ),
            raw=entry,
        )
        for entry in entries
        if isinstance(entry, dict) and (model_id := as_name(entry.get("id")))
    ]
