"""Whether an event loop has read what has come: a busy one may not have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from weakref import WeakKeyDictionary

from ramclouds._pace.permits import Reader

_ROUNDS = 4
"""Turns of the loop from a readable socket to its task, which takes in a refusal."""


class LoopReader(Reader):
    """One event loop of asyncio."""

    __slots__ = ("__weakref__", "_loop", "is_asked")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.read_until = 0.0
        self._loop = loop
        self.is_asked = False

    def ask(self, now: float, done: Callable[[], None]) -> None:
        """Notes when all has been read that had come until now."""
        self.is_asked = True
        try:
            self._loop.call_soon_threadsafe(self._round, _ROUNDS, now, done)
        except RuntimeError:
            # It is closed, and reads no more.
            self.read_until = float("inf")

    def _round(self, left: int, until: float, done: Callable[[], None]) -> None:
        if left:
            self._loop.call_soon(self._round, left - 1, until, done)
            return
        self.read_until, self.is_asked = max(self.read_until, until), False
        done()


_READERS: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopReader] = WeakKeyDictionary()


def reader_of(loop: asyncio.AbstractEventLoop) -> LoopReader:
    """The reader of a loop, the same for all its calls."""
    reader = _READERS.get(loop)
    if reader is None:
        reader = _READERS[loop] = LoopReader(loop)
    return reader
