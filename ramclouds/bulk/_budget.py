"""What a run may spend: what was used, and what the calls in flight may still use."""

from __future__ import annotations

from typing import NamedTuple

from ramclouds.types import Usage


class Spent(NamedTuple):
    """Tokens and US dollars."""

    tokens: int = 0
    cost: float = 0.0


class Budget:
    """Limits of a run; None is no limit. Calls in flight count with what they may need."""

    def __init__(self, max_tokens: int | None, max_cost: float | None) -> None:
        self._most_tokens, self._most_cost = max_tokens, max_cost
        self._tokens = self._cost = 0.0
        self._completion_tokens = self._completions = 0

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit."""
        return self._most_tokens is not None or self.limits_cost

    @property
    def limits_cost(self) -> bool:
        """Whether the prices of the models must be known."""
        return self._most_cost is not None

    def fits(self, need: Spent) -> bool:
        """Whether a call that may need so much can go out now."""
        tokens, cost = self._tokens + need.tokens, self._cost + need.cost
        return (self._most_tokens is None or tokens <= self._most_tokens) and (
            self._most_cost is None or cost <= self._most_cost
        )

    def reserve(self, need: Spent) -> None:
        """A call goes out."""
        self._tokens += need.tokens
        self._cost += need.cost

    def settle(self, need: Spent, used: Spent) -> None:
        """A call has ended: what it used replaces what it might have needed."""
        self._tokens += used.tokens - need.tokens
        self._cost += used.cost - need.cost

    def learn(self, usage: Usage) -> None:
        """Takes in how long a completion was."""
        self._completion_tokens += usage.completion_tokens
        self._completions += 1

    def usual_completion(self) -> int | None:
        """About how many tokens a completion without a limit has; None before the first."""
        if not self._completions:
            return None
        return -(-self._completion_tokens // self._completions)
