"""What is expected of a completion, so that no agent stops in silence or asks for ever."""

from __future__ import annotations

import logging
import string
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

from ramclouds.bridge.dialects import dialect_for
from ramclouds.bridge.json_text import outside_thoughts
from ramclouds.bridge.outcome import (
    WORDS,
    OnEmpty,
    OnInvalidToolCalls,
    OnUnsupported,
    Outcome,
    ToolCalling,
    invalid_calls_message,
    shown,
)
from ramclouds.bridge.settings import check_count, check_word
from ramclouds.bridge.tools import is_forced
from ramclouds.types import Choice, Completion

__all__ = ["CallSettings", "Expectation", "Problem"]

logger = logging.getLogger("ramclouds")

Kind = Literal["refused", "missing_call", "invalid_calls", "empty"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a completion is not one that was asked for."""

    kind: Kind
    message: str
    retryable: bool
    """Whether the same request may be completed as asked."""


@dataclass(frozen=True, slots=True)
class CallSettings:
    """The settings of one call that are not sent."""

    tool_calling: ToolCalling | None = None
    on_unsupported: OnUnsupported = "raise"
    on_invalid_tool_calls: OnInvalidToolCalls = "raise"
    on_empty: OnEmpty = "raise"
    empty_retries: int = 0

    @classmethod
    def taken(cls, params: dict[str, Any], model: Any) -> CallSettings:
        """Take them out of a call's parameters; one that is missing or None is the model's."""
        found: dict[str, Any] = {}
        for name in _SETTINGS:
            given = params.pop(name, None)
            found[name] = getattr(model, name) if given is None else _checked(name, given)
        return cls(**found)

    def expectation(self, params: Mapping[str, Any], *, after_results: bool) -> Expectation:
        """What is expected of the completion of a call with these parameters."""
        has_tools = bool(params.get("tools"))
        return Expectation(
            params["model"],
            must_call=has_tools and is_forced(params.get("tool_choice")),
            whole_calls=self.on_invalid_tool_calls == "raise",
            not_empty=has_tools and self.on_empty == "raise",
            after_results=after_results,
            retries_left=self.empty_retries,
        )


_SETTINGS = tuple(CallSettings.__dataclass_fields__)


def _checked(name: str, given: Any) -> Any:
    return check_word(name, given, WORDS[name]) if name in WORDS else check_count(name, given)


@dataclass(slots=True)
class Expectation:
    """What is expected of the completion of one request."""

    model: str
    must_call: bool = False
    """A tool call was forced."""
    whole_calls: bool = False
    """A message with invalid tool calls, and no valid one, is an error."""
    not_empty: bool = False
    """Tools were offered, and a completion without text and calls is an error."""
    after_results: bool = False
    """The newest message is a tool's result."""
    retries_left: int = 0
    """How often an empty completion is asked for again."""

    @property
    def is_any(self) -> bool:
        """Whether every completion is as expected."""
        return not (self.must_call or self.whole_calls or self.not_empty)

    def concerns(self, has_invalid_calls: bool, /) -> bool:
        """Whether a completion with or without invalid calls may be another than expected."""
        return self.must_call or self.not_empty or (self.whole_calls and has_invalid_calls)

    def asks_again(self, completion: Completion) -> bool:
        """Whether the request is to be sent once more: one of the retries is then used up."""
        if not (self.not_empty and self.retries_left):
            return False
        problem = self.problem(completion)
        if problem is None or problem.kind != "empty" or not problem.retryable:
            return False
        self.retries_left -= 1
        return True

    def problem(self, completion: Completion) -> Problem | None:
        """What is wrong with a completion, or None."""
        if self.is_any or any(map(_CALLS, completion.choices)):
            return None
        invalid = [call for choice in completion.choices for call in choice.invalid_tool_calls]
        kind: Kind
        if invalid:
            if not self.whole_calls:
                return None
            kind = "invalid_calls"
            text = invalid_calls_message(invalid, completion.text, completion.finish_reason)
        elif self.must_call:
            kind = "refused" if completion.refusal else "missing_call"
            text = self._without_call(completion)
        elif not self.not_empty or not all(map(_is_empty, completion.choices)):
            return None
        elif self._is_end_of_turn(completion):
            model = self._model_of(completion)
            logger.warning("%s ended its turn behind a tool's result without a word", model)
            return None
        else:
            kind, thought = "empty", completion.reasoning or completion.text.strip()
            text = self._outcome(completion).without_words(thought)
        return Problem(kind, text, retryable=self._outcome(completion).stopped is None)

    def _without_call(self, completion: Completion) -> str:
        outcome = self._outcome(completion)
        advice = outcome.without_call("`tools` or `tool_choice`")
        if completion.refusal:
            return f"{outcome.model} refused to call a tool: {completion.refusal}. {advice}"
        wrote = f", but with the text {shown(completion.text)}" if completion.text else ""
        begun = f"A tool call was expected, and {outcome.model} completed without one{wrote}."
        return f"{begun} {advice}"

    def _outcome(self, completion: Completion) -> Outcome:
        return Outcome(
            model=self._model_of(completion),
            finish_reason=completion.finish_reason,
            refusal=completion.refusal,
            tool_calling=completion.tool_calling,
            token_limit=completion.facts.get("token_limit"),
        )

    def _model_of(self, completion: Completion) -> str:
        """The model that completed the request."""
        return completion.model if "fallback_from" in completion.facts else self.model

    def _is_end_of_turn(self, completion: Completion) -> bool:
        """Whether Claude ended its turn with an empty completion right behind tool results.

        https://docs.claude.com/en/api/handling-stop-reasons#empty-responses-with-end-turn
        """
        is_bare = not (completion.text or completion.reasoning)
        is_end = self.after_results and is_bare and completion.finish_reason == "stop"
        return is_end and dialect_for(self._model_of(completion)).may_end_with_nothing


_CALLS = attrgetter("tool_calls")


def _is_empty(choice: Choice) -> bool:
    # Thoughts in the text, zero-width spaces and byte order marks are no content either.
    return not (outside_thoughts(choice.text).strip(_INVISIBLE) or choice.refusal)


_INVISIBLE = string.whitespace + "\xa0\u200b\u200c\u200d\u2060\ufeff"
