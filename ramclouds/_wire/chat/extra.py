"""What a message and its response hold beside text and calls, as sent: audio, images, sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OF_MESSAGE = ("audio", "images", "annotations", "citations", "search_results")
_OF_RESPONSE = ("system_fingerprint", "service_tier", "citations", "search_results")
_PICTURES = frozenset({"image_url", "image", "output_image"})
# Text that arrives in pieces: https://platform.openai.com/docs/guides/audio
_IN_PIECES = frozenset({"data", "transcript"})


def message_extra(message: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that are no text and no calls, and the name of reasoning where it is not usual."""
    found: dict[str, Any] = {}
    for key in _OF_MESSAGE:
        if message.get(key):
            found[key] = message[key]
    if isinstance(content := message.get("content"), list):
        parts = (part for part in content if isinstance(part, dict))
        if pictures := [part for part in parts if str(part.get("type")) in _PICTURES]:
            found["images"] = [*found.get("images", ()), *pictures]
    if message.get("reasoning") and not message.get("reasoning_content"):
        found["reasoning_field"] = "reasoning"
    return found


def with_pictures(extra: dict[str, Any], pictures: list[dict[str, Any]]) -> dict[str, Any]:
    """The keys of a message, with the pictures that stood in its text."""
    return merged(extra, {"images": pictures}) if pictures else extra


def response_facts(body: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a response or an event that say how it came about."""
    found: dict[str, Any] = {}
    for key in _OF_RESPONSE:
        if body.get(key):
            found[key] = body[key]
    return found


def merged(known: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """What came before with what came now."""
    return known | {key: _added(key, known.get(key), value) for key, value in more.items()}


def _added(key: str, known: Any, more: Any) -> Any:
    if isinstance(known, dict) and isinstance(more, dict):
        return merged(known, more)
    if isinstance(known, list) and isinstance(more, list):
        # Perplexity's citations come whole with each event.
        return [*known, *(one for one in more if one not in known)]
    if isinstance(known, str) and isinstance(more, str) and key in _IN_PIECES:
        return known + more
    return more
