"""A limit of so many requests in so many seconds, found in the times of accepted requests."""

from __future__ import annotations

from collections import deque
from math import inf, sqrt

_REMEMBERED = 4096
_EXACT = 1.05
"""The largest ratio of the bounds of a window's length at which it counts as known."""
_USUAL = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)


class Window:
    """The times of requests that were sent and not refused, and the limit for them."""

    def __init__(self) -> None:
        self.sent: deque[float] = deque(maxlen=_REMEMBERED)
        self.count = 0
        """Requests in a window; 0 where no window is known."""
        self.shortest = 0.0
        self.longest = inf
        """A window is longer than `shortest` and not longer than `longest`, in seconds."""
        self._step = 1
        self._strikes = 0

    def find(self, dry: float, refused: float, accepted: float) -> None:
        """The server was dry at one time, refused a probe at another, then accepted one."""
        # Requests that go out together may arrive in any order.
        run = [at for at in self.sent if at < refused]
        # Requests sent long before did not use up this window. Refusals that were taken for a limit
        # of requests in flight may have come before the one that showed the window used up.
        last = run[-1] if run else dry
        first = next((at for at in run if accepted - at <= 1.5 * (accepted - last)), dry)
        self.count = max(sum(1 for at in run if at >= first), 1)
        self.shortest, self.longest = refused - first, accepted - first
        self._step = 1

    def is_exact(self) -> bool:
        """Whether its length is known well enough."""
        usual = next((one for one in _USUAL if self.shortest * 1.001 < one), inf)
        return usual <= self.longest <= usual * _EXACT or self.longest <= self.shortest * _EXACT

    def per_second(self) -> float | None:
        """The rate that it comes to."""
        return self.count / self.longest if self.count else None

    def take_back(self, sent_at: float) -> None:
        """A request that was taken as accepted was refused."""
        if sent_at in self.sent:
            self.sent.remove(sent_at)

    def free_at(self, now: float) -> float:
        """When the next request has a place."""
        oldest = self._oldest()
        return now if oldest is None else max(oldest + self.longest * 1.01 + 0.005, now)

    def trial_at(self, now: float) -> float:
        """When a request would show whether the window is shorter than was thought."""
        oldest = self._oldest()
        usual = next((one for one in _USUAL if self.shortest * 1.001 < one), inf)
        middle = sqrt(self.shortest * self.longest)
        # A little later, because the oldest may have arrived later than it was sent.
        length = usual * 1.005 + 0.005 if usual * _EXACT < self.longest else middle
        return now if oldest is None else max(oldest + length, now)

    def tried(self, sent_at: float, *, is_accepted: bool) -> None:
        """Learns from a request that was sent before its place was free."""
        full = [at for at in self.sent if at < sent_at]
        if len(full) < self.count:
            return
        length = sent_at - full[-self.count]
        if length <= self.shortest * 1.001:
            if is_accepted:
                self.count += self._step
                self._step *= 2
            else:
                self._step = 1
        elif is_accepted:
            self.longest = min(self.longest, length)
        else:
            self.shortest = length

    def too_early(self, refused_at: float) -> None:
        """A request was refused in a free place: the window is longer, or others ask too."""
        oldest = self._oldest(refused_at)
        recent = sum(1 for at in self.sent if refused_at - self.longest < at < refused_at)
        self._strikes += 1
        if oldest is not None and (self._strikes < 3 or not recent):
            self.shortest = max(self.shortest, refused_at - oldest)
            self.longest = max(self.longest, self.shortest * 1.1)
            return
        self._strikes, self.count = 0, recent

    def _oldest(self, before: float = inf) -> float | None:
        """When the first of the last `count` was sent: its place becomes free first."""
        sent = self.sent if before == inf else [at for at in self.sent if at < before]
        return sent[-self.count] if len(sent) >= self.count > 0 else None
