"""The ways in which an answer that arrived whole is still not what was asked for."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.llms.types import ChatResponse, ThinkingBlock

from ramclouds import Choice, Completion, ResponseError
from ramclouds.prompted import unsupported_message


class UnfitAnswerError(ResponseError, ValueError):
    """An answer that is not what was asked for: its text is in `text`."""

    partial: Completion | None = None

    @property
    def text(self) -> str:
        """What the model said instead."""
        return self.partial.text if self.partial else ""

    @property
    def thinking(self) -> str:
        """What the model thought."""
        return self.partial.reasoning if self.partial else ""


class MissingToolCallError(UnfitAnswerError):
    """A tool call was demanded, and the model answered with text instead: it is in `text`."""


class StructuredOutputError(UnfitAnswerError):
    """The answer holds no object that fits the asked-for class: its text is in `text`."""


class EmptyAnswerError(UnfitAnswerError):
    """The model thought, and then neither said anything nor called a tool."""


def missing_call_error(response: ChatResponse, model: str) -> MissingToolCallError:
    """The error of an answer without the call that it should hold."""
    return MissingToolCallError(
        "Expected at least one tool call, but the model answered with text:"
        f" {shown(response.message.content or '')}. {_why_no_call(response, model)}",
        **facts_of(response),
    )


def _why_no_call(response: ChatResponse, model: str) -> str:
    about = response.additional_kwargs
    if about.get("finish_reason") == "length":
        return "The answer was cut off at its token limit: raise max_tokens."
    if about.get("refusal"):
        return "It is a refusal: change the messages, or use another model."
    if (way := about.get("tool_calling")) is not None:
        return (
            f"It was asked for through the prompt (tool_calling={way!r}):"
            " use tool_choice='auto' and handle"
            " text, or another model."
        )
    return unsupported_message("`tools` or `tool_choice`", model)


def empty_answer_error(response: ChatResponse) -> EmptyAnswerError:
    """The error of an answer that holds nothing but thoughts."""
    facts = facts_of(response)
    thought: Completion = facts["partial"]
    is_cut_off = response.additional_kwargs.get("finish_reason") == "length"
    advice = (
        "They were cut off at the token limit: raise max_tokens."
        if is_cut_off
        else "Ask again, lower reasoning_effort, or use another model."
    )
    return EmptyAnswerError(
        "The answer holds neither text nor a tool call, only thoughts:"
        f" {shown(thought.reasoning)}. {advice}",
        **facts,
    )


def facts_of(response: ChatResponse) -> dict[str, Any]:
    """What an error keeps of an answer."""
    thoughts = [block for block in response.message.blocks if isinstance(block, ThinkingBlock)]
    choice = Choice(
        text=response.message.content or "",
        reasoning="".join(block.content or "" for block in thoughts),
    )
    return {
        "partial": Completion(choices=(choice,)),
        "body": response.raw,
        "request_id": response.additional_kwargs.get("request_id"),
    }


def shown(text: str) -> str:
    """The beginning of a text, in quotes."""
    return repr(text if len(text) <= 200 else text[:200] + "...")
