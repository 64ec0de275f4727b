"""Token counts of any provider to `Usage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ramclouds._wire.fields import as_count, as_list, as_object
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
    prompt_details = as_object(
        value.get("prompt_tokens_details") or value.get("input_tokens_details")
    )
    completion_details = as_object(
        value.get("completion_tokens_details") or value.get("output_tokens_details")
    )
    # `input_tokens` and `output_tokens` stand beside the others as zeros, or in their place.
    prompt = _first_count(value, "prompt_tokens", "input_tokens")
    completion = _first_count(value, "completion_tokens", "output_tokens")
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=_first_count(value, "total_tokens") or prompt + completion,
        cached_tokens=_first_count(prompt_details, "cached_tokens")
        or _first_count(
            value, "prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens"
        ),
        cache_creation_tokens=_cache_creation(value, prompt_details),
        reasoning_tokens=_first_count(completion_details, "reasoning_tokens")
        or _first_count(value, "reasoning_tokens"),
        prompt_audio_tokens=_first_count(prompt_details, "audio_tokens"),
        completion_audio_tokens=_first_count(completion_details, "audio_tokens"),
        raw=value,
    )


def _first_count(value: Mapping[str, Any], *keys: str) -> int:
    for key in keys:
        # Most are missing: a call for each of those would be most of this room's calls.
        if (given := value.get(key)) and (count := as_count(given)):
            return count
    return 0


def _cache_creation(value: Mapping[str, Any], details: Mapping[str, Any]) -> int:
    # OpenRouter and newer OpenAI models: cache_write_tokens.
    names = ("cached_creation_tokens", "cache_creation_tokens", "cache_write_tokens")
    return (
        _first_count(details, *names)
        or _first_count(value, "cache_creation_input_tokens")
        or _first_count(value, "claude_cache_creation_5_m_tokens")
        + _first_count(value, "claude_cache_creation_1_h_tokens")
    )
