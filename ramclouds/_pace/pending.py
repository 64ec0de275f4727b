"""The requests that are neither accepted nor refused yet, and when that will be known."""

from __future__ import annotations

from collections import deque
from math import inf

from ramclouds._pace.permits import Permit, Reader


class Pending:
    """Permits of which nothing is known, in the order in which their requests went out."""

    def __init__(self) -> None:
        self.count = 0
        """Permits that wait for a connection are counted too."""
        self.trial: Permit | None = None
        """The request that went out before its place was free."""
        self._sent: deque[Permit] = deque()

    def add(self, permit: Permit) -> None:
        """Takes in a permit that was given."""
        self._sent.append(permit)
        self.count += 1
        if permit.is_trial:
            self.trial = permit

    def sent(self, permit: Permit, now: float) -> None:
        """The request of a permit has gone out only now."""
        permit.sent_at = now
        self._sent.append(permit)

    def know(self, permit: Permit) -> None:
        """The request was accepted or refused, or has ended."""
        if permit.is_unknown:
            permit.is_unknown = False
            self.count -= 1
        if permit is self.trial:
            self.trial = None

    def due(self, now: float, patience: float) -> Permit | None:
        """The first permit that was not refused for so long that it must have been accepted."""
        sent = self._sent
        while sent:
            first = sent[0]
            if first.is_unknown and first.sent_at < inf:
                at = first.sent_at + patience
                is_due = at <= now + 1e-9 and at <= first.reader.read_until
                return sent.popleft() if is_due else None
            sent.popleft()
        return None

    def known_at(self, now: float, patience: float) -> float:
        """When the first is known to be accepted or refused; `inf` if that is not foreseeable."""
        return known_at(self._sent[0], now, patience) if self._sent else inf

    def unread(self, probe: Permit | None, now: float, patience: float) -> Reader | None:
        """The reader that has to read before the probe, or else the first permit, is known."""
        first = probe or (self._sent[0] if self._sent else None)
        if first is None or not first.is_unknown or first.sent_at + patience > now:
            return None
        return first.reader if first.reader.read_until < first.sent_at + patience else None


def known_at(permit: Permit, now: float, patience: float) -> float:
    """When a request is known to be accepted or refused; `inf` if its reader is busy."""
    at = permit.sent_at + patience
    return at if now < at or at <= permit.reader.read_until else inf
