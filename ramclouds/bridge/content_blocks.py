"""Content blocks, in the spellings of LangChain, OpenAI and Anthropic, as parts of a message."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ramclouds.bridge.history import as_content, result_part, said_part
from ramclouds.errors import ConfigurationError

__all__ = ["flatten", "to_part", "to_parts", "to_result", "to_said"]

logger = logging.getLogger("ramclouds")

Part = dict[str, Any]
Block = Mapping[str, Any]


def to_parts(content: str | list[str | dict[Any, Any]]) -> Iterator[Part]:
    """The parts that a message of the user, or a tool's result, has on the wire."""
    for block in [content] if isinstance(content, str) else content:
        part = {"type": "text", "text": block} if isinstance(block, str) else to_part(block)
        if part is not None and part.get("text") != "":
            yield part


def to_result(content: str | list[str | dict[Any, Any]]) -> str | list[Part]:
    """A tool's result: never an error, since the tool has run, and nothing of it is dropped."""
    if isinstance(content, str):
        return content
    return flatten([_to_any_part(block) for block in content])


def to_said(content: str | list[str | dict[Any, Any]]) -> str | list[Part]:
    """An assistant's message: pieces of one text, so nothing goes between them."""
    if isinstance(content, str):
        return content
    parts = [said_part(_to_any_part(block)) for block in content if _is_sayable(block)]
    return as_content(parts, between="")


def _to_any_part(block: Any) -> Part:
    """A part of any block, its JSON where it has no form on the wire."""
    if isinstance(block, str):
        return {"type": "text", "text": block}
    try:
        part = to_part(block) if isinstance(block, Mapping) and "type" in block else None
    except ConfigurationError:
        part = None
    return result_part(block) if part is None else part


def _is_sayable(block: Any) -> bool:
    kind = block.get("type", "text") if isinstance(block, Mapping) else "text"
    if kind not in _CONVERT and kind not in _FOREIGN:
        logger.info("A block of type %r of an assistant's message is left out", kind)
    return kind in _CONVERT


def flatten(parts: list[Part]) -> str | list[Part]:
    """The string that is documented, where the parts are plain text; else the parts."""
    return as_content(parts, between="\n")


def to_part(block: Block) -> Part | None:
    """One part; None for what other models left in a history."""
    kind = block.get("type", "text")
    if kind in _FOREIGN:
        return None
    convert = _CONVERT.get(kind)
    if convert is None:
        raise ConfigurationError(
            f"A message holds a content block of type {kind!r}, which the gateway does not take. "
            "Leave it out, or send it as text, image, audio, file or video."
        )
    try:
        return convert(block)
    except ConfigurationError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise ConfigurationError(
            f"A content block of type {kind!r} is malformed: {exc!r}. Write it as the documents of"
            " LangChain or OpenAI show it."
        ) from exc


# What other models left in a history: the gateway has no place for it, and providers
# respond with 400 ("unknown variant `reasoning`, expected `text`").
_FOREIGN = frozenset(
    {
        "thinking", "redacted_thinking", "reasoning", "reasoning_content", "tool_use",
        "tool_call", "tool_call_chunk", "invalid_tool_call", "function_call", "refusal",
        "server_tool_use", "server_tool_call", "server_tool_call_chunk", "server_tool_result",
        "web_search_tool_result", "non_standard", "tool_result",
    }
)  # fmt: skip


def _text(block: Block) -> Part:
    if not isinstance(block["text"], str):
        raise TypeError("its text is no string")
    part: Part = {"type": "text", "text": block["text"]}
    if "cache_control" in block:
        part["cache_control"] = block["cache_control"]
    return part


def _plain_text(block: Block) -> Part:
    if "text" in block:
        return {"type": "text", "text": block["text"]}
    if "base64" in block:
        return {"type": "text", "text": base64.b64decode(block["base64"], validate=True).decode()}
    raise _unreadable(block, "its text")


def _image_url(block: Block) -> Part:
    image = block["image_url"]
    image = {"url": image} if isinstance(image, str) else image
    return {"type": "image_url", "image_url": {**image, "url": _text_in(block, image["url"])}}


def _image(block: Block) -> Part:
    url = _url(block, "image/jpeg")
    detail = (block.get("extras") or {}).get("detail") or block.get("detail")
    return {"type": "image_url", "image_url": {"url": url} | ({"detail": detail} if detail else {})}


def _video(block: Block) -> Part:
    return {"type": "video_url", "video_url": {"url": _url(block, "video/mp4")}}


def _audio(block: Block) -> Part:
    if not block.get("base64"):
        raise _unreadable(block, "base64 data: the gateway does not download it")
    kind = (block.get("mime_type") or "audio/wav").rpartition("/")[2]
    name = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav", "x-m4a": "m4a"}
    audio = {"data": _text_in(block, block["base64"]), "format": name.get(kind, kind)}
    return {"type": "input_audio", "input_audio": audio}


def _file(block: Block) -> Part:
    if isinstance(block.get("file"), Mapping):
        return {"type": "file", "file": block["file"]}
    if "file_id" in block:
        return {"type": "file", "file": {"file_id": block["file_id"]}}
    if not block.get("base64"):
        raise _unreadable(block, "base64 data or a file_id: the gateway does not download it")
    data = _text_in(block, block["base64"])
    mime = block.get("mime_type") or "application/pdf"
    extras = block.get("extras") or block.get("metadata") or {}
    name = block.get("filename") or extras.get("filename") or f"file.{mime.rpartition('/')[2]}"
    return {
        "type": "file",
        "file": {"filename": name, "file_data": f"data:{mime};base64,{data}"},
    }


def _document(block: Block) -> Part:
    """Anthropic's spelling of a file."""
    source = block["source"]
    if source["type"] == "text":
        return {"type": "text", "text": source["data"]}
    if source["type"] != "base64":
        raise _unreadable(block, "base64 data or text")
    named = {"filename": block["title"]} if block.get("title") else {}
    return _file({"base64": source["data"], "mime_type": source["media_type"], **named})


def _input_audio(block: Block) -> Part:
    if not block["input_audio"]["data"]:
        raise _unreadable(block, "base64 data")
    return dict(block)


def _video_url(block: Block) -> Part:
    video = block["video_url"]
    if not (video if isinstance(video, str) else video["url"]):
        raise _unreadable(block, "a URL or base64 data")
    return dict(block)


_CONVERT: dict[str, Callable[[Block], Part]] = {
    "text": _text,
    "text-plain": _plain_text,
    "image_url": _image_url,
    "image": _image,
    "video": _video,
    "video_url": _video_url,
    "audio": _audio,
    "input_audio": _input_audio,
    "file": _file,
    "document": _document,
}


def _url(block: Block, mime: str) -> str:
    """Where the data of a block is; the data itself as a `data:` URL."""
    given, source = block, block.get("source")
    if isinstance(source, Mapping):  # Anthropic
        given = {"url": source.get("url"), "base64": source.get("data"), **source}
    if given.get("url"):
        return _text_in(given, given["url"])
    if given.get("base64"):
        mime = given.get("mime_type") or given.get("media_type") or mime
        return f"data:{mime};base64,{_text_in(given, given['base64'])}"
    raise _unreadable(block, "a URL or base64 data")


def _text_in(block: Block, data: Any) -> str:
    """A URL or base64 text; bytes as base64, which `str()` would spell b'...'."""
    if isinstance(data, bytes):
        return base64.b64encode(data).decode()
    if not data or not isinstance(data, str):
        raise _unreadable(block, "a URL or base64 data")
    return data


def _unreadable(block: Block, needed: str) -> ConfigurationError:
    return ConfigurationError(
        f"A content block of type {block.get('type')!r} cannot be sent: it needs {needed}."
    )
