"""Runs the same work several times at once: in threads, or in tasks of any event loop."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any


def side_by_side(count: int, work: Callable[[], None], stop: Callable[[], None]) -> None:
    """Run work in `count` threads, and wait for all; `stop` is called where waiting is broken off.

    Ctrl-C then waits only for what is under way.
    """
    if count < 2:
        work()
        return
    # Imported here because a single request needs no threads.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(count, "ramclouds") as pool:
        try:
            for future in [pool.submit(copy_context().run, work) for _ in range(count)]:
                future.result()
        finally:
            stop()


async def aside_by_side(
    count: int, work: Callable[[], Coroutine[Any, Any, None]], stop: Callable[[], None]
) -> None:
    """Run work in `count` tasks, and wait for all; cancelling cancels them."""
    if count < 2:
        await work()
        return
    from anyio import create_task_group

    async with create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(work)
    stop()
