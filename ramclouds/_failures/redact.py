"""Masks keys in texts: the client's own, and everything that looks like a key."""

from __future__ import annotations

import re
from typing import Any

MASK = "sk-***"
# With `*`: the gateway repeats keys as sk-abc***xyz, and that is still a piece of one.
_KEY_SHAPED = re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_*\-]{3,}")
_BEARER = re.compile(r"(?i)(bearer\s{1,9})[^\s\"',}]+")


class Redactor:
    """Masks one client's key, and everything else that looks like a key."""

    def __init__(self, key: str | None) -> None:
        # New API stores and repeats the key without its sk-. A short one would mask words.
        bare = (key or "").removeprefix("sk-")
        self._own = tuple(text for text in (key, bare) if text and len(text) >= 8)

        self.has_dash = "-" in bare
        """Whether the key holds a `-` that is not part of `sk-`."""

    def __repr__(self) -> str:
        return "Redactor()"

    def text(self, text: str) -> str:
        for own in self._own:
            text = text.replace(own, MASK)
        return _BEARER.sub(rf"\1{MASK}", _KEY_SHAPED.sub(MASK, text))

    def is_clean(self, text: str) -> bool:
        """Whether a text holds nothing to mask."""
        return self.text(text) == text

    def json(self, value: Any) -> Any:
        """A parsed JSON value with every text in it masked."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.json(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.json(item) for item in value]
        return value
