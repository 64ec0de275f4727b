"""Which row of the table a model gets, and what a user may want otherwise."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from ramclouds import ConfigurationError
from ramclouds.bridge.dialects import (
    Dialect,
    DialectChoice,
    Sampling,
    dialect_for,
    dialects,
    to_choice,
)
from tests.harness import each_row, in_row

MODELS = [
    ("gpt-4o", "gpt-4"),
    ("openai/gpt-5", "gpt-5"),
    ("gpt-5.3-codex", "codex"),
    ("gpt-5.4-2026-03-05", "gpt-5.4"),
    ("claude-sonnet-4-20250514", "claude-4"),
    ("claude-opus-4-5", "claude"),
    ("claude-opus-4.5-CL", "claude"),
    ("claude-opus-4.6-CL", "claude-4.6"),
    ("anthropic/claude-sonnet-5", "claude-4.6"),
    ("gemini-2.5-pro", "gemini"),
    ("gemini-3-flash-preview", "gemini-3"),
    ("deepseek-v3.1", "deepseek-v3.1"),
    ("deepseek-r1", "deepseek-r1"),
    ("deepseek-v3.2", "deepseek-v3.2"),
    ("deepseek-chat", "deepseek-v4"),
    ("kimi-k2-0905-preview", "kimi"),
    ("kimi-k2-thinking", "kimi-thinking"),
    ("kimi-k2.5", "kimi-thinking"),
    ("qwen3-max", "qwen"),
    ("Qwen/Qwen3-235B-A22B", "qwen-open"),
    ("qwen3.5-plus", "qwen-3.5"),
    ("minimax-m2.1", "minimax"),
    ("glm-4.6", "glm"),
    ("mistral-large-latest", "mistral"),
    ("grok-4", "grok"),
    ("mimo-v2-flash", "mimo"),
    ("my-model", "safe"),
]


def test_model_gets_the_row_of_its_family_and_version() -> None:
    for model, row in MODELS:
        with in_row(model):
            assert dialect_for(model).name == row


def test_each_row_is_some_model_s_and_says_where_it_is_from() -> None:
    rows = dialects()
    assert {row.name for row in rows} == {name for _, name in MODELS}, "Add a model to MODELS."
    assert all(row.source and row.date for row in rows)


def test_kind_of_channel_tells_the_family_of_a_name_that_does_not() -> None:
    assert dialect_for("fast", ("anthropic", "openai")).family == "claude"
    assert dialect_for("fast", ("gemini", "openai")).family == "gemini"
    assert dialect_for("fast", ("openai",)).name == "safe"
    assert dialect_for("gpt-5", ("anthropic",)).family == "gpt"


@each_row(
    ("replay", "reasoning"),
    [(None, "calls"), (True, "calls"), (False, "never"), ("turn", "turn"), ("all", "all")],
)
def test_replay_of_the_user_wins_over_the_row(replay: Any, reasoning: str) -> None:
    dialect = DialectChoice(replay_reasoning=replay).of("kimi-k2-thinking")
    assert dialect is not None
    assert dialect.reasoning == reasoning


def test_row_can_be_chosen_by_its_name_or_given() -> None:
    own = Dialect(name="own", sampling=Sampling(stop="here"))
    assert to_choice("claude") == DialectChoice("claude")
    assert DialectChoice("claude").of("my-model") == dialect_for("claude-opus-4-5")
    assert DialectChoice(own).of("my-model") is own
    assert DialectChoice("none").of("claude-opus-4-5") is None


@each_row(
    ("choice", "says"),
    [
        (DialectChoice("claud"), "Did you mean 'claude'"),
        (DialectChoice("?"), "Use one of auto, none, safe"),
        (DialectChoice(replay_reasoning="some"), "replay_reasoning='some' is unknown"),  # type: ignore[arg-type]
        (DialectChoice(media_in_history="drop"), "media_in_history='drop' is unknown"),  # type: ignore[arg-type]
    ],
)
def test_unknown_words_are_errors_that_name_the_known_ones(
    choice: DialectChoice, says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        choice.of("gpt-5")


def test_rows_are_copied_and_pickled_with_the_clients_that_hold_them() -> None:
    for row in dialects():
        assert pickle.loads(pickle.dumps(row)) == copy.deepcopy(row) == row


THINKING = [
    ("claude-opus-4-5", {}, False),
    ("claude-opus-4-5", {"reasoning_effort": "low"}, True),
    ("claude-opus-4-5", {"reasoning_effort": "none"}, False),
    ("claude-opus-4-5-thinking", {}, True),
    ("claude-opus-4-5", {"thinking": {"type": "enabled", "budget_tokens": 2000}}, True),
    ("kimi-k2-thinking", {}, True),
    ("kimi-k2.5", {"thinking": {"type": "disabled"}}, False),
    ("deepseek-v3.2", {}, True),
    ("deepseek-v3.2", {"enable_thinking": False}, False),
    ("qwen3-max", {}, False),
    ("qwen3-32b", {}, True),
    ("qwen3-32b", {"chat_template_kwargs": {"enable_thinking": False}}, False),
    ("minimax-m2.1", {"enable_thinking": False}, True),
]


def test_whether_a_model_thinks_follows_the_request_and_the_row() -> None:
    for model, params, thinks in THINKING:
        with in_row(model):
            body = {"model": model, "messages": [], **params}
            assert dialect_for(model).is_thinking(body) is thinks
