"""The ways in which a completion that arrived whole is still not what was asked for."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ThinkingBlock

from ramclouds import Choice, Completion, InvalidToolCall, ResponseError
from ramclouds.bridge.outcome import Outcome, invalid_calls_message, shown

INVALID_TOOL_CALLS = "invalid_tool_calls"
"""Key of a message's `additional_kwargs`: the calls that no tool may run."""


class UnfitAnswerError(ResponseError, ValueError):
    """A completion that is not what was asked for: its text is in `text`."""

    partial: Completion | None = None

    @property
    def text(self) -> str:
        """What the model wrote instead."""
        return self.partial.text if self.partial else ""

    @property
    def thinking(self) -> str:
        """What the model thought."""
        return self.partial.reasoning if self.partial else ""


class MissingToolCallError(UnfitAnswerError):
    """A tool call was demanded, and the model wrote text instead: it is in `text`."""


class InvalidToolCallError(UnfitAnswerError):
    """The model called tools with arguments that are cut off, or no JSON object."""

    @property
    def invalid_tool_calls(self) -> tuple[InvalidToolCall, ...]:
        """The calls, with their arguments as the model wrote them."""
        return self.partial.invalid_tool_calls if self.partial else ()


class StructuredOutputError(UnfitAnswerError):
    """The completion holds no object that fits the asked-for class: its text is in `text`."""


class EmptyAnswerError(UnfitAnswerError):
    """The model thought, and then neither wrote anything nor called a tool."""


def missing_call_error(response: ChatResponse, model: str) -> MissingToolCallError:
    """The error of a completion without the call that it should hold."""
    return MissingToolCallError(
        "Expected at least one tool call, but the model wrote text:"
        f" {shown(response.message.content or '')}."
        f" {outcome_of(response, model).without_call('`tools` or `tool_choice`')}",
        **facts_of(response),
    )


def invalid_calls_error(response: ChatResponse) -> InvalidToolCallError:
    """The error of a message with calls that no tool may run, and none that one may."""
    facts = facts_of(response)
    partial: Completion = facts["partial"]
    finish_reason = response.additional_kwargs.get("finish_reason")
    return InvalidToolCallError(
        invalid_calls_message(partial.invalid_tool_calls, partial.text, finish_reason), **facts
    )


def empty_answer_error(response: ChatResponse) -> EmptyAnswerError:
    """The error of a completion that holds nothing but thoughts."""
    facts = facts_of(response)
    partial: Completion = facts["partial"]
    advice = outcome_of(response).stopped
    return EmptyAnswerError(
        "The completion holds neither text nor a tool call, only thoughts:"
        f" {shown(partial.reasoning)}."
        f" {advice or 'Ask again, lower reasoning_effort, or use another model.'}",
        **facts,
    )


def outcome_of(response: ChatResponse, model: str = "") -> Outcome:
    """What a response says about itself."""
    about = response.additional_kwargs
    return Outcome(
        model=model,
        finish_reason=about.get("finish_reason"),
        refusal=about.get("refusal", ""),
        tool_calling=about.get("tool_calling"),
    )


def facts_of(response: ChatResponse) -> dict[str, Any]:
    """What an error keeps of a response."""
    message = response.message
    thoughts = [block for block in message.blocks if isinstance(block, ThinkingBlock)]
    choice = Choice(
        text=message.content or "",
        reasoning="".join(block.content or "" for block in thoughts),
        finish_reason=response.additional_kwargs.get("finish_reason"),
        invalid_tool_calls=invalid_calls(message),
    )
    return {
        "partial": Completion(choices=(choice,)),
        "body": response.raw,
        "request_id": response.additional_kwargs.get("request_id"),
    }


def invalid_calls(message: ChatMessage) -> tuple[InvalidToolCall, ...]:
    """The calls of a message that no tool may run."""
    listed = message.additional_kwargs.get(INVALID_TOOL_CALLS) or ()
    return tuple(InvalidToolCall(**call) for call in listed)
