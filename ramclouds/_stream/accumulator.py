"""Chunks to the completion they make up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ramclouds._wire.chat.tool_calls import sort_out
from ramclouds.types import Choice, Chunk, Completion, InvalidToolCall, ToolCall


class Accumulator:
    """Collects the chunks of one stream; only `completion()` joins them, so adding is cheap."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._reasonings: list[str] = []
        self._refusals: list[str] = []
        self._calls: dict[int, ToolCall] = {}
        self._arguments: dict[int, list[str]] = {}
        self._logprobs: dict[str, Any] = {}
        self._head: Chunk | None = None
        self._last = Chunk()

    def add(self, chunk: Chunk) -> None:
        """Takes in the next chunk."""
        if chunk.text:
            self._texts.append(chunk.text)
        if chunk.reasoning:
            self._reasonings.append(chunk.reasoning)
        if chunk.tool_calls:
            self._add_calls(chunk)
        if chunk.refusal or chunk.logprobs:
            self._add_rare(chunk)
        # Ids and names come on the first chunk, finish reason and usage on the last.
        if self._head is None:
            self._head = chunk
        self._last = chunk

    def _add_rare(self, chunk: Chunk) -> None:
        self._refusals.append(chunk.refusal)
        for key, value in (chunk.logprobs or {}).items():
            if isinstance(value, list):
                self._logprobs.setdefault(key, []).extend(value)
            else:
                self._logprobs.setdefault(key, value)

    def _add_calls(self, chunk: Chunk) -> None:
        for delta in chunk.tool_calls:
            call = self._calls.get(delta.index)
            if call is None:
                call = ToolCall(id=delta.id or "", name=delta.name or "", arguments="")
                self._calls[delta.index] = call
                self._arguments[delta.index] = []
            if delta.extra:
                call.extra = delta.extra
            self._arguments[delta.index].append(delta.arguments)

    def completion(self) -> Completion:
        """The completion so far, with one choice."""
        calls, invalid = self._sorted_calls()
        choice = Choice(
            text="".join(self._texts),
            reasoning="".join(self._reasonings),
            refusal="".join(self._refusals),
            tool_calls=calls,
            invalid_tool_calls=invalid,
            finish_reason=self._last.finish_reason,
            logprobs=self._logprobs or None,
            extra=self._last.extra,
        )
        head = self._head or self._last
        return Completion(
            id=head.id or "",
            model=head.model or "",
            choices=(choice,),
            usage=self._last.usage,
            request_id=head.request_id,
            raw=self._last.raw,
            tool_calling=head.tool_calling,
            unproven=self._last.unproven,
            facts=self._last.facts,
        )

    def _sorted_calls(self) -> tuple[tuple[ToolCall, ...], tuple[InvalidToolCall, ...]]:
        calls = {
            index: ToolCall(call.id, call.name, "".join(self._arguments[index]), call.extra)
            for index, call in self._calls.items()
        }
        if self._last.finish_reason is None:
            # Not ended, or cut off: nothing named the calls that are not whole.
            return sort_out(calls.values(), None)
        invalid = self._last.invalid_tool_calls
        not_to_run = {call.index for call in invalid}
        valid = tuple(call for index, call in calls.items() if index not in not_to_run)
        return valid, invalid


def accumulate(chunks: Iterable[Chunk]) -> Completion:
    """The completion that the chunks of one stream make up."""
    accumulator = Accumulator()
    for chunk in chunks:
        accumulator.add(chunk)
    return accumulator.completion()
