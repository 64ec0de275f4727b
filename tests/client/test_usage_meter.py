"""What a meter counts, and whose calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ramclouds import AsyncClient, ConfigurationError, RamCloudsError, Usage, UsageMeter
from tests.gateway import (
    Drop,
    Gateway,
    Json,
    Sse,
    Stall,
    completion,
    embedded,
    error,
    text_chunks,
    usage,
)
from tests.harness import ASK, EACH_TWIN, Calls, Twin

Connect = Callable[..., Calls]
USED = usage(1_000_000, 100_000, cached_tokens=400_000, reasoning_tokens=7)
COST = 0.6 * 1.25 + 0.4 * 0.125 + 1.0
LIST = Json(
    {
        "success": True,
        "data": [{"model_name": "gpt-5", "model_ratio": 0.5, "completion_ratio": 4}],
        "group_ratio": {"default": 1},
    }
)


@EACH_TWIN
def test_meter_counts_whole_calls_streams_and_embeddings(gateway: Gateway, calls: Calls) -> None:
    embeddings = {**embedded([[1.0]] * 3), "usage": {"prompt_tokens": 1000, "total_tokens": 1000}}
    gateway.reply(
        Json(completion("Hi", usage=USED)), Sse(text_chunks("Hi", usage=USED)), Json(embeddings)
    )
    with UsageMeter() as meter:
        calls.complete()
        calls.stream()
        calls.embed()
    total, chat = meter.total, meter.by_model["gpt-5"]
    assert (total.calls, total.failed_calls, total.uncounted_calls) == (3, 0, 0)
    assert total.usage == Usage(2_001_000, 200_000, 2_201_000, 800_000, 0, 14)
    assert chat.calls == 2
    assert chat.cost == pytest.approx(2 * COST)
    assert meter.cost == pytest.approx(2 * COST + 0.00002)
    assert list(meter.by_model) == ["gpt-5", "text-embedding-3-small"]
    assert len(gateway.requests) == 3


@EACH_TWIN
def test_failed_stream_counts_what_it_used(gateway: Gateway, calls: Calls) -> None:
    events = text_chunks("Hello world", usage=USED)
    gateway.reply(Sse([events[0], events[1], events[-1]], ending="rst"), Drop("headers"))
    with UsageMeter() as meter:
        for _ in range(2):
            with pytest.raises(RamCloudsError):
                calls.stream()
    total = meter.total
    assert (total.calls, total.failed_calls, total.uncounted_calls) == (2, 2, 1)
    assert meter.cost == pytest.approx(COST)


@EACH_TWIN
def test_stream_that_is_left_is_uncounted(gateway: Gateway, calls: Calls, twin: Twin) -> None:
    gateway.reply(Sse([*text_chunks("Hello world")[:2], Stall()]))
    with UsageMeter() as meter:
        twin.first(calls.client, "stream", **ASK)
    assert (meter.total.calls, meter.total.failed_calls, meter.total.uncounted_calls) == (1, 0, 1)


def test_attempt_that_is_repeated_counts_what_it_used(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    gateway.reply(
        Json({**completion(usage=USED), "choices": []}), Json(completion("Hi", usage=USED))
    )
    with UsageMeter() as meter:
        connect(max_retries=1).complete()
    assert meter.total.calls == 1
    assert meter.cost == pytest.approx(2 * COST)


def test_model_that_stands_in_has_its_own_price(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    down = Json(error("no channel", code="model_not_found"), 503)
    gateway.reply(down, Json(completion("Hi", usage=usage(1_000_000, 0))))
    with UsageMeter() as meter:
        found = connect(fallback_models=["claude-haiku-4-5"]).complete()
    assert found.cost == pytest.approx(1.0)
    assert list(meter.by_model) == ["claude-haiku-4-5"]
    assert meter.cost == pytest.approx(1.0)


def test_unknown_price_makes_the_cost_unknown(gateway: Gateway, calls: Calls) -> None:
    gateway.handler = lambda _: Json(completion("Hi", usage=usage(10, 5)))
    with UsageMeter() as meter:
        calls.complete()
        assert meter.cost == pytest.approx(10 * 1.25e-6 + 5 * 10e-6)
        calls.complete(model="my-own-model")
    assert meter.cost is None
    assert meter.total.unpriced_tokens == 15
    assert meter.total.known_cost == pytest.approx(6.25e-5)
    assert meter.by_model["my-own-model"].cost is None
    by_hand = UsageMeter()
    by_hand.add(Usage(10, 5), "my-own-model")
    assert (by_hand.cost, by_hand.total.unpriced_tokens) == (None, 15)


def test_nested_meters_count_alone(gateway: Gateway, calls: Calls) -> None:
    gateway.handler = lambda _: Json(completion("Hi", usage=USED))
    with UsageMeter() as outer:
        calls.complete()
        with UsageMeter() as inner:
            calls.complete()
        calls.complete()
    calls.complete()
    assert (outer.total.calls, inner.total.calls) == (3, 1)


def test_meter_that_is_entered_twice_counts_once(gateway: Gateway, calls: Calls) -> None:
    gateway.handler = lambda _: Json(completion("Hi", usage=USED))
    meter = UsageMeter()
    with meter:
        with meter:
            calls.complete()
        calls.complete()
    assert meter.total.calls == 2


def test_meter_counts_the_tasks_of_its_context_alone(gateway: Gateway) -> None:
    gateway.handler = lambda _: Json(completion("Hi", usage=USED))

    async def ask(client: AsyncClient, times: int) -> int:
        async with UsageMeter() as meter:
            await asyncio.gather(*(client.complete(**ASK) for _ in range(times)))
        return meter.total.calls

    async def both() -> list[int]:
        async with AsyncClient(api_key="test-key", base_url=gateway.base_url) as client:
            return list(await asyncio.gather(ask(client, 2), ask(client, 3)))

    assert asyncio.run(both()) == [2, 3]


def test_threads_count(gateway: Gateway, calls: Calls) -> None:
    with UsageMeter() as meter:
        calls.embed_many(["a", "b", "c"], chunk_size=1, max_concurrency=3)
    assert meter.total.calls == 3


def test_meter_asks_the_gateway_for_its_prices(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(LIST, Json(completion("Hi", usage=usage(1_000_000, 0))))
    with UsageMeter(calls.client) as meter:
        calls.complete()
    assert meter.cost == pytest.approx(1.0)
    assert gateway.requests[0].path == "/api/pricing"


async def test_async_meter_asks_the_gateway_for_its_prices(gateway: Gateway) -> None:
    gateway.reply(LIST, Json(completion("Hi", usage=usage(1_000_000, 0))))
    async with AsyncClient(api_key="test-key", base_url=gateway.base_url) as client:
        async with UsageMeter(client) as meter:
            await client.complete(**ASK)
        assert meter.cost == pytest.approx(1.0)
        with pytest.raises(ConfigurationError, match="async with"):
            UsageMeter(client).__enter__()


async def test_async_meter_of_a_client_that_is_not(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(LIST)
    async with UsageMeter(calls.client):
        assert [request.path for request in gateway.requests] == ["/api/pricing"]


def test_hidden_prices_do_not_stop_a_meter(gateway: Gateway, calls: Calls) -> None:
    hidden = Json({"message": "not logged in", "success": False}, 401)
    gateway.reply(hidden, Json(completion("Hi", usage=USED)))
    with UsageMeter(calls.client) as meter:
        calls.complete()
    assert meter.cost == pytest.approx(COST)


async def test_hidden_prices_do_not_stop_an_async_meter(gateway: Gateway) -> None:
    hidden = Json({"message": "not logged in", "success": False}, 401)
    gateway.reply(hidden, Json(completion("Hi", usage=USED)))
    client = AsyncClient(api_key="test-key", base_url=gateway.base_url)
    async with client, UsageMeter(client) as meter:
        await client.complete(**ASK)
    assert meter.cost == pytest.approx(COST)


def test_usage_of_elsewhere_is_added() -> None:
    meter = UsageMeter()
    meter.add(Usage(1_000_000, 0, 1_000_000), "gpt-5")
    assert meter.total.calls == 1
    assert meter.cost == pytest.approx(1.25)
