"""Prompt tokens include the cached ones, also where an older gateway leaves them out."""

from __future__ import annotations

from ramclouds._wire.usage import usage_of
from tests.harness import in_row

CACHE = {
    "prompt_tokens_details": {"cached_tokens": 1000},
    "claude_cache_creation_5_m_tokens": 200,
    "claude_cache_creation_1_h_tokens": 50,
}


def test_prompt_tokens() -> None:
    for completion_id, sent, prompt_tokens in [
        ("msg_1", {"prompt_tokens": 10, **CACHE}, 1260),
        ("msg_1", {"prompt_tokens": 5000, **CACHE}, 6250),
        ("msg_1", {"prompt_tokens": 5000, "usage_semantic": "openai", **CACHE}, 5000),
        ("chatcmpl-1", {"prompt_tokens": 5000, **CACHE}, 5000),
        ("chatcmpl-1", {"prompt_tokens": 10, **CACHE}, 1260),
        (None, {"prompt_tokens": 1000, **CACHE}, 1000),
        ("msg_1", {"prompt_tokens": 10}, 10),
    ]:
        with in_row(completion_id):
            body = {"usage": {"completion_tokens": 5, **sent}}
            usage = usage_of(body, completion_id)
            assert usage is not None
            assert (usage.prompt_tokens, usage.total_tokens) == (prompt_tokens, prompt_tokens + 5)
            assert usage.raw == body["usage"]
