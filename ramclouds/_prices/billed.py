"""What a usage is billed as."""

from __future__ import annotations


class Billed:
    """Base URL and model that were asked: the gateway bills by the name in the request."""

    # No field, so that `asdict` and comparisons leave it out.
    __slots__ = ("_asked",)

    @property
    def _billed_as(self) -> tuple[str, str] | None:
        return getattr(self, "_asked", None)

    @_billed_as.setter
    def _billed_as(self, asked: tuple[str, str] | None) -> None:
        self._asked = asked
