"""The pace of one key: when the next request may go. Pure: the time is always an argument.

                     a refusal
        ┌────────┐ ─────────────► ┌────────┐ ◄─┐ a probe is refused:
        │  open  │                │ closed │ ──┘ the next one later
        └────────┘ ◄───────────── └────────┘
             a probe is accepted,   ▲     │ a probe is accepted,
             no rate is known yet   │     ▼ a rate is known
                          a refusal │  ┌────────┐
                                    └─ │ paced  │
                                       └────────┘

open    as many as were not refused for two round trips of a refusal, and twice as many again
closed  nothing but one probe at a time
paced   around the measured rate, or as a window or a number of requests in flight allows
"""

from __future__ import annotations

from math import inf

from ramclouds._pace.budget import Budget
from ramclouds._pace.closed import Closed
from ramclouds._pace.flights import Flights
from ramclouds._pace.pending import Pending, known_at
from ramclouds._pace.permits import FIRST, THREAD, Permit, Reader, Refusal
from ramclouds._pace.rate import Rate
from ramclouds._pace.window import Window

_LEAST_PATIENCE = 0.03
_ROUNDED = 1.25
"""A wait up to this one is a fraction that was rounded up, and is meant for one call."""
_PATIENCE = 150.0
"""Seconds without an accepted request, where no window is known, after which calls fail."""


class Pace:
    """What is known of one key's limits."""

    def __init__(self, round_trip: float = 0.1) -> None:
        self.state = "open"
        self.rate = Rate()
        self.window = Window()
        self.flights = Flights()
        self.round_trip = round_trip
        """Seconds that a refusal takes, a guess until there was one."""
        self.budget = Budget()
        self.closed = Closed()
        self._pending = Pending()
        self._allowance = FIRST
        """How many requests may be out that are neither accepted nor refused yet."""
        self._next = -inf
        """When the next request may go, if requests keep a distance."""
        self._refused_since: float | None = None
        """The first refusal since something was accepted."""
        self.waiting = 0
        """Calls that wait for a permit."""
        self._clean = 0
        """Accepted since the last refusal."""
        self._run = 0
        """Requests accepted before the server was dry, if they may be all of a window."""

    # When

    def permit_at(self, now: float) -> float:
        """When the next request may go: now or before, later, or `inf` until something happens."""
        self._confirm(now)
        if self.state == "paced" and not self._has_pace():
            self.state, self._allowance, self._next = "open", max(self._pending.count, 2), now
        if self.state == "open":
            return self._open_at(now)
        if self.state == "closed":
            return self.closed.permit_at(now, self._patience())
        at = self.flights.free_at(now) if self.flights.cap else self._paced_at(now)
        return max(at, self.closed.asked_until)

    def _has_pace(self) -> bool:
        """Whether a limit is known; a limit of requests in flight may have proved wrong."""
        return bool(self.flights.cap or self.window.count or self.rate.per_second)

    def _open_at(self, now: float) -> float:
        if self._run and self.rate.accepted >= self._run:
            self._find_window()
            return self._paced_at(now)
        waiting = self._pending.count
        if waiting < FIRST and not self.budget.refused:
            return now
        if waiting < self._allowance:
            return self._next
        return self._pending.known_at(now, self._patience())

    def _paced_at(self, now: float) -> float:
        if not self.window.count:
            return self._next
        free = self.window.free_at(now)
        if free <= now:
            if self._pending.count < self._allowance:
                return now
            return self._pending.known_at(now, self._patience())
        if self._pending.trial is not None:
            return min(free, known_at(self._pending.trial, now, self._patience()))
        if self.window.is_exact():
            return now if self._clean > 100 and self.budget.is_rich() else free
        return min(free, self.window.trial_at(now)) if not self.budget.is_spent() else free

    def unread(self, now: float) -> Reader | None:
        """The reader that has to read before the next request may go."""
        return self._pending.unread(self.closed.probe, now, self._patience())

    def _patience(self) -> float:
        """Seconds after which a request that was not refused is taken as accepted."""
        known = self.rate.per_second if self.state == "closed" else None
        least = _LEAST_PATIENCE if known is None else min(_LEAST_PATIENCE, 0.6 / known)
        return max(2.0 * self.round_trip, least)

    def knows_all(self) -> bool:
        """Whether no request is neither accepted nor refused."""
        return self._pending.count == 0

    def per_second(self) -> float | None:
        """Requests per second that the server seems to allow."""
        return self.window.per_second() or self.rate.per_second

    def gives_up(self, now: float) -> str | None:
        """Why calls need not wait any longer, if so."""
        patience = max(2.0 * self.window.longest, 30.0) if self.window.count else _PATIENCE
        if self._refused_since is None or now - self._refused_since < patience:
            return None
        return f"No request of this key was accepted for {patience:.0f} s"

    # What happens

    def give(self, now: float, reader: Reader = THREAD) -> Permit:
        """A request goes out now."""
        permit = Permit(now, self.flights.begin(now), reader)
        if self.state == "closed":
            self.closed.give(permit, self._patience())
        elif self.state == "paced" and self.window.count:
            permit.is_trial = self.window.free_at(now) > now
            if now - self.window.sent[-1] > max(4.0 * self._patience(), self.window.longest / 8.0):
                self._allowance = 1
        else:
            self._space(now)
        self.rate.accepted += 1
        self.window.sent.append(now)
        self._pending.add(permit)
        return permit

    def adopt(self, given_at: float, sent_at: float, reader: Reader) -> Permit:
        """A request has gone out without a permit."""
        permit = Permit(given_at, self.flights.begin(given_at), reader)
        permit.sent_at = sent_at
        self.rate.accepted += 1
        self._pending.add(permit)
        return permit

    def started(self, permit: Permit) -> None:
        """The request does not go out yet: it may wait for a connection."""
        permit.sent_at = inf

    def connected(self, seconds: float) -> None:
        """A connection takes one round trip, as a refusal does."""
        if not self.budget.refused:
            self.round_trip = min(self.round_trip, seconds)

    def sent(self, permit: Permit, now: float) -> None:
        """The request has gone out."""
        self._pending.sent(permit, now)

    def _space(self, now: float) -> None:
        if self.state == "open":
            if now - self._next > max(8.0 * self._patience(), 0.5):
                # A pause does not count as time in which the server gave all it could.
                self.rate.idle(now)
            self._next = max(self._next, now) + self._patience() / self._allowance
        if self.state == "open" or self.flights.cap:
            return
        gap = self.budget.gap(self.rate, now, self.waiting)
        if now - self._next > max(4.0 * gap, 0.25):
            self.rate.idle(now)
        # Requests that are late go out faster: the server has saved up for them.
        self._next = max(self._next, now - max(0.02, min(4.0 * gap, 0.1))) + gap

    def accept(self, permit: Permit, now: float) -> None:
        """The request was accepted: a response began, or two round trips of a refusal are over."""
        if not permit.is_unknown:
            return
        self._pending.know(permit)
        self.budget.accepted += 1
        self._clean += 1
        self._refused_since = None
        self.flights.accepted(permit.in_flight, permit.given_at)
        self.closed.compare(permit)
        if permit.is_trial:
            self.window.tried(permit.given_at, is_accepted=True)
        if permit is self.closed.probe:
            self._reopen(now)
        else:
            self._allowance += 2 if self.window.count else 1

    def refuse(self, permit: Permit, now: float, refusal: Refusal) -> None:
        """The request was refused for its rate."""
        if permit.sent_at == inf:
            permit.sent_at = permit.given_at
        self._count_refusal(permit, now)
        if permit.given_at > self.closed.dry_at:
            self.rate.take_back()
        self.window.take_back(permit.given_at)
        if refusal.wait is not None and refusal.wait > _ROUNDED:
            self.closed.tell(now + refusal.wait)
        else:
            self.budget.call_wait = refusal.wait or 0.0
        if permit is self.closed.probe:
            self._probe_refused(permit, now)
        elif permit.is_trial:
            self.window.tried(permit.given_at, is_accepted=False)
        elif permit.sent_at >= self.closed.dry_at and self.state != "closed":
            self._close(permit, now, refusal)

    def _count_refusal(self, permit: Permit, now: float) -> None:
        latency, weight = now - permit.sent_at, 0.3 if self.budget.refused else 1.0
        self.round_trip += weight * (latency - self.round_trip)
        if self._refused_since is None or now - self.budget.refused_at > _PATIENCE:
            self._refused_since = now
        self.budget.refuse(now, was_accepted=not permit.is_unknown)
        self._pending.know(permit)
        permit.is_refused = True
        self._clean = 0

    def end(self, permit: Permit, now: float) -> None:
        """The request is no longer in flight; a cancelled one is neither accepted nor refused."""
        self.flights.end(is_refused=permit.is_refused)
        if permit.is_unknown:
            self._pending.know(permit)
            if permit.sent_at == inf:
                self.rate.take_back()
                self.window.take_back(permit.given_at)
                # Another one may go instead.
                self._next = min(self._next, permit.given_at)
            self.closed.cancel(permit, now)

    # States

    def _confirm(self, now: float) -> None:
        """Takes requests as accepted that were not refused within two round trips of a refusal."""
        while (permit := self._pending.due(now, self._patience())) is not None:
            self.accept(permit, now)

    def _close(self, permit: Permit, now: float, refusal: Refusal) -> None:
        is_expected = self.rate.is_dry_as_expected(permit.sent_at) and not self.flights.cap
        if not is_expected and self.flights.refused(permit.in_flight, now, is_probe=False):
            self.state = "paced"
            return
        if self.state == "paced" and self.window.count:
            self.window.too_early(permit.sent_at)
        elif self.closed.was_window(permit.sent_at, self.rate.accepted):
            self._find_window()
        self.rate.dry(permit.sent_at, sum(1 for at in self.window.sent if at > permit.given_at))
        if self.rate.per_second is None and len(self.window.sent) < 0.8 * refusal.count:
            # Else the window's count is used up: how long it lasts is measured.
            self.rate.suppose(refusal.count / refusal.seconds)
        self.state = "closed"
        self.closed.begin(permit, self._first_delay(now), self.round_trip)

    def _find_window(self) -> None:
        closed = self.closed
        assert closed.refused_at is not None
        self.window.find(closed.dry_at, closed.refused_at, closed.probe_sent)
        self.state, self._run = "paced", 0

    def _first_delay(self, now: float) -> float:
        if self.window.count:
            return self.window.free_at(now) - now
        return self.rate.first_probe(is_small=len(self.window.sent) <= FIRST)

    def _probe_refused(self, permit: Permit, now: float) -> None:
        waited = self.closed.refuse(permit)
        self.flights.refused(permit.in_flight, now, is_probe=True)
        self.closed.wait(self.rate.next_probe(waited, self.closed.refused))

    def _reopen(self, now: float) -> None:
        closed = self.closed
        closed.accept()
        if closed.lasted(8.0 / (self.rate.per_second or inf)):
            # No token bucket of that rate stays dry so long: it is a window, or the rate is lower
            # now.
            self.rate.forget()
        self.rate.reopened(now, closed.refused)
        if not self.window.count and closed.asked_until > closed.dry_at:
            self.rate.waited(closed.probe_sent, closed.asked_until - closed.dry_at)
        if self.rate.per_second is None and not self.window.count:
            self.state, self._allowance, self._next = "open", 2, now
            lasted = closed.lasted()
            run = sum(1 for at in self.window.sent if at >= closed.dry_at - lasted)
            # The probe is not counted, because it began the next window.
            self._run = run - 1 if lasted and run > FIRST else 0
        else:
            self.state = "paced"
            gap = self.budget.gap(self.rate, now, self.waiting)
            self._next = max(closed.probe_sent + gap, now)
