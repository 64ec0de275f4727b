"""How long a retry waits: what the answer asks for, else growing and jittered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio

from ramclouds import AsyncClient, RateLimitError, ServerError
from tests.gateway import Gateway, Json, completion, error
from tests.harness import ASK, EACH_TWIN, Calls

Connect = Callable[..., Calls]
BUSY = Json(error("busy"), 503)
OK = Json(completion("Hi"))


def test_waits_grow_with_jitter_and_a_ceiling(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    gateway.handler = lambda _: BUSY
    with pytest.raises(ServerError):
        connect(max_retries=7).complete()
    ceilings = [0.5, 1, 2, 4, 8, 8, 8]
    assert len(waits) == len(ceilings)
    assert all(
        high * 0.55 <= wait <= high * 1.25 for wait, high in zip(waits, ceilings, strict=True)
    )
    assert len(set(waits)) == len(waits)


# What each header says is tested without a wire: tests/unit/failures/test_retry.py.
@pytest.mark.parametrize("seconds", [7, 500])
def test_wait_that_the_gateway_asks_for_is_kept_and_a_little_more(
    gateway: Gateway, connect: Connect, waits: list[float], seconds: int
) -> None:
    gateway.reply(Json(error("slow"), 503, {"Retry-After": str(seconds)}), OK)
    connect(max_retries=1).complete()
    assert len(waits) == 1
    assert 1.1 * seconds <= waits[0] <= 1.25 * seconds


@pytest.mark.parametrize("max_wait", [600, 3599.5])
def test_wait_above_max_wait_is_not_waited_for(
    gateway: Gateway, connect: Connect, waits: list[float], max_wait: float
) -> None:
    gateway.reply(Json(error("slow"), 429, {"Retry-After": "3600"}))
    with pytest.raises(RateLimitError) as caught:
        connect(max_retries=5, max_wait=1).complete(max_wait=max_wait)
    assert (caught.value.retry_after, len(gateway.requests), waits) == (3600, 1, [])


def test_wait_that_cannot_be_read_is_ignored(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    gateway.reply(Json(error("slow"), 503, {"Retry-After": "soon"}), OK)
    connect(max_retries=1).complete()
    assert len(waits) == 1
    assert 0.25 <= waits[0] <= 0.625


def test_retry_after_of_an_error_has_no_limit(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(Json(error("slow"), 429, {"Retry-After": "3600"}))
    with pytest.raises(RateLimitError) as caught:
        calls.complete()
    assert caught.value.retry_after == 3600


ONE_MILLISECOND = Json(error("slow"), 429, {"Retry-After-Ms": "1"})


@EACH_TWIN
def test_wait_between_attempts_passes(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(ONE_MILLISECOND, OK)
    assert connect(max_retries=1).complete().text == "Hi"


def test_waits_for_real_on_trio(gateway: Gateway) -> None:
    gateway.reply(ONE_MILLISECOND, OK)

    async def run() -> str:
        async with AsyncClient(api_key="test-key", base_url=gateway.base_url) as client:
            return (await client.complete(**ASK)).text

    assert trio.run(run) == "Hi"
