"""What a run does next, and when it stops; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from ramclouds._meter import Metered
from ramclouds.bulk._budget import Budget, Spent
from ramclouds.errors import (
    AuthenticationError,
    BlockedError,
    InsufficientQuotaError,
    ModelUnavailableError,
    NotFoundError,
    PermissionDeniedError,
    ProviderAccountError,
)

Stop = Literal["refused", "budget", "interrupted", "disk"]

# All rows of a run share what these are about: the key, its credit, the model, the address.
_REFUSALS = (
    AuthenticationError,
    BlockedError,
    InsufficientQuotaError,
    ModelUnavailableError,
    NotFoundError,
    PermissionDeniedError,
    ProviderAccountError,
)
_REFUSALS_IN_A_ROW = 5
# So many failures without one answer between them are an outage: then one call at a time finds out
# when it is over.
_FAILURES_IN_A_ROW = 32


def is_refusal(error: BaseException) -> bool:
    """Whether an error is about the key or the model, and so about all rows."""
    return isinstance(error, _REFUSALS)


def may_pass(error: BaseException) -> bool:
    """Whether the next run asks a row again that failed so."""
    if is_refusal(error):
        return True
    retryable = getattr(error, "retryable", None)
    if isinstance(retryable, bool):
        return retryable
    return isinstance(error, (ConnectionError, TimeoutError))


@dataclass(slots=True)
class Plan:
    """The state of a run."""

    max_in_flight: int
    budget: Budget
    stopped: Stop | None = None
    reason: str = ""
    """Why it stopped, in a sentence or two."""
    in_flight: int = 0
    answered: int = 0
    failed: int = 0
    spent: Metered = field(default_factory=Metered)
    failures: Counter[str] = field(default_factory=Counter)
    """How many rows failed with an error of which name."""
    _refusals_in_a_row: int = 0
    _failures_in_a_row: int = 0

    def has_room(self) -> bool:
        """Whether another call may be in flight."""
        is_outage = self._failures_in_a_row >= _FAILURES_IN_A_ROW
        return self.in_flight < (1 if is_outage else self.max_in_flight)

    def start(self, need: Spent | None) -> bool:
        """Lets a call go out, unless the budget may not last; stops where it never will.

        A call of which nobody knows what it needs goes out alone.
        """
        if need is None and self.in_flight:
            return False
        if not self.budget.fits(need or Spent(1)):
            if not self.in_flight:
                self.stop("budget", "The next call may need more than is left of the budget.")
            return False
        self.budget.reserve(need or Spent())
        self.in_flight += 1
        return True

    def answer(self, need: Spent, metered: Metered, rows: int = 1) -> None:
        """A call has answered its rows."""
        # Where nobody counted, what it might have used is the best guess.
        is_counted = not metered.uncounted_calls
        self._end(need, metered, _spent(metered) if is_counted else need)
        self.answered += rows
        self._refusals_in_a_row = self._failures_in_a_row = 0
        if metered.usage.total_tokens:
            self.budget.learn(metered.usage)

    def fail(self, need: Spent, metered: Metered, error: BaseException, rows: int = 1) -> None:
        """A call has failed."""
        self._end(need, metered, _spent(metered))
        self.count(error, rows)
        self._failures_in_a_row += 1
        if not is_refusal(error):
            return
        self._refusals_in_a_row += 1
        if self._refusals_in_a_row >= _REFUSALS_IN_A_ROW:
            self.stop("refused", str(error))

    def count(self, error: BaseException, rows: int = 1) -> None:
        """Rows have failed."""
        self.failed += rows
        self.failures[type(error).__name__] += rows

    def leave(self, need: Spent, metered: Metered) -> None:
        """A call was broken off."""
        self._end(need, metered, _spent(metered))

    def _end(self, need: Spent, metered: Metered, spent: Spent) -> None:
        self.in_flight -= 1
        self.spent.add(metered.usage, metered.cost)
        self.budget.settle(need, spent)

    def stop(self, why: Stop, reason: str = "") -> None:
        """Sends nothing more; the first reason stays."""
        if self.stopped is None:
            self.stopped, self.reason = why, reason


def _spent(metered: Metered) -> Spent:
    return Spent(metered.usage.total_tokens, metered.known_cost)
