"""A run in a thread of its own: it works where an event loop runs already, as in notebooks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from contextvars import copy_context
from typing import Any

_SECONDS_BETWEEN_LOOKS = 0.5


class Runner:
    """Runs a coroutine to its end; Ctrl-C calls `interrupt`, and `cancel` the second time."""

    def __init__(self, interrupt: Callable[[], object], cancel: Callable[[], object]) -> None:
        self._interrupt, self._cancel = interrupt, cancel
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Runs, and raises what the coroutine raised."""
        with ThreadPoolExecutor(1, "ramclouds-bulk") as pool:
            ended = pool.submit(copy_context().run, asyncio.run, self._main(work))
            try:
                self._wait(ended)
            except BaseException:
                self._call(self._cancel)
                raise
        ended.result()

    def _wait(self, ended: Future[None]) -> None:
        while True:
            try:
                # Windows cannot interrupt a wait without a timeout.
                while not wait([ended], _SECONDS_BETWEEN_LOOKS).done:
                    pass
            except KeyboardInterrupt:
                self._call(self._interrupt)
                self._interrupt = self._cancel
            else:
                return

    def _call(self, function: Callable[[], object]) -> None:
        loop = self._loop
        # A loop that is closed already has nothing to cancel.
        with suppress(RuntimeError):
            if loop is not None:
                loop.call_soon_threadsafe(function)

    async def _main(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._loop = asyncio.get_running_loop()
        await work()
