"""The rate that a server allows, measured between moments at which it had just run dry.

Whatever the burst, window or unit: what was accepted between two refusals, divided by the time
between them, is what the server gives back in that time.
"""

from __future__ import annotations

from collections import deque
from math import sqrt

_CYCLES = 8
_FIRST_PROBE = 0.1
_USUAL = (10.0, 30.0, 60.0, 3600.0)
"""Seconds for which limits are usual."""
_UNSTEADY = 0.05
"""The part by which refusals change a rate that others take part of, on an average."""
_LEAST = 0.85
"""The part of the speed at a refusal that an unsteady rate keeps at least."""
_RISEN = 2.0
"""How much faster than the rate requests went out at a refusal where the limit must have risen."""
_AFTER_REFUSAL = 0.9
"""The part of the rate at which requests go out after a refusal, before they climb."""
_STEP = 1.0
_STEP_AT_MOST = 60.0
_STEP_AT_LEAST = 7.0
"""A step of the climb: so many seconds, or the time of so many requests, but of not less than 7."""
_HESITANT = 0.6
"""How fast requests climb where few refusals may be risked."""
_PUT_OFF = 5.0
_LESS = 0.7
"""The part of a rate that is kept if all that the server saved up in a wait was used at once."""
_MOST = 1.5
"""How much a rate rises at most by one cycle, which may be too short to tell."""


class Rate:
    """Requests per second, as the last few cycles from refusal to refusal show it."""

    def __init__(self) -> None:
        self.per_second: float | None = None
        """None until two refusals, or one that names the limit."""
        self.accepted = 0
        """Since the last refusal."""
        self._cycles: deque[tuple[float, int]] = deque(maxlen=_CYCLES)
        self._since: float | None = None
        self._from_dry = False
        self._asked = 0.0
        """Seconds of a wait that the server asked for, in which it may have saved up all it can."""
        self._change = 0.0
        self._speed = 0.0
        """The speed at which requests went out last; 0 while few refusals may be risked."""

    def suppose(self, per_second: float) -> None:
        """Takes a rate that was not measured."""
        self._cycles.clear()
        self.per_second = per_second

    def dry(self, now: float, accepted: int) -> None:
        """A refusal: the server had nothing left; some that were sent later may be accepted."""
        if self._since is not None and now > self._since:
            self._learn(now - self._since)
        self._begin(now, from_dry=True)
        self.accepted = accepted

    def take_back(self) -> None:
        """One request taken as accepted was refused."""
        self.accepted = max(self.accepted - 1, 0)

    def idle(self, now: float) -> None:
        """Nobody asked for a while, so it is unknown what the server has saved up."""
        self._begin(now, from_dry=False)

    def reopened(self, now: float, refused_probes: int) -> None:
        """A probe was accepted; after refused ones the rate must be lower."""
        if refused_probes > 1 and self.per_second is not None and self._since is not None:
            self.suppose(min(self.per_second, 1.5 / max(now - self._since, 1e-3)))

    def waited(self, now: float, asked: float) -> None:
        """Goes on after a wait of so many seconds that the server asked for."""
        self._begin(now, from_dry=False)
        self._asked = asked

    def forget(self) -> None:
        """Forgets a measured rate that proved wrong."""
        self._cycles.clear()
        self.per_second = None

    def is_unsteady(self) -> bool:
        """Whether it changes from refusal to refusal: others use the key too."""
        return self._change > _UNSTEADY

    def climb(self, now: float, *, is_poor: bool) -> float:
        """Requests a second that go out now: fewer after a refusal, then more and more.

        What a server saves up in the slow part is used in the fast one. Several processes of one
        key come to equal parts: what each of them gains in the same time hardly depends on its
        rate, and the fastest is refused most. Who was slow because of others, or of a limit that
        has risen since, is fast a few seconds later.
        """
        known = self.per_second or 1.0
        since = 0.0 if self._since is None else max(now - self._since, 0.0)
        steps = min(since / min(_STEP, _STEP_AT_MOST / known), self.accepted / _STEP_AT_LEAST)
        steps *= _HESITANT if is_poor else 1.0
        # The longer a refusal stops all calls, the slower the climb to the next one.
        steps /= 1.0 + _PUT_OFF * self._asked
        more = 0.5 * steps + 0.1 * steps**2 + 0.1 * steps**3
        speed = _AFTER_REFUSAL * known + sqrt(known) * more
        self._speed = 0.0 if is_poor else speed
        return speed

    def is_dry_as_expected(self, now: float) -> bool:
        """Whether a refusal at this moment is what the rate explains."""
        if self._since is None or not self._from_dry or self.is_unsteady():
            return False
        return self.explains(now - self._since)

    def explains(self, seconds: float) -> bool:
        """Whether the rate explains what was accepted in so many seconds."""
        if self.per_second is None:
            return False
        return abs(self.accepted - self.per_second * seconds) <= 2.0 + 0.1 * self.accepted

    def first_probe(self, *, is_small: bool) -> float:
        """Seconds after a refusal at which to try again."""
        if self.per_second is not None:
            return min(1.0 / self.per_second, 10.0)
        # A large bucket fills slowly, and a window all at once.
        return _FIRST_PROBE if is_small else 3.0 * _FIRST_PROBE

    def next_probe(self, waited: float, refused: int) -> float:
        """The same after a further probe was refused, `waited` seconds after the refusal."""
        if self.per_second is not None:
            delay = min(1.0 / self.per_second, 10.0)
            # A process that waits much longer than the others of the key gets nothing beside them.
            return waited + min(1.6**refused * delay, max(4.0 * delay, 5.0))
        usual = next((one for one in _USUAL if waited < one < 7.5 * waited), None)
        return 3.0 * waited if usual is None else usual * 1.02

    def _begin(self, now: float, *, from_dry: bool) -> None:
        self._since, self._from_dry, self.accepted, self._asked = now, from_dry, 0, 0.0

    def _learn(self, seconds: float) -> None:
        known, was_unsteady = self.per_second, self.is_unsteady()
        if self._asked:
            self._learn_after_wait(seconds)
        if not self._from_dry:
            return
        if known is None:
            # Requests did not keep up with the server: its bucket may have been full in between.
            self.suppose(max(self.accepted, 0.5) / seconds)
            return
        measured = self._add_cycle(seconds, known)
        is_risen = was_unsteady or self._speed > _RISEN * known
        self.per_second = max(measured, _LEAST * self._speed) if is_risen else measured
        expected = known * seconds
        change = max(abs(self.accepted - expected) - 1.0, 0.0) / max(self.accepted, expected)
        self._change += 0.25 * (change - self._change)

    def _learn_after_wait(self, seconds: float) -> None:
        measured = max(self.accepted, 0.5) / seconds
        if seconds < self._asked:
            # Most of it had been saved up.
            measured = min(measured, self.per_second or measured) * _LESS
        self.suppose(measured)

    def _add_cycle(self, seconds: float, known: float) -> float:
        if self.is_unsteady() or not self.explains(seconds):
            self._cycles.clear()
        self._cycles.append((seconds, self.accepted))
        total = sum(seconds for seconds, _ in self._cycles)
        measured = max(sum(count for _, count in self._cycles), 0.5) / total
        return min(measured, _MOST * known)
