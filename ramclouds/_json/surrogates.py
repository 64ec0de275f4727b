"""Surrogate pairs whose halves arrive in two events of a stream."""

from __future__ import annotations

from typing import Any


class SurrogateJoiner:
    """Joins the halves, field by field; a half that stays alone becomes U+FFFD."""

    def __init__(self) -> None:
        self.is_needed = False
        """Set once an event had a half."""
        self._halves: dict[str, str] = {}

    def join(self, field: str, text: str) -> str:
        """The text of a field without a half at its end, which waits for the next text."""
        if not text:
            return text
        text = self._halves.pop(field, "") + text
        if "\ud800" <= text[-1] <= "\udbff":
            self._halves[field] = text[-1]
            text = text[:-1]
        return whole(text)

    def join_arguments(self, fragment: dict[str, Any]) -> dict[str, Any]:
        """A fragment of a tool call, its arguments joined."""
        function = fragment.get("function")
        if not isinstance(function, dict) or not isinstance(function.get("arguments"), str):
            return fragment
        joined = self.join(f"arguments {fragment.get('index')}", function["arguments"])
        return {**fragment, "function": {**function, "arguments": joined}}

    def close(self, field: str) -> str:
        """The half that is left at the end of a field, as U+FFFD."""
        return whole(self._halves.pop(field, ""))


def whole(text: str) -> str:
    """Text without halves: pairs become their character, single halves U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
