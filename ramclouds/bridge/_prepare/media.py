"""Media where the channel takes them, else described in text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ramclouds.bridge._prepare.notes import Notes, Part, WireMessage
from ramclouds.bridge._prepare.order import newest_of_user
from ramclouds.bridge._prepare.texts import text_of
from ramclouds.bridge.dialects import Dialect
from ramclouds.models import model_facts

_FOLLOWS = {"type": "text", "text": "(The tool's media follow in the next message.)"}


def placed(
    messages: Sequence[WireMessage], model: str, dialect: Dialect, notes: Notes
) -> list[WireMessage]:
    """The messages with each medium where it is taken.

    A tool's result is text: its media follow the results in a message of the user. Where the model
    takes text alone, those of the history and of tools become words; what the user sends now goes
    out as it is.
    """
    if not any(isinstance(message.get("content"), list) for message in messages):
        return list(messages)
    newest = newest_of_user(messages)
    noted = dialect.media_in_history == "note" and _takes_text_alone(model)
    sent: list[WireMessage] = []
    shown: list[Part] = []
    for place, message in enumerate(messages):
        if shown and message["role"] != "tool":
            sent.append({"role": "user", "content": shown})
            shown = []
        if noted and place != newest:
            message = _as_text(message, notes)
        elif dialect.video_as_string:
            message = _with_video_strings(message)
        if message["role"] == "tool" and not dialect.media_in_results:
            message, media = _split(message)
            shown += media
        sent.append(message)
    return [*sent, {"role": "user", "content": shown}] if shown else sent


def _takes_text_alone(model: str) -> bool:
    facts = model_facts(model)
    return facts.known and not facts.image_input


def _as_text(message: WireMessage, notes: Notes) -> WireMessage:
    content = message.get("content")
    if not isinstance(content, list) or not any(map(_is_medium, content)):
        return message
    notes.lost.append("media of the history: the model takes text alone")
    return {**message, "content": [_note(part) if _is_medium(part) else part for part in content]}


def _is_medium(part: Mapping[str, Any]) -> bool:
    return part.get("type") != "text"


def _note(part: Mapping[str, Any]) -> Part:
    kind = str(part.get("type")).removesuffix("_url").removeprefix("input_")
    file = part.get("file")
    name = file.get("filename") if isinstance(file, Mapping) else None
    what = f"{kind}: {name}" if name else kind
    return {"type": "text", "text": f"[{what}, not shown: this model takes text alone]"}


def _with_video_strings(message: WireMessage) -> WireMessage:
    """Videos as Gemini's channel reads them: as an object it drops them without a word."""
    content = message.get("content")
    if not isinstance(content, list) or not any(map(_is_video_object, content)):
        return message
    parts = [
        {**part, "video_url": part["video_url"].get("url")} if _is_video_object(part) else part
        for part in content
    ]
    return {**message, "content": parts}


def _is_video_object(part: Mapping[str, Any]) -> bool:
    return part.get("type") == "video_url" and isinstance(part.get("video_url"), Mapping)


def _split(message: WireMessage) -> tuple[WireMessage, list[Part]]:
    """A tool's result as text, and the media that only a message of the user can hold."""
    content = message["content"]
    if not isinstance(content, list):
        return message, []
    media = [part for part in content if _is_medium(part)]
    if media:
        content = [*content, _FOLLOWS]
        about = f"(Result of the tool call {message['tool_call_id']}:)"
        media.insert(0, {"type": "text", "text": about})
    return {**message, "content": text_of({"content": content})}, media
