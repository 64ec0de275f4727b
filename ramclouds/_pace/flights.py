"""A limit of requests in flight, as distinct from a limit of their rate."""

from __future__ import annotations

from math import inf

_FIRST_TRIAL = 0.1
_PROVEN = 0.5
"""Seconds after which a refused trial is a proof: no rate limit would refuse for so long."""

_IN_VAIN = 4
"""Refusals in a row below the limit: responses that came have made no place."""
_ROUGHLY = 1.2
"""A margin: responses that have come but were not read yet are counted too."""


class Flights:
    """How many requests are in flight, and how many may be."""

    def __init__(self) -> None:
        self.count = 0
        self.elsewhere = 0
        """Requests in flight of other processes that share the state."""
        self.cap = 0
        """0 where no such limit is known."""
        self._most = 0
        """Most in flight that was accepted since there was doubt."""
        self._least = 0
        """Least in flight that was refused, of `_alike` times; 0 where there was none."""
        self._alike = 0
        self._needed = 2
        self._in_vain = 0
        self._known_at = 0.0
        """When the last refusal was known."""
        self._trial_wait = _FIRST_TRIAL
        self._last = 0.0
        self._is_full = False

    def begin(self, now: float) -> int:
        """A request goes out; gives how many are in flight with it."""
        self.count += 1
        self._last = now
        return self._all()

    def end(self, *, is_refused: bool) -> None:
        """A request is no longer in flight."""
        self.count -= 1
        # A response makes a place free, a refusal does not.
        self._is_full = self._is_full and is_refused and self._all() > 0

    def free_at(self, now: float) -> float:
        """When the next request has a place, or when to try whether it has one."""
        has_place = self._all() < self.cap and not self._is_full
        return now if has_place or not self.cap else self._last + self._trial_wait

    def accepted(self, in_flight: int, given_at: float = inf) -> None:
        """A request was accepted with so many in flight."""
        self._most = max(self._most, in_flight)
        self._in_vain = 0
        if self.cap and in_flight > self.cap:
            if self._trial_wait > _PROVEN:
                self.cap = in_flight
            else:
                # As many refusals as at first are needed anew, else the same mistake comes back.
                self.cap = 0
                self._doubt()
            self._trial_wait = max(self._trial_wait / 4.0, _FIRST_TRIAL)
        # Of requests that go out together, any may come first.
        if self._alike and in_flight > self._least * _ROUGHLY and given_at > self._known_at:
            self._doubt()

    def refused(self, in_flight: int, now: float = 0.0, *, is_probe: bool) -> bool:
        """A request was refused with so many in flight; whether that is a limit of this kind."""
        self._known_at = now
        if self.cap:
            self._is_full = True
            self._refused_at_cap(in_flight)
        elif in_flight * _ROUGHLY < self._most:
            self._doubt()
        elif not is_probe:
            is_alike = self._least <= in_flight * _ROUGHLY and in_flight <= self._least * _ROUGHLY
            self._least = min(self._least, in_flight) if is_alike else in_flight
            self._alike = self._alike + 1 if is_alike else 1
            if self._alike >= self._needed and self._least > 1:
                self.cap, self._trial_wait = self._least - 1, _FIRST_TRIAL
        return self.cap > 0

    def _all(self) -> int:
        return self.count + self.elsewhere

    def _refused_at_cap(self, in_flight: int) -> None:
        if in_flight > self.cap:
            self._trial_wait = min(self._trial_wait * 2.0, 60.0)
            return
        self._in_vain += 1
        if in_flight == 1 or in_flight < self._least // 2 or self._in_vain > _IN_VAIN:
            # Refused alone: it is no limit of this kind, or it is used by others.
            self.cap = 0
            self._doubt()
        else:
            self.cap = max(in_flight - 1, 1)

    def _doubt(self) -> None:
        if self._alike:
            self._needed = min(self._needed + 2, 8)
        self._alike, self._most, self._in_vain = 0, 0, 0
