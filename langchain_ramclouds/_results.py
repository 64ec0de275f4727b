"""A completion as LangChain's chat result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult

from langchain_ramclouds._content_blocks import PROVIDER
from langchain_ramclouds._errors import check
from langchain_ramclouds._messages import TOOL_CALL_EXTRAS
from langchain_ramclouds._request import Request
from ramclouds import Choice, Chunk, Completion, Usage
from ramclouds.bridge.only_json import only_json
from ramclouds.bridge.tools import parsed_arguments
from ramclouds.types import InvalidToolCall as ClientInvalidToolCall


def to_result(completion: Completion, request: Request) -> ChatResult:
    """All choices of a completion; its usage is counted once, on the first."""
    check(completion, request.expectation)
    described = to_metadata(completion, request.expectation.model) | to_facts(completion)
    generations = [
        ChatGeneration(
            message=_to_message(
                choice, described, completion.usage if not position else None, request
            ),
            generation_info=to_generation_info(choice.finish_reason, choice.logprobs),
        )
        for position, choice in enumerate(completion.choices)
    ]
    llm_output = {**described, **to_token_usage(completion.usage)}
    return ChatResult(generations=generations, llm_output=llm_output)


def to_partial_message(completion: Completion) -> AIMessage:
    """What had arrived of a completion that broke off."""
    described = to_metadata(completion, "")
    return _to_message(completion.choices[0], described, completion.usage, None)


def _to_message(
    choice: Choice,
    described: dict[str, Any],
    usage: Usage | None,
    request: Request | None,
) -> AIMessage:
    calls, invalid = _to_calls(choice)
    text = choice.text
    if request is not None and request.json_schema is not None and not choice.tool_calls:
        text = only_json(text, request.json_schema, request.expectation.model)
    return AIMessage(
        content=text,
        additional_kwargs=_to_additional(choice),
        response_metadata={**described, **to_token_usage(usage)},
        tool_calls=calls,
        invalid_tool_calls=invalid,
        usage_metadata=to_usage_metadata(usage) if usage else None,
    )


def _to_additional(choice: Choice) -> dict[str, Any]:
    additional = dict(choice.extra)
    if choice.reasoning:
        additional["reasoning_content"] = choice.reasoning
    if choice.refusal:
        additional["refusal"] = choice.refusal
    for call in choice.tool_calls:
        if call.extra:
            additional.setdefault(TOOL_CALL_EXTRAS, {})[call.id] = call.extra
    return additional


def _to_calls(choice: Choice) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    calls: list[ToolCall] = []
    invalid = list(map(to_invalid_call, choice.invalid_tool_calls))
    for call in choice.tool_calls:
        found, is_whole = parsed_arguments(call.arguments)
        if is_whole:
            calls.append(ToolCall(name=call.name, args=found, id=call.id, type="tool_call"))
        else:
            # The client gives none of these; LangChain would run it on what is missing.
            why = "The arguments are not one JSON object."
            invalid.append(
                to_invalid_call(ClientInvalidToolCall(call.id, call.name, call.arguments, why))
            )
    return calls, invalid


def to_invalid_call(call: ClientInvalidToolCall) -> InvalidToolCall:
    """A call that no tool may run, with its arguments as the model wrote them."""
    return InvalidToolCall(
        type="invalid_tool_call", name=call.name, args=call.arguments, id=call.id, error=call.reason
    )


def to_metadata(completion: Completion | Chunk, asked: str) -> dict[str, Any]:
    """What `response_metadata` says about a whole completion; `asked` is the model's name."""
    # The completion's id is not the message's: gateways repeat ids, and LangGraph replaces a
    # message by another of the same id.
    described = {"model_provider": PROVIDER, "model_name": completion.model or asked}
    for key in ("id", "request_id", "tool_calling"):
        if value := getattr(completion, key):
            described[key] = value
    return described


def to_facts(completion: Completion | Chunk) -> dict[str, Any]:
    """What the gateway says of a completion, and whether it may be cut off."""
    return completion.facts | ({"unproven": True} if completion.unproven else {})


def to_generation_info(
    finish_reason: str | None, logprobs: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What LangChain copies into `response_metadata` itself."""
    info: dict[str, Any] = {"finish_reason": finish_reason}
    if logprobs is not None:
        info["logprobs"] = dict(logprobs)
    return info


def to_token_usage(usage: Usage | None) -> dict[str, Any]:
    """The usage object as sent, for `response_metadata`."""
    return {"token_usage": dict(usage.raw)} if usage else {}


def to_usage_metadata(usage: Usage) -> UsageMetadata:
    """LangChain's token counts; details that are 0 are left out."""
    metadata = UsageMetadata(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        total_tokens=usage.total_tokens,
    )
    if read := _details(usage, INPUT_DETAILS):
        metadata["input_token_details"] = cast("InputTokenDetails", read)
    if written := _details(usage, OUTPUT_DETAILS):
        metadata["output_token_details"] = cast("OutputTokenDetails", written)
    return metadata


INPUT_DETAILS = {
    "cache_read": "cached_tokens",
    "cache_creation": "cache_creation_tokens",
    "audio": "prompt_audio_tokens",
}
OUTPUT_DETAILS = {"reasoning": "reasoning_tokens", "audio": "completion_audio_tokens"}
"""LangChain's names of the details of a usage, and the client's."""


def _details(usage: Usage, names: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, field in names.items():
        if count := getattr(usage, field):
            found[name] = count
    return found


def combine_llm_outputs(outputs: Iterable[Mapping[str, Any] | None]) -> dict[str, Any]:
    """Sum of the token counts of a batch."""
    total: dict[str, int] = {}
    combined: dict[str, Any] = {}
    for output in outputs:
        if output is None:  # from the cache
            continue
        combined["model_name"] = output["model_name"]
        for key, count in output.get("token_usage", {}).items():
            if isinstance(count, int):
                total[key] = total.get(key, 0) + count
    return combined | ({"token_usage": total} if total else {})
