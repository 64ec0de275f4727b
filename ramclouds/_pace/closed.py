"""The time in which the server has nothing left: one probe at a time finds out when it has."""

from __future__ import annotations

from ramclouds._pace.pending import known_at
from ramclouds._pace.permits import FIRST, Permit

_SHORT = 0.5
"""Seconds: any bucket may be empty for so long."""
_MORE = 1.2
"""The factor by which more in flight than at a refusal is no mistake in counting."""
_SMALL_WINDOW = 10.0
"""The least seconds of a window of a few requests: in a shorter one others took the rest."""


class Closed:
    """From the refusal that showed the server dry until a probe is accepted."""

    def __init__(self) -> None:
        self.dry_at = 0.0
        """When the request went out that was refused first."""
        self.asked_until = 0.0
        """The end of the wait that the server asked for: nothing goes out before."""
        self.probe: Permit | None = None
        self._next = 0.0
        """When the next probe may go."""
        self.probe_sent = 0.0
        """When the probe went out that was accepted."""
        self.refused_at: float | None = None
        """When the last refused probe went out."""
        self.refused = 0
        """Probes that were refused."""
        self._flights = 0
        """Requests in flight at the first refusal."""
        self._short = _SHORT
        self.was_alone = False
        """Whether a probe was refused although fewer were in flight, or more were accepted: then it
        is no limit of requests in flight."""

    def begin(self, permit: Permit, delay: float, round_trip: float) -> None:
        """The server is dry; the first probe goes so many seconds later."""
        # Until the refusal was known, others have used up what a bucket gathered.
        self._short = max(_SHORT, 3.0 * round_trip)
        self.dry_at, self._flights = permit.sent_at, permit.in_flight
        self.probe, self.refused_at, self.refused, self.was_alone = None, None, 0, False
        self._next = max(self.dry_at + delay, self.asked_until)

    def tell(self, until: float) -> None:
        """The server has asked for a wait."""
        self._next = self.asked_until = max(self.asked_until, until)

    def permit_at(self, now: float, patience: float) -> float:
        """When the next probe may go, or when something will be known of the one that went."""
        return self._next if self.probe is None else known_at(self.probe, now, patience)

    def give(self, permit: Permit, patience: float) -> None:
        """A probe goes out."""
        self.probe, permit.is_probe = permit, True
        # For processes that share the state, but not the probe.
        self._next = permit.given_at + max(1.0, 2.0 * patience)

    def refuse(self, permit: Permit) -> float:
        """The probe was refused; seconds since the server was dry."""
        self.probe, self.refused_at = None, permit.sent_at
        self.refused += 1
        self.was_alone |= permit.in_flight <= self._flights // 2
        if self.refused == 1:
            # Without those that went out together and were refused.
            self._flights = min(self._flights, permit.in_flight)
        self.was_alone |= permit.in_flight * _MORE < self._flights
        return permit.sent_at - self.dry_at

    def wait(self, delay: float) -> None:
        """The next probe goes so many seconds after the server was dry."""
        self._next = max(self.dry_at + delay, self.asked_until)

    def accept(self) -> None:
        """The probe was accepted."""
        assert self.probe is not None
        self.probe_sent, self.probe = self.probe.sent_at, None

    def compare(self, permit: Permit) -> None:
        """A request was accepted, with more or less in flight than at the refusal."""
        if permit.given_at > self.dry_at:
            self.was_alone |= permit.in_flight > _MORE * self._flights > 0

    def cancel(self, permit: Permit, now: float) -> None:
        """A request has ended, neither accepted nor refused; if a probe, another one may go."""
        if permit is self.probe:
            self.probe, self._next = None, now

    def lasted(self, bucket: float = 0.0) -> float:
        """Seconds in which no token bucket gave a request; 0 if some bucket may take so long."""
        waited = 0.0 if self.refused_at is None else self.refused_at - self.dry_at
        return waited if self.was_alone and waited > max(self._short, bucket) else 0.0

    def was_window(self, dry: float, accepted: int) -> bool:
        """Whether more was accepted until the server was dry again than a token bucket gathers."""
        lasted, least = self.lasted(), _SMALL_WINDOW if accepted <= FIRST else 0.0
        return lasted > least and accepted > 3.0 * (dry - self.dry_at) / lasted + 2.0
