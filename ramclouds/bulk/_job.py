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
from ramclouds.bulk._source import Ahead, Direct

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
        self.reads_ahead = False
        """Whether the rows are read in a thread, because they may be long in coming."""
        self._work = work
        self._source: Direct[list[Row] | Result] | Ahead[list[Row] | Result] = Direct(work)
        self._ask = ask
        self._needs = needs
        self._outputs = outputs
        self.is_crowded: Callable[[], bool] = bool
        """Whether enough calls wait for the rate limit: what is not begun is soon ended."""
        self._postponed: list[Row] | None = None
        """Rows that wait until the budget has room."""
        self._calls: dict[asyncio.Task[list[Result]], Call] = {}
        self._ended: asyncio.Queue[asyncio.Task[list[Result]] | None] = asyncio.Queue()
        """Calls that have ended; None where something else has happened."""
        self._is_cancelled = False
        self._broken: Exception | None = None
        """What reading the rows raised."""

    def interrupt(self) -> None:
        """Sends nothing more; what is in flight comes to its end."""
        self.plan.stop("interrupted")
        self._wake()

    def cancel(self) -> None:
        """Breaks off what is in flight."""
        self.interrupt()
        self._cancel_calls()

    async def results(self) -> AsyncGenerator[Result, None]:
        """Runs, and gives each result as it comes; closing breaks off what is in flight.

        Raises:
            Exception: the rows raised it; what was in flight has ended, and is written.
        """
        if self.reads_ahead:
            self._source = Ahead(self._work, self._wake)
        try:
            while True:
                while (work := self._next()) is not None:
                    if isinstance(work, Result):
                        yield work
                    else:
                        # It joins those that wait for the rate limit, if there is one.
                        await asyncio.sleep(0)
                if not (self._calls or (self._source.is_pending and not self._is_over())):
                    break
                task = await self._ended_call()
                for result in [] if task is None else self._taken(task):
                    yield result
                self.on_progress()
        finally:
            self._source.close()
            await self._break_off()
        if self._broken is not None:
            raise self._broken

    def _next(self) -> Result | Call | None:
        """A result that was there, or the next call, which is sent; None where neither can be."""
        if self._is_over() or not self.plan.has_room() or (self._calls and self.is_crowded()):
            return None
        try:
            work = self._postponed or self._source.next()
        except Exception as exc:  # noqa: BLE001  raised when the others have ended
            self._broken = exc
            return None
        if work is None or isinstance(work, Result):
            return work
        need = self._needs.of([row.input for row in work])
        if not self.plan.start(need):
            self._postponed = work
            return None
        self._postponed = None
        return self._send(Call(work, need or Spent(), UsageMeter()))

    async def _ended_call(self) -> asyncio.Task[list[Result]] | None:
        """A call that has ended; None where others may be able to go out before one has."""
        wait = self._ended.get()
        if not self.is_crowded():
            return await wait
        with suppress(asyncio.TimeoutError):
            return await asyncio.wait_for(wait, _SECONDS_IN_A_CROWD)
        return None

    def _is_over(self) -> bool:
        return self._broken is not None or self.plan.stopped is not None

    def _wake(self) -> None:
        self._ended.put_nowait(None)

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
        # Written now, and not when somebody takes them, so that a kill loses nothing.
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
        if task.cancelled() and self._is_cancelled:
            self.plan.leave(*spent)
            return []
        # What `invoke` names can be cancelled by something of its own.
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            self.plan.fail(*spent, error, len(call.rows))
            return [failed(row, error) for row in call.rows]
        results = task.result()
        failures = [one.failure for one in results if one.failure is not None]
        self.plan.answer(*spent, len(results) - len(failures))
        for failure in failures:
            self.plan.count(failure)
        return results

    def _cancel_calls(self) -> None:
        self._is_cancelled = True
        for task in self._calls:
            task.cancel()

    async def _break_off(self) -> None:
        self._cancel_calls()
        await asyncio.gather(*self._calls, return_exceptions=True)
