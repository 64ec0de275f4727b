"""Token counts of any provider to `Usage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ramclouds._wire.fields import as_count, as_list
from ramclouds.types import Usage


def usage_of(body: Mapping[str, Any], completion_id: str | None) -> Usage | None:
    """The usage of a response or an event: beside the choices or, as Moonshot has it, in one."""
    usage = to_usage(body.get("usage"))
    if usage is None:
        choices = (choice for choice in as_list(body.get("choices")) if isinstance(choice, dict))
        usage = next(
            (found for choice in choices if (found := to_usage(choice.get("usage")))), None
        )
    return None if usage is None else _with_cached_tokens(usage, completion_id)


def _with_cached_tokens(usage: Usage, completion_id: str | None) -> Usage:
    """Usage whose prompt tokens include the cached ones.

    New API before 2026-04 passes Claude's counts on, which leave them out; later builds add them,
    and write `"usage_semantic": "openai"`. More cached than prompt tokens shows it without an id.
    """
    is_claude = (completion_id or "").startswith("msg_")
    leaves_out = is_claude and "usage_semantic" not in usage.raw
    if leaves_out or usage.cached_tokens > usage.prompt_tokens:
        cached = usage.cached_tokens + usage.cache_creation_tokens
        usage.prompt_tokens += cached
        usage.total_tokens += cached
    return usage


def to_usage(value: Any) -> Usage | None:
    """A usage object; None for null, an empty one, or anything else."""
    if not isinstance(value, dict) or not value:
        return None
    counts = _counts_in(value)
    of_prompt = _counts_in(value.get("prompt_tokens_details") or value.get("input_tokens_details"))
    of_completion = _counts_in(
        value.get("completion_tokens_details") or value.get("output_tokens_details")
    )
    # `input_tokens` and `output_tokens` stand beside the others as zeros, or in their place.
    prompt = counts.get("prompt_tokens") or counts.get("input_tokens", 0)
    completion = counts.get("completion_tokens") or counts.get("output_tokens", 0)
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=counts.get("total_tokens") or prompt + completion,
        cached_tokens=of_prompt.get("cached_tokens")
        or counts.get("prompt_cache_hit_tokens")
        or counts.get("cached_tokens")
        or counts.get("cache_read_input_tokens", 0),
        cache_creation_tokens=_cache_creation(counts, of_prompt),
        reasoning_tokens=of_completion.get("reasoning_tokens") or counts.get("reasoning_tokens", 0),
        prompt_audio_tokens=of_prompt.get("audio_tokens", 0),
        completion_audio_tokens=of_completion.get("audio_tokens", 0),
        raw=value,
    )


def _counts_in(value: Any) -> dict[str, int]:
    """The counts of an object that are more than 0."""
    found: dict[str, int] = {}
    if isinstance(value, dict):
        for name, given in value.items():
            if given and (count := as_count(given)):
                found[name] = count
    return found


def _cache_creation(counts: Mapping[str, int], of_prompt: Mapping[str, int]) -> int:
    return (
        of_prompt.get("cached_creation_tokens")
        or of_prompt.get("cache_creation_tokens")
        # OpenRouter and newer OpenAI models.
        or of_prompt.get("cache_write_tokens")
        or counts.get("cache_creation_input_tokens")
        or counts.get("claude_cache_creation_5_m_tokens", 0)
        + counts.get("claude_cache_creation_1_h_tokens", 0)
    )
