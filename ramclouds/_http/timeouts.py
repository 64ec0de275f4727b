"""When the phases of one request are over: httpx's timeouts, and one deadline for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any


class Timeouts:
    """Ends by `time.monotonic`; None is no end. `deadline` can be changed at any time."""

    def __init__(self, extensions: Mapping[str, Any]) -> None:
        self._seconds: Mapping[str, float | None] = extensions.get("timeout", {})
        self.deadline = self._seconds.get("deadline")

    @classmethod
    def of_all(cls, until: float | None) -> Timeouts:
        """One end for all phases."""
        return cls({"timeout": {"deadline": until}})

    def until(self, phase: str) -> float | None:
        """When a phase that begins now, or goes on now, is over."""
        seconds = self._seconds.get(phase)
        return earlier(self.deadline, None if seconds is None else monotonic() + seconds)


def earlier(one: float | None, other: float | None) -> float | None:
    """The first of two ends."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def seconds_left(until: float | None) -> float | None:
    """Seconds until an end, 0 if it is over."""
    return None if until is None else max(until - monotonic(), 0.0)
