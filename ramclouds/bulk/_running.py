"""A run in a thread of its own: it works where an event loop runs already, as in notebooks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import copy_context
from threading import Event, Thread
from typing import Any

_SECONDS_BETWEEN_LOOKS = 0.5


class Runner:
    """Runs a coroutine to its end; Ctrl-C calls `interrupt`, and `cancel` the second time."""

    def __init__(self, interrupt: Callable[[], object], cancel: Callable[[], object]) -> None:
        self._interrupt, self._cancel = interrupt, cancel
        self._has_ended = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._error: BaseException | None = None

    def run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Runs, and raises what the coroutine raised."""
        context = copy_context()
        thread = Thread(target=context.run, args=(self._work, work), name="ramclouds-bulk")
        thread.start()
        try:
            self._wait()
        except BaseException:
            self._call(self._cancel)
            raise
        finally:
            thread.join()
        if self._error is not None:
            raise self._error

    def _wait(self) -> None:
        while True:
            try:
                # Windows cannot interrupt a wait without a timeout.
                while not self._has_ended.wait(_SECONDS_BETWEEN_LOOKS):
                    pass
            except KeyboardInterrupt:
                self._call(self._interrupt)
                self._interrupt = self._cancel
            else:
                return

    def _call(self, function: Callable[[], object]) -> None:
        loop = self._loop
        # It may be closed already: then there is nothing to end.
        with suppress(RuntimeError):
            if loop is not None:
                loop.call_soon_threadsafe(function)

    def _work(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            asyncio.run(self._main(work))
        except BaseException as exc:  # noqa: BLE001  raised where the caller waits
            self._error = exc
        finally:
            self._has_ended.set()

    async def _main(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._loop = asyncio.get_running_loop()
        await work()
