"""Streams that are left before their end: the connection is free at once."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator

import pytest

from ramclouds import AsyncClient, Chunk, Client
from tests.gateway import Endless, Gate, Gateway, Hang, Json, Sse, chunk, completion, text_chunks
from tests.harness import ASK

WORD = chunk({"content": "x"})


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Client]:
    with Client(api_key="test-key", base_url=gateway.base_url, max_retries=0) as made:
        yield made


@pytest.fixture
async def aclient(gateway: Gateway) -> AsyncIterator[AsyncClient]:
    made = AsyncClient(api_key="test-key", base_url=gateway.base_url, max_retries=0)
    async with made:
        yield made


@pytest.fixture(params=["endless", "silent"])
def unfinished(request: pytest.FixtureRequest, gateway: Gateway) -> Gateway:
    """A gateway whose next stream has no end: it goes on for ever, or falls silent."""
    gateway.reply(Endless(WORD) if request.param == "endless" else Sse([WORD, Gate()]))
    return gateway


def test_closing_a_stream_closes_its_connection(unfinished: Gateway, client: Client) -> None:
    stream = client.stream(**ASK)
    assert next(stream).text == "x"
    stream.close()
    unfinished.wait_closed()


def test_break_and_forget(unfinished: Gateway, client: Client) -> None:
    for one in client.stream(**ASK):
        assert one.text == "x"
        break
    gc.collect()
    unfinished.wait_closed()


def test_exception_in_the_loop(unfinished: Gateway, client: Client) -> None:
    def consume() -> None:
        for _ in client.stream(**ASK):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        consume()
    gc.collect()
    unfinished.wait_closed()


def test_closing_the_client(unfinished: Gateway, client: Client) -> None:
    stream = client.stream(**ASK)
    next(stream)
    client.close()
    unfinished.wait_closed()
    stream.close()


def test_forgetting_the_client(gateway: Gateway) -> None:
    client = Client(api_key="test-key", base_url=gateway.base_url)
    client.complete(**ASK)
    gateway.wait_idle()
    assert gateway.open_connections == 1
    del client
    gc.collect()
    gateway.wait_closed()


def test_stream_that_was_never_begun(gateway: Gateway, client: Client) -> None:
    stream = client.stream(**ASK)
    stream.close()
    assert list(stream) == []
    assert gateway.connections == 0


def test_client_that_was_closed_opens_again(gateway: Gateway, client: Client) -> None:
    client.complete(**ASK)
    client.close()
    client.close()
    assert client.complete(**ASK).text


def test_finished_stream_leaves_its_connection_for_the_next_call(
    gateway: Gateway, client: Client
) -> None:
    gateway.handler = lambda request: (
        Sse(text_chunks()) if request.json.get("stream") else Json(completion())
    )
    for _ in range(5):
        assert list(client.stream(**ASK))
        assert client.complete(**ASK).text
    assert gateway.connections == 1


def test_finished_stream_frees_its_connection_before_the_generator_ends(
    gateway: Gateway, client: Client
) -> None:
    stream = client.stream(**ASK)
    last = [one for one in stream if one.finish_reason]
    assert len(last) == 1
    gateway.wait_idle()


async def test_closing_an_async_stream_closes_its_connection(
    unfinished: Gateway, aclient: AsyncClient
) -> None:
    stream = aclient.stream(**ASK)
    assert (await anext(stream)).text == "x"
    await stream.aclose()
    await asyncio.to_thread(unfinished.wait_closed)


async def test_async_break_and_forget(unfinished: Gateway, aclient: AsyncClient) -> None:
    async for one in aclient.stream(**ASK):
        assert one.text == "x"
        break
    gc.collect()
    await asyncio.to_thread(unfinished.wait_closed)


async def test_async_exception_in_the_loop(unfinished: Gateway, aclient: AsyncClient) -> None:
    async def consume() -> None:
        async for _ in aclient.stream(**ASK):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await consume()
    gc.collect()
    await asyncio.to_thread(unfinished.wait_closed)


async def _consume(client: AsyncClient, seen: list[Chunk]) -> None:
    async for one in client.stream(**ASK):
        seen.append(one)


async def test_cancelling_inside_a_stream(gateway: Gateway, aclient: AsyncClient) -> None:
    gateway.reply(Sse([WORD, Gate()]))
    seen: list[Chunk] = []
    task = asyncio.create_task(_consume(aclient, seen))
    while not seen:
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(gateway.wait_closed)


@pytest.mark.parametrize("method", ["complete", "stream"])
async def test_cancelling_while_waiting_for_an_answer(
    gateway: Gateway, aclient: AsyncClient, method: str
) -> None:
    gateway.reply(Hang("headers"))
    call = aclient.complete(**ASK) if method == "complete" else _consume(aclient, [])
    task = asyncio.ensure_future(call)
    await asyncio.to_thread(gateway.wait_requests, 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(gateway.wait_closed)
    assert (await aclient.complete(**ASK)).text


async def test_timeout_around_a_call(gateway: Gateway, aclient: AsyncClient) -> None:
    gateway.reply(Hang("headers"))
    with pytest.raises(asyncio.TimeoutError) as caught:
        await asyncio.wait_for(aclient.complete(**ASK), 0.1)
    # The caller's own timeout is the caller's: it is not mistaken for the gateway's.
    assert type(caught.value) is asyncio.TimeoutError
    await asyncio.to_thread(gateway.wait_closed)


async def test_async_finished_stream_leaves_its_connection(
    gateway: Gateway, aclient: AsyncClient
) -> None:
    for _ in range(5):
        assert [one async for one in aclient.stream(**ASK)]
        assert (await aclient.complete(**ASK)).text
    assert gateway.connections == 1


async def test_async_closing_the_client(gateway: Gateway, aclient: AsyncClient) -> None:
    await aclient.complete(**ASK)
    await aclient.aclose()
    await asyncio.to_thread(gateway.wait_closed)
    assert (await aclient.complete(**ASK)).text
