"""Completions and chunks as LlamaIndex's responses."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    AudioBlock,
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    ContentBlock,
    ImageBlock,
    LogProb,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from llama_index_ramclouds._errors import INVALID_TOOL_CALLS
from llama_index_ramclouds._messages import MODEL
from ramclouds import Chunk, Completion, InvalidToolCall, ToolCall, Usage
from ramclouds.bridge.history import wire_call
from ramclouds.bridge.pictures import picture_source
from ramclouds.bridge.tools import ArrivingCall, parsed_arguments

# A chat message validates in 8 µs, in Python, for every token; a copy of this one takes 2 µs.
_CALL_KEYS = frozenset({"id", "type", "function"})
_TEMPLATE = ChatMessage(role=MessageRole.ASSISTANT, blocks=[], additional_kwargs={})


def to_chat(completion: Completion) -> ChatResponse:
    """A whole completion; a refusal is the text that the user gets to read."""
    choice = completion.choices[0]
    blocks: list[ContentBlock] = []
    if choice.reasoning:
        blocks.append(_thinking(choice.reasoning, completion.usage))
    blocks.append(TextBlock(text=choice.text + choice.refusal))
    if choice.extra:
        blocks += _media(choice.extra)
    blocks += [_call_block(call, _whole(call.arguments)) for call in choice.tool_calls]
    about = _about(completion)
    kwargs = _calls(choice.tool_calls, choice.invalid_tool_calls)
    _name_author(kwargs, about["additional_kwargs"], choice.reasoning, choice.text)
    return ChatResponse(message=_message(blocks, kwargs), **about)


def to_completion(completion: Completion) -> CompletionResponse:
    """A whole completion as text."""
    choice = completion.choices[0]
    return CompletionResponse(text=choice.text + choice.refusal, **_about(completion))


def _about(completion: Completion) -> dict[str, Any]:
    choice, usage = completion.choices[0], completion.usage
    counts = _counts(usage) if usage else {}
    facts = {**counts, **_identity(completion), **choice.extra, **completion.facts}
    facts["finish_reason"] = choice.finish_reason
    if choice.refusal:
        facts["refusal"] = choice.refusal
    if completion.unproven:
        facts["unproven"] = True
    return {
        "raw": _raw(completion.raw, usage, counts) if usage else completion.raw,
        "logprobs": None if choice.logprobs is None else _logprobs(choice.logprobs),
        "additional_kwargs": facts,
    }


class ResponseBuilder:
    """A completion as it arrives: each chunk becomes a response that holds all so far."""

    __slots__ = ("_about", "_calls", "_reasoning", "_text")

    def __init__(self) -> None:
        self._text = ""
        self._reasoning = ""
        self._calls: dict[int, ArrivingCall] = {}
        self._about: dict[str, Any] = {}

    def to_chat(self, chunk: Chunk) -> ChatResponse:
        about = self._add(chunk)
        for delta in chunk.tool_calls:
            if delta.index not in self._calls:
                self._calls[delta.index] = ArrivingCall(delta.id or "", delta.name or "")
            self._calls[delta.index].add(delta)
        blocks: list[ContentBlock] = [TextBlock(text=self._text)]
        kwargs: dict[str, Any] = {}
        if chunk.extra:
            blocks += _media(chunk.extra)
        if self._reasoning:
            blocks.insert(0, _thinking(self._reasoning, chunk.usage))
        if self._calls or chunk.invalid_tool_calls:
            calls = self._calls_of(chunk)
            blocks += calls.values()
            kwargs = _calls([self._calls[index].call for index in calls], chunk.invalid_tool_calls)
        if chunk.finish_reason is not None:
            _name_author(kwargs, about["additional_kwargs"], self._reasoning, self._text)
        return ChatResponse(message=_message(blocks, kwargs), **about)

    def to_completion(self, chunk: Chunk) -> CompletionResponse:
        about = self._add(chunk)
        return CompletionResponse(text=self._text, **about)

    def _add(self, chunk: Chunk) -> dict[str, Any]:
        delta = chunk.text + chunk.refusal if chunk.refusal else chunk.text
        self._text += delta
        self._reasoning += chunk.reasoning
        counts = _counts(chunk.usage) if chunk.usage else {}
        facts: dict[str, Any] = {"thinking_delta": chunk.reasoning or None}
        if chunk.refusal:
            self._about["refusal"] = self._about.get("refusal", "") + chunk.refusal
        if chunk.id or chunk.model or chunk.request_id:
            self._about.update(_identity(chunk))
        if chunk.finish_reason is not None:
            facts |= self._about | counts | chunk.extra | chunk.facts
            facts["finish_reason"] = chunk.finish_reason
            if chunk.unproven:
                facts["unproven"] = True
        return {
            "delta": delta,
            "raw": _raw(chunk.raw, chunk.usage, counts) if chunk.usage else chunk.raw,
            "logprobs": None if chunk.logprobs is None else _logprobs(chunk.logprobs),
            "additional_kwargs": facts,
        }

    def _calls_of(self, chunk: Chunk) -> dict[int, ToolCallBlock]:
        """The calls that have arrived so far; at the end only those that a tool may run."""
        is_end = chunk.finish_reason is not None
        not_to_run = {call.index for call in chunk.invalid_tool_calls}
        return {
            index: _call_block(one.call, _whole(one.call.arguments) if is_end else one.so_far())
            for index, one in self._calls.items()
            if index not in not_to_run
        }


def _message(blocks: list[ContentBlock], additional_kwargs: dict[str, Any]) -> ChatMessage:
    message = copy.copy(_TEMPLATE)
    message.__dict__.update(blocks=blocks, additional_kwargs=additional_kwargs)
    return message


def _thinking(reasoning: str, usage: Usage | None) -> ThinkingBlock:
    return ThinkingBlock(content=reasoning, num_tokens=usage and (usage.reasoning_tokens or None))


def _call_block(call: ToolCall, kwargs: dict[str, Any] | str) -> ToolCallBlock:
    return ToolCallBlock(tool_call_id=call.id, tool_name=call.name, tool_kwargs=kwargs)


def _media(extra: Mapping[str, Any]) -> list[ContentBlock]:
    """The pictures and the speech of a message."""
    blocks: list[ContentBlock] = []
    for source in map(picture_source, extra.get("images") or ()):
        if source and "base64" in source:
            data = source["base64"].encode()
            blocks.append(ImageBlock(image=data, image_mimetype=source["mime_type"]))
        elif source:
            blocks.append(ImageBlock(url=source["url"]))
    if speech := (extra.get("audio") or {}).get("data"):
        blocks.append(AudioBlock(audio=speech.encode()))
    return blocks


def _whole(arguments: str) -> dict[str, Any] | str:
    """The object, or the text where it is none."""
    found, is_whole = parsed_arguments(arguments)
    return found if is_whole else arguments


def _calls(calls: Sequence[ToolCall], invalid: Sequence[InvalidToolCall]) -> dict[str, Any]:
    """The calls of a message for its `additional_kwargs`, and apart from them those not to run."""
    kwargs: dict[str, Any] = {}
    if calls:
        kwargs["tool_calls"] = [
            wire_call(call.id, call.name, call.arguments, **call.extra) for call in calls
        ]
    if invalid:
        names = ("id", "name", "arguments", "reason")
        kwargs[INVALID_TOOL_CALLS] = [
            {name: getattr(call, name) for name in names} for call in invalid
        ]
    return kwargs


def _name_author(
    kwargs: dict[str, Any], facts: Mapping[str, Any], reasoning: str, text: str
) -> None:
    """Notes who wrote a message if a part of it may go back to that model alone."""
    has_extra = any(call.keys() > _CALL_KEYS for call in kwargs.get("tool_calls", ()))
    if reasoning or has_extra or text.startswith("<think>"):
        kwargs[MODEL] = facts.get("requested_model") or facts["model"]
    if reasoning and "reasoning_field" in facts:
        kwargs["reasoning_field"] = facts["reasoning_field"]


def _raw(raw: dict[str, Any], usage: Usage, counts: Mapping[str, int]) -> dict[str, Any]:
    """The JSON as sent; its usage in the two names that TokenCountingHandler looks for first."""
    return {**raw, "usage": {**usage.raw, **counts}}


_DETAILS = ("cached_tokens", "cache_creation_tokens", "reasoning_tokens")


def _counts(usage: Usage) -> dict[str, int]:
    counts = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
    for name in _DETAILS:
        if count := getattr(usage, name):
            counts[name] = count
    return counts


def _identity(completion: Completion | Chunk) -> dict[str, Any]:
    named = {"id": completion.id, "model": completion.model, "request_id": completion.request_id}
    way = {"tool_calling": completion.tool_calling} if completion.tool_calling else {}
    return named | way


def _logprobs(logprobs: Mapping[str, Any]) -> list[list[LogProb]]:
    return [_alternatives(token) for token in logprobs.get("content") or []]


def _alternatives(token: Mapping[str, Any]) -> list[LogProb]:
    """The most likely tokens at one place, or the chosen one if no others were asked for."""
    return [
        LogProb(token=one["token"], logprob=one["logprob"], bytes=one.get("bytes") or [])
        for one in token.get("top_logprobs") or [token]
    ]
