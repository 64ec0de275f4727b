"""What the rate limit of a run's key is known to be."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TypeAlias

from ramclouds._client import AsyncClient
from ramclouds._pace.places import Learned
from ramclouds._pace.registry import GATES

Limits: TypeAlias = Callable[[], Learned]

# At most so many calls wait for their turn, or as many as go out in so many seconds. A waiting call
# is in flight: Ctrl-C waits for it, and the budget counts it.
_WAITING = 8
_SECONDS = 2.0
# Before the first refusal waiting calls go out soon.
_WAITING_AT_FIRST = 64


def limits_of(client: AsyncClient) -> Limits:
    """What all calls with the key of a client have learned."""

    def learned() -> Learned:
        gates = client._gates(client._prepare()[0])
        return Learned() if gates is None else gates.of_key.learned()

    return learned


def learned_here() -> Learned:
    """What the calls of the process have learned, of the key that was refused most often."""
    learned = (gate.learned() for gate in GATES.all())
    return max(learned, key=attrgetter("refused"), default=Learned())


def is_crowded(learned: Learned) -> bool:
    """Whether enough calls wait for their turn."""
    if not learned.refused:
        return learned.waiting > _WAITING_AT_FIRST
    return learned.waiting > max(_WAITING, (learned.rate or 0.0) * _SECONDS)


def in_words(learned: Learned) -> str:
    """The rate and the refusals, where there were some."""
    if not learned.refused:
        return ""
    share = learned.refused / (learned.refused + learned.accepted)
    rate = f"limit {learned.rate:.3g}/s, " if learned.rate else ""
    return f"{rate}{share:.1%} refused"
