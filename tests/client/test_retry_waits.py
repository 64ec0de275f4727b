"""How long a retry waits: what the answer asks for, else growing and jittered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio

from ramclouds import AsyncClient, RateLimitError, ServerError
from tests.client.calls import ASK, Calls
from tests.gateway import Gateway, Json, completion, error

Connect = Callable[..., Calls]
BUSY = Json(error("busy", code="system_cpu_overloaded"), 503)
OK = Json(completion("Hi"))


def test_waits_grow_with_jitter_and_a_ceiling(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    gateway.handler = lambda _: BUSY
    with pytest.raises(ServerError):
        connect(max_retries=7).complete()
    ceilings = [0.5, 1, 2, 4, 8, 8, 8]
    assert len(waits) == len(ceilings)
    assert all(high / 2 <= wait <= high for wait, high in zip(waits, ceilings, strict=True))
    assert len(set(waits)) == len(waits)


HEADERS: dict[str, tuple[dict[str, str], float]] = {
    "seconds": ({"Retry-After": "7"}, 7),
    "fraction": ({"Retry-After": "1.5"}, 1.5),
    "zero": ({"Retry-After": "0"}, 0),
    "milliseconds": ({"Retry-After-Ms": "250"}, 0.25),
    "milliseconds_beat_seconds": ({"Retry-After-Ms": "250", "Retry-After": "7"}, 0.25),
    "date": (
        {"Date": "Sun, 22 Nov 2026 07:00:00 GMT", "Retry-After": "Sun, 22 Nov 2026 07:00:09 GMT"},
        9,
    ),
    "date_past": (
        {"Date": "Sun, 22 Nov 2026 07:00:00 GMT", "Retry-After": "Sun, 22 Nov 2026 06:00:00 GMT"},
        0,
    ),
    "date_without_a_good_clock": (
        {"Date": "now", "Retry-After": "Sun, 22 Nov 2015 07:00:00 GMT"},
        0,
    ),
    "ratelimit_seconds": (
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2"},
        2,
    ),
    "ratelimit_both": (
        {
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "250ms",
            "x-ratelimit-remaining-tokens": "0",
            "x-ratelimit-reset-tokens": "1m2.5s",
        },
        60,
    ),
    "ratelimit_of_what_is_left": (
        {
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "1s",
            "x-ratelimit-remaining-tokens": "900",
            "x-ratelimit-reset-tokens": "50s",
        },
        1,
    ),
    "capped": ({"Retry-After": "3600"}, 60),
    "ratelimit_reset": (
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1.5s"},
        1.5,
    ),
    "ratelimit_minutes": (
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "0m30s"},
        30,
    ),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_wait_that_the_answer_asks_for(
    gateway: Gateway, connect: Connect, waits: list[float], kind: str
) -> None:
    headers, seconds = HEADERS[kind]
    gateway.reply(Json(error("slow"), 429, headers), OK)
    connect(max_retries=1).complete()
    assert waits == [seconds]


@pytest.mark.parametrize("value", ["soon", "-5", "", "nan", "inf", "1e999", "Sun, 99 Nov"])
def test_wait_that_is_none_is_ignored(
    gateway: Gateway, connect: Connect, waits: list[float], value: str
) -> None:
    gateway.reply(Json(error("slow"), 429, {"Retry-After": value}), OK)
    connect(max_retries=1).complete()
    assert len(waits) == 1
    assert 0.25 <= waits[0] <= 0.5


def test_retry_after_is_told_uncapped(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(Json(error("slow"), 429, {"Retry-After": "3600"}))
    with pytest.raises(RateLimitError) as caught:
        calls.complete()
    assert caught.value.retry_after == 3600


ONE_MILLISECOND = Json(error("slow"), 429, {"Retry-After-Ms": "1"})


def test_waits_for_real(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(ONE_MILLISECOND, OK)
    assert connect(max_retries=1).complete().text == "Hi"


def test_waits_for_real_on_trio(gateway: Gateway) -> None:
    gateway.reply(ONE_MILLISECOND, OK)

    async def run() -> str:
        async with AsyncClient(api_key="test-key", base_url=gateway.base_url) as client:
            return (await client.complete(**ASK)).text

    assert trio.run(run) == "Hi"
