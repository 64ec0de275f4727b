"""Calls of one key before a gateway that refuses for the rate: nobody is lost, nothing leaks."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from time import monotonic
from typing import Any

import httpx
import pytest
import trio

from ramclouds import APITimeoutError, AsyncClient, Client, RateLimitError
from ramclouds._pace.gate import Gate
from ramclouds._pace.lanes import bulk_lane
from ramclouds._pace.places import Learned
from ramclouds._pace.registry import GATES, Gates
from tests.gateway import Gateway, Json, WireCase, completion, error
from tests.gateway.responses import Response
from tests.harness import ASK, EACH_TWIN, TWINS, Calls, Twin, alone, at_once, in_row

Connect = Callable[..., Calls]
OK = Json(completion("Hi"))
RATE = "rate_limit_exceeded"
LIMITED = Json(error("slow", code=RATE), 429)
BUSY = Json(error("busy", code="system_cpu_overloaded"), 503)
KEY = "test-key"


def learned(base_url: str, key: str) -> Learned:
    return Gates(base_url, {"authorization": f"Bearer {key}"}, "process").of_key.learned()


class Limited:
    """So many requests a second, saved up to a burst."""

    def __init__(self, rate: float = 300.0, burst: float = 10.0) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._at = burst, monotonic()
        self._lock = threading.Lock()
        self.refused = 0

    def __call__(self, _: Any) -> Response:
        with self._lock:
            now = monotonic()
            saved = self._tokens + (now - self._at) * self._rate
            self._tokens, self._at = min(self._burst, saved), now
            if self._tokens >= 1.0:
                self._tokens -= 1.0
                return OK
            self.refused += 1
            return LIMITED


def test_a_refusal_for_the_rate_spends_no_retry() -> None:
    def check(kind: type[Twin], method: str, refusal: Response) -> None:
        with alone(kind, refusal, refusal, refusal, max_retries=1) as (gateway, calls):
            getattr(calls, method)()
            assert len(gateway.requests) == 4, method

    rows = (
        ("complete", LIMITED),
        ("stream", WireCase("error_429_empty_body")),
        ("embed", BUSY),
    )
    at_once(*(partial(check, kind, *row) for kind in TWINS.values() for row in rows))


@EACH_TWIN
def test_a_providers_limit_is_one_of_its_model(gateway: Gateway, connect: Connect) -> None:
    provider = {"error": {"message": "Please try again in 30s.", "type": "tokens"}}
    limited = Json({**provider}, 429)
    gateway.handler = lambda request: limited if b"gpt-5" in request.body else OK
    calls = connect(max_retries=1, max_wait=31)
    with pytest.raises(RateLimitError) as caught:
        calls.complete(total_timeout=0.2)
    assert caught.value.from_provider
    assert calls.complete(model="glm-5").text == "Hi"


def test_calls_that_wait_already_keep_to_a_limit_of_their_model(gateway: Gateway) -> None:
    limited = Limited(200.0)
    provider = Json({"error": {"message": "Slow down.", "type": "tokens"}}, 429)
    gateway.handler = lambda request: OK if limited(request) is OK else provider

    async def run() -> int:
        async with AsyncClient(api_key=KEY, base_url=gateway.base_url) as client:
            return len(await asyncio.gather(*(client.complete(**ASK) for _ in range(150))))

    assert asyncio.run(run()) == 150
    assert limited.refused < 30


@EACH_TWIN
def test_without_retries_it_raises(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(LIMITED)
    with pytest.raises(RateLimitError):
        connect(max_retries=0).complete()
    assert len(gateway.requests) == 1


@EACH_TWIN
def test_off_retries_each_call_by_itself(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    gateway.handler = lambda _: LIMITED
    with pytest.raises(RateLimitError):
        connect(max_retries=2, pace="off").complete()
    assert (len(gateway.requests), len(waits)) == (3, 2)


@EACH_TWIN
def test_waits_at_most_as_long_as_it_is_allowed_to(gateway: Gateway, connect: Connect) -> None:
    gateway.handler = lambda _: LIMITED
    with pytest.raises(RateLimitError, match=r"waited 0.3 s for its turn \(max_wait\)") as caught:
        connect(max_retries=1, max_wait=0.3).complete()
    assert "0 requests of this key were accepted" in str(caught.value)
    assert caught.value.status_code == 429


def test_a_wait_that_is_too_long_ends_the_calls_in_the_line_too(gateway: Gateway) -> None:
    limited = Limited(0.001)
    refusal = Json(error("slow", code="rate_limit_exceeded"), 429, headers={"Retry-After": "99"})
    gateway.handler = lambda request: OK if limited(request) is OK else refusal

    async def run() -> list[Any]:
        async with AsyncClient(api_key=KEY, base_url=gateway.base_url, max_wait=60) as client:
            calls = (client.complete(**ASK) for _ in range(30))
            return await asyncio.gather(*calls, return_exceptions=True)

    failed = [one for one in asyncio.run(run()) if isinstance(one, RateLimitError)]
    assert len(failed) == 20
    assert all(one.retry_after is not None and one.retry_after > 98 for one in failed)
    assert any("asks to wait" in str(one) for one in failed)


@EACH_TWIN
def test_total_timeout_ends_the_wait_with_the_last_refusal(
    gateway: Gateway, connect: Connect
) -> None:
    gateway.handler = lambda _: LIMITED
    rows = {"complete": nullcontext, "stream": nullcontext, "embed": bulk_lane}
    for method, lane in rows.items():
        # The key of another row has learned to wait longer.
        calls = connect(max_retries=1, total_timeout=0.25, api_key=f"{KEY}-{method}")
        with in_row(method), lane(), pytest.raises(RateLimitError) as caught:
            getattr(calls, method)()
        error = caught.value
        assert re.search(r"slow.*until 0.25 s were over \(total_timeout\)", error.message)
        assert (error.status_code, error.code, error.retryable) == (429, RATE, True)
        assert (error.request_id is None, error.body is None) == (False, False)


def test_total_timeout_of_a_call_that_was_not_refused(gateway: Gateway) -> None:
    gateway.handler = lambda _: LIMITED
    with Client(api_key=KEY, base_url=gateway.base_url, total_timeout=0.25) as client:
        with pytest.raises(RateLimitError):
            client.complete(**ASK)
        with pytest.raises(APITimeoutError, match="total_timeout"):
            client.complete(**ASK, total_timeout=0.01)


def test_threads_and_loops_of_a_key_are_all_answered(gateway: Gateway) -> None:
    gateway.handler = Limited()
    settings: dict[str, Any] = {"api_key": KEY, "base_url": gateway.base_url}

    def in_threads() -> int:
        with Client(**settings) as client, ThreadPoolExecutor(8) as pool:
            return len(list(pool.map(lambda _: client.complete(**ASK).text, range(30))))

    async def on_a_loop() -> int:
        async with AsyncClient(**settings) as client:
            return len(await asyncio.gather(*(client.complete(**ASK) for _ in range(30))))

    with ThreadPoolExecutor(3) as pool:
        loops = [pool.submit(asyncio.run, on_a_loop()) for _ in range(2)]
        assert pool.submit(in_threads).result() + sum(loop.result() for loop in loops) == 90
    found = learned(gateway.base_url, KEY)
    assert (found.accepted, found.waiting) == (90, 0)
    assert found.refused == gateway.handler.refused  # type: ignore[attr-defined]


def test_cancelled_calls_leave_nothing_behind(gateway: Gateway) -> None:
    gateway.handler = Limited()
    rnd = random.Random(7)

    async def run() -> list[Any]:
        async with AsyncClient(api_key=KEY, base_url=gateway.base_url) as client:
            tasks = [asyncio.ensure_future(client.complete(**ASK)) for _ in range(120)]
            for task in rnd.sample(tasks, 40):
                await asyncio.sleep(rnd.random() * 0.02)
                task.cancel()
            return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = asyncio.run(run())
    failed = [one for one in outcomes if isinstance(one, BaseException)]
    assert {type(one) for one in failed} <= {asyncio.CancelledError}
    assert len(failed) <= 40
    gate = Gates(gateway.base_url, {"authorization": f"Bearer {KEY}"}, "process").of_key
    assert gate.learned().waiting == 0
    assert gate._pace.flights.count == 0


def test_interactive_calls_go_before_those_in_bulk(gateway: Gateway) -> None:
    limited, all_wait, order = Limited(100.0), threading.Event(), list[str]()
    gateway.handler = lambda request: limited(request) if all_wait.is_set() else LIMITED

    async def ask(client: AsyncClient, name: str) -> None:
        await client.complete(**ASK)
        order.append(name)

    async def run() -> None:
        async with AsyncClient(api_key=KEY, base_url=gateway.base_url) as client:
            with bulk_lane():
                tasks = [asyncio.create_task(ask(client, "bulk")) for _ in range(30)]
            await asyncio.to_thread(gateway.wait_requests, 1)
            tasks.append(asyncio.create_task(ask(client, "interactive")))
            await asyncio.sleep(0)
            all_wait.set()
            await asyncio.gather(*tasks)

    asyncio.run(run())
    assert order.index("interactive") < len(order) - 10


def test_transports_that_do_not_say_when_they_send_wait_for_no_answers() -> None:
    all_in_flight = threading.Barrier(30)

    def respond(_: httpx.Request) -> httpx.Response:
        all_in_flight.wait(20)
        return httpx.Response(200, json=completion("Hi"))

    http = httpx.Client(transport=httpx.MockTransport(respond))
    client = Client(api_key=KEY, base_url="http://127.0.0.1:9/v1", http_client=http)
    with http, client, ThreadPoolExecutor(30) as pool:
        found = [pool.submit(client.complete, **ASK) for _ in range(30)]
        assert {one.result().text for one in found} == {"Hi"}


def test_waits_on_trio(gateway: Gateway) -> None:
    gateway.reply(LIMITED, OK)

    async def run() -> str:
        async with AsyncClient(api_key=KEY, base_url=gateway.base_url) as client:
            return (await client.complete(**ASK)).text

    assert trio.run(run) == "Hi"


def test_a_defect_of_the_pace_stops_no_call(
    gateway: Gateway, connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("ramclouds._pace.machine.Pace.permit_at", broken)
    monkeypatch.setattr("ramclouds._pace.gate.Gate.quick_pass", lambda *_: False)
    caplog.set_level(logging.ERROR, "ramclouds")
    gateway.handler = lambda _: OK
    calls = connect(max_retries=1)
    assert [calls.complete().text for _ in range(3)] == ["Hi"] * 3
    assert len(caplog.records) == 1


def test_keys_do_not_share_what_was_learned(gateway: Gateway) -> None:
    gateway.reply(LIMITED, OK)
    with Client(api_key=KEY, base_url=gateway.base_url) as client:
        client.complete(**ASK)
    assert learned(gateway.base_url, KEY).refused == 1
    assert learned(gateway.base_url, "another").refused == 0
    assert learned(f"{gateway.base_url}/other", KEY).refused == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_begins_anew(gateway: Gateway) -> None:
    gate: Gate = GATES.gate("hashed")
    pid = os.fork()
    if pid == 0:
        os._exit(GATES.gate("hashed") is gate)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
