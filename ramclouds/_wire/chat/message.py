"""What a message or a delta holds: its text, reasoning and refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ramclouds._json.parsing import MalformedError
from ramclouds._wire.fields import as_text, is_reasoning_part


def message_of(choice: Mapping[str, Any]) -> dict[str, Any]:
    """The message of a choice, whether it is called message or delta, or is a bare text."""
    given = choice.get("message") or choice.get("delta")
    if given and isinstance(given, dict):
        return given
    text = choice.get("text")
    return {"content": text} if not given and isinstance(text, str) else {}


def delta_of(choice: dict[str, Any]) -> dict[str, Any]:
    """The delta of a choice; one of the wrong type is an error, not an empty delta.

    Raises:
        MalformedError: it is no object.
    """
    delta = message_of(choice)
    given = choice.get("delta")
    if given and not isinstance(given, dict):
        raise MalformedError(f"a delta is {type(given).__name__}")
    return delta


def reasoning_of(message: Mapping[str, Any]) -> str:
    """Reasoning in any spelling, the first that holds some: gateways send two at a time."""
    for key in ("reasoning_content", "reasoning"):
        value = message.get(key)
        if value:
            return _reasoning_text(value)
    for key in ("reasoning_details", "content"):
        value = message.get(key)
        if isinstance(value, list):
            parts = "".join(map(_reasoning_text, filter(is_reasoning_part, value)))
            if parts:
                return parts
    return ""


def _reasoning_text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(map(_reasoning_text, value))
    if isinstance(value, dict):
        keys = ("text", "thinking", "summary", "content", "reasoning")
        return next((_reasoning_text(value[key]) for key in keys if value.get(key)), "")
    return value if isinstance(value, str) else ""


def refusal_of(message: Mapping[str, Any]) -> str:
    """Why the model refused: a field of its own, or a part of the content."""
    value = message.get("refusal")
    if value:
        return as_text(value)
    parts = message.get("content")
    if not isinstance(parts, list):
        return ""
    return "".join(as_text(part.get("refusal")) for part in parts if isinstance(part, dict))
