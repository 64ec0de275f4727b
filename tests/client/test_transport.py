"""One client in threads, event loops and processes, and over http clients of the user's own."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import trio

from ramclouds import AsyncClient, Client
from tests.gateway import Gate, Gateway, Json, Sse, chunk, completion
from tests.harness import ASK


def aclient(gateway: Gateway, **settings: Any) -> AsyncClient:
    return AsyncClient(api_key="test-key", base_url=gateway.base_url, **settings)


def client(gateway: Gateway, **settings: Any) -> Client:
    return Client(api_key="test-key", base_url=gateway.base_url, **settings)


async def ask_both_ways(one: AsyncClient) -> str:
    text = (await one.complete(**ASK)).text
    streamed = [part.text async for part in one.stream(**ASK)]
    assert "".join(streamed) == text
    return text


def test_one_async_client_in_several_runs(gateway: Gateway) -> None:
    one = aclient(gateway, max_retries=0)
    texts = {asyncio.run(ask_both_ways(one)) for _ in range(3)}
    assert texts == {"Hello! You said: Hi"}
    gateway.wait_closed()


def test_one_async_client_in_loops_of_several_threads(gateway: Gateway) -> None:
    one = aclient(gateway, max_retries=0)
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda _: asyncio.run(ask_both_ways(one)), range(8)))
    assert set(texts) == {"Hello! You said: Hi"}


def test_one_client_in_several_threads(gateway: Gateway) -> None:
    with client(gateway, max_retries=0) as one, ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda _: one.complete(**ASK).text, range(40)))
    assert set(texts) == {"Hello! You said: Hi"}
    assert gateway.connections <= 8


def test_async_client_runs_on_trio(gateway: Gateway) -> None:
    async def run() -> str:
        async with aclient(gateway, max_retries=0) as one:
            gateway.reply(Json(completion("Seen.")))
            # More than the sockets hold: it waits until one of them can be written to, or read.
            long = [{"role": "user", "content": "x" * 20_000_000}]
            assert (await one.complete(model="gpt-5", messages=long)).text == "Seen."
            return await ask_both_ways(one)

    assert trio.run(run) == "Hello! You said: Hi"
    gateway.wait_closed()


def test_cancelling_on_trio_closes_the_connection(gateway: Gateway) -> None:
    gateway.reply(Sse([chunk({"content": "x"}), Gate()]))

    async def run() -> None:
        async with aclient(gateway, max_retries=0) as one:
            with trio.move_on_after(5) as scope:
                async for part in one.stream(**ASK):
                    assert part.text == "x"
                    scope.cancel()

    trio.run(run)
    gateway.wait_closed()


def test_one_client_on_asyncio_and_trio(gateway: Gateway) -> None:
    one = aclient(gateway, max_retries=0)

    async def run() -> str:
        text = await ask_both_ways(one)
        await one.aclose()
        return text

    assert asyncio.run(run()) == trio.run(run)


async def test_many_requests_at_once_wait_for_nobody(gateway: Gateway) -> None:
    gate = Gate()
    gateway.handler = lambda _: Sse([gate, chunk({"content": "x"}), chunk({}, "stop")])

    async def ask(one: AsyncClient) -> str:
        return "".join([part.text async for part in one.stream(**ASK)])

    async with aclient(gateway, max_retries=0) as one:
        tasks = [asyncio.create_task(ask(one)) for _ in range(300)]
        await asyncio.to_thread(gateway.wait_requests, 300, 30)
        gate.open()
        assert await asyncio.gather(*tasks) == ["x"] * 300


def test_many_threads_at_once_wait_for_nobody(gateway: Gateway) -> None:
    gate = Gate()
    gateway.handler = lambda _: Sse([gate, chunk({"content": "x"}), chunk({}, "stop")])
    with client(gateway, max_retries=0) as one:
        threads = [threading.Thread(target=lambda: list(one.stream(**ASK))) for _ in range(120)]
        for thread in threads:
            thread.start()
        gateway.wait_requests(120, 30)
        gate.open()
        for thread in threads:
            thread.join()


def test_first_chunk_comes_before_the_second_is_sent(gateway: Gateway) -> None:
    gate = Gate()
    gateway.reply(Sse([chunk({"content": "a"}), gate, chunk({"content": "b"}), chunk({}, "stop")]))
    with client(gateway, max_retries=0) as one:
        stream = one.stream(**ASK)
        assert next(stream).text == "a"
        gate.open()
        assert [part.text for part in stream] == ["b", ""]


async def test_async_first_chunk_comes_before_the_second_is_sent(gateway: Gateway) -> None:
    gate = Gate()
    gateway.reply(Sse([chunk({"content": "a"}), gate, chunk({"content": "b"}), chunk({}, "stop")]))
    async with aclient(gateway, max_retries=0) as one:
        stream = one.stream(**ASK)
        assert (await anext(stream)).text == "a"
        gate.open()
        assert [part.text async for part in stream] == ["b", ""]


def test_connections_kept_too_long_are_closed(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramclouds._http.pool.KEEPALIVE_EXPIRY", 0.0)
    with client(gateway, max_retries=0) as one:
        for _ in range(3):
            one.complete(**ASK)
        assert gateway.connections == 3
    gateway.wait_closed()


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_cookies_are_not_kept(gateway: Gateway, flavour: str) -> None:
    gateway.handler = lambda _: Json(completion(), headers={"Set-Cookie": "session=1; Path=/"})
    if flavour == "sync":
        with client(gateway) as one:
            one.complete(**ASK)
            one.complete(**ASK)
    else:
        both = aclient(gateway)

        async def run() -> None:
            await both.complete(**ASK)
            await both.complete(**ASK)

        asyncio.run(run())
    assert "cookie" not in gateway.last.headers
