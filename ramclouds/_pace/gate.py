"""The line before one key: calls of all threads and event loops wait in it for their turn."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from math import inf
from threading import Condition, Lock, Thread
from time import monotonic
from typing import Any

from ramclouds._pace.loops import LoopReader
from ramclouds._pace.machine import Pace
from ramclouds._pace.permits import FIRST, Refusal
from ramclouds._pace.places import Learned, Place, Quick, guarded

logger = logging.getLogger("ramclouds")
_LONG = 1.0
"""Seconds of a wait that somebody may want to hear of."""
_POLL = 1.0
"""Seconds after which waiting calls look again, whatever happens."""


class Gate:
    """Gives permits, first come, first served; interactive calls before those in bulk."""

    def __init__(self, pace: Pace | None = None, *, lock: Any = None, poll: float = _POLL) -> None:
        self._pace = pace or Pace()
        self.lock: Any = lock or Lock()
        self._poll = poll
        self._changed = Condition(self.lock)
        self._lines: tuple[deque[Place], deque[Place]] = (deque(), deque())
        self._later: list[tuple[float, int, Place]] = []
        """Calls that the server asked to wait longer than the others."""
        self._numbers = count()
        self._clock: Thread | None = None
        self._wakes_at = inf
        self.is_broken = False
        self._quick: set[Quick] | None = set() if lock is None else None
        """Calls without a permit, of which nothing is known: no lock and no machine is needed as
        long as nobody was refused, and few wait for a response."""
        self._quick_accepted = 0

    def quick_pass(self, call: Quick) -> bool:
        """Whether a call may go out without a permit."""
        quick = self._quick
        if quick is None or len(quick) >= FIRST:
            return False
        call.given_at, call.sent_at = monotonic(), inf
        self._pace.window.sent.append(call.given_at)
        quick.add(call)
        return True

    def quick_end(self, call: Quick, *, is_accepted: bool = False) -> None:
        """A call without a permit was accepted or refused, or has ended."""
        call.given_at = 0.0
        if (quick := self._quick) is not None:
            quick.discard(call)
            self._quick_accepted += is_accepted

    def _adopt(self) -> None:
        """Gives a permit to all that went out without one."""
        quick, self._quick = self._quick, None
        for call in sorted(quick or (), key=lambda one: one.given_at):
            place = call.place()
            place.permit = self._pace.adopt(call.given_at, call.sent_at, place.reader)
            call.given_at = 0.0
        self._pace.budget.accepted += self._quick_accepted
        self._quick_accepted = 0

    def _quicken(self) -> None:
        """Needs no permits again, where nobody waits and nothing was learned."""
        is_new = not self._pace.budget.refused and self._pace.knows_all()
        if self._poll == _POLL and is_new and self._quick is None:
            self._quick = set()

    def try_pass(self, place: Place) -> bool:
        """Gives a permit if it may go at once and nobody waits."""
        try:
            with self.lock:
                self._adopt()
                if self._lines[0] or self._lines[1] or self._later or place.not_before:
                    return self.is_broken
                now = monotonic()
                if self.is_broken or self._pace.permit_at(now) > now:
                    return self.is_broken
                self._let_go(place, now)
                return True
        except Exception:  # noqa: BLE001  whatever it is
            self.break_down()
            return True

    @guarded
    def join(self, place: Place, wake: Callable[[], object]) -> None:
        """Puts a call into the line; `wake` is called when it has its permit or waits no longer."""
        place.wake = wake
        if place.not_before > monotonic():
            heappush(self._later, (place.not_before, next(self._numbers), place))
        else:
            self._line_up(place)
        self._give_up([place])
        self._serve()

    @guarded
    def leave(self, place: Place) -> None:
        """A call leaves the line, or gives back its permit, used or not."""
        place.wake = None
        self._end(place)
        self._serve()

    @guarded
    def refuse(self, call: Quick, place: Place, refusal: Refusal) -> None:
        """A request was refused for its rate."""
        self._adopt()
        if place.permit is None:
            # It went out while the others were given theirs.
            place.permit = self._pace.adopt(call.given_at, call.sent_at, place.reader)
        self._pace.refuse(place.permit, monotonic(), refusal)
        self._end(place)
        if refusal.wait is not None:
            self._give_up(self._all_waiting())
        self._serve()

    @guarded
    def settle(self, place: Place, *, is_accepted: bool, ends: bool) -> None:
        """Takes in that a request was accepted, or has ended, without a refusal for its rate."""
        if place.permit is None:
            return
        if is_accepted:
            self._pace.accept(place.permit, monotonic())
        if ends:
            self._end(place)
        self._serve()

    @guarded
    def connected(self, seconds: float) -> None:
        """A connection was made in so many seconds."""
        self._pace.connected(seconds)

    @guarded
    def note(self, place: Place, event: str) -> None:
        """Takes in how far the request has come: `started` or `sent`."""
        pace, permit = self._pace, place.permit
        if permit is not None and event == "started":
            pace.started(permit)
        elif permit is not None:
            pace.sent(permit, monotonic())
            self._serve()

    @guarded
    def has_long_line(self) -> bool:
        """Whether a call that comes now has to wait for long."""
        now, waiting = monotonic(), sum(map(len, self._lines))
        is_far = now + _LONG < self._pace.permit_at(now) < inf
        return is_far or waiting > _LONG * (self._pace.per_second() or inf)

    def learned(self) -> Learned:
        """What is known."""
        return self._learned() or Learned()

    @guarded
    def _learned(self) -> Learned:
        pace, accepted = self._pace, self._pace.budget.accepted + self._quick_accepted
        return Learned(pace.per_second(), pace.budget.refused, accepted, self._waiting())

    def _line_up(self, place: Place) -> None:
        line = self._lines[place.is_bulk]
        if place.was_refused:
            # It came before all calls that wait.
            line.appendleft(place)
        else:
            line.append(place)

    def _end(self, place: Place) -> None:
        if place.permit is not None:
            self._pace.end(place.permit, monotonic())
            place.permit = None

    def _serve(self) -> None:
        """Gives all permits that are due, and sees to it that the next ones are given in time."""
        if self.is_broken:
            return
        at = self._give()
        if at is None or at >= self._wakes_at:
            return
        self._wakes_at = at
        if self._clock is None:
            self._clock = Thread(target=self._keep_time, name="ramclouds-pace", daemon=True)
            self._clock.start()
        else:
            self._changed.notify()

    def _give(self) -> float | None:
        """Gives all permits that are due; when to look again, None if nobody waits."""
        while True:
            now = monotonic()
            while self._later and self._later[0][0] <= now:
                self._line_up(heappop(self._later)[2])
            place = self._first()
            if place is None:
                self._quicken()
                return self._later[0][0] if self._later else None
            at = self._pace.permit_at(now)
            if at > now:
                if (reason := self._pace.gives_up(now)) is not None:
                    self._release(reason)
                    return None
                self._have_read(now)
                return min(at, now + self._poll, self._later[0][0] if self._later else inf)
            self._lines[place.is_bulk].popleft()
            self._let_go(place, now)
            self._wake(place)

    def _let_go(self, place: Place, now: float) -> None:
        self._pace.waiting = self._waiting()
        place.permit = self._pace.give(now, place.reader)
        # A thread may take long to wake up, and to make the connections at its first call.
        self._pace.started(place.permit)

    def _waiting(self) -> int:
        return sum(map(len, self._lines)) + len(self._later)

    def _have_read(self, now: float) -> None:
        reader = self._pace.unread(now)
        if isinstance(reader, LoopReader) and not reader.is_asked:
            reader.ask(now, self.look)

    @guarded
    def look(self) -> None:
        """Looks again because something outside has changed."""
        self._serve()

    def _first(self) -> Place | None:
        for line in self._lines:
            while line and line[0].wake is None:
                line.popleft()
            if line:
                return line[0]
        return None

    def _wake(self, place: Place) -> None:
        wake, place.wake = place.wake, None
        if wake is None:
            return
        try:
            wake()
        except RuntimeError:
            # Its event loop is closed.
            self._end(place)

    def _all_waiting(self) -> list[Place]:
        return [*self._lines[0], *self._lines[1], *(entry[2] for entry in self._later)]

    def _give_up(self, places: list[Place]) -> None:
        """Ends the wait of calls that may not wait as long as the server asks for."""
        until = self._pace.closed.asked_until if self._pace.state == "closed" else 0.0
        for place in places:
            if place.wake is not None and place.until < until:
                place.give_up(until - monotonic())
                self._wake(place)

    def _release(self, reason: str) -> None:
        """Ends the wait of all without a permit: with an error, or, for no reason, to be sent."""
        places = self._all_waiting()
        for line in (*self._lines, self._later):
            line.clear()
        for place in places:
            place.failed = reason
            self._wake(place)

    def _keep_time(self) -> None:
        try:
            with self.lock:
                while (at := self._give()) is not None:
                    self._wakes_at = at
                    self._changed.wait(max(at - monotonic(), 0.0005))
                self._clock, self._wakes_at = None, inf
        except Exception:  # noqa: BLE001  a defect of ours, whatever it is
            self.break_down()

    def break_down(self) -> None:
        """Lets all requests go without a permit, now and later."""
        if not self.is_broken:
            logger.exception("The pace of requests failed; they are sent without it from now on")
        self.is_broken = True
        with suppress(Exception):
            self._release("")
