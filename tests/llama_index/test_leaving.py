"""Leaving a stream early frees its connection, whichever method opened it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage

from llama_index_ramclouds import RamClouds
from tests.gateway import Gateway, Sse, Stall, chunk
from tests.llama_index.toolbox import ADD

OPEN: dict[str, Callable[[RamClouds, str], Any]] = {
    "stream_chat": lambda llm, a: getattr(llm, f"{a}stream_chat")([ChatMessage("Hello")]),
    "stream_complete": lambda llm, a: getattr(llm, f"{a}stream_complete")("Hello"),
    "stream_chat_with_tools": lambda llm, a: getattr(llm, f"{a}stream_chat_with_tools")(
        [ADD], user_msg="Hello"
    ),
}


@pytest.fixture
def endless(gateway: Gateway) -> Gateway:
    """Says one word, and then holds the line until the client goes."""
    gateway.reply(Sse([chunk({"content": "One"}), Stall()]))
    return gateway


@pytest.mark.parametrize("method", OPEN)
def test_closing_a_sync_stream(endless: Gateway, llm: RamClouds, method: str) -> None:
    stream = OPEN[method](llm, "")
    next(stream)
    stream.close()

    endless.wait_closed()


@pytest.mark.parametrize("method", OPEN)
async def test_closing_an_async_stream(endless: Gateway, llm: RamClouds, method: str) -> None:
    stream = await OPEN[method](llm, "a")
    await anext(stream)
    await stream.aclose()

    await asyncio.to_thread(endless.wait_closed)
    await llm.aclose()


@pytest.mark.parametrize("method", OPEN)
async def test_cancelling_the_task_of_a_stream(
    endless: Gateway, llm: RamClouds, method: str
) -> None:
    stream = await OPEN[method](llm, "a")
    await anext(stream)

    async def listen() -> None:
        async for _ in stream:
            pass

    task = asyncio.create_task(listen())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await asyncio.to_thread(endless.wait_closed)
    await llm.aclose()


async def test_dropping_a_stream(endless: Gateway, llm: RamClouds) -> None:
    async for _ in await llm.astream_chat([ChatMessage("Hello")]):
        break

    await asyncio.to_thread(endless.wait_closed)
    await llm.aclose()


def test_a_stream_that_was_never_begun_sends_nothing(gateway: Gateway, llm: RamClouds) -> None:
    llm.stream_chat([ChatMessage("Hello")]).close()

    assert gateway.requests == []
