"""Servers with limits, and callers that keep to a pace before them, in virtual time."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import count
from math import inf
from typing import Any, Protocol

from ramclouds._pace.machine import Pace
from ramclouds._pace.permits import Permit, Refusal

NO_REFUSAL = Refusal()
Latency = Callable[[random.Random], float]


class Server(Protocol):
    """What refuses or accepts."""

    def takes(self, now: float) -> bool:
        """Whether a request that arrives now is accepted."""

    def ended(self) -> None:
        """An accepted request was answered."""


class Bucket:
    """So many a second, saved up to a burst; the rate may change at given times."""

    def __init__(self, rate: float, burst: float = 10.0, changes: Any = ()) -> None:
        self._rates = [(0.0, rate), *changes]
        self._burst = self._tokens = burst
        self._at = 0.0

    def takes(self, now: float) -> bool:
        while self._at < now:
            following = min([at for at, _ in self._rates if at > self._at] + [now])
            rate = [rate for at, rate in self._rates if at <= self._at][-1]
            end = min(following, now)
            self._tokens = min(self._burst, self._tokens + (end - self._at) * rate)
            self._at = end
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def ended(self) -> None:
        pass


class Sliding:
    """So many in the last seconds; with a grain, as New API's limiter in memory has one of 1 s."""

    def __init__(self, count: int, seconds: float, grain: float = 0.0) -> None:
        self._count, self._seconds, self._grain = count, seconds, grain
        self._log: deque[float] = deque()

    def takes(self, now: float) -> bool:
        at = now // self._grain * self._grain if self._grain else now
        while self._log and at - self._log[0] >= self._seconds:
            self._log.popleft()
        if len(self._log) >= self._count:
            return False
        self._log.append(at)
        return True

    def ended(self) -> None:
        pass


class Fixed:
    """So many in each window of the clock."""

    def __init__(self, count: int, seconds: float) -> None:
        self._count, self._seconds, self._window, self._taken = count, seconds, -1, 0

    def takes(self, now: float) -> bool:
        window = int(now // self._seconds)
        if window != self._window:
            self._window, self._taken = window, 0
        self._taken += 1
        return self._taken <= self._count

    def ended(self) -> None:
        pass


class Cap:
    """So many in flight."""

    def __init__(self, most: int) -> None:
        self._most, self._count = most, 0

    def takes(self, now: float) -> bool:
        if self._count >= self._most:
            return False
        self._count += 1
        return True

    def ended(self) -> None:
        self._count -= 1


class Stray:
    """Refuses each so-many-th request for a reason of its own, whatever the limit is."""

    def __init__(self, server: Server, each: int) -> None:
        self._server, self._each, self._count = server, each, 0

    def takes(self, now: float) -> bool:
        self._count += 1
        return self._count % self._each > 0 and self._server.takes(now)

    def ended(self) -> None:
        self._server.ended()


@dataclass
class Outcome:
    """What became of a run."""

    accepted: int = 0
    refused: int = 0
    last: float = 0.0
    """When the last request was accepted."""
    end: float = 0.0
    left: int = 0

    def wasted(self) -> float:
        """The part of the requests that was refused."""
        return self.refused / (self.accepted + self.refused)


class _Process:
    """The callers of one process: all come at once, and come back where they are refused."""

    def __init__(self, pace: Pace, callers: int, guard: AbstractContextManager[Any]) -> None:
        self.pace, self.left, self.guard = pace, callers, guard
        self.looks_at = inf


class _Run:
    """Processes before a server."""

    def __init__(
        self,
        server: Server,
        latency: Latency,
        round_trip: float,
        refusal: Refusal,
        wakes: float = 0.0,
    ) -> None:
        self._server, self._latency, self._refusal = server, latency, refusal
        self._half, self._wakes = round_trip / 2, wakes
        self._rnd = random.Random(1)
        self._events: list[tuple[float, int, Callable[[float, _Process, Any], None], Any, Any]] = []
        self._numbers = count(1)
        self.outcome = Outcome()

    def __call__(self, processes: dict[float, _Process], until: float) -> Outcome:
        for since, process in processes.items():
            self._add(since, self._look, process)
        while self._events and self._events[0][0] < until:
            now, _, happens, process, permit = heapq.heappop(self._events)
            with process.guard:
                happens(now, process, permit)
                self._send(now, process)
        self.outcome.left = sum(process.left for process in processes.values())
        return self.outcome

    def _add(
        self,
        at: float,
        happens: Callable[[float, _Process, Any], None],
        process: _Process,
        permit: Any = None,
    ) -> None:
        heapq.heappush(self._events, (at, next(self._numbers), happens, process, permit))

    def _send(self, now: float, process: _Process) -> None:
        while process.left:
            at = process.pace.permit_at(now)
            if at > now:
                # As a gate does, they look again each second, whatever happens.
                at = min(at, now + 1.0)
                if at < process.looks_at:
                    process.looks_at = at
                    self._add(at, self._look, process)
                return
            process.left -= 1
            process.pace.waiting = process.left
            permit = process.pace.give(now)
            # As a gate does: who has a permit wakes up before the request goes out.
            process.pace.started(permit)
            self._add(now + self._wakes, self._set_out, process, permit)

    def _look(self, now: float, process: _Process, _: Any) -> None:
        process.looks_at = inf

    def _set_out(self, now: float, process: _Process, permit: Permit) -> None:
        process.pace.sent(permit, now)
        arrives = now + self._half + self._rnd.random() * 0.001
        self._add(arrives, self._arrive, process, permit)

    def _arrive(self, now: float, process: _Process, permit: Permit) -> None:
        if self._server.takes(now):
            self.outcome.accepted, self.outcome.last = self.outcome.accepted + 1, now
            ends = now + self._latency(self._rnd) + self._half
            self._add(ends, self._answer, process, permit)
        else:
            self.outcome.refused += 1
            self._add(now + self._half, self._refuse, process, permit)

    def _answer(self, now: float, process: _Process, permit: Permit) -> None:
        self._server.ended()
        self.outcome.end = now
        process.pace.accept(permit, now)
        process.pace.end(permit, now)

    def _refuse(self, now: float, process: _Process, permit: Permit) -> None:
        process.pace.refuse(permit, now, self._refusal)
        process.pace.end(permit, now)
        self._add(now + (self._refusal.wait or 0.0), self._come_back, process)

    def _come_back(self, now: float, process: _Process, _: Any) -> None:
        process.left += 1


def run(
    server: Server,
    callers: int,
    latency: Latency = lambda _: 0.1,
    *,
    pace: Pace | None = None,
    round_trip: float = 0.003,
    refusal: Refusal = NO_REFUSAL,
    wakes: float = 0.0,
    since: float = 0.0,
    until: float = 3000.0,
) -> Outcome:
    """What becomes of so many callers that all come at once."""
    process = _Process(pace or Pace(round_trip), callers, nullcontext())
    return _Run(server, latency, round_trip, refusal, wakes)({since: process}, until)


def run_two(
    server: Server,
    callers: int,
    latency: Latency = lambda _: 0.1,
    *,
    after: float,
    paces: Sequence[Pace] = (),
    guards: Sequence[AbstractContextManager[Any]] = (nullcontext(), nullcontext()),
) -> Outcome:
    """The same in two processes, with so many callers each, the second some time after."""
    one, other = paces or (Pace(0.003), Pace(0.003))
    processes = {0.0: _Process(one, callers, guards[0]), after: _Process(other, callers, guards[1])}
    return _Run(server, latency, 0.003, NO_REFUSAL)(processes, 3000.0)
