"""What a server replied, and what a check finds in it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scripts.recorded import Interaction

# With these a server says that the key, or the operator, does not let the call through.
_REFUSALS = (401, 402, 403, 429)


class NotShownError(Exception):
    """The recording does not hold what a check needs to see."""


class Tape:
    """What one server replied, by the name of what was asked; an adapter's with its name before."""

    def __init__(self, replies: Mapping[str, Sequence[Interaction]]) -> None:
        self._replies = replies
        self._looked_at: list[Interaction] = []

    def __getitem__(self, name: str) -> Interaction:
        if not self._replies.get(name):
            raise NotShownError(f"there is no reply to {name}")
        self._looked_at.append(self._replies[name][-1])
        return self._looked_at[-1]

    def __iter__(self) -> Iterator[Interaction]:
        return (one for interactions in self._replies.values() for one in interactions)

    def failure(self) -> Interaction | None:
        """The first failed reply that was looked at since the last time."""
        looked_at, self._looked_at = self._looked_at, []
        return next((reply for reply in looked_at if reply.status >= 400), None)


def is_refusal(reply: Interaction) -> bool:
    """Whether the key or the operator does not let a call through."""
    return reply.status in _REFUSALS or '"model_not_found"' in reply.text


@dataclass(frozen=True)
class Finding:
    """Whether a server agrees with a statement (None: not shown), and what was seen."""

    agrees: bool | None
    seen: str
    is_allowed: bool = True
    """False where the key or the operator does not let it be seen."""

    @property
    def verdict(self) -> str:
        """The finding as text."""
        if not self.is_allowed:
            return "not allowed"
        return {True: "holds", False: "DIFFERS", None: "not shown"}[self.agrees]


VERDICTS = ("holds", "DIFFERS", "not allowed", "not shown")
Check = Callable[[Tape], Finding]
