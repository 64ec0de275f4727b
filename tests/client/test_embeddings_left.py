"""`embed_many` left early: cancelled in asyncio and trio, and by Ctrl-C."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import trio

from ramclouds import AsyncClient, Client
from tests.gateway import Gateway, Raw, Stall, head

TEXTS = ["a", "b", "c", "d"]
STALLED = Raw([head(200, {"Content-Length": "9"}), Stall()])


def settings(gateway: Gateway) -> dict[str, Any]:
    gateway.handler = lambda request: STALLED
    return {"api_key": "test-key", "base_url": gateway.base_url, "max_retries": 0}


async def ask(client: AsyncClient) -> None:
    await client.embed_many(TEXTS, model="m", chunk_size=1, max_concurrency=2)


def test_cancelling_the_task_closes_the_connections(gateway: Gateway) -> None:
    async def leave() -> None:
        async with AsyncClient(**settings(gateway)) as client:
            task = asyncio.create_task(ask(client))
            await asyncio.to_thread(gateway.wait_requests, 2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(gateway.wait_closed)

    asyncio.run(leave())
    assert len(gateway.requests) == 2


def test_cancelling_in_trio_closes_the_connections(gateway: Gateway) -> None:
    async def leave() -> None:
        async with AsyncClient(**settings(gateway)) as client:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(ask, client)
                await trio.to_thread.run_sync(gateway.wait_requests, 2)
                nursery.cancel_scope.cancel()
            await trio.to_thread.run_sync(gateway.wait_closed)

    trio.run(leave)
    assert len(gateway.requests) == 2


def test_interrupt_sends_no_more_than_what_is_under_way(gateway: Gateway) -> None:
    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    client = Client(api_key="test-key", base_url=gateway.base_url)
    asked: dict[str, Any] = {"chunk_size": 1, "max_concurrency": 2, "on_progress": interrupt}
    with client, pytest.raises(KeyboardInterrupt):
        client.embed_many(["a"] * 50, model="m", **asked)
    assert len(gateway.requests) < 50
