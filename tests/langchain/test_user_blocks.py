"""Content blocks of a user, in all spellings, as parts of a message."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    HumanMessage,
    SystemMessage,
)

from langchain_ramclouds._messages import to_wire
from ramclouds import ConfigurationError
from tests.harness import each_row

_DATA = "aGVsbG8="


@each_row(
    ("block", "part"),
    [
        (
            {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
            {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
        ),
        (
            {"type": "image_url", "image_url": "https://x/y.png"},
            {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
        ),
        (
            {"type": "image", "url": "https://x/y.png", "extras": {"detail": "high"}},
            {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "high"}},
        ),
        (
            {"type": "image", "base64": _DATA, "mime_type": "image/png"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_DATA}"}},
        ),
        (
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": _DATA},
            },
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_DATA}"}},
        ),
        (
            {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
            {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
        ),
        (
            {"type": "image", "base64": b"hello", "mime_type": "image/png"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_DATA}"}},
        ),
        (
            {"type": "audio", "base64": _DATA, "mime_type": "audio/mpeg"},
            {"type": "input_audio", "input_audio": {"data": _DATA, "format": "mp3"}},
        ),
        (
            {"type": "file", "base64": _DATA, "mime_type": "application/pdf"},
            {
                "type": "file",
                "file": {
                    "filename": "file.pdf",
                    "file_data": f"data:application/pdf;base64,{_DATA}",
                },
            },
        ),
        (
            {
                "type": "file",
                "base64": _DATA,
                "mime_type": "application/pdf",
                "extras": {"filename": "a.pdf"},
            },
            {
                "type": "file",
                "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{_DATA}"},
            },
        ),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "x"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "x"}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": _DATA, "format": "wav"}},
            {"type": "input_audio", "input_audio": {"data": _DATA, "format": "wav"}},
        ),
        (
            {"type": "file", "file_id": "file-1"},
            {"type": "file", "file": {"file_id": "file-1"}},
        ),
        (
            {
                "type": "document",
                "title": "a.pdf",
                "source": {"type": "base64", "media_type": "application/pdf", "data": _DATA},
            },
            {
                "type": "file",
                "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{_DATA}"},
            },
        ),
        (
            {"type": "video", "url": "https://x/y.mp4"},
            {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}},
        ),
        (
            {"type": "video_url", "video_url": "https://x/y.mp4"},
            {"type": "video_url", "video_url": "https://x/y.mp4"},
        ),
        (
            {"type": "video", "base64": _DATA, "mime_type": "video/webm"},
            {"type": "video_url", "video_url": {"url": f"data:video/webm;base64,{_DATA}"}},
        ),
        (
            {"type": "text-plain", "text": "hello", "mime_type": "text/plain"},
            {"type": "text", "text": "hello"},
        ),
        (
            {"type": "text-plain", "base64": _DATA, "mime_type": "text/plain"},
            {"type": "text", "text": "hello"},
        ),
        (
            {"type": "document", "source": {"type": "text", "data": "hello"}},
            {"type": "text", "text": "hello"},
        ),
        (
            {"type": "text", "text": "hello", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "hello", "cache_control": {"type": "ephemeral"}},
        ),
    ],
)
def test_block_of_a_user_is_sent_as(block: dict[str, Any], part: dict[str, Any]) -> None:
    image = {"type": "image_url", "image_url": {"url": "https://x/other.png"}}
    assert to_wire([HumanMessage([block, image])]) == [{"role": "user", "content": [part, image]}]


def test_text_only_list_is_sent_as_the_documented_string() -> None:
    content: list[str | dict[Any, Any]] = ["one", {"type": "text", "text": "two", "id": "x"}]
    assert to_wire([HumanMessage(content), SystemMessage(content), AIMessage(content)]) == [
        {"role": "user", "content": "one\ntwo"},
        {"role": "system", "content": "one\ntwo"},
        {"role": "assistant", "content": "onetwo"},
    ]


@each_row(
    "block",
    [
        {"type": "file", "url": "https://x/y.pdf"},
        {"type": "audio", "url": "https://x/y.wav"},
        {"type": "image", "file_id": "file-1"},
        {"type": "video", "file_id": "file-1"},
        {"type": "text-plain", "url": "https://x/y.txt", "mime_type": "text/plain"},
        {"type": "document", "source": {"type": "url", "url": "https://x/y.pdf"}},
        {"type": "hologram", "data": "x"},
        {"type": "image_url", "image_url": {"url": 5}},
        {"type": "image", "url": 5},
        {"type": "audio", "base64": None},
    ],
)
def test_block_that_cannot_be_sent_is_an_error_that_names_it(block: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=str(block["type"])):
        to_wire([HumanMessage([block])])
