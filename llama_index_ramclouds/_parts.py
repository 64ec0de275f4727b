"""LlamaIndex's content blocks to the parts of a wire message; pure but for files that they name."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Callable, Iterator
from typing import Any

import filetype  # type: ignore[import-untyped]
from llama_index.core.base.llms.types import (
    AudioBlock,
    CachePoint,
    CitableBlock,
    CitationBlock,
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    VideoBlock,
)

from ramclouds import ConfigurationError
from ramclouds.bridge.history import result_part, said_part

Part = dict[str, Any]


def to_parts(block: ContentBlock) -> list[Part]:
    """The parts of one block; a cache point is a bare mark on the part before it."""
    if isinstance(block, CachePoint):
        return [{"cache_control": _cache_control(block)}]
    if isinstance(block, CitableBlock):
        parts: list[Part] = [{"type": "text", "text": f"{block.title} ({block.source}):\n"}]
        for nested in block.content:
            parts += to_parts(nested)
        return parts
    if isinstance(block, CitationBlock):
        return to_parts(block.cited_content)
    return [_to_part(block)]


def to_said_parts(block: ContentBlock) -> Iterator[Part]:
    """The parts of a block in an assistant's message: never an error, and media as text."""
    for part in to_result_parts(block):
        yield said_part(part) if "type" in part else part


def to_result_parts(block: ContentBlock) -> list[Part]:
    """The parts of a block in a tool's result: never an error, since the tool has run."""
    try:
        return to_parts(block)
    except ConfigurationError:
        about = block.model_dump(exclude={"block_type", "title"})
        for key in ("title", "url", "path"):
            if value := getattr(block, key, None):
                about[key] = str(value)
        if about.get("title") == "input_document":  # what core calls a document without a title
            del about["title"]
        return [result_part({"type": block.block_type, **about})]


def _to_part(block: Any) -> Part:
    to_part = _TO_PART.get(block.block_type)
    if to_part is None:
        raise ConfigurationError(
            f"A {type(block).__name__} cannot be sent in this message. Leave it out: thinking and"
            " tool calls belong into assistant messages, other blocks have no form on the wire."
        )
    return to_part(block)


def _text(block: TextBlock) -> Part:
    return {"type": "text", "text": block.text}


def _image(block: ImageBlock) -> Part:
    image = {"url": _url(block, block.image, block.image_mimetype, "image/png")}
    if block.detail is not None:
        image["detail"] = block.detail
    return {"type": "image_url", "image_url": image}


def _video(block: VideoBlock) -> Part:
    url = _url(block, block.video, block.video_mimetype, "video/mp4")
    return {"type": "video_url", "video_url": {"url": url}}


def _audio(block: AudioBlock) -> Part:
    _refuse_remote(block, block.url)
    data = _bytes(block)
    guessed = filetype.guess(data)
    form = block.format or (guessed.extension if guessed else "wav")
    audio = {"data": base64.b64encode(data).decode(), "format": form}
    return {"type": "input_audio", "input_audio": audio}


def _document(block: DocumentBlock) -> Part:
    _refuse_remote(block, block.url)
    data = _bytes(block)
    mime = block.document_mimetype or _named_mime(block) or _guessed_mime(data)
    if mime is None or mime.startswith("text/"):
        try:
            return {"type": "text", "text": data.decode()}
        except UnicodeDecodeError:
            mime = mime or "application/octet-stream"
    file = {"filename": block.title, "file_data": _data_url(data, mime)}
    return {"type": "file", "file": file}


def _cache_control(block: CachePoint) -> Part:
    # "5m" is the default of LlamaIndex and of Anthropic; older gateways know no ttl.
    excluded = {"ttl"} if block.cache_control.ttl == "5m" else set()
    return block.cache_control.model_dump(include={"type", "ttl"} - excluded)


def _url(block: ImageBlock | VideoBlock, data: Any, mime: str | None, otherwise: str) -> str:
    """The URL of the media: as given, or its bytes in a data URL."""
    if block.url is not None and data is None and block.path is None:
        return str(block.url)
    found = _bytes(block)
    return _data_url(found, mime or _guessed_mime(found) or otherwise)


def _bytes(block: ImageBlock | VideoBlock | AudioBlock | DocumentBlock) -> bytes:
    # resolve_* of core ignores as_base64 for streams, and writes data:None for unknown types.
    try:
        found = getattr(block, f"resolve_{block.block_type}")().read()
    except (ValueError, OSError) as exc:
        raise ConfigurationError(
            f"The {type(block).__name__} holds nothing to send ({exc}). Give it data, a path or a"
            " URL."
        ) from exc
    return bytes(found)


def _refuse_remote(block: AudioBlock | DocumentBlock, url: Any) -> None:
    if url is not None and not str(url).startswith("data:"):
        raise ConfigurationError(
            f"The gateway does not fetch the URL of this {type(block).__name__}. Download it, and"
            " give its bytes or its path."
        )


def _data_url(data: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def _guessed_mime(data: bytes) -> str | None:
    guessed = filetype.guess(data)
    return str(guessed.mime) if guessed else None


def _named_mime(block: DocumentBlock) -> str | None:
    return mimetypes.guess_type(str(block.path))[0] if block.path else None


_TO_PART: dict[str, Callable[[Any], Part]] = {
    "text": _text,
    "image": _image,
    "audio": _audio,
    "video": _video,
    "document": _document,
}
