"""Models that failed a short while ago, by gateway and key. Pure: the clock is given."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

_FIRST_REST = 30.0
_LONGEST_REST = 600.0
_MOST = 1024


@dataclass(slots=True)
class _Rest:
    until: float
    length: float


class Rests:
    """How long each model rests: 30 s first, twice as long where it fails again soon after."""

    def __init__(self) -> None:
        self._rests: dict[tuple[Hashable, str], _Rest] = {}

    def order(self, account: Hashable, models: Sequence[str], now: float) -> list[str]:
        """The models in the order in which they are asked: those that rest are last."""
        return sorted(models, key=lambda model: self.is_resting(account, model, now))

    def is_resting(self, account: Hashable, model: str, now: float) -> bool:
        """Whether a model failed a short while ago."""
        rest = self._rests.get((account, model))
        return rest is not None and now < rest.until

    def begin(self, account: Hashable, model: str, now: float, wait: float | None) -> None:
        """Lets a model rest that failed; `wait` is what its refusal asked for."""
        rest = self._rests.get((account, model))
        if rest is not None and now < rest.until:
            # A call that began before the rest, or one that found no other model.
            return
        length = _FIRST_REST
        if rest is not None and now < rest.until + rest.length:
            length = min(2 * rest.length, _LONGEST_REST)
        length = min(max(length, wait or 0.0), _LONGEST_REST)
        self._forget_old(now)
        self._rests[account, model] = _Rest(now + length, length)

    def forget(self) -> None:
        """No model rests any more."""
        self._rests.clear()

    def _forget_old(self, now: float) -> None:
        if len(self._rests) >= _MOST:
            # A copy: other threads add to it.
            for key, rest in list(self._rests.items()):
                if now >= rest.until + rest.length:
                    self._rests.pop(key, None)


RESTS = Rests()
"""Shared by all clients of the process: what fails is a fact about the gateway."""
