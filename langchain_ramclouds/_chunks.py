"""Chunks of a completion as LangChain's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import ToolCallChunk, tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from langchain_ramclouds._content_blocks import PROVIDER
from langchain_ramclouds._errors import INVALID_TOOL_CALLS, check
from langchain_ramclouds._messages import TOOL_CALL_EXTRAS
from langchain_ramclouds._results import (
    to_facts,
    to_invalid_call,
    to_metadata,
    to_token_usage,
    to_usage_metadata,
)
from ramclouds import Choice, Chunk, Completion, ToolCall
from ramclouds.bridge.expectation import Expectation
from ramclouds.bridge.json_text import unparsable_end
from ramclouds.bridge.only_json import JsonStream
from ramclouds.types import InvalidToolCall

# A chunk is built for every token. Built by their constructors, message and generation take
# 7.4 µs; copied from these two, which the constructors have checked, 2.3 µs. The same as
# `model_construct` sets: https://github.com/pydantic/pydantic/blob/v2.11.7/pydantic/main.py
_MESSAGE = dict(AIMessageChunk(content="").__dict__)
_GENERATION = dict(ChatGenerationChunk(message=AIMessageChunk(content="")).__dict__)

_new = object.__new__
_set = object.__setattr__


def text_chunk(text: str) -> ChatGenerationChunk:
    """A chunk of nothing but text, equal to one that its constructor made."""
    message = _new(AIMessageChunk)
    _set(
        message,
        "__dict__",
        {
            **_MESSAGE,
            "content": text,
            "additional_kwargs": {},
            "response_metadata": {"model_provider": PROVIDER},
            "tool_calls": [],
            "invalid_tool_calls": [],
            "tool_call_chunks": [],
        },
    )
    _set(message, "__pydantic_fields_set__", {"content", "response_metadata"})
    _set(message, "__pydantic_extra__", {})
    _set(message, "__pydantic_private__", None)
    generation = _new(ChatGenerationChunk)
    _set(generation, "__dict__", {**_GENERATION, "text": text, "message": message})
    _set(generation, "__pydantic_fields_set__", {"text", "message"})
    _set(generation, "__pydantic_extra__", None)
    _set(generation, "__pydantic_private__", None)
    return generation


class ChunkConverter:
    """Turns the chunks of one stream into LangChain's, whose sum loses nothing."""

    def __init__(
        self, expectation: Expectation, json_schema: Mapping[str, Any] | None = None
    ) -> None:
        self.is_done = False
        """Whether the stream has ended with a completion that is not asked for again."""
        self._expectation = expectation
        self._json = JsonStream(json_schema, expectation.model) if json_schema is not None else None
        self._first: Chunk | None = None
        self._calls: dict[int, ToolCall] = {}
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._refusal = ""

    def convert(self, chunk: Chunk) -> Sequence[ChatGenerationChunk]:
        """The chunks to hand on for this one; the last of a stream holds no fragment of a call.

        LangChain reads fragments in the last chunk as finished calls.
        """
        if not (
            self._first is None
            or self._json is not None
            or chunk.finish_reason is not None
            or chunk.tool_calls
            or chunk.reasoning
            or chunk.refusal
            or chunk.logprobs is not None
        ):
            self._text.append(chunk.text)
            return (text_chunk(chunk.text),)
        self._add(chunk)
        if chunk.finish_reason is None:
            body = self._to_body(chunk)
            return (body,) if body is not None else ()
        completion = self._to_completion(chunk)
        if self._expectation.asks_again(completion):
            self._text.clear()
            self._reasoning.clear()
            return ()
        check(completion, self._expectation)
        self.is_done = True
        body = self._to_body(chunk)
        last = _to_last(chunk)
        return (body, last) if body is not None else (last,)

    def _add(self, chunk: Chunk) -> None:
        self._text.append(chunk.text)
        self._reasoning.append(chunk.reasoning)
        self._refusal += chunk.refusal
        for delta in chunk.tool_calls:
            call = self._calls.setdefault(delta.index, ToolCall(delta.id or "", "", ""))
            call.name += delta.name or ""
            call.arguments += delta.arguments

    def _to_body(self, chunk: Chunk) -> ChatGenerationChunk | None:
        text = self._to_text(chunk)
        additional = self._to_additional(chunk)
        described = self._describe(chunk)
        fragments = [
            tool_call_chunk(index=one.index, id=one.id, name=one.name, args=one.arguments)
            for one in chunk.tool_calls
        ]
        fragments += [self._to_end(call) for call in chunk.invalid_tool_calls]
        if not (text or additional or described or fragments or chunk.logprobs):
            return None
        message = AIMessageChunk(
            content=text,
            additional_kwargs=additional,
            response_metadata={"model_provider": PROVIDER, **described},
            tool_call_chunks=fragments,
        )
        logprobs = {"logprobs": dict(chunk.logprobs)} if chunk.logprobs is not None else None
        return ChatGenerationChunk(message=message, generation_info=logprobs)

    def _to_text(self, chunk: Chunk) -> str:
        if self._json is None:
            return chunk.text
        text = self._json.feed(chunk.text)
        if chunk.tool_calls:
            text += self._json.release()
        return text + self._json.finish() if chunk.finish_reason is not None else text

    def _to_additional(self, chunk: Chunk) -> dict[str, Any]:
        additional: dict[str, Any] = {}
        if chunk.reasoning:
            additional["reasoning_content"] = chunk.reasoning
        if chunk.refusal:
            additional["refusal"] = chunk.refusal
        for delta in chunk.tool_calls:
            if delta.extra:
                call_id = self._calls[delta.index].id
                additional.setdefault(TOOL_CALL_EXTRAS, {})[call_id] = delta.extra
        if chunk.invalid_tool_calls:
            calls = [dict(to_invalid_call(call)) for call in chunk.invalid_tool_calls]
            additional[INVALID_TOOL_CALLS] = calls
        return additional

    def _describe(self, chunk: Chunk) -> dict[str, Any]:
        """Facts of the whole completion: once, since LangChain adds strings up."""
        if self._first is not None:
            return {}
        self._first = chunk
        return to_metadata(chunk, self._expectation.model)

    def _to_end(self, call: InvalidToolCall) -> ToolCallChunk:
        """A fragment that keeps the sum of this call's fragments from being a valid call."""
        if call.index in self._calls:
            end = unparsable_end(self._calls[call.index].arguments)
            return tool_call_chunk(index=call.index, args=end)
        index = max(self._calls, default=-1) + 1
        self._calls[index] = ToolCall(call.id, call.name, call.arguments)
        return tool_call_chunk(
            index=index,
            id=call.id,
            name=call.name,
            args=call.arguments + unparsable_end(call.arguments),
        )

    def _to_completion(self, last: Chunk) -> Completion:
        """What the chunks add up to, as far as it is checked."""
        not_to_run = {call.index for call in last.invalid_tool_calls}
        calls = (call for index, call in self._calls.items() if index not in not_to_run)
        choice = Choice(
            text="".join(self._text),
            reasoning="".join(self._reasoning),
            refusal=self._refusal,
            tool_calls=tuple(calls),
            invalid_tool_calls=last.invalid_tool_calls,
            finish_reason=last.finish_reason,
        )
        first = self._first or last
        return Completion(
            id=first.id or "",
            model=first.model or "",
            choices=(choice,),
            usage=last.usage,
            request_id=first.request_id,
            raw=last.raw,
            tool_calling=first.tool_calling,
            facts=last.facts,
        )


def _to_last(chunk: Chunk) -> ChatGenerationChunk:
    message = AIMessageChunk(
        content="",
        additional_kwargs=chunk.extra,
        response_metadata={
            "model_provider": PROVIDER,
            **to_token_usage(chunk.usage),
            **to_facts(chunk),
        },
        usage_metadata=to_usage_metadata(chunk.usage) if chunk.usage else None,
        chunk_position="last",
    )
    return ChatGenerationChunk(
        message=message, generation_info={"finish_reason": chunk.finish_reason}
    )
