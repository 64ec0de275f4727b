"""Usage objects of many providers: counts, details, odd shapes."""

from __future__ import annotations

from typing import Any

from tests.gateway import Json, OfflineGateway, completion, usage
from tests.harness import Calls, in_row

USAGES: dict[str, tuple[Any, tuple[int, ...] | None]] = {
    "input_and_output": ({"input_tokens": 3, "output_tokens": 4}, (3, 4, 7)),
    "no_total": ({"prompt_tokens": 3, "completion_tokens": 4}, (3, 4, 7)),
    "text": ({"prompt_tokens": "3", "completion_tokens": "4", "total_tokens": "7"}, (3, 4, 7)),
    "floats": ({"prompt_tokens": 3.0, "completion_tokens": 4.0, "total_tokens": 7.0}, (3, 4, 7)),
    "negative": ({"prompt_tokens": -3, "completion_tokens": 4, "total_tokens": 4}, (0, 4, 4)),
    "huge": ({"prompt_tokens": 10**30, "completion_tokens": 4, "total_tokens": 4}, (0, 4, 4)),
    "booleans": ({"prompt_tokens": True, "completion_tokens": 4, "total_tokens": 4}, (0, 4, 4)),
    "null": (None, None),
    "text_alone": ("many", None),
    "list": ([1], None),
    "empty": ({}, None),
}


def test_usage_in_odd_shapes(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in USAGES:
        with in_row(kind):
            gateway.forget()
            sent, expected = USAGES[kind]
            gateway.reply(Json({**completion(), "usage": sent}))
            used = calls.complete().usage
            counts = used and (used.prompt_tokens, used.completion_tokens, used.total_tokens)
            assert counts == expected


def test_usage_in_a_choice_is_read(gateway: OfflineGateway, calls: Calls) -> None:
    body = completion(usage=None)
    body["choices"][0]["usage"] = usage(3, 4)
    gateway.reply(Json(body))
    used = calls.complete().usage
    assert used is not None
    assert used.total_tokens == 7


DETAILS: dict[str, tuple[dict[str, Any], tuple[int, int, int]]] = {
    "openai": ({"prompt_tokens_details": {"cached_tokens": 5}}, (5, 0, 0)),
    "deepseek": ({"prompt_cache_hit_tokens": 5}, (5, 0, 0)),
    "anthropic": ({"cache_read_input_tokens": 5, "cache_creation_input_tokens": 6}, (5, 6, 0)),
    "new_api": ({"prompt_tokens_details": {"cached_creation_tokens": 6}}, (0, 6, 0)),
    "openrouter": ({"prompt_tokens_details": {"cache_write_tokens": 6}}, (0, 6, 0)),
    "claude_5m_1h": (
        {"claude_cache_creation_5_m_tokens": 2, "claude_cache_creation_1_h_tokens": 4},
        (0, 6, 0),
    ),
    "reasoning": ({"completion_tokens_details": {"reasoning_tokens": 7}}, (0, 0, 7)),
    "responses": (
        {
            "input_tokens_details": {"cached_tokens": 5},
            "output_tokens_details": {"reasoning_tokens": 7},
        },
        (5, 0, 7),
    ),
    "null": ({"prompt_tokens_details": None, "completion_tokens_details": None}, (0, 0, 0)),
}


def test_details_are_counted_under_each_name(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in DETAILS:
        with in_row(kind):
            gateway.forget()
            sent, expected = DETAILS[kind]
            gateway.reply(Json({**completion(), "usage": {**usage(100, 50), **sent}}))
            used = calls.complete().usage
            assert used is not None
            assert (
                used.cached_tokens,
                used.cache_creation_tokens,
                used.reasoning_tokens,
            ) == expected
