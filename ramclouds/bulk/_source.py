"""Rows as a run takes them: at once, or out of a thread that reads a few ahead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread
from typing import Generic, TypeVar

Work = TypeVar("Work")

_AHEAD = 64


class Direct(Generic[Work]):
    """Rows that are read when they are taken."""

    is_pending = False
    """Whether `next` found nothing yet, but may later."""

    def __init__(self, rows: Iterator[Work]) -> None:
        self._rows = rows

    def next(self) -> Work | None:
        """The next row; None where there is none. It raises what reading raised."""
        return next(self._rows, None)

    def close(self) -> None:
        """Does nothing: a generator can go on in another run."""


class Ahead(Generic[Work]):
    """Rows that may take long to arrive: a thread waits for them, so calls and Ctrl-C go on."""

    def __init__(self, rows: Iterator[Work], wake: Callable[[], object]) -> None:
        self.is_pending = False
        self._rows = rows
        self._wake = wake
        self._loop = asyncio.get_running_loop()
        self._found: Queue[Work | BaseException | None] = Queue(_AHEAD)
        self._has_ended = self._is_closed = False
        # A daemon thread: it may wait for ever.
        Thread(target=self._read, name="ramclouds-rows", daemon=True).start()

    def next(self) -> Work | None:
        """The next row that was read; without one, `wake` is called when it is there."""
        # Before the look: a row that comes behind it calls `wake`.
        self.is_pending = not self._has_ended
        try:
            found = self._found.get_nowait()
        except Empty:
            return None
        self.is_pending = False
        self._has_ended = found is None
        if isinstance(found, BaseException):
            raise found
        return found

    def close(self) -> None:
        """Lets the thread end, once it has its row."""
        self._is_closed = True
        with suppress(Empty):
            while True:
                self._found.get_nowait()

    def _read(self) -> None:
        try:
            for row in self._rows:
                self._put(row)
                if self._is_closed:
                    return
        except BaseException as exc:  # noqa: BLE001  raised where rows are taken
            self._put(exc)
        else:
            self._put(None)

    def _put(self, found: Work | BaseException | None) -> None:
        self._found.put(found)
        if self.is_pending:
            # The run may have ended.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._wake)
