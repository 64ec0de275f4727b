"""How many requests may be refused, and what is therefore risked above the known rate."""

from __future__ import annotations

from math import inf

from ramclouds._pace.rate import Rate

_PART = 0.025
"""The part of the requests that may be refused."""
_CREDIT = 15.0
"""Refusals that may come before anything was accepted."""
_CAREFUL = 0.97
_END = 4.0
"""Seconds since the last refusal after which a short line does not mean that the calls end."""
_POOR = -6.0


class Budget:
    """What was accepted and refused."""

    def __init__(self) -> None:
        self.accepted = 0
        self.refused = 0
        self.refused_at = -inf
        self.call_wait = 0.0
        """Seconds that the server asks a refused call to wait, and only that call."""

    def refuse(self, now: float, *, was_accepted: bool) -> None:
        """A request was refused, which may have been taken as accepted."""
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
        """Seconds between two requests.

        They are a little longer when the last calls go out: one that is refused would come back
        when all others are done.
        """
        known = rate.per_second or 1.0
        if waiting < self.call_wait * known and now - self.refused_at < _END:
            return 1.0 / (known * _CAREFUL)
        return 1.0 / rate.climb(now, is_poor=self._left() < _POOR)

    def _left(self) -> float:
        return _CREDIT + _PART * self.accepted - self.refused
