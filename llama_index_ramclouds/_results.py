"""What the client returns to LlamaIndex's responses: the way back of every request."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    ContentBlock,
    LogProb,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from llama_index_ramclouds._arguments import ArrivingArguments, to_object
from llama_index_ramclouds._expectation import Expectation
from ramclouds import Chunk, Completion, ToolCall, Usage

# A chat message validates in 8 µs, in Python, for every token; a copy of this one takes 2 µs.
_TEMPLATE = ChatMessage(role=MessageRole.ASSISTANT, blocks=[], additional_kwargs={})


def to_chat(completion: Completion, expectation: Expectation) -> ChatResponse:
    """A whole answer; a refusal is the text that the user gets to read."""
    blocks: list[ContentBlock] = []
    if completion.reasoning:
        blocks.append(_thinking(completion.reasoning, completion.usage))
    blocks.append(TextBlock(text=completion.text + completion.refusal))
    for call in completion.tool_calls:
        found, whole = to_object(call.arguments)
        kwargs = found if whole else call.arguments
        blocks.append(_call_block(call.id, call.name, kwargs))
    calls = [_wire_call(call) for call in completion.tool_calls]
    return ChatResponse(
        message=_message(blocks, {"tool_calls": calls} if calls else {}),
        raw=_raw(completion.raw, completion.usage),
        logprobs=_logprobs(completion.logprobs),
        additional_kwargs=_facts_of(completion, expectation),
    )


def to_completion(completion: Completion, expectation: Expectation) -> CompletionResponse:
    """A whole answer as text."""
    return CompletionResponse(
        text=completion.text + completion.refusal,
        raw=_raw(completion.raw, completion.usage),
        logprobs=_logprobs(completion.logprobs),
        additional_kwargs=_facts_of(completion, expectation),
    )


class ResponseBuilder:
    """A streamed answer as it arrives: each chunk becomes a response that holds all so far."""

    __slots__ = ("_about", "_calls", "_expectation", "_reasoning", "_text")

    def __init__(self, expectation: Expectation) -> None:
        self._expectation = expectation
        self._text = ""
        self._reasoning = ""
        self._calls: dict[int, tuple[ToolCall, ArrivingArguments]] = {}
        self._about: dict[str, Any] = {}

    def to_chat(self, chunk: Chunk) -> ChatResponse:
        delta, about = self._add(chunk)
        if chunk.tool_calls:
            self._add_calls(chunk)
        blocks: list[ContentBlock] = [TextBlock(text=self._text)]
        kwargs: dict[str, Any] = {}
        if self._reasoning:
            blocks.insert(0, _thinking(self._reasoning, chunk.usage))
        if self._calls:
            blocks.extend(self._call_blocks(last=chunk.finish_reason is not None))
            kwargs["tool_calls"] = [_wire_call(call) for call in self._whole_calls()]
        return ChatResponse(
            message=_message(blocks, kwargs),
            delta=delta,
            raw=_raw(chunk.raw, chunk.usage) if chunk.usage else chunk.raw,
            logprobs=_logprobs(chunk.logprobs),
            additional_kwargs=about,
        )

    def to_completion(self, chunk: Chunk) -> CompletionResponse:
        delta, about = self._add(chunk)
        return CompletionResponse(
            text=self._text,
            delta=delta,
            raw=_raw(chunk.raw, chunk.usage) if chunk.usage else chunk.raw,
            logprobs=_logprobs(chunk.logprobs),
            additional_kwargs=about,
        )

    def _add(self, chunk: Chunk) -> tuple[str, dict[str, Any]]:
        delta = chunk.text + chunk.refusal if chunk.refusal else chunk.text
        self._text += delta
        self._reasoning += chunk.reasoning
        about: dict[str, Any] = {"thinking_delta": chunk.reasoning or None}
        if chunk.refusal:
            self._about["refusal"] = self._about.get("refusal", "") + chunk.refusal
        if chunk.id or chunk.model or chunk.request_id:
            self._about.update(_identity(chunk))
        if chunk.finish_reason is not None:
            about |= self._about | _counts(chunk.usage) | _way(self._expectation)
            about["finish_reason"] = chunk.finish_reason
        return delta, about

    def _add_calls(self, chunk: Chunk) -> None:
        for delta in chunk.tool_calls:
            if delta.index not in self._calls:
                call = ToolCall(delta.id or "", delta.name or "", "")
                self._calls[delta.index] = (call, ArrivingArguments())
            call, arguments = self._calls[delta.index]
            call.extra.update(delta.extra)
            arguments.add(delta.arguments)

    def _call_blocks(self, *, last: bool) -> list[ToolCallBlock]:
        return [
            _call_block(call.id, call.name, arrived.whole() if last else arrived.so_far())
            for call, arrived in self._calls.values()
        ]

    def _whole_calls(self) -> list[ToolCall]:
        return [
            ToolCall(call.id, call.name, arrived.text, call.extra)
            for call, arrived in self._calls.values()
        ]


def _message(blocks: list[ContentBlock], additional_kwargs: dict[str, Any]) -> ChatMessage:
    message = copy.copy(_TEMPLATE)
    message.__dict__.update(blocks=blocks, additional_kwargs=additional_kwargs)
    return message


def _thinking(reasoning: str, usage: Usage | None) -> ThinkingBlock:
    return ThinkingBlock(content=reasoning, num_tokens=usage and (usage.reasoning_tokens or None))


def _call_block(id: str, name: str, kwargs: dict[str, Any] | str) -> ToolCallBlock:
    return ToolCallBlock(tool_call_id=id, tool_name=name, tool_kwargs=kwargs)


def _wire_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {**call.extra, "id": call.id, "type": "function", "function": function}


def _raw(raw: dict[str, Any], usage: Usage | None) -> dict[str, Any]:
    """The JSON as sent; its usage in the two names that TokenCountingHandler looks for first."""
    if usage is None:
        return raw
    return {**raw, "usage": {**usage.raw, **_counts(usage)}}


def _counts(usage: Usage | None) -> dict[str, int]:
    if usage is None:
        return {}
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }


def _facts_of(completion: Completion, expectation: Expectation) -> dict[str, Any]:
    refusal = {"refusal": completion.refusal} if completion.refusal else {}
    about = {**_counts(completion.usage), **_identity(completion), **refusal, **_way(expectation)}
    return {**about, "finish_reason": completion.finish_reason}


def _way(expectation: Expectation) -> dict[str, str]:
    """How the answer was asked for, where not natively."""
    return {"tool_calling": expectation.prompted_mode} if expectation.prompted_mode else {}


def _identity(completion: Completion | Chunk) -> dict[str, Any]:
    return {"id": completion.id, "model": completion.model, "request_id": completion.request_id}


def _logprobs(logprobs: Mapping[str, Any] | None) -> list[list[LogProb]] | None:
    if logprobs is None:
        return None
    return [_alternatives(token) for token in logprobs.get("content") or []]


def _alternatives(token: Mapping[str, Any]) -> list[LogProb]:
    """The likeliest tokens of one place, or the one taken where no others were asked for."""
    return [
        LogProb(token=one["token"], logprob=one["logprob"], bytes=one.get("bytes") or [])
        for one in token.get("top_logprobs") or [token]
    ]
