"""What the name of a host stands for, kept for a moment."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from time import monotonic

from ramclouds._http.wires import Address, Wire

FRESH = 1.0
"""Seconds: where a thousand connections are made at once, the name is not looked up for each."""


class Addresses:
    """The addresses of one host."""

    def __init__(self) -> None:
        self._found: Sequence[Address] = ()
        self._at = -inf

    async def connect(self, wire: Wire, host: str, port: int, until: float | None) -> None:
        """Connects to the first address that takes it; raises OSError where none does.

        The host is looked up, where that was not done a moment ago.
        """
        if monotonic() - self._at > FRESH:
            self._found = await wire.addresses(host, port, until)
            self._at = monotonic()
        try:
            await wire.connect(self._found, until)
        except OSError:
            self._at = -inf
            raise
