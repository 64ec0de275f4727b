"""Completions and chunks asked for through the prompt: their text becomes tool calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from ramclouds._stream.accumulator import Accumulator
from ramclouds.bridge.tools import offered_tools
from ramclouds.prompted._reading.buffer import Begun, Item
from ramclouds.prompted._reading.finder import CallFinder
from ramclouds.types import Choice, Chunk, Completion, InvalidToolCall, ToolCallDelta

_content_of = attrgetter(
    *("text", "reasoning", "refusal", "tool_calls", "logprobs", "usage", "finish_reason")
)
"""What a chunk may say."""


class PromptedParser:
    """Turns the chunks of one stream, or whole completions, into those of a native tool caller.

    Any split of the text gives the same result. `seed` keeps the made-up ids of calls apart where
    completions have no id of their own.
    """

    def __init__(
        self,
        *,
        tools: Sequence[Mapping[str, Any]],
        tool_choice: Any = None,
        grammar: bool = False,
        seed: str = "",
    ) -> None:
        self._settings = {"tools": tools, "tool_choice": tool_choice, "grammar": grammar}
        self._seed = seed
        known = {tool.name: tool for tool in offered_tools(tools, tool_choice)}
        self._finder = CallFinder(known, envelope=grammar) if known else None
        self._id = ""
        self._tool_calling = "grammar" if grammar else "prompted"
        self._opening = Chunk(tool_calling=self._tool_calling)
        self._indices = 0
        self._begun: ToolCallDelta | None = None
        self._invalid: list[InvalidToolCall] = []
        self._has_calls = False
        self._native: dict[int | None, int] = {}

    def feed(self, chunk: Chunk) -> list[Chunk]:
        """What is decided after `chunk`; after its last chunk nothing is buffered."""
        if self._finder is None:
            chunk.tool_calling, self._opening = self._opening.tool_calling, Chunk()
            return [chunk]
        self._id = self._id or chunk.id or ""
        events = self._finder.feed(chunk.text)
        if chunk.finish_reason is not None:
            is_truncated = chunk.finish_reason not in ("stop", "tool_calls")
            events += self._finder.close(is_truncated=is_truncated)
        return self._to_chunks(chunk, events)

    def close(self) -> list[Chunk]:
        """What is buffered where a stream ends without its last chunk."""
        finder = self._finder
        return self._to_chunks(Chunk(), finder.close(is_truncated=True)) if finder else []

    def parse(self, completion: Completion) -> Completion:
        """Return `completion` with the calls in its text as tool calls."""
        choices = tuple(self._parsed(choice, completion.id) for choice in completion.choices)
        return replace(completion, choices=choices, tool_calling=self._tool_calling)

    def _parsed(self, choice: Choice, completion_id: str) -> Choice:
        """Return `choice` as its stream of one chunk, put together again."""
        seed = f"{self._seed}/{choice.index}" if choice.index else self._seed
        parser = PromptedParser(**self._settings, seed=seed)
        whole = Chunk(text=choice.text, id=completion_id, finish_reason=choice.finish_reason)
        parts = Accumulator()
        for chunk in parser.feed(whole) + (parser.close() if whole.finish_reason is None else []):
            parts.add(chunk)
        [read] = parts.completion().choices
        invalid = (replace(call, index=None) for call in read.invalid_tool_calls)
        return replace(
            choice,
            text=read.text,
            tool_calls=(*choice.tool_calls, *read.tool_calls),
            invalid_tool_calls=(*choice.invalid_tool_calls, *invalid),
            finish_reason=read.finish_reason,
        )

    def _to_chunks(self, chunk: Chunk, events: Iterable[Item | Begun]) -> list[Chunk]:
        chunks = [self._carrier(chunk)]
        for event in events:
            if isinstance(event, str) and chunks[-1].tool_calls:
                chunks.append(Chunk(raw=chunk.raw))  # in a chunk, text stands before calls
            self._add(event, chunks[-1])
        last = chunks[-1]
        if chunk.finish_reason is not None:
            has_called = chunk.finish_reason == "stop" and (self._has_calls or self._native)
            last.finish_reason = "tool_calls" if has_called else chunk.finish_reason
            last.usage, last.unproven = chunk.usage, chunk.unproven
            last.extra, last.facts = chunk.extra, chunk.facts
            native = chunk.invalid_tool_calls
            numbered = (replace(call, index=self._native.get(call.index)) for call in native)
            last.invalid_tool_calls = (*numbered, *self._invalid)
        if not any(_content_of(last)):
            self._opening = last  # the first chunk that goes out says whose it is
            return []
        self._opening = Chunk()
        return chunks

    def _carrier(self, chunk: Chunk) -> Chunk:
        """Return `chunk` without what is decided here: its text, its calls and its end."""
        opening = self._opening
        return Chunk(  # not `replace`, which takes several times as long
            reasoning=chunk.reasoning,
            tool_calls=tuple(self._renumbered(delta) for delta in chunk.tool_calls),
            refusal=chunk.refusal,
            logprobs=chunk.logprobs,
            id=chunk.id or opening.id,
            model=chunk.model or opening.model,
            request_id=chunk.request_id or opening.request_id,
            raw=chunk.raw,
            tool_calling=opening.tool_calling,
        )

    def _add(self, event: Item | Begun, chunk: Chunk) -> None:
        if isinstance(event, str):
            chunk.text += event
        elif isinstance(event, Begun):
            self._begin(event.name, chunk)
        elif event.reason:
            index = self._begun.index if self._begun else None
            begun = self._begun or self._new_call(event.name)
            self._invalid.append(InvalidToolCall(str(begun.id), str(begun.name), *event[1:], index))
            self._begun = None
        else:
            begun = self._begun or self._begin(event.name, chunk)
            if chunk.tool_calls and chunk.tool_calls[-1] is begun:
                begun.arguments = event.arguments
            else:
                chunk.tool_calls += (ToolCallDelta(begun.index, arguments=event.arguments),)
            self._begun, self._has_calls = None, True

    def _begin(self, name: str, chunk: Chunk) -> ToolCallDelta:
        self._begun = begun = self._new_call(name)
        chunk.tool_calls += (begun,)
        return begun

    def _new_call(self, name: str) -> ToolCallDelta:
        # Made of the completion alone, so that a recorded one has the same ids each time.
        source = f"{self._seed}/{self._id}/{self._indices}/{name}"
        call_id = f"call_{blake2b(source.encode(), digest_size=12).hexdigest()}"
        self._indices += 1
        return ToolCallDelta(self._indices - 1, call_id, name)

    def _renumbered(self, delta: ToolCallDelta) -> ToolCallDelta:
        # Some servers find calls of the usual formats by themselves, asked or not.
        if delta.index not in self._native:
            self._native[delta.index] = self._indices
            self._indices += 1
        return replace(delta, index=self._native[delta.index])
