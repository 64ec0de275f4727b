"""What becomes of a native request: held back until it shows that it had an effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ramclouds.bridge.tools import is_forced
from ramclouds.prompted._detect import is_prose, missing_forced_call
from ramclouds.types import Choice, Chunk, Completion, ToolCall


def is_ignored(params: Mapping[str, Any], completion: Completion) -> bool:
    """Whether a complete answer shows that `tool_choice` or `response_format` had no effect."""
    return missing_forced_call(params.get("tool_choice"), completion) or is_prose(
        params.get("response_format"), completion
    )


class NativeWatch:
    """Holds back a native stream until it shows that what was asked for took effect."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = params
        self._is_forced = is_forced(params.get("tool_choice"))
        self._held: list[Chunk] = []
        # What the model may leave undone shows nothing by being left undone.
        self._has_shown = not (self._is_forced or _asks_for_json(params))
        self.completion = Completion()
        """What has been held back, as the answer that it is."""

    def feed(self, chunk: Chunk) -> list[Chunk]:
        """Return what can go on; nothing of an answer that shows no effect."""
        if self._has_shown:
            return [chunk]
        self._held.append(chunk)
        self._has_shown = self._shows_effect(chunk)
        if chunk.finish_reason is not None and not self._has_shown:
            self.completion = _joined(self._held)
            self._has_shown = not is_ignored(self._params, self.completion)
        if not self._has_shown:
            return []
        held, self._held = self._held, []
        return held

    def _shows_effect(self, chunk: Chunk) -> bool:
        if self._is_forced:
            return any(delta.name for delta in chunk.tool_calls)
        return bool(chunk.tool_calls) or chunk.text.lstrip().startswith(("{", "["))


def _asks_for_json(params: Mapping[str, Any]) -> bool:
    response_format = params.get("response_format") or {}
    return response_format.get("type") in ("json_object", "json_schema")


def _joined(chunks: list[Chunk]) -> Completion:
    choice = Choice(
        text="".join(chunk.text for chunk in chunks),
        refusal="".join(chunk.refusal for chunk in chunks),
        tool_calls=tuple(
            ToolCall(delta.id or "", delta.name, "")
            for chunk in chunks
            for delta in chunk.tool_calls
            if delta.name
        ),
        finish_reason=chunks[-1].finish_reason,
    )
    return Completion(choices=(choice,))
