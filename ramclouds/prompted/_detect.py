"""Signs that a gateway dropped what was asked for natively."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ramclouds._stream.accumulator import accumulate
from ramclouds.bridge.json_text import asks_for_json, is_prose
from ramclouds.bridge.tools import is_forced, missing_forced_call
from ramclouds.types import Chunk, Completion


def is_ignored(params: Mapping[str, Any], completion: Completion) -> bool:
    """Whether a whole completion shows that `tool_choice` or `response_format` had no effect."""
    return missing_forced_call(params.get("tool_choice"), completion) or is_prose(
        params.get("response_format"), completion
    )


class NativeWatch:
    """Holds back a native stream until it shows that what was asked for took effect."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = params
        self._is_forced = is_forced(params.get("tool_choice"))
        self._buffer: list[Chunk] = []
        # If no call was forced and no JSON asked for, text alone proves nothing: pass it on.
        wants_json = asks_for_json(params.get("response_format"))
        self._has_shown = not (self._is_forced or wants_json)
        self.is_ignored = False  # the whole completion shows no effect

    def feed(self, chunk: Chunk) -> list[Chunk]:
        """What can go on; nothing of a completion that shows no effect."""
        if self._has_shown:
            return [chunk]
        self._buffer.append(chunk)
        if self._is_forced:
            self._has_shown = any(delta.name for delta in chunk.tool_calls)
        else:
            self._has_shown = bool(chunk.tool_calls) or chunk.text.lstrip().startswith(("{", "["))
        if chunk.finish_reason is not None and not self._has_shown:
            self.is_ignored = is_ignored(self._params, accumulate(self._buffer))
            self._has_shown = not self.is_ignored
        return self._buffer if self._has_shown else []
