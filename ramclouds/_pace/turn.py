"""One call's way through the gate of its key: waiting, what came of it, leaving."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from threading import Event, get_ident
from time import monotonic
from typing import Any

from ramclouds._failures.retry import jittered, wait_asked_by
from ramclouds._http.bodies import running_loop
from ramclouds._http.timeouts import CallTimes, earlier, seconds_left
from ramclouds._observers import NOBODY, Watch
from ramclouds._pace.gate import Gate
from ramclouds._pace.lanes import is_bulk
from ramclouds._pace.loops import reader_of
from ramclouds._pace.permits import THREAD
from ramclouds._pace.places import Place
from ramclouds._pace.refusals import is_for_rate, refusal_in
from ramclouds._pace.registry import Gates
from ramclouds.errors import RamCloudsError, RateLimitError


class Turn:
    """`with turn:` stands around a call with all its attempts, and leaves nothing behind."""

    __slots__ = (
        "_error", "_gate", "_gates", "_max_wait", "_model", "_place", "_since", "_times", "_watch",
        "given_at", "is_over", "loop", "sent_at",
    )  # fmt: skip

    def __init__(
        self,
        gates: Gates | None,
        model: str,
        times: CallTimes,
        max_wait: float | None,
        watch: Watch = NOBODY,
    ) -> None:
        self._gates = gates
        self._model = model
        self._gate = None if gates is None else gates.of(model)
        self._watch = watch
        self._times = times
        self._max_wait = max_wait
        self._place: Place | None = None
        """The place in the line, then the permit; None if neither was needed."""
        self.given_at = 0.0
        """When it went out without a permit; 0 once it is accepted, refused or ended."""
        self.sent_at = 0.0
        self.loop: asyncio.AbstractEventLoop | None = None
        """The event loop that reads the response; None for a thread."""
        self._error: RamCloudsError | None = None
        """The last refusal."""
        self._since = 0.0
        """When it began to wait."""
        self.is_over = False
        """Whether it waited in vain."""

    def __enter__(self) -> None:
        if self._watch.listeners:
            self._watch.notify("begin")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        gate, place = self._gate, self._place
        if gate is not None and self.given_at:
            gate.quick_end(self)
        if gate is not None and place is not None:
            self._error = None
            if place.permit is not None or place.wake is not None:
                gate.leave(place)
        if self._watch.listeners:
            self._watch.end(error)

    def place(self) -> Place:
        """Its place in the line."""
        if self._place is None:
            reader = THREAD if self.loop is None else reader_of(self.loop)
            self._place = Place(reader, is_bulk=is_bulk())
        return self._place

    def passes(self) -> bool:
        """Whether the request may go at once."""
        if self._gate is None or self._gate.quick_pass(self):
            return True
        return self._gate.try_pass(self.place())

    @contextmanager
    def waiting(self, wake: Callable[[], object]) -> Iterator[float | None]:
        """In the line, as long as the returned seconds at most.

        Raises:
            RamCloudsError: it waited in vain.
        """
        assert self._gate is not None
        place = self.place()
        now = monotonic()
        self._since = self._since or now
        is_limited = self._max_wait is not None and not place.is_bulk
        until = self._since + (self._max_wait or 0.0) if is_limited else None
        deadline = self._times.deadline()
        place.until = inf if until is None else until
        if self._watch.listeners:
            self._notify(self._gate)
        self._gate.join(place, wake)
        try:
            yield seconds_left(earlier(until, deadline))
        except BaseException:
            self._gate.leave(place)
            raise
        is_late = deadline is not None and monotonic() >= deadline
        if (place.permit is None or is_late) and not self._gate.is_broken:
            self._gate.leave(place)
            self.is_over = True
            raise self._failure(place, is_late=is_late)

    def moves(self) -> bool:
        """Whether its model has got a gate of its own meanwhile, where the call has to wait now."""
        assert self._gates is not None
        assert self._gate is not None
        if (gate := self._gates.of(self._model)) is self._gate:
            return False
        self._gate.leave(self.place())
        self._gate, self._place = gate, None
        return True

    def _notify(self, gate: Gate) -> None:
        if self._error is not None:
            why = "the gateway refused it for its rate"
            self._watch.notify("wait", self._error.retry_after, why)
        elif gate.has_long_line():
            self._watch.notify("wait", None, "other calls of its key come first")

    def settle(self, *, is_accepted: bool, ends: bool) -> None:
        """The head of a success has come, or the request has ended without a refusal here."""
        if self._gate is None:
            return
        if self.given_at:
            self._gate.quick_end(self, is_accepted=is_accepted)
        if self._place is not None:
            self._gate.settle(self._place, is_accepted=is_accepted, ends=ends)

    def renew(self, model: str) -> None:
        """Another model is asked: it may wait anew."""
        self.is_over, self._since, self._error = False, 0.0, None
        if self._gates is not None:
            self._model, self._gate, self._place = model, self._gates.of(model), None

    def started(self) -> None:
        """The request may still wait for a connection."""
        self.sent_at = inf
        if self._place is not None and self._gate is not None:
            self._gate.note(self._place, "started")

    def connected(self, seconds: float) -> None:
        """A connection was made for it."""
        if self._gate is not None:
            self._gate.connected(seconds)

    def sent(self) -> None:
        """The request is on its way."""
        self.sent_at = monotonic()
        if self._place is not None and self._gate is not None:
            self._gate.note(self._place, "sent")

    def failed(self, error: RamCloudsError, *, has_status: bool) -> bool:
        """Takes in how an attempt failed; whether the call may wait for another turn."""
        if self._gate is None or self._gate.is_broken or self.is_over:
            return False
        if not has_status or not is_for_rate(error):
            self.settle(is_accepted=has_status, ends=True)
            return False
        if error.from_provider:
            self._part()
        place = self.place()
        self._error = error
        asked = wait_asked_by(error)
        wait = jittered(asked) if asked else None
        self._gate.refuse(self, place, refusal_in(error, wait))
        place.was_refused = True
        place.not_before = monotonic() + wait if wait else 0.0
        return place.is_bulk or asked is None or self._max_wait is None or asked <= self._max_wait

    def _part(self) -> None:
        """The limit is the model's own, so the other models do not wait for it."""
        assert self._gates is not None
        assert self._gate is not None
        part = self._gates.part(self._model)
        if part is self._gate:
            return
        self.settle(is_accepted=True, ends=True)
        self._gate, self._place = part, None
        self.given_at = self.sent_at if self.sent_at < inf else monotonic()

    def _failure(self, place: Place, *, is_late: bool) -> RamCloudsError:
        if is_late and self._error is None:
            return self._times.is_over()
        assert self._gate is not None
        learned = self._gate.learned()
        rate = f"{learned.rate:.3g} a second" if learned.rate else "an unknown number"
        message = (
            f"{self._why(place, is_late=is_late)}. So far {learned.accepted} requests of this key "
            f"were accepted and {learned.refused} refused for their rate; the gateway seems to "
            f"allow {rate}."
        )
        known: dict[str, Any] = vars(self._error) if self._error else {"retryable": True}
        facts = known if place.asked is None else {**known, "retry_after": place.asked}
        first = f"{self._error.message} " if self._error else ""
        kind = type(self._error) if self._error else RateLimitError
        return kind(first + message, **{k: v for k, v in facts.items() if k != "message"})

    def _why(self, place: Place, *, is_late: bool) -> str:
        """What ended the waiting, and what to do."""
        if place.failed and not is_late:
            return place.failed
        waited, limit = f"{self._max_wait or 0.0:g} s for its turn", "max_wait"
        if is_late:
            waited, limit = f"for its turn until {self._times.total:g} s were over", "total_timeout"
        return f"The call waited {waited} ({limit}). Raise {limit}=..., or send less at once"


def enter(turn: Turn) -> None:
    """Waits in this thread until the request may go."""
    while not turn.passes():
        event = Event()
        with turn.waiting(event.set) as seconds:
            event.wait(seconds)
        if not turn.moves():
            return


async def aenter(turn: Turn) -> None:
    """Waits on the running event loop, asyncio's or trio's, until the request may go."""
    loop, is_asyncio = running_loop()
    if is_asyncio:
        turn.loop = loop
    while not turn.passes():
        await (_wait_on_asyncio(turn, loop) if is_asyncio else _wait_on_trio(turn, loop))
        if not turn.moves():
            return


async def _wait_on_trio(turn: Turn, loop: Any) -> None:
    import trio

    event = trio.Event()
    with turn.waiting(partial(loop.run_sync_soon, event.set)) as seconds:
        with trio.move_on_after(float("inf") if seconds is None else seconds):
            await event.wait()


async def _wait_on_asyncio(turn: Turn, loop: asyncio.AbstractEventLoop) -> None:
    future: asyncio.Future[None] = loop.create_future()
    with turn.waiting(partial(_wake, loop, future, get_ident())) as seconds:
        timer = None if seconds is None else loop.call_later(seconds, _set, future)
        try:
            await future
        finally:
            if timer is not None:
                timer.cancel()


def _wake(loop: asyncio.AbstractEventLoop, future: asyncio.Future[None], thread: int) -> None:
    if get_ident() == thread:
        _set(future)
    else:
        # The loop may sleep, and is woken by a system call.
        loop.call_soon_threadsafe(_set, future)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
