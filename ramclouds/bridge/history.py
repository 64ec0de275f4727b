"""Messages of a conversation in neutral form: calls, results, parts, and who wrote what.

`bridge.prepare` makes of them what a model takes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from ramclouds._json.surrogates import whole
from ramclouds.bridge._prepare.authors import AUTHOR
from ramclouds.bridge.pictures import with_notes

logger = logging.getLogger("ramclouds")

__all__ = [
    "REASONING_FIELD",
    "arguments_text",
    "as_content",
    "assistant_message",
    "reasoning_in",
    "result_part",
    "said_part",
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
    attached: Mapping[str, Any] | None = None,
) -> WireMessage:
    """What a model wrote, with all that came with it; the dialect says what of it goes back.

    Pictures and speech go back as words, those that stand beside the text (`attached`) too.
    """
    content = _with_attached(content, attached or {})
    message: WireMessage = {"role": "assistant", "content": content}
    if calls:
        message |= {"content": content or None, "tool_calls": list(calls)}
    if author:
        message[AUTHOR] = author
    if reasoning:
        message[reasoning_field or REASONING_FIELD] = reasoning
    return message


def reasoning_in(additional_kwargs: Mapping[str, Any]) -> str:
    """The reasoning that stands beside the text of a message, as both frameworks keep it."""
    return str(additional_kwargs.get(REASONING_FIELD) or "")


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
        return _any_json(arguments)


def _any_json(value: Any) -> str:
    try:
        return to_json(value, inf_nan_mode="null", fallback=str).decode()
    except ValueError:  # bytes that are no text
        return to_json(value, inf_nan_mode="null", fallback=str, bytes_mode="base64").decode()


def as_content(parts: Sequence[Part], *, between: str) -> str | list[Part]:
    """The documented string where there is nothing but text; else the parts."""
    texts: list[str] = []
    for part in parts:
        if part.keys() != {"type", "text"}:
            return list(parts)
        texts.append(part["text"])
    return between.join(texts)


def result_part(value: Any) -> Part:
    """Something in a tool's result that has no form on the wire, as text: its name, or its JSON."""
    kind = value.get("type") if isinstance(value, Mapping) else None
    name = _name_of(value) if kind in _FILES else None
    if name is not None:
        return {"type": "text", "text": f"[{_word_for(kind)}: {name}]"}
    return {"type": "text", "text": _any_json(value)}


def said_part(part: Mapping[str, Any]) -> Part:
    """A part of what a model wrote: a medium as text, since no model takes its own back."""
    if isinstance(part.get("text"), str):
        return {**part, "text": with_notes(part["text"])}
    if part.get("type") not in (*_FILES, "input_audio", "video_url"):
        return dict(part)
    kind = _word_for(part["type"])
    name = _name_of(part)
    logger.info("The %s of an assistant's message goes out as words", kind)
    return {"type": "text", "text": f"[{kind}: {name}]" if name else f"[{kind}]"}


def _word_for(kind: Any) -> str:
    """What a model reads of a part's type: a document and a linked resource are files."""
    word = str(kind).removesuffix("_url").removeprefix("input_")
    return "file" if word in ("document", "resource_link") else word


def _with_attached(content: Any, attached: Mapping[str, Any]) -> Any:
    pictures = [said_part(_mapping(one))["text"] for one in attached.get("images") or ()]
    texts = [*pictures, _mapping(attached.get("audio")).get("transcript") or ""]
    if not isinstance(content, str):
        return [*content, *({"type": "text", "text": one} for one in texts if one)]
    return "".join([with_notes(content), *texts])


def _name_of(value: Mapping[str, Any]) -> str | None:
    """What a file is called, or where it is; no data."""
    inner = [_mapping(value.get(key)) for key in ("file", "source", "image_url", "video_url")]
    named = {key: found for one in (value, *inner) for key, found in one.items()}
    found = [named[key] for key in _NAMES if isinstance(named.get(key), str)]
    return next((name[:200] for name in found if not name.startswith("data:")), None)


_FILES = ("file", "document", "image", "image_url", "audio", "video", "resource_link")
_NAMES = ("filename", "title", "name", "url", "uri", "file_id", "path")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
