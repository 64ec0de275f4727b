"""What is left of event loops that are over: nothing."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from ramclouds import AsyncClient
from tests.gateway import Gateway

Run = Callable[[Coroutine[Any, Any, Any]], Any]


def _carelessly(work: Coroutine[Any, Any, Any]) -> Any:
    """Closes the loop without shutting its generators down, as frameworks do in their threads."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


# asyncio itself warns of the sockets that such a loop leaves behind.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("run", [asyncio.run, _carelessly], ids=["asyncio.run", "careless"])
def test_loops_that_are_over_are_forgotten(
    gateway: Gateway, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    client = AsyncClient(api_key="test-key", base_url=gateway.base_url)
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def ask() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await client.complete(model="gpt-5", messages=[{"role": "user", "content": "Hi"}])

    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            run(ask())
        asyncio.run(ask())
        gc.collect()

    assert [reference() for reference in loops[:-1]] == [None] * 3
    assert caplog.records == []
    gateway.wait_closed()


async def test_a_loop_that_finalizes_nothing_closes_a_dropped_client(gateway: Gateway) -> None:
    """So nest_asyncio runs them where a script applies it before there is a loop."""
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        client = AsyncClient(api_key="test-key", base_url=gateway.base_url)
        await client.complete(model="gpt-5", messages=[{"role": "user", "content": "Hi"}])
        assert sys.get_asyncgen_hooks() == (None, None)
        del client
        gc.collect()
        await asyncio.to_thread(gateway.wait_closed)
    finally:
        sys.set_asyncgen_hooks(*hooks)
