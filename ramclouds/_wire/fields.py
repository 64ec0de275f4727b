"""One field of the gateway's JSON to the type that the client promises.

New API passes the JSON of many providers through unparsed, so every field here has been seen
missing, null, or of another type.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from ramclouds._json.parsing import MalformedError

_NO_ARGUMENTS = frozenset({"", "null", "{}"})
# Parts without a `type` are seen too: Google's inlineData, Mistral's thinking.
_PART_KEYS = frozenset(
    {"type", "text", "value", "refusal", "thinking", "reasoning", "summary", "content", "image_url"}
    | {"audio", "inlineData", "inline_data", "fileData", "file_data"}
)


def as_text(value: Any) -> str:
    """A text field: a string, null, or a list of parts of which the text parts are joined."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(as_text(part) for part in value)
    if isinstance(value, dict) and (not value or value.keys() & _PART_KEYS):
        return "" if is_reasoning_part(value) else as_text(value.get("text"))
    raise MalformedError(f"a text is {type(value).__name__}")


def is_reasoning_part(part: Any) -> bool:
    # OpenRouter's reasoning.text and reasoning.summary; Mistral's and Anthropic's thinking parts.
    kinds = ("reasoning", "thinking", "redacted_thinking")
    return isinstance(part, dict) and str(part.get("type")).startswith(kinds)


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
    if value is None:
        return 0
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
