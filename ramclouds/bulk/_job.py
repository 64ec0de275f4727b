"""One run: keeps calls in flight, writes what comes, and hands it out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from ramclouds._meter import UsageMeter
from ramclouds._pace.lanes import bulk_lane
from ramclouds.bulk._asking import Ask, failed
from ramclouds.bulk._budget import Spent
from ramclouds.bulk._lines import Result
from ramclouds.bulk._needs import Needs
from ramclouds.bulk._outputs import Outputs
from ramclouds.bulk._plan import Plan
from ramclouds.bulk._rows import Row

_SECONDS_IN_A_CROWD = 0.02


class Call(NamedTuple):
    """A call in flight."""

    rows: Sequence[Row]
    need: Spent
    meter: UsageMeter


class Job:
    """One run; `results()` runs it."""

    def __init__(
        self,
        work: Iterator[list[Row] | Result],
        ask: Ask,
        needs: Needs,
        plan: Plan,
        outputs: Outputs,
    ) -> None:
        self.plan = plan
        self.on_progress: Callable[[], object] = bool
        self._work = work
        self._ask = ask
        self._needs = needs
        self._outputs = outputs
        self.is_crowded: Callable[[], bool] = bool
        """Whether enough calls wait for the rate limit: what is not begun is soon ended."""
        self._held: list[Row] | None = None
        """Rows that wait until the budget has room."""
        self._calls: dict[asyncio.Task[list[Result]], Call] = {}
        self._ended: asyncio.Queue[asyncio.Task[list[Result]]] = asyncio.Queue()
        self._broken: Exception | None = None
        """What reading the rows raised."""

    def interrupt(self) -> None:
        """Sends nothing more; what is in flight comes to its end."""
        self.plan.stop("interrupted")

    def cancel(self) -> None:
        """Breaks off what is in flight."""
        self.interrupt()
        for task in self._calls:
            task.cancel()

    async def results(self) -> AsyncGenerator[Result, None]:
        """Runs, and gives each result as it comes; closing breaks off what is in flight.

        Raises:
            Exception: the rows raised it; what was in flight has ended, and is written.
        """
        try:
            while True:
                while (work := self._next()) is not None:
                    if isinstance(work, Result):
                        yield work
                    else:
                        # It joins those that wait for the rate limit, if there is one.
                        await asyncio.sleep(0)
                if not self._calls:
                    break
                for task in await self._ended_calls():
                    for result in self._taken(task):
                        yield result
                self.on_progress()
        finally:
            await self._break_off()
        if self._broken is not None:
            raise self._broken

    def _next(self) -> Result | Call | None:
        """A result that was there, or the next call, which is sent; None where neither can be."""
        if self._broken or self.plan.stopped or not self._has_room():
            return None
        try:
            work = self._held or next(self._work, None)
        except Exception as exc:  # noqa: BLE001  raised when the others have ended
            self._broken = exc
            return None
        if work is None or isinstance(work, Result):
            return work
        need = self._needs.of([row.input for row in work])
        if not self.plan.start(need):
            self._held = work
            return None
        self._held = None
        return self._send(Call(work, need or Spent(), UsageMeter()))

    async def _ended_calls(self) -> list[asyncio.Task[list[Result]]]:
        """A call that has ended; none where others may be able to go out before one has."""
        wait = self._ended.get()
        if not self.is_crowded():
            return [await wait]
        with suppress(asyncio.TimeoutError):
            return [await asyncio.wait_for(wait, _SECONDS_IN_A_CROWD)]
        return []

    def _has_room(self) -> bool:
        return self.plan.has_room() and not (self._calls and self.is_crowded())

    def _send(self, call: Call) -> Call:
        task = asyncio.create_task(self._asked(call))
        self._calls[task] = call
        task.add_done_callback(self._ended.put_nowait)
        return call

    async def _asked(self, call: Call) -> list[Result]:
        try:
            with bulk_lane(), call.meter:
                results = await self._ask(call.rows)
        except Exception as exc:
            self._write(failed(row, exc) for row in call.rows)
            raise
        # Now, and not when somebody takes them: a kill loses nothing then.
        self._write(results)
        return results

    def _write(self, results: Iterable[Result]) -> None:
        for result in results:
            try:
                self._outputs.write(result)
            except OSError as exc:
                self.plan.stop("disk", f"{self._outputs.out}: {exc.strerror}")

    def _taken(self, task: asyncio.Task[list[Result]]) -> list[Result]:
        """The results of a call that has ended."""
        call = self._calls.pop(task)
        spent = call.need, call.meter.total
        if task.cancelled():
            self.plan.leave(*spent)
            return []
        error = task.exception()
        if error is not None:
            self.plan.fail(*spent, error, len(call.rows))
            return [failed(row, error) for row in call.rows]
        results = task.result()
        failures = [one.failure for one in results if one.failure is not None]
        self.plan.answer(*spent, len(results) - len(failures))
        for failure in failures:
            self.plan.count(failure)
        return results

    async def _break_off(self) -> None:
        for task in self._calls:
            task.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
