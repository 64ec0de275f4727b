"""Signs that a gateway dropped what was asked for natively."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ramclouds._json.repair import is_json, repaired
from ramclouds._stream.accumulator import Accumulator
from ramclouds.bridge.json_text import json_values
from ramclouds.bridge.tools import forced_name, is_forced
from ramclouds.types import Chunk, Completion


def missing_forced_call(tool_choice: Any, completion: Completion) -> bool:
    """Whether a call was forced and the answer, complete as it is, has none of the kind."""
    if not is_forced(tool_choice) or completion.refusal:
        return False
    if completion.finish_reason not in ("stop", "tool_calls"):
        return False
    name = forced_name(tool_choice)
    called = [call.name for call in completion.tool_calls]
    called += [call.name for call in completion.invalid_tool_calls]
    return not called if name is None else name not in called


def is_prose(response_format: Mapping[str, Any] | None, completion: Completion) -> bool:
    """Whether JSON was asked for and the answer, complete as it is, holds none."""
    if response_format is None or response_format.get("type") not in ("json_object", "json_schema"):
        return False
    if completion.finish_reason != "stop" or completion.tool_calls or completion.refusal:
        return False
    return not is_json(json_text(completion.text)) and not any(
        value.is_whole for value in json_values(completion.text)
    )


def json_text(text: str) -> str:
    """The JSON in an answer: without a code fence or words around it, repaired where safe.

    An answer without JSON, or with several objects, comes back as it is.
    """
    if is_json(text.strip()):
        return text.strip()
    found = json_values(text)
    whole = [value for value in found if value.is_whole and value.value]
    likely = [value for value in whole if isinstance(value.value, dict)] or whole
    if likely:
        return likely[0].text if len(likely) == 1 else text
    closed = [value.text for value in found if value.text[-1] in "}]"]
    mended = [json.dumps(value, ensure_ascii=False) for value in map(repaired, closed) if value]
    return mended[0] if len(mended) == 1 else text


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
        self._buffer: list[Chunk] = []
        self._joined = Accumulator()
        # If no call was forced and no JSON asked for, a plain answer proves nothing: pass it on.
        self._has_shown = not (self._is_forced or _asks_for_json(params))
        self.completion = Completion()
        """What has been held back, put together."""

    def feed(self, chunk: Chunk) -> list[Chunk]:
        """What can go on; nothing of an answer that shows no effect."""
        if self._has_shown:
            return [chunk]
        self._buffer.append(chunk)
        self._joined.add(chunk)
        self._has_shown = self._shows_effect(chunk)
        if chunk.finish_reason is not None and not self._has_shown:
            self.completion = self._joined.completion()
            self._has_shown = not is_ignored(self._params, self.completion)
        if not self._has_shown:
            return []
        buffered, self._buffer = self._buffer, []
        return buffered

    def _shows_effect(self, chunk: Chunk) -> bool:
        if self._is_forced:
            return any(delta.name for delta in chunk.tool_calls)
        return bool(chunk.tool_calls) or chunk.text.lstrip().startswith(("{", "["))


def _asks_for_json(params: Mapping[str, Any]) -> bool:
    response_format = params.get("response_format") or {}
    return response_format.get("type") in ("json_object", "json_schema")
