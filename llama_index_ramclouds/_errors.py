"""The ways in which a completion that arrived whole is still not what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ThinkingBlock, ToolCallBlock

import ramclouds
from ramclouds import ResponseError
from ramclouds.bridge.outcome import Outcome

if TYPE_CHECKING:
    from ramclouds.bridge.expectation import Expectation

INVALID_TOOL_CALLS = "invalid_tool_calls"
"""Key of a message's `additional_kwargs`: the calls that no tool may run."""


class UnfitAnswerError(ResponseError, ValueError):
    """A completion that is not what was asked for: its text is in `text`."""

    partial: ramclouds.Completion | None = None

    @property
    def text(self) -> str:
        """What the model wrote instead."""
        return self.partial.text if self.partial else ""

    @property
    def thinking(self) -> str:
        """What the model thought."""
        return self.partial.reasoning if self.partial else ""


class MissingToolCallError(UnfitAnswerError):
    """A tool call was forced, and the model wrote text instead: it is in `text`."""


class InvalidToolCallError(UnfitAnswerError):
    """The model called tools with arguments that are cut off, or not one JSON object."""

    @property
    def invalid_tool_calls(self) -> tuple[ramclouds.InvalidToolCall, ...]:
        """The calls, with their arguments as the model wrote them."""
        return self.partial.invalid_tool_calls if self.partial else ()


class StructuredOutputError(UnfitAnswerError):
    """The completion holds no object of the class that was asked for: its text is in `text`."""


class EmptyAnswerError(UnfitAnswerError):
    """Tools were offered, and the model wrote neither text nor a tool call."""


_KINDS: dict[str, type[UnfitAnswerError]] = {
    "refused": MissingToolCallError,
    "missing_call": MissingToolCallError,
    "invalid_calls": InvalidToolCallError,
    "empty": EmptyAnswerError,
}


def as_expected(response: ChatResponse, expectation: Expectation) -> ChatResponse:
    """The response; an error where it is not as expected."""
    if not expectation.concerns(INVALID_TOOL_CALLS in response.message.additional_kwargs):
        return response
    facts = facts_of(response)
    problem = expectation.problem(facts["partial"])
    if problem is not None:
        raise _KINDS[problem.kind](problem.message, **facts, retryable=problem.retryable)
    return response


def asks_again(response: ChatResponse, expectation: Expectation) -> bool:
    """Whether the request is to be sent once more, since the response is empty."""
    return bool(expectation.retries_left) and expectation.asks_again(facts_of(response)["partial"])


def outcome_of(response: ChatResponse, model: str = "") -> Outcome:
    """What a response says about itself."""
    about = response.additional_kwargs
    return Outcome(
        model=about["model"] if "fallback_from" in about else model,
        finish_reason=about.get("finish_reason"),
        refusal=about.get("refusal", ""),
        tool_calling=about.get("tool_calling"),
        token_limit=about.get("token_limit"),
    )


def facts_of(response: ChatResponse) -> dict[str, Any]:
    """What an error keeps of a response."""
    message, about = response.message, response.additional_kwargs
    thoughts = [block for block in message.blocks if isinstance(block, ThinkingBlock)]
    choice = ramclouds.Choice(
        text=message.content or "",
        reasoning="".join(block.content or "" for block in thoughts),
        refusal=about.get("refusal", ""),
        tool_calls=_calls(message),
        finish_reason=about.get("finish_reason"),
        invalid_tool_calls=invalid_calls(message),
    )
    return {
        "partial": ramclouds.Completion(
            model=about.get("model") or "",
            choices=(choice,),
            tool_calling=about.get("tool_calling"),
            facts={name: about[name] for name in _FACTS if name in about},
        ),
        "body": response.raw,
        "request_id": about.get("request_id"),
    }


_FACTS = ("token_limit", "fallback_from")


def _calls(message: ChatMessage) -> tuple[ramclouds.ToolCall, ...]:
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    listed = message.additional_kwargs.get("tool_calls") or ()
    calls = [(call["id"], call["function"]) for call in listed if isinstance(call, dict)]
    if not calls:
        return tuple(
            ramclouds.ToolCall(block.tool_call_id or "", block.tool_name, "") for block in blocks
        )
    return tuple(ramclouds.ToolCall(id, of["name"], of["arguments"]) for id, of in calls)


def invalid_calls(message: ChatMessage) -> tuple[ramclouds.InvalidToolCall, ...]:
    """The calls of a message that no tool may run."""
    listed = message.additional_kwargs.get(INVALID_TOOL_CALLS) or ()
    return tuple(ramclouds.InvalidToolCall(**call) for call in listed)
