"""The rate that a server allows, measured between moments at which it had just run dry.

Whatever the burst, window or unit: what was accepted between two refusals, divided by the time
between them, is what the server gives back in that time.
"""

from __future__ import annotations

from collections import deque
from math import sqrt

_CYCLES = 8
_FIRST_PROBE = 0.1
_USUAL = (60.0, 3600.0)
"""Seconds for which limits are usual."""
_GROWTH = (1.2, 1.4, 1.7, 2.0)
_UNSTEADY = 0.05
"""The part by which refusals change a rate that others take part of, on an average."""
_LEAST = 0.85
"""The part of the speed at a refusal that an unsteady rate does not fall below."""
_HESITANT = 0.6
"""How fast an unsteady rate climbs where few refusals may be risked."""
_MOST = 1.5
"""How much a rate rises at most by one cycle, which may be too short to tell."""


class Rate:
    """Requests per second, as the last few cycles from refusal to refusal show it."""

    def __init__(self) -> None:
        self.per_second: float | None = None
        """None until two refusals, or a hint."""
        self.accepted = 0
        """Since the last refusal, or since the last step of growth."""
        self._cycles: deque[tuple[float, int]] = deque(maxlen=_CYCLES)
        self._since: float | None = None
        self._from_dry = False
        self._steps = 0
        self._change = 0.0
        self._speed = 0.0
        """At which requests went out last, where it may be all but what the server allows."""

    def suppose(self, per_second: float) -> None:
        """Takes a rate that was not measured."""
        self._cycles.clear()
        self.per_second = per_second

    def dry(self, now: float, accepted: int) -> None:
        """A refusal: the server had nothing left; some that were sent later may be accepted."""
        if self._since is not None and now > self._since:
            self._learn(now - self._since)
        self._begin(now, from_dry=True)
        self.accepted, self._steps = accepted, 0

    def take_back(self) -> None:
        """One of the accepted was not."""
        self.accepted = max(self.accepted - 1, 0)

    def idle(self, now: float) -> None:
        """Nobody asked for a while: what the server has saved up is not known."""
        self._begin(now, from_dry=False)

    def reopened(self, now: float, refused_probes: int) -> None:
        """A probe was accepted; after refused ones the rate must have fallen."""
        if refused_probes > 1 and self.per_second is not None and self._since is not None:
            self.suppose(min(self.per_second, 1.5 / max(now - self._since, 1e-3)))

    def forget(self) -> None:
        """What was measured proved wrong."""
        self._cycles.clear()
        self.per_second = None

    def uncertainty(self) -> float:
        """The part of the rate by which it may be wrong, from 0 to 1/2."""
        return 0.5 / (2.0 + sum(count for _, count in self._cycles))

    def is_unsteady(self) -> bool:
        """Whether it changes from refusal to refusal: others use the key too."""
        return self._change > _UNSTEADY

    def climb(self, now: float, *, is_poor: bool) -> float:
        """Requests a second of an unsteady rate: fewer after a refusal, then more and more.

        What several processes of one key gain in the same time hardly depends on their rates, and
        the fastest is refused most. So they come to equal parts. It climbs more slowly where few
        refusals may be risked.
        """
        known = self.per_second or 1.0
        since = 0.0 if self._since is None else max(now - self._since, 0.0)
        steps = (_HESITANT if is_poor else 1.0) * since / max(min(1.0, 60.0 / known), 5.0 / known)
        speed = 0.9 * known + sqrt(known) * (0.6 * steps + 0.2 * steps * steps)
        self._speed = 0.0 if is_poor else speed
        return speed

    def is_dry_as_expected(self, now: float) -> bool:
        """Whether a refusal at this moment is what the rate explains."""
        if self._since is None or not self._from_dry or self.is_unsteady():
            return False
        return self.explains(now - self._since)

    def explains(self, seconds: float) -> bool:
        """Whether the rate explains what was accepted in so many seconds."""
        if self.per_second is None:
            return False
        return abs(self.accepted - self.per_second * seconds) <= 2.0 + 0.1 * self.accepted

    def first_probe(self, *, is_small: bool) -> float:
        """Seconds after a refusal at which to try again."""
        if self.per_second is not None:
            return min(1.0 / self.per_second, 10.0)
        # What holds many fills slowly, or all at once.
        return _FIRST_PROBE if is_small else 3.0 * _FIRST_PROBE

    def next_probe(self, waited: float, refused: int) -> float:
        """The same, where after waiting so long a probe was refused, which was not the first."""
        if self.per_second is not None:
            delay = min(1.0 / self.per_second, 10.0)
            # Who waits much longer than others that use the key gets nothing beside them.
            return waited + min(1.6**refused * delay, max(4.0 * delay, 5.0))
        usual = next((one for one in _USUAL if waited < one < 7.5 * waited), None)
        return 3.0 * waited if usual is None else usual * 1.02

    def grow_if_overdue(self, now: float, pause: float) -> None:
        """Raises the rate where more was accepted than it explains, without a refusal."""
        if self.per_second is None or self._since is None or self.is_unsteady():
            return
        elapsed = now - self._since
        if self._steps:
            is_overdue = elapsed > max(pause, 4.0 / self.per_second)
        else:
            is_overdue = self.accepted - self.per_second * elapsed > 1.5
        if is_overdue:
            self.suppose(self.per_second * _GROWTH[min(self._steps, len(_GROWTH) - 1)])
            self._begin(now, from_dry=False)
            self._steps += 1

    def _begin(self, now: float, *, from_dry: bool) -> None:
        self._since, self._from_dry, self.accepted = now, from_dry, 0

    def _learn(self, seconds: float) -> None:
        known, was_unsteady = self.per_second, self.is_unsteady()
        if self._steps and known is not None:
            # Between the last rate that was taken and the one that was not.
            self.suppose(known / _GROWTH[min(self._steps, len(_GROWTH)) - 1] ** 0.5)
        elif self._from_dry and known is None:
            # Nobody kept up with the server: it may have been full in between.
            self.suppose(max(self.accepted, 0.5) / seconds)
        elif self._from_dry and known is not None:
            self._add_cycle(seconds, known)
        if known is None or self.per_second is None:
            return
        if was_unsteady:
            self.per_second = max(self.per_second, _LEAST * self._speed)
        expected = known * seconds
        change = max(abs(self.accepted - expected) - 1.0, 0.0) / max(self.accepted, expected)
        self._change += 0.25 * (change - self._change)

    def _add_cycle(self, seconds: float, known: float) -> None:
        if self.is_unsteady() or not self.explains(seconds):
            self._cycles.clear()
        self._cycles.append((seconds, self.accepted))
        total = sum(seconds for seconds, _ in self._cycles)
        measured = max(sum(count for _, count in self._cycles), 0.5) / total
        self.per_second = min(measured, _MOST * known)
