"""Text without what is empty: blank turns and parts, which Claude refuses for good."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ramclouds.bridge._prepare.notes import Notes, WireMessage
from ramclouds.bridge.dialects import Dialect
from ramclouds.bridge.history import said_part
from ramclouds.bridge.pictures import with_notes

_UNFIT_FOR_NAMES = re.compile(r"[\s<|\\/>]+")


def with_text(messages: Sequence[WireMessage], dialect: Dialect, notes: Notes) -> list[WireMessage]:
    """The messages that have something to say, their parts a string where they are plain text."""
    kept = [one for message in messages if (one := _cleaned(message, dialect)) is not None]
    if len(kept) < len(messages):
        notes.changed.append("messages without text are left out")
    if any(message["role"] != "system" for message in kept):
        return kept
    # Nothing else is left: what the user wrote goes out as it is.
    return [*kept, *(dict(one) for one in messages[-1:] if one["role"] == "user")]


def _cleaned(message: WireMessage, dialect: Dialect) -> WireMessage | None:
    """One message; None where nothing is left of it."""
    if "name" in message and message["role"] != "tool":
        message = _named(message, dialect)
    content = message.get("content")
    if isinstance(content, str) and content.strip() and "](data:" not in content:
        return message
    role = message["role"]
    if role == "tool":
        return message if isinstance(content, (str, list)) else {**message, "content": ""}
    cleaned = _content(role, content, dialect)
    if cleaned:
        return message if cleaned is content else {**message, "content": cleaned}
    return {**message, "content": None} if message.get("tool_calls") else None


def _content(role: str, content: Any, dialect: Dialect) -> Any:
    if isinstance(content, str):
        if role == "assistant":
            content = with_notes(content)
        return content if content.strip() else ""
    parts = [
        {"type": "text", "text": one} if isinstance(one, str) else one for one in content or ()
    ]
    if role == "assistant":
        parts = [said_part(part) for part in parts]
    if not dialect.cache_marks:
        parts = [_unmarked(part) for part in parts]
    is_plain = all(part.keys() == {"type", "text"} for part in parts)
    if is_plain and role == "assistant":
        # Pieces of one text.
        return _content(role, "".join(part["text"] for part in parts), dialect)
    parts = [part for part in parts if not _is_blank(part)]
    return "\n".join(part["text"] for part in parts) if is_plain else parts


def _is_blank(part: Mapping[str, Any]) -> bool:
    return part.get("type") == "text" and not str(part.get("text") or "").strip()


def _unmarked(part: dict[str, Any]) -> dict[str, Any]:
    if "cache_control" not in part:
        return part
    return {key: value for key, value in part.items() if key != "cache_control"}


def _named(message: WireMessage, dialect: Dialect) -> WireMessage:
    """A name as OpenAI takes it: agents are called "Research assistant" all the same."""
    name = _UNFIT_FOR_NAMES.sub("_", message["name"] or "")[:64] if dialect.names else ""
    if name == message["name"]:
        return message
    rest = {key: value for key, value in message.items() if key != "name"}
    return {**rest, "name": name} if name else rest


def text_of(message: Mapping[str, Any]) -> str:
    """All text of a message."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content or ()
    return "\n".join(str(part.get("text", "")) for part in parts if part.get("type") == "text")
