"""Completions and chunks asked for through the prompt: their text becomes tool calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from ramclouds._stream.accumulator import Accumulator
from ramclouds.bridge.tools import offered_tools
from ramclouds.prompted._reading.events import Event
from ramclouds.prompted._reading.finder import CallFinder
from ramclouds.types import Choice, Chunk, Completion, InvalidToolCall, ToolCallDelta


class PromptedParser:
    """Turns the chunks of one stream, or whole completions, into those of a native tool caller.

    Any split of the text gives the same answer. `seed` keeps the made-up ids of calls apart where
    answers have no id of their own.

        parser = PromptedParser(tools=tools)
        for chunk in client.stream(...):
            for parsed in parser.feed(chunk):
                ...
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
        self._tool_calling = "grammar" if grammar else "prompted"
        self._seed = seed
        known = {tool.name: tool for tool in offered_tools(tools, tool_choice)}
        self._finder = CallFinder(known, envelope=grammar) if known else None
        self._id = ""
        self._opening = Chunk(tool_calling=self._tool_calling)
        self._indices = 0
        self._current = ToolCallDelta(0)
        self._invalid: list[InvalidToolCall] = []
        self._has_calls = False
        self._native: dict[int, int] = {}

    def feed(self, chunk: Chunk) -> list[Chunk]:
        """What is decided after `chunk`; after its last chunk nothing is buffered."""
        if self._finder is None:
            chunk.tool_calling, self._opening = self._opening.tool_calling, Chunk()
            return [chunk]
        self._id = self._id or chunk.id or ""
        events = self._finder.feed(chunk.text)
        if chunk.finish_reason is None:
            return self._to_chunks(self._carrier(chunk), events)
        truncated = chunk.finish_reason not in ("stop", "tool_calls")
        events += self._finder.close(is_truncated=truncated)
        return self._to_chunks(self._carrier(chunk), events, last=chunk)

    def close(self) -> list[Chunk]:
        """What is buffered where a stream ends without its last chunk."""
        if self._finder is None:
            return []
        return self._to_chunks(self._carrier(Chunk()), self._finder.close(is_truncated=True))

    def parse(self, completion: Completion) -> Completion:
        """Return `completion` with the calls in its text as tool calls."""
        choices = tuple(self._parsed(choice, completion.id) for choice in completion.choices)
        return replace(completion, choices=choices, tool_calling=self._tool_calling)

    def _parsed(self, choice: Choice, completion_id: str) -> Choice:
        """Return `choice` as its stream of one chunk, put together again."""
        seed = f"{self._seed}/{choice.index}" if choice.index else self._seed
        parser = PromptedParser(**self._settings, seed=seed)
        whole = Chunk(text=choice.text, id=completion_id, finish_reason=choice.finish_reason)
        chunks = parser.feed(whole)
        if choice.finish_reason is None:
            chunks += parser.close()
        parts = Accumulator()
        for chunk in chunks:
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

    def _to_chunks(
        self, carrier: Chunk, events: Iterable[Event], last: Chunk | None = None
    ) -> list[Chunk]:
        chunks = [carrier]
        for event in events:
            if event.kind == "text" and chunks[-1].tool_calls:
                chunks.append(Chunk(raw=carrier.raw))  # in a chunk, text stands before calls
            self._add(event, chunks[-1])
        if last is not None:
            chunks[-1].finish_reason = self._finish_reason(last)
            chunks[-1].usage, chunks[-1].unproven = last.usage, last.unproven
            chunks[-1].extra, chunks[-1].facts = last.extra, last.facts
            native = (
                replace(call, index=self._native.get(-1 if call.index is None else call.index))
                for call in last.invalid_tool_calls
            )
            chunks[-1].invalid_tool_calls = (*native, *self._invalid)
        if _says_nothing(chunks[-1]):
            self._opening = carrier  # the first chunk that goes out says whose it is
            return []
        self._opening = Chunk()
        return chunks

    def _add(self, event: Event, chunk: Chunk) -> None:
        if event.kind == "text":
            chunk.text += event.text
        elif event.kind == "name":
            self._current = ToolCallDelta(self._indices, self._call_id(event.text), event.text)
            chunk.tool_calls += (self._current,)
            self._indices += 1
        elif event.kind == "invalid":
            self._invalid.append(self._invalid_call(event))
        else:
            self._has_calls = True
            index = self._current.index
            if chunk.tool_calls and chunk.tool_calls[-1].index == index:
                chunk.tool_calls[-1].arguments = event.text
            else:
                chunk.tool_calls += (ToolCallDelta(index, arguments=event.text),)

    def _invalid_call(self, event: Event) -> InvalidToolCall:
        if event.name:  # nothing of it went out
            name, call_id, index = event.name, self._call_id(event.name), None
            self._indices += 1
        else:
            name, call_id = self._current.name or "", self._current.id or ""
            index = self._current.index
        return InvalidToolCall(call_id, name, event.text, event.reason, index)

    def _finish_reason(self, last: Chunk) -> str | None:
        if last.finish_reason == "stop" and (self._has_calls or self._native):
            return "tool_calls"
        return last.finish_reason

    def _renumbered(self, delta: ToolCallDelta) -> ToolCallDelta:
        # Some servers find calls of the usual formats by themselves, asked or not.
        if delta.index not in self._native:
            self._native[delta.index] = self._indices
            self._indices += 1
        return replace(delta, index=self._native[delta.index])

    def _call_id(self, name: str) -> str:
        # From the answer alone, so that a recorded answer has the same ids each time.
        source = f"{self._seed}/{self._id}/{self._indices}/{name}"
        return f"call_{blake2b(source.encode(), digest_size=12).hexdigest()}"


def _says_nothing(chunk: Chunk) -> bool:
    said = (chunk.text, chunk.reasoning, chunk.refusal, chunk.tool_calls, chunk.logprobs)
    return not any((*said, chunk.finish_reason, chunk.usage))
