"""What a failed request had sent: its model, whether it streamed, its bytes and old media."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
from pydantic_core import from_json


class SentRequest:
    """The JSON body of a request, parsed only for an error that asks about it."""

    def __init__(self, request: httpx.Request) -> None:
        try:
            content = request.content
        except httpx.RequestNotRead:
            content = b""
        self.size = len(content)
        """Bytes of the body."""
        try:
            body = from_json(content) if content else {}
        except ValueError:
            body = {}
        self._body: dict[str, Any] = body if isinstance(body, dict) else {}

    @property
    def model(self) -> str:
        model = self._body.get("model")
        return model if isinstance(model, str) else ""

    @property
    def is_stream(self) -> bool:
        return self._body.get("stream") is True

    @property
    def old_media_size(self) -> int:
        """Bytes of images, audio and files in the messages before the last one of the user."""
        messages = self._body.get("messages")
        if not isinstance(messages, list):
            return 0
        is_user = [isinstance(one, dict) and one.get("role") == "user" for one in messages]
        last = len(messages) - 1 - is_user[::-1].index(True) if any(is_user) else 0
        return sum(map(len, _media(messages[:last])))


def _media(value: Any) -> Iterator[str]:
    """The base64 texts in the parts of messages."""
    if isinstance(value, list):
        for item in value:
            yield from _media(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            is_data = key in {"url", "data", "file_data", "image_url", "video_url"}
            if is_data and isinstance(item, str):
                yield from [item] if key in {"data", "file_data"} or item[:5] == "data:" else []
            else:
                yield from _media(item)
