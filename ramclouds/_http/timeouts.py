"""When the phases of one request are over, and when a whole call is."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any, Protocol

import httpx

from ramclouds.errors import APITimeoutError, ConfigurationError


class Progress(Protocol):
    """Gets to know how far a request has come."""

    def started(self) -> None:
        """It is not on its way yet."""

    def connected(self, seconds: float) -> None:
        """A connection was made for it, in so many seconds."""

    def sent(self) -> None:
        """It is on its way."""


class Timeouts:
    """Ends by `time.monotonic`; None is no end. `deadline` can be changed at any time."""

    def __init__(self, extensions: Mapping[str, Any]) -> None:
        self._seconds: Mapping[str, float | None] = extensions.get("timeout", {})
        self.deadline: float | None = self._seconds.get("deadline")
        self.progress: Progress | None = extensions.get("progress")

    def until(self, phase: str) -> float | None:
        """When a phase must end that begins now, or goes on now."""
        seconds = self._seconds.get(phase)
        if seconds is None:
            return self.deadline
        until = monotonic() + seconds
        return until if self.deadline is None else min(self.deadline, until)


def earlier(one: float | None, other: float | None) -> float | None:
    """The first of two ends."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def seconds_left(until: float | None) -> float | None:
    """Seconds until an end, 0 if it is over."""
    return None if until is None else max(until - monotonic(), 0.0)


def forked() -> ConfigurationError:
    """The error of a forked child that uses what its parent began."""
    return ConfigurationError(
        "The stream was made before the process forked. Make it in the child."
    )


class CallTimes:
    """The time of a call with all its attempts, and of a stream that gives nothing but comments."""

    def __init__(self, timeout: httpx.Timeout, stall: float | None, total: float | None) -> None:
        self._timeout = timeout
        self._stall = stall
        self.total = total
        self._deadline: float | None = None
        self._last_content = 0.0

    def of_attempt(self) -> dict[str, float | None]:
        """The timeouts of an attempt that begins now, in httpx's form, with the call's deadline.

        Raises:
            APITimeoutError: the time of the call is over.
        """
        self._last_content = monotonic()
        if self.total is None:
            return self._timeout.as_dict()
        deadline = self.deadline()
        assert deadline is not None
        left = deadline - self._last_content
        if left <= 0:
            raise self.is_over()
        capped = {
            phase: earlier(seconds, left) for phase, seconds in self._timeout.as_dict().items()
        }
        return {**capped, "deadline": deadline}

    def deadline(self) -> float | None:
        """When the call is over, by `time.monotonic`; its time begins when this is first asked."""
        if self._deadline is None and self.total is not None:
            self._deadline = monotonic() + self.total
        return self._deadline

    def check(self, *, has_content: bool) -> None:
        """Notes that bytes have arrived.

        Raises:
            APITimeoutError: the time is over.
        """
        now = monotonic()
        if has_content:
            self._last_content = now
        elif self._stall is not None and now - self._last_content > self._stall:
            raise APITimeoutError(
                f"The stream gave nothing but comments for {self._stall:g} s (stall_timeout). "
                "Send the request again, or raise stall_timeout=...",
                retryable=False,
            )
        if self._deadline is not None and now >= self._deadline:
            raise self.is_over()

    def allows(self, seconds: float) -> bool:
        """Whether the call may still take so long."""
        return self._deadline is None or monotonic() + seconds < self._deadline

    def is_over(self) -> APITimeoutError:
        """The error that says so."""
        return APITimeoutError(
            f"The call took longer than {self.total:g} s (total_timeout). Raise total_timeout=...",
            retryable=False,
        )
