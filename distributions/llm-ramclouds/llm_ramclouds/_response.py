"""A response of the client as the events of `llm`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import llm
from llm.parts import StreamEvent

from llm_ramclouds._request import METADATA, Request
from ramclouds import Chunk, Completion, ToolCallDelta, Usage, accumulate
from ramclouds.bridge.expectation import Expectation
from ramclouds.bridge.outcome import Outcome
from ramclouds.bridge.structured import Shape, UnfitError, Written, read_value


def as_chunk(completion: Completion) -> Chunk:
    """A whole completion as the one chunk of a stream."""
    return Chunk(
        text=completion.text,
        reasoning=completion.reasoning,
        refusal=completion.refusal,
        tool_calls=tuple(
            ToolCallDelta(index, call.id, call.name, call.arguments, call.extra)
            for index, call in enumerate(completion.tool_calls)
        ),
        invalid_tool_calls=completion.invalid_tool_calls,
        finish_reason=completion.finish_reason,
        usage=completion.usage,
        id=completion.id,
        model=completion.model,
        request_id=completion.request_id,
        raw=completion.raw,
        tool_calling=completion.tool_calling,
        unproven=completion.unproven,
        facts=completion.facts,
    )


class Reading:
    """The response to one request, as it arrives."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._chunks: list[Chunk] = []
        self._model: str = request.params["model"]

    def feed(self, chunk: Chunk) -> Iterator[StreamEvent]:
        """Reasoning and text at once; calls, and the value of a schema, when they are whole."""
        self._chunks.append(chunk)
        self._model = chunk.model or self._model
        if chunk.reasoning:
            yield StreamEvent("reasoning", chunk.reasoning, provider_metadata=self._author())
        text = chunk.text or chunk.refusal
        if text and self._request.shape is None:
            yield StreamEvent("text", text, provider_metadata=self._author())

    def end(self, response: llm.Response | llm.AsyncResponse) -> Iterator[StreamEvent]:
        """The rest, and what `llm` logs.

        Raises:
            llm.ModelError: the completion is not what was asked for.
        """
        completion = accumulate(self._chunks)
        _log(response, completion)
        shape = self._request.shape
        if shape is not None and not self._calls_other_tools(completion):
            yield StreamEvent("text", _value(completion, shape, self._request), None)
            return
        problem = self._expectation().problem(completion)
        if problem is not None:
            raise llm.ModelError(problem.message)
        for call in completion.tool_calls:
            response.add_tool_call(
                llm.ToolCall(
                    name=call.name,
                    arguments=json.loads(call.arguments, strict=False),
                    tool_call_id=call.id,
                )
            )
            kept = self._author({"extra": call.extra} if call.extra else {})
            yield StreamEvent(
                "tool_call_name", call.name, tool_call_id=call.id, provider_metadata=kept
            )
            yield StreamEvent("tool_call_args", call.arguments, tool_call_id=call.id)

    def _calls_other_tools(self, completion: Completion) -> bool:
        return bool(completion.tool_calls) and not self._request.by_tool_call

    def _expectation(self) -> Expectation:
        offers_tools = bool(self._request.params.get("tools"))
        return Expectation(
            model=self._request.params["model"],
            whole_calls=offers_tools,
            not_empty=offers_tools,
            after_results=self._request.after_results,
        )

    def _author(self, kept: dict[str, Any] | None = None) -> dict[str, Any]:
        return {METADATA: {"model": self._model, **(kept or {})}}


def _value(completion: Completion, shape: Shape[Any], request: Request) -> str:
    """The JSON text of the value that the schema asked for."""
    by_call = request.by_tool_call
    written = Written(
        text=completion.text,
        arguments=[call.arguments for call in completion.tool_calls if by_call],
        invalid=[call.arguments for call in completion.invalid_tool_calls if by_call],
        outcome=Outcome(
            model=request.params["model"],
            finish_reason=completion.finish_reason,
            refusal=completion.refusal,
            tool_calling=completion.tool_calling,
            token_limit=completion.facts.get("token_limit"),
        ),
    )
    try:
        value = read_value(written, shape, asked_by="`tools`" if by_call else "`response_format`")
    except UnfitError as error:
        raise llm.ModelError(str(error)) from error
    return json.dumps(value, ensure_ascii=False)


def _log(response: llm.Response | llm.AsyncResponse, completion: Completion) -> None:
    if completion.model:
        response.set_resolved_model(completion.model)
    response.response_json = {
        "id": completion.id,
        "model": completion.model,
        "finish_reason": completion.finish_reason,
        "request_id": completion.request_id,
        "cost": completion.cost,
    }
    if completion.usage is not None:
        response.set_usage(
            input=completion.usage.prompt_tokens,
            output=completion.usage.completion_tokens,
            details=_details(completion.usage),
        )


def _details(usage: Usage) -> dict[str, int] | None:
    details = {
        "cached_tokens": usage.cached_tokens,
        "cache_creation_tokens": usage.cache_creation_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }
    return {name: count for name, count in details.items() if count} or None
