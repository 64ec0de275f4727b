"""What RamClouds documents of a request: three roles, string content, and a few fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FIELDS = {
    "model",
    "messages",
    "stream",
    "temperature",
    "max_tokens",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "stop",
}


def is_documented(body: Mapping[str, Any]) -> bool:
    """Whether a request's body holds documented fields, roles and content only."""
    return body.keys() <= _FIELDS and all(
        message.keys() == {"role", "content"}
        and message["role"] in {"system", "user", "assistant"}
        and isinstance(message["content"], str)
        for message in body["messages"]
    )
