"""How many requests may be refused, and what is therefore risked above the known rate."""

from __future__ import annotations

from math import inf

from ramclouds._pace.rate import Rate

_PART = 0.025
"""The part of the requests that may be refused."""
_CREDIT = 15.0
"""Refusals that may come before anything was accepted."""
# From how much of the budget on: requests a second that are risked, and how much sooner with each
# second without a refusal.
_BOLDNESS = ((0.0, 0.6, 0.05), (-8.0, 0.3, 0.05), (-inf, 0.0, 0.005))
_QUIET = 2.0
_CAREFUL = 0.97
_END = 4.0
"""Seconds after which a short line is no end, but how many there are."""
_POOR = -6.0


class Budget:
    """What was accepted and refused."""

    def __init__(self) -> None:
        self.accepted = 0
        self.refused = 0
        self.refused_at = -inf
        self.call_wait = 0.0
        """Seconds that the server asks of a call that it refuses, and of no other."""

    def refuse(self, now: float, *, was_accepted: bool) -> None:
        """One was refused, which may have been taken as accepted."""
        self.accepted -= was_accepted
        self.refused += 1
        self.refused_at = now

    def is_rich(self) -> bool:
        """Whether a refusal may be risked for a limit that is known well."""
        return self._left() > _CREDIT

    def is_spent(self) -> bool:
        """Whether none may be risked, not even for a limit that is known badly."""
        return self._left() <= -_CREDIT

    def gap(self, rate: Rate, now: float, waiting: int) -> float:
        """Seconds between two requests at the known rate and a little more.

        A little less at the end: a call that is refused would come back when the others are gone.
        """
        if rate.is_unsteady():
            return 1.0 / rate.climb(now, is_poor=self._left() < _POOR)
        known = rate.per_second or 1.0
        if waiting < self.call_wait * known and now - self.refused_at < _END:
            return 1.0 / (known * _CAREFUL)
        more, sooner = next(row[1:] for row in _BOLDNESS if self._left() > row[0])
        # The longer nothing is refused, the likelier the rate has risen.
        risen = sooner * (now - self.refused_at - _QUIET)
        more = max(min(max(0.01, more / known), 0.1 if more > 0.5 else 0.03), min(risen, 0.5))
        return 1.0 / (known * (1.0 + max(more, rate.uncertainty())))

    def _left(self) -> float:
        return _CREDIT + _PART * self.accepted - self.refused
