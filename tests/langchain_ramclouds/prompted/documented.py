"""What RamClouds documents of a request."""

from __future__ import annotations

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


def is_documented(body: dict[str, Any]) -> bool:
    """Whether a request has documented fields, roles and string content only."""
    return body.keys() <= _FIELDS and all(
        message.keys() == {"role", "content"}
        and message["role"] in {"system", "user", "assistant"}
        and isinstance(message["content"], str)
        for message in body["messages"]
    )
