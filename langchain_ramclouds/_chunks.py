"""Chunks of a completion as LangChain's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import ToolCallChunk
from langchain_core.outputs import ChatGenerationChunk

from langchain_ramclouds._content_blocks import PROVIDER
from langchain_ramclouds._json_text import JsonStream
from langchain_ramclouds._messages import TOOL_CALL_EXTRAS
from langchain_ramclouds._request import Expectation
from langchain_ramclouds._results import to_metadata, to_token_usage, to_usage_metadata
from ramclouds import Choice, Chunk, Completion, ToolCallDelta

# A chunk is built for every token. Built by their constructors, message and generation take
# 7.4 µs; copied from these two, which the constructors have checked, 2.3 µs.
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


class StreamReader:
    """Turns the chunks of one stream into LangChain's, of which a sum loses nothing."""

    __slots__ = ("_call_ids", "_described", "_expectation", "_heard", "_json", "_verbatim")

    def __init__(self, expectation: Expectation) -> None:
        self._expectation = expectation
        self._json = JsonStream() if expectation.only_json else None
        self._described = False
        self._verbatim = False
        self._call_ids: dict[int, str | None] = {}
        self._heard: list[Chunk] = []

    def read(self, chunk: Chunk) -> Sequence[ChatGenerationChunk]:
        """The chunks to hand on for this one; the last of a stream holds no fragment of a call.

        LangChain reads fragments in the last chunk as finished calls.
        """
        if self._verbatim and _is_only_text(chunk):
            return (text_chunk(chunk.text),)
        if self._expectation.must_call:
            self._heard.append(chunk)
        body = self._to_body(chunk)
        self._verbatim = self._json is None and not self._expectation.must_call
        if chunk.finish_reason is None:
            return (body,) if body is not None else ()
        self._check()
        last = _to_last(chunk)
        return (body, last) if body is not None else (last,)

    def _to_body(self, chunk: Chunk) -> ChatGenerationChunk | None:
        text = self._to_text(chunk)
        additional = self._to_additional(chunk)
        described = self._describe(chunk)
        if not (text or additional or described or chunk.tool_calls or chunk.logprobs):
            return None
        message = AIMessageChunk(
            content=text,
            additional_kwargs=additional,
            response_metadata={"model_provider": PROVIDER, **described},
            tool_call_chunks=[_to_fragment(delta) for delta in chunk.tool_calls],
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
            if delta.id is not None:
                self._call_ids[delta.index] = delta.id
            if delta.extra:
                call_id = self._call_ids[delta.index]
                additional.setdefault(TOOL_CALL_EXTRAS, {})[call_id] = delta.extra
        return additional

    def _describe(self, chunk: Chunk) -> dict[str, Any]:
        """Facts of the whole answer: once, since LangChain adds strings up."""
        if self._described:
            return {}
        self._described = True
        return to_metadata(
            completion_id=chunk.id,
            model=chunk.model or self._expectation.model,
            request_id=chunk.request_id,
            prompted_mode=self._expectation.prompted_mode,
        )

    def _check(self) -> None:
        if self._expectation.must_call and not self._call_ids:
            self._expectation.check(_to_completion(self._heard))


def _is_only_text(chunk: Chunk) -> bool:
    return not (
        chunk.finish_reason is not None
        or chunk.tool_calls
        or chunk.reasoning
        or chunk.refusal
        or chunk.logprobs is not None
    )


def _to_fragment(delta: ToolCallDelta) -> ToolCallChunk:
    return ToolCallChunk(
        type="tool_call_chunk",
        index=delta.index,
        id=delta.id,
        name=delta.name,
        args=delta.arguments,
    )


def _to_last(chunk: Chunk) -> ChatGenerationChunk:
    message = AIMessageChunk(
        content="",
        response_metadata={"model_provider": PROVIDER, **to_token_usage(chunk.usage)},
        usage_metadata=to_usage_metadata(chunk.usage) if chunk.usage else None,
        chunk_position="last",
    )
    return ChatGenerationChunk(
        message=message, generation_info={"finish_reason": chunk.finish_reason}
    )


def _to_completion(heard: Sequence[Chunk]) -> Completion:
    """The answer without a call that came where a call was forced."""
    choice = Choice(
        text="".join(chunk.text for chunk in heard),
        reasoning="".join(chunk.reasoning for chunk in heard),
        refusal="".join(chunk.refusal for chunk in heard),
        finish_reason=heard[-1].finish_reason,
    )
    first, last = heard[0], heard[-1]
    return Completion(
        id=first.id or "",
        model=first.model or "",
        choices=(choice,),
        usage=last.usage,
        request_id=first.request_id,
        raw=last.raw,
    )
