"""Why each choice of a stream ended, and whether all have."""

from __future__ import annotations

import sys
from typing import Any

from ramclouds._wire.chat.ending import failure_of
from ramclouds._wire.chat.tool_calls import raw_calls
from ramclouds._wire.fields import as_object


class FinishReasons:
    """The choices of one stream, by index."""

    def __init__(self) -> None:
        self.failure: Any = None
        """What a choice says of its failure: an error body, or a finish reason."""
        self._reasons: dict[int, str | None] = {}
        self._first_index = sys.maxsize
        self._lacks_last = False
        """Whether Gemini's finish reason came on a tool call, so that one more must follow."""

    @property
    def has_choices(self) -> bool:
        """Whether any choice was seen."""
        return bool(self._reasons)

    @property
    def is_complete(self) -> bool:
        """Whether every choice has a finish reason; `[DONE]` alone proves nothing."""
        return self.has_choices and None not in self._reasons.values() and not self._lacks_last

    @property
    def first(self) -> str | None:
        """The finish reason of the first choice."""
        return self._reasons[self._first_index] if self.has_choices else None

    def take(self, index: int, reason: str | None, choice: dict[str, Any]) -> bool:
        """Takes in a choice; whether it is the first one."""
        self._reasons.setdefault(index, None)
        self._first_index = min(index, self._first_index)
        if reason is not None or choice.get("error"):
            self.failure = self.failure or failure_of(choice)
        return index == self._first_index

    def note(self, index: int, reason: str, delta: dict[str, Any], *, is_rewritten: bool) -> None:
        """Keeps the first reason, unless it came on a call of Gemini's.

        Gemini's calls behind the first event carry tool_calls themselves, so a cut right behind one
        looks complete; a whole response has one more chunk with a reason, and that one knows of
        max_tokens and of the filter. The rest of the first event's calls has no name.
        `is_rewritten` says that the gateway made the event, and that it is not the first one.
        """
        if not self._reasons.get(index) or (self._lacks_last and reason != "stop"):
            self._reasons[index] = reason
        names = [as_object(call.get("function")).get("name") for call in raw_calls(delta)]
        self._lacks_last = reason == "tool_calls" and any(names) and is_rewritten
