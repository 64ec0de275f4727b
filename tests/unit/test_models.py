"""Facts about models, by whatever name a gateway gives them."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from ramclouds import ModelFacts, known_models, model_facts
from ramclouds.models import KnownModel
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
    "models/gemini-2.5-pro": "gemini-2.5-pro",
    "aws-claude-opus-4-5": "claude-opus-4-5",
    "claude-opus-4-5 (CL)": "claude-opus-4-5",
    "claude-opus-4-7": "claude-opus-4.7",
    "us.anthropic.claude-opus-4-6-v1:0": "claude-opus-4-6",
    "anthropic/claude-fable-5-1": "claude-fable-5.1",
    "gpt-5-4-mini-high": "gpt-5.4-mini",
    "GPT-5-MINI": "gpt-5-mini",
    "gemini-3-1-pro-preview": "gemini-3.1-pro-preview",
    "moonshotai.kimi-k2-5": "kimi-k2.5",
    "MiniMaxAI/MiniMax-M2.5": "minimax-m2.5",
    "zai-org/GLM-5": "glm-5",
    "xiaomi/MiMo-V2.5-Pro": "mimo-v2.5-pro",
    "Qwen3.5-Plus-CL": "qwen3.5-plus",
    "DeepSeek-V4-Pro": "deepseek-v4-pro",
}
OTHERS = [
    "gpt-50", "gpt-4o", "gpt-oss-120b", "claude-3-opus", "gemini-2.5-flash-image", "gemini-1.5-pro",
    "qwen3-32b", "kimi-k2", "", "?", "a/b/c", "gpt", "-", "x" * 10_000, "-latest" * 5_000,
]  # fmt: skip
# Window, input, output, and what else goes in: one of each kind, as the sources have them.
LATER: dict[str, tuple[int, int, int, str]] = {
    "claude-opus-4-6": (1_000_000, 1_000_000, 128_000, "image pdf"),
    "claude-sonnet-5": (1_000_000, 1_000_000, 128_000, "image pdf"),
    "claude-opus-6": (200_000, 200_000, 64_000, "image pdf"),
    "gpt-5-mini": (400_000, 272_000, 128_000, "image"),
    "gpt-5.3-codex": (400_000, 272_000, 128_000, "image"),
    "gpt-5.4": (1_050_000, 922_000, 128_000, "image pdf"),
    "gpt-5.6-sol": (1_050_000, 922_000, 128_000, "image pdf"),
    "gpt-5.9": (400_000, 272_000, 128_000, "image"),
    "gemini-3.5-flash": (1_048_576, 1_048_576, 65_536, "image audio video pdf"),
    "glm-5.1": (200_000, 200_000, 128_000, ""),
    "glm-5v-turbo": (200_000, 200_000, 128_000, "image video"),
    "deepseek-v4-flash": (1_000_000, 1_000_000, 384_000, ""),
    "kimi-k2.5": (262_144, 262_144, 262_144, "image video"),
    "kimi-k3": (1_000_000, 1_000_000, 131_072, "image video"),
    "qwen3.5-27b": (262_144, 258_048, 65_536, "image audio video"),
    "qwen3.7-max": (1_000_000, 991_808, 65_536, ""),
    "minimax-m2.7": (204_800, 204_800, 131_072, ""),
    "minimax-m3": (1_000_000, 1_000_000, 128_000, "image video"),
    "mimo-v2.5": (1_048_576, 1_048_576, 131_072, "image audio video"),
}
NAMES: dict[str, tuple[str, tuple[int, ...]]] = {
    "claude-3-5-sonnet-20241022": ("claude", (3, 5)),
    "claude-opus-4-20250514": ("claude", (4,)),
    "claude-opus-4-5-CL": ("claude", (4, 5)),
    "gpt-4o": ("gpt", (4,)),
    "gpt-5.4-mini-2026-03-17": ("gpt", (5, 4)),
    "o3-mini": ("gpt", ()),
    "gpt-oss-120b": ("", ()),
    "models/gemini-flash-latest": ("gemini", ()),
    "deepseek-v3-0324": ("deepseek", (3,)),
    "deepseek-r1-distill-qwen-32b": ("deepseek", (1,)),
    "moonshot-v1-128k": ("kimi", (1,)),
    "kimi-k2-7-code": ("kimi", (2, 7)),
    "MiniMax-Text-01": ("minimax", (1,)),
    "glm-4.6v": ("glm", (4, 6)),
    "glm-4-32b-0414": ("glm", (4,)),
    "Qwen/Qwen3-32B": ("qwen", (3,)),
    "qwen3p5-plus": ("qwen", (3, 5)),
    "qwen-plus-2025-01-25": ("qwen", ()),
    "qwen-14b-chat": ("qwen", ()),
    "mistral-large-2512": ("mistral", ()),
    "codestral-latest": ("mistral", ()),
    "grok-4-20-reasoning": ("grok", (4, 20)),
    "mimo-v2-flash": ("mimo", (2,)),
    "smistral": ("", ()),
    "🙂": ("", ()),
}


def facts_of(name: str) -> dict[str, Any]:
    found = model_facts(name)
    return {field: getattr(found, field) for field in found.__slots__ if field != "name"}


def test_every_documented_model_is_known() -> None:
    assert sorted(known_models()) == sorted(MODELS), "Change MODELS of tests/gateway/scripted.py."
    assert all(model_facts(name).known for name in MODELS)
    assert all(model_facts(name).source for name in MODELS)


def test_renamed_model_has_the_facts_of_its_family() -> None:
    for name, plain in NAMED.items():
        assert facts_of(name) == facts_of(plain), name
        assert (model_facts(name).name, model_facts(name).known) == (name, True)


def test_other_models_are_unknown_and_cautious() -> None:
    for name in OTHERS:
        facts = model_facts(name)
        found = (facts.known, facts.context_window, facts.max_output_tokens, facts.tool_calling)
        assert found == (False, 128_000, None, True), name
        assert (facts.image_input, facts.structured_output) == (False, False), name


def test_later_models_are_known_by_their_pattern() -> None:
    found = {}
    for name in LATER:
        facts = model_facts(name)
        inputs = [kind for kind in _INPUTS if getattr(facts, f"{kind}_input")]
        figures = (facts.context_window, facts.max_input_tokens, facts.max_output_tokens)
        found[name] = (*figures, " ".join(inputs))
        assert (facts.known, facts.source != "") == (True, True), name
    assert found == LATER


_INPUTS = ("image", "audio", "video", "pdf")


def test_family_and_version_are_in_the_name() -> None:
    found = {name: model_facts(name) for name in NAMES}
    assert {name: (facts.family, facts.version) for name, facts in found.items()} == NAMES


def test_facts_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        model_facts("gpt-5").known = False  # type: ignore[misc]
    assert isinstance(model_facts("gpt-5"), ModelFacts)


def test_figures_fit_together() -> None:
    for name in (*MODELS, *LATER):
        facts = model_facts(name)
        assert facts.max_output_tokens is not None
        assert 0 < facts.max_output_tokens <= facts.context_window, name
        assert 0 < facts.max_input_tokens <= facts.context_window, name


def test_names_that_editors_offer_are_the_documented_ones() -> None:
    assert get_args(KnownModel) == known_models(), "Change KnownModel of ramclouds/models.py."
