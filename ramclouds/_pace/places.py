"""The state that a gate shares with the calls that wait for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from math import inf
from typing import Any, Protocol, TypeVar

from typing_extensions import ParamSpec

from ramclouds._pace.permits import THREAD, Permit, Reader

P = ParamSpec("P")
T = TypeVar("T")


def guarded(method: Callable[P, T]) -> Callable[P, T | None]:
    """Runs a method under the gate's lock; a defect of ours must not keep calls from being sent."""

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T | None:
        gate: Any = args[0]
        try:
            if gate.is_broken:
                return None
            with gate.lock:
                return method(*args, **kwargs)
        except Exception:  # noqa: BLE001  whatever it is
            gate.break_down()
            return None

    return call


class Place:
    """One call's place in the line, and then its permit."""

    __slots__ = (
        "asked", "failed", "is_bulk", "not_before", "permit", "reader", "until", "wake",
        "was_refused",
    )  # fmt: skip

    def __init__(self, reader: Reader = THREAD, *, is_bulk: bool) -> None:
        self.is_bulk = is_bulk
        self.reader = reader
        self.permit: Permit | None = None
        self.wake: Callable[[], object] | None = None
        """Set while it waits."""
        self.not_before = 0.0
        self.until = inf
        """Until when it may wait."""
        self.was_refused = False
        self.asked: float | None = None
        """Seconds that the server asks for, if the call may not wait so long."""
        self.failed = ""
        """Why the call waits no longer without having got a permit."""

    def give_up(self, asked: float) -> None:
        """Ends the wait because the call may not wait as many seconds as the server asks for."""
        self.asked = asked
        self.failed = (
            f"The gateway asks to wait {asked:.0f} s, longer than max_wait. Raise max_wait=..., or "
            "send it later"
        )


@dataclass(frozen=True, slots=True)
class Learned:
    """What is known of the limits of a key, for progress bars."""

    rate: float | None = None
    """Requests per second that the server allows; None where it refused none."""
    refused: int = 0
    accepted: int = 0
    waiting: int = 0


class Quick(Protocol):
    """A call that went out without a permit."""

    given_at: float
    sent_at: float

    def place(self) -> Place:
        """Its place in the line."""
