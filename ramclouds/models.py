"""Facts about models, by any name that a gateway gives them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ramclouds._facts import names, rows
from ramclouds._prices.known import list_price
from ramclouds._prices.price import Price

KnownModel = Literal[
    "gpt-5",
    "gpt-5.1",
    "gpt-5.2",
    "gpt-5-codex",
    "gpt-5-codex-mini",
    "claude-opus-4-5",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
    "gemini-2.5-pro",
    "gemini-2.5-flash",
    "gemini-3-pro-preview",
    "gemini-3-flash-preview",
    "deepseek-v3.1",
    "deepseek-v3.2",
    "qwen3-max",
    "qwen3-coder-plus",
    "qwen3-coder-flash",
    "kimi-k2-thinking",
    "glm-4.6",
    "glm-4.7",
    "minimax-m2.1",
]
"""The documented models, for editors to complete; any other name is taken as well."""

KnownEmbeddingModel = Literal[
    "text-embedding-3-small",
    "text-embedding-3-large",
    "text-embedding-ada-002",
]
"""The documented embedding models; any other name is taken as well."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known about one model; of an unknown model, cautious defaults."""

    name: str
    known: bool = False
    family: str = ""
    """claude, gpt, gemini, deepseek, kimi, minimax, glm, qwen, mistral, grok, mimo or empty."""
    version: tuple[int, ...] = ()
    """`(4, 5)` of claude-opus-4-5; empty where the name does not say."""
    context_window: int = 128_000
    """Tokens of request and completion together. The table has no smaller window."""
    max_input_tokens: int = 128_000
    max_output_tokens: int | None = None
    tool_calling: bool = True
    image_input: bool = False
    audio_input: bool = False
    video_input: bool = False
    pdf_input: bool = False
    reasoning: bool = False
    structured_output: bool = False
    """The vendor's model honours a JSON schema."""
    list_price: Price | None = None
    """What the vendor asks, and what no gateway need charge; None where it is not known."""
    source: str = ""
    confidence: str = "none"
    """high, medium, inferred or none."""


@lru_cache(maxsize=1024)
def model_facts(name: str) -> ModelFacts:
    """Look up a model by any name a gateway gives it; never an error.

    A vendor prefix (`openai/gpt-5`), a snapshot date, an effort suffix and a channel tag
    (`claude-opus-4-5-CL`) are looked through, and `4.5` is `4-5`. A size (`gpt-5-mini`) is another
    model. An unknown model has `known=False` and cautious figures.
    """
    bases = names.base_names(name)
    family, version = names.family_and_version(bases[0])
    row = rows.find_row(bases)
    if row is None:
        return ModelFacts(name, family=family, version=version, list_price=list_price(name))
    abilities = row.abilities.split()
    return ModelFacts(
        name,
        known=True,
        family=family,
        version=version,
        context_window=row.window,
        max_input_tokens=row.max_input,
        max_output_tokens=row.max_output,
        image_input="images" in abilities,
        audio_input="audio" in abilities,
        video_input="video" in abilities,
        pdf_input="pdf" in abilities,
        reasoning="reasoning" in abilities,
        structured_output="schema" in abilities,
        list_price=list_price(name),
        source=row.source,
        confidence=row.confidence,
    )


def known_models() -> tuple[str, ...]:
    """The documented models, in the order of RamClouds' documentation."""
    return tuple(rows.DOCUMENTED)


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
