"""Why a completion is not what was asked for: the advice follows what stopped the model."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds.bridge.outcome import Outcome, invalid_calls_message, shown
from ramclouds.types import InvalidToolCall
from tests.harness import each_row, in_row

STOPPED = [
    ({"finish_reason": "length"}, "Raise max_tokens."),
    ({"finish_reason": "model_context_window_exceeded"}, "Send fewer or shorter messages."),
    ({"finish_reason": "content_filter"}, "filter stopped it. Change the messages."),
    ({"refusal": "No."}, "It is a refusal. Change the messages, or use another model."),
    ({"finish_reason": "length", "refusal": "No.", "tool_calling": "prompted"}, "max_tokens"),
]
ENDED = [
    ({"tool_calling": "prompted"}, "through the prompt (tool_calling='prompted')"),
    ({}, "the model 'm', or the gateway's channel to it, ignored it"),
]


def test_advice_follows_what_ended_the_completion() -> None:
    for facts, advice in [*STOPPED, *ENDED]:
        with in_row(facts):
            outcome = Outcome(model="m", **{"finish_reason": "stop", **facts})
            assert advice in outcome.without_call("`tools`")
            assert advice in outcome.without_json("`tools`")


@each_row(("facts", "advice"), STOPPED, ids=repr)
def test_what_stopped_the_model_is_why_an_object_does_not_fit(
    facts: dict[str, Any], advice: str
) -> None:
    assert advice in Outcome(**facts).without_fit()


def test_object_that_came_to_its_end_and_does_not_fit_is_the_schemas_matter() -> None:
    assert Outcome(finish_reason="stop").without_fit().startswith("Describe the fields")


def test_json_asked_for_in_the_prompt_alone_was_ignored_by_no_channel() -> None:
    advice = Outcome(model="m", finish_reason="stop").without_json(None)
    assert advice == "It was asked for through the prompt. Use another model."


@pytest.mark.parametrize(
    ("finish_reason", "advice"),
    [
        ("length", "Raise max_tokens."),
        ("model_context_window_exceeded", "Send fewer or shorter messages."),
        ("tool_calls", "Ask again"),
    ],
)
def test_invalid_calls_are_named_with_text_and_advice(finish_reason: str, advice: str) -> None:
    call = InvalidToolCall("c1", "rm", '{"path": "/sr', "The arguments are cut off.")
    message = invalid_calls_message([call], "I clean up.", finish_reason)
    assert 'rm(\'{"path": "/sr\'): The arguments are cut off.' in message
    assert "'I clean up.'" in message
    assert advice in message


def test_advice_that_is_a_reason_already_is_given_once() -> None:
    call = InvalidToolCall("c1", "rm", "{", "The arguments are cut off: raise max_tokens.")
    assert invalid_calls_message([call], "", "length").count("max_tokens") == 1


def test_long_text_is_shown_by_its_beginning() -> None:
    assert shown("x" * 500) == repr("x" * 200 + "...")
