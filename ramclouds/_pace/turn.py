"""One call's way through the gate of its key: waiting, what came of it, leaving."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event
from time import monotonic
from types import TracebackType
from typing import Any

from ramclouds._failures.retry import jittered, wait_asked_by
from ramclouds._http.bodies import running_loop
from ramclouds._http.timeouts import CallTimes, earlier, seconds_left
from ramclouds._pace.gate import Gate, Place
from ramclouds._pace.hints import hint_in, is_for_rate
from ramclouds._pace.lanes import is_bulk
from ramclouds._pace.loops import reader_of
from ramclouds.errors import RamCloudsError, RateLimitError

logger = logging.getLogger("ramclouds")


class Turn:
    """`with turn:` around a call with all its attempts; nothing of it is left behind then."""

    __slots__ = ("_error", "_gate", "_max_wait", "_place", "_since", "_times", "is_over")

    def __init__(self, gate: Gate | None, times: CallTimes, max_wait: float | None) -> None:
        bulk = is_bulk()
        self._gate = gate
        self._place = Place(is_bulk=bulk)
        self._times = times
        self._max_wait = None if bulk else max_wait
        self._since: float | None = None
        """When it began to wait."""
        self._error: RamCloudsError | None = None
        """The last refusal."""
        self.is_over = False
        """Whether it waited in vain."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._error = None
        if self._gate is not None and (self._place.permit or self._place.wake):
            self._gate.leave(self._place)

    def is_read_by(self, loop: asyncio.AbstractEventLoop) -> None:
        """The response comes to this event loop."""
        self._place.reader = reader_of(loop)

    def passes(self) -> bool:
        """Whether the request may go at once."""
        return self._gate is None or self._gate.try_pass(self._place)

    @contextmanager
    def waiting(self, wake: Callable[[], object]) -> Iterator[float | None]:
        """In the line, as long as the returned seconds at most.

        Raises:
            RamCloudsError: it waited in vain.
        """
        assert self._gate is not None
        now = monotonic()
        self._since = self._since or now
        until = None if self._max_wait is None else self._since + self._max_wait
        deadline = self._times.deadline()
        self._gate.join(self._place, wake)
        try:
            yield seconds_left(earlier(until, deadline))
        except BaseException:
            self._gate.leave(self._place)
            raise
        if self._place.permit is None and not self._gate.is_broken:
            self._gate.leave(self._place)
            self.is_over = True
            raise self._failure(is_late=deadline is not None and monotonic() >= deadline)

    def accepted(self) -> None:
        """The head of a success has come."""
        if self._gate is not None:
            self._gate.settle(self._place, is_accepted=True, ends=False)

    def renew(self) -> None:
        """Another model is asked: it may wait anew."""
        self.is_over, self._since, self._error = False, None, None

    @property
    def extension(self) -> dict[str, Turn]:
        """What has our transports tell how far a request has come."""
        return {} if self._gate is None else {"progress": self}

    def started(self) -> None:
        """The request may still wait for a connection."""
        assert self._gate is not None
        self._gate.note(self._place, "started")

    def connected(self, seconds: float) -> None:
        """A connection was made for it."""
        assert self._gate is not None
        self._gate.note(self._place, "connected", seconds)

    def sent(self) -> None:
        """The request is on its way."""
        assert self._gate is not None
        self._gate.note(self._place, "sent")

    def failed(self, error: RamCloudsError, *, has_status: bool) -> bool:
        """Takes in how an attempt failed; whether the call may wait for another turn."""
        if self._gate is None or self.is_over:
            return False
        if not has_status or not is_for_rate(error):
            self._gate.settle(self._place, is_accepted=has_status)
            return False
        self._error = error
        asked = wait_asked_by(error)
        wait = jittered(asked) if asked else None
        self._gate.settle(self._place, hint=hint_in(error, wait))
        self._place.was_refused = True
        self._place.not_before = monotonic() + wait if wait else 0.0
        return asked is None or self._max_wait is None or asked <= self._max_wait

    def _failure(self, *, is_late: bool) -> RamCloudsError:
        if is_late:
            return self._times.is_over()
        assert self._gate is not None
        learned = self._gate.learned()
        why = self._place.failed or (
            f"The call waited {self._max_wait:g} s for its turn (max_wait). Raise max_wait=..., or "
            "send less at once"
        )
        rate = f"{learned.rate:.3g} a second" if learned.rate else "an unknown number"
        message = (
            f"{why}. So far {learned.accepted} requests of this key were accepted and "
            f"{learned.refused} refused for their rate; the gateway seems to allow {rate}."
        )
        facts: dict[str, Any] = vars(self._error) if self._error else {"retryable": True}
        first = f"{self._error.message} " if self._error else ""
        kind = type(self._error) if self._error else RateLimitError
        return kind(first + message, **{k: v for k, v in facts.items() if k != "message"})


def enter(turn: Turn) -> None:
    """Waits in this thread until the request may go."""
    if turn.passes():
        return
    event = Event()
    with turn.waiting(event.set) as seconds:
        event.wait(seconds)


async def aenter(turn: Turn) -> None:
    """Waits on the running event loop, asyncio's or trio's, until the request may go."""
    loop, is_asyncio = running_loop()
    if is_asyncio:
        turn.is_read_by(loop)
    if turn.passes():
        return
    if is_asyncio:
        await _wait_on_asyncio(turn, loop)
    else:
        import trio

        event = trio.Event()
        with turn.waiting(partial(loop.run_sync_soon, event.set)) as seconds:
            with trio.move_on_after(float("inf") if seconds is None else seconds):
                await event.wait()


async def _wait_on_asyncio(turn: Turn, loop: asyncio.AbstractEventLoop) -> None:
    future: asyncio.Future[None] = loop.create_future()
    with turn.waiting(partial(loop.call_soon_threadsafe, _set, future)) as seconds:
        timer = None if seconds is None else loop.call_later(seconds, _set, future)
        try:
            await future
        finally:
            if timer is not None:
                timer.cancel()


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
