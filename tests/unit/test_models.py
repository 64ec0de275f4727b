"""Facts about models, by whatever name a gateway gives them."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds import ModelFacts, known_models, model_facts
from tests.gateway import MODELS

NAMED: dict[str, str] = {
    "openai/gpt-5": "gpt-5",
    "gpt-5-2025-08-07": "gpt-5",
    "gpt-5-20250807": "gpt-5",
    "gpt-5-high": "gpt-5",
    "gpt-5.1-none": "gpt-5.1",
    "GPT-5": "gpt-5",
    "claude-opus-4-5-CL": "claude-opus-4-5",
    "QWEN3-MAX": "qwen3-max",
    "claude-opus-4.5": "claude-opus-4-5",
    "claude-opus-4.5-CL": "claude-opus-4-5",
    "anthropic/claude-sonnet-4.5": "claude-sonnet-4-5",
    "claude-sonnet-4-5-20250929": "claude-sonnet-4-5",
    "claude-sonnet-4-5@20250929": "claude-sonnet-4-5",
    "anthropic.claude-haiku-4-5-20251001-v1:0": "claude-haiku-4-5",
    "claude-sonnet-4-5-thinking": "claude-sonnet-4-5",
    "gemini-2.5-pro-latest": "gemini-2.5-pro",
    "google/gemini-2.5-flash": "gemini-2.5-flash",
    "gemini-2.5-flash-thinking-1024": "gemini-2.5-flash",
    "deepseek-v3.2:free": "deepseek-v3.2",
    " gpt-5 ": "gpt-5",
}
OTHERS = [
    "GPT-5-MINI",
    "gpt-5-mini", "gpt-5.7", "gpt-50", "gpt-4o", "claude-opus-4-6", "claude-3-opus", "gemini-3-pro",
    "deepseek-v4", "qwen3-max-preview", "kimi-k2", "", "?", "a/b/c", "gpt", "-", "x" * 10_000,
]  # fmt: skip


def facts_of(name: str) -> dict[str, Any]:
    found = model_facts(name)
    return {field: getattr(found, field) for field in found.__slots__ if field != "name"}


def test_every_documented_model_is_known() -> None:
    assert sorted(known_models()) == sorted(MODELS)
    assert all(model_facts(name).known for name in MODELS)
    assert all(model_facts(name).source for name in MODELS)


@pytest.mark.parametrize("name", NAMED)
def test_renamed_model_has_the_facts_of_its_family(name: str) -> None:
    assert facts_of(name) == facts_of(NAMED[name])
    assert model_facts(name).name == name


@pytest.mark.parametrize("name", OTHERS)
def test_other_model_is_unknown_and_cautious(name: str) -> None:
    facts = model_facts(name)
    assert (facts.known, facts.context_window, facts.max_output_tokens) == (False, 128_000, None)
    assert (facts.tool_calling, facts.image_input, facts.structured_output) == (True, False, False)


FAMILIES: dict[str, dict[str, bool]] = {
    "claude-opus-4-5": {"response_format": False},
    "claude-opus-4-9": {"response_format": False},
    "glm-4.6": {"response_format": False},
    "glm-5": {"response_format": False},
    "gpt-5": {"response_format": True, "replay_reasoning": False},
    "deepseek-v3.2": {"replay_reasoning": True},
    "deepseek-v3.1": {"replay_reasoning": False},
    "kimi-k2-thinking": {"replay_reasoning": True},
    "kimi-k3-thinking": {"replay_reasoning": True},
    "minimax-m2.1": {"inline_reasoning": True},
}


@pytest.mark.parametrize("name", FAMILIES)
def test_what_a_family_shares(name: str) -> None:
    facts = model_facts(name)
    assert {field: getattr(facts, field) for field in FAMILIES[name]} == FAMILIES[name]


def test_facts_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        model_facts("gpt-5").known = False  # type: ignore[misc]
    assert isinstance(model_facts("gpt-5"), ModelFacts)


@pytest.mark.parametrize("name", MODELS)
def test_figures_fit_together(name: str) -> None:
    facts = model_facts(name)
    assert facts.max_output_tokens is not None
    assert 0 < facts.max_output_tokens <= facts.context_window
    assert 0 < facts.max_input_tokens <= facts.context_window
