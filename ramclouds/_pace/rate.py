"""The rate that a server allows, measured between moments at which it had just run dry.

Whatever the burst, window or unit: what was accepted between two refusals, divided by the time
between them, is what the server gives back in that time.
"""

from __future__ import annotations

from collections import deque

_CYCLES = 8
_FIRST_PROBE = 0.1
_USUAL = (60.0, 3600.0)
"""Seconds for which limits are usual."""
_GROWTH = (1.2, 1.4, 1.7, 2.0)


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

    def suppose(self, per_second: float) -> None:
        """Takes a rate that was not measured."""
        self._cycles.clear()
        self.per_second = per_second

    def dry(self, now: float) -> None:
        """A refusal: the server has nothing left at this moment."""
        if self._since is not None and now > self._since:
            self._learn(now - self._since)
        self._begin(now, from_dry=True)
        self._steps = 0

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

    def is_dry_as_expected(self, now: float) -> bool:
        """Whether a refusal at this moment is what the rate explains."""
        return self._since is not None and self._from_dry and self.explains(now - self._since)

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
            return waited + 1.6**refused * min(1.0 / self.per_second, 10.0)
        usual = next((one for one in _USUAL if waited < one < 7.5 * waited), None)
        return 3.0 * waited if usual is None else usual * 1.02

    def grow_if_overdue(self, now: float, pause: float) -> None:
        """Raises the rate where more was accepted than it explains, without a refusal."""
        if self.per_second is None or self._since is None:
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
        if self._steps and self.per_second is not None:
            # Between the last rate that was taken and the one that was not.
            self.suppose(self.per_second / _GROWTH[min(self._steps, len(_GROWTH)) - 1] ** 0.5)
        elif self._from_dry and self.per_second is None:
            # Nobody kept up with the server: it may have been full in between.
            self.suppose(max(self.accepted, 0.5) / seconds)
        elif self._from_dry:
            self._add_cycle(seconds)

    def _add_cycle(self, seconds: float) -> None:
        if not self.explains(seconds):
            self._cycles.clear()
        self._cycles.append((seconds, self.accepted))
        total = sum(seconds for seconds, _ in self._cycles)
        self.per_second = max(sum(count for _, count in self._cycles), 0.5) / total
