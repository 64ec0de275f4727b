"""What the gates and the machine hand to each other: permits, who reads, and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

FIRST = 12
"""Requests that go out at once, before anything is known."""


class Reader:
    """What reads the responses: a refusal that has come may still wait in a busy event loop."""

    __slots__ = ("read_until",)

    def __init__(self) -> None:
        self.read_until = inf
        """The time until which everything that had come was read."""


THREAD = Reader()


class Permit:
    """One request that may go out."""

    __slots__ = (
        "given_at",
        "in_flight",
        "is_probe",
        "is_refused",
        "is_trial",
        "is_unknown",
        "reader",
        "sent_at",
    )

    def __init__(self, now: float, in_flight: int, reader: Reader) -> None:
        self.given_at = now
        self.sent_at = now
        """When it went out; `inf` while it waits for a connection."""
        self.reader = reader
        self.in_flight = in_flight
        self.is_probe = self.is_trial = self.is_refused = False
        self.is_unknown = True
        """Neither accepted nor refused yet."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refusal says about the limit."""

    wait: float | None = None
    """Seconds."""
    count: int = 0
    """Requests in `seconds`; 0 where it says nothing of that kind."""
    seconds: float = 0.0
