"""Messages of a conversation in neutral form: calls, results, parts, and who wrote what.

`bridge.prepare` makes of them what a model takes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from ramclouds._json.surrogates import whole
from ramclouds.bridge._prepare.authors import AUTHOR

__all__ = [
    "REASONING_FIELD",
    "arguments_text",
    "as_content",
    "assistant_message",
    "result_part",
    "wire_call",
]

WireMessage = dict[str, Any]
Part = dict[str, Any]

REASONING_FIELD = "reasoning_content"
"""The name under which most channels send reasoning, and take it back."""


def assistant_message(
    content: Any,
    calls: Sequence[Mapping[str, Any]],
    *,
    author: str | None = None,
    reasoning: str = "",
    reasoning_field: str | None = None,
) -> WireMessage:
    """What a model wrote, with all that came with it; the dialect says what of it goes back."""
    message: WireMessage = {"role": "assistant", "content": content}
    if calls:
        message |= {"content": content or None, "tool_calls": list(calls)}
    if author:
        message[AUTHOR] = author
    if reasoning:
        message[reasoning_field or REASONING_FIELD] = reasoning
    return message


def wire_call(id: str | None, name: str, arguments: str, **extra: Any) -> dict[str, Any]:
    """One tool call of an assistant's message; `extra` is what a provider wants back with it."""
    function = {"name": name, "arguments": arguments}
    return {**extra, "id": id, "type": "function", "function": function}


def arguments_text(arguments: Any) -> str:
    """Arguments of a call as JSON text, whatever values a user or a framework put into them."""
    if isinstance(arguments, str):
        return arguments
    try:
        # Half a surrogate pair, which LangChain parses, cannot be encoded.
        return whole(json.dumps(arguments, ensure_ascii=False, allow_nan=False))
    except (TypeError, ValueError):
        return to_json(arguments, inf_nan_mode="null", fallback=str).decode()


def as_content(parts: Sequence[Part], *, between: str) -> str | list[Part]:
    """The documented string where there is nothing but text; else the parts."""
    for part in parts:
        if part.keys() != {"type", "text"}:
            return list(parts)
    return between.join([part["text"] for part in parts])


def result_part(value: Any) -> Part:
    """Something in a tool's result that has no form on the wire, as text: its name, or its JSON."""
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind in _FILES:
        named = {**value, **_mapping(value.get("file")), **_mapping(value.get("source"))}
        name = next((named[key] for key in _NAMES if isinstance(named.get(key), str)), None)
        if name is not None:
            return {"type": "text", "text": f"[{kind}: {name[:200]}]"}
    text = to_json(value, inf_nan_mode="null", fallback=str).decode()
    return {"type": "text", "text": text}


_FILES = ("file", "document", "image", "image_url", "audio", "video", "resource_link")
_NAMES = ("filename", "title", "name", "url", "uri", "file_id", "path")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
