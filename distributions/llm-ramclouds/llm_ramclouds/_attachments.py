"""Attachments: which a model takes, and how they go out."""

from __future__ import annotations

from typing import Any

import llm

from ramclouds import ConfigurationError, model_facts

_IMAGES = {"image/png", "image/jpeg", "image/webp", "image/gif"}
_AUDIO = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}
_VIDEO = {"video/mp4", "video/webm", "video/quicktime"}
_PDF = {"application/pdf"}


def attachment_types(name: str) -> set[str]:
    """The media types that a model takes; all of them where that is not known."""
    facts = model_facts(name)
    kinds = (
        (_IMAGES, facts.image_input),
        (set(_AUDIO), facts.audio_input),
        (_VIDEO, facts.video_input),
        (_PDF, facts.pdf_input),
    )
    return {one for types, takes in kinds if takes or not facts.known for one in types}


def to_part(attachment: llm.Attachment) -> dict[str, Any]:
    """An attachment as a part of a message."""
    kind = attachment.resolve_type()
    if kind in _AUDIO:
        audio = {"data": attachment.base64_content(), "format": _AUDIO[kind]}
        return {"type": "input_audio", "input_audio": audio}
    if kind in _PDF:
        name = str(attachment.path or attachment.url or "document.pdf").rsplit("/", 1)[-1]
        return {"type": "file", "file": {"filename": name, "file_data": _data_url(attachment)}}
    family = str(kind).partition("/")[0]
    if family not in ("image", "video"):
        raise ConfigurationError(
            f"An attachment of type {kind} cannot be sent. Attach an image, audio (wav or mp3), a"
            " video or a PDF file."
        )
    # The provider fetches the address of a picture or a video; of other files it does not.
    return {
        "type": f"{family}_url",
        f"{family}_url": {"url": attachment.url or _data_url(attachment)},
    }


def _data_url(attachment: llm.Attachment) -> str:
    return f"data:{attachment.resolve_type()};base64,{attachment.base64_content()}"
