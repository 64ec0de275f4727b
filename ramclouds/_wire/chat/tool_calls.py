"""The tool calls of a message, and which of them a tool may run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import from_json

from ramclouds._json.parsing import BAD_BYTE, refuse_constant
from ramclouds._wire.fields import (
    as_arguments,
    as_list,
    as_name,
    as_object,
    is_no_arguments,
)
from ramclouds.types import Chunk, Completion, InvalidToolCall, ToolCall

_CALL_KEYS = frozenset({"index", "id", "type", "function"})
_CUT_OFF = {
    "length": "The arguments are cut off: raise max_tokens.",
    "max_tokens": "The arguments are cut off: raise max_tokens.",
    "content_filter": "The arguments are cut off by a content filter.",
    "model_context_window_exceeded": "The arguments are cut off: the context window is full.",
}
_BAD_BYTES = "The arguments hold bytes that are not UTF-8."
_NOT_AN_OBJECT = "The arguments are not one JSON object."


def with_users_names(value: Completion | Chunk, names: Mapping[str, str]) -> None:
    """Gives the calls of what came back the names that the user's tools have."""
    parts = value.choices if isinstance(value, Completion) else (value,)
    for part in parts:
        for call in (*part.tool_calls, *part.invalid_tool_calls):
            if call.name is not None:
                call.name = names.get(call.name, call.name)


def to_tool_calls(
    message: Mapping[str, Any], basis: Any, finish_reason: str | None
) -> tuple[tuple[ToolCall, ...], tuple[InvalidToolCall, ...]]:
    """The calls of a whole message that may run, and those that may not."""
    calls: dict[str, ToolCall] = {}
    for position, raw in enumerate(raw_calls(message)):
        call = _to_tool_call(raw, (basis, position))
        known = calls.get(call.id)
        if not call.name or known == call:
            # Fragments of a provider's own tools have no name; some channels repeat each call.
            continue
        if known is not None:
            # The results of two calls with one id could not be assigned.
            call.id = made_up_id(basis, position, call.name)
        calls[call.id] = call
    # Nothing in a whole message shows whether its last call was complete when the limit came.
    return sort_out(calls.values(), finish_reason) if calls else ((), ())


def _to_tool_call(raw: Mapping[str, Any], basis: tuple[Any, int]) -> ToolCall:
    function = as_object(raw.get("function"))
    name = as_name(function.get("name")) or ""
    arguments = as_arguments(function.get("arguments"))
    return ToolCall(
        id=as_name(raw.get("id")) or made_up_id(*basis, name),
        name=name,
        arguments="{}" if is_no_arguments(arguments) else arguments,
        extra=extra_keys(raw),
    )


def sort_out(
    calls: Iterable[ToolCall], finish_reason: str | None
) -> tuple[tuple[ToolCall, ...], tuple[InvalidToolCall, ...]]:
    """The calls that may run, and those that may not."""
    calls = tuple(calls)
    valid, invalid = [], []
    for call in calls:
        reason = why_invalid(call.arguments, finish_reason, is_open=call is calls[-1])
        if reason:
            text = shown(call.arguments)
            invalid.append(InvalidToolCall(call.id, call.name, text, reason, extra=call.extra))
        else:
            valid.append(call)
    return tuple(valid), tuple(invalid)


def why_invalid(arguments: str, finish_reason: str | None, *, is_open: bool = False) -> str:
    """Why no tool may run on these arguments, in a sentence; empty where one may.

    `is_open`: a finish reason that says "cut off" is about this call.
    """
    if is_open and (cut := _CUT_OFF.get((finish_reason or "").lower())):
        # Also `{}`, or an object that looks whole: the model may not have come to its end.
        return cut.replace("are cut", "may be cut") if _is_object(arguments) else cut
    if BAD_BYTE in arguments:
        return _BAD_BYTES
    return "" if _is_object(arguments) else _NOT_AN_OBJECT


def shown(arguments: str) -> str:
    """Arguments as they are handed out."""
    return arguments.replace(BAD_BYTE, "\ufffd")


def _is_object(text: str) -> bool:
    try:
        return isinstance(from_json(text, allow_inf_nan=False), dict)
    except ValueError:
        pass
    try:
        # Raw line breaks in strings and lone surrogates, which both frameworks read too.
        value = json.loads(text, strict=False, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict)


def raw_calls(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tool calls as sent, the old `function_call` among them."""
    listed, old = message.get("tool_calls"), message.get("function_call")
    calls = [call for call in as_list(listed) if isinstance(call, dict)] if listed else []
    if not calls and isinstance(old, dict) and old:
        return [{"index": 0, "function": old}]
    return calls


def extra_keys(call: Mapping[str, Any]) -> dict[str, Any]:
    """What a tool call holds beside the usual: it must be sent back with it."""
    if call.keys() <= _CALL_KEYS:
        return {}
    return {key: value for key, value in call.items() if key not in _CALL_KEYS}


def made_up_id(*basis: Any) -> str:
    """An id for a tool call that came without one: the same for the same response."""
    digest = hashlib.sha256(repr(basis).encode("utf-8", "replace")).hexdigest()
    return f"call_{digest[:24]}"
