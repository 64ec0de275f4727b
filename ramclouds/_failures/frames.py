"""What an exception keeps alive: the frames that it went through, with their local variables."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType

# Clearing the frame of a generator or coroutine that still runs would end it, up to Python 3.12:
# https://docs.python.org/3/reference/datamodel.html#frame.clear
_MAY_GO_ON = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def chain_of(exc: BaseException | None, outer: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that are behind it, but not the user's own, handled around the call."""
    waiting, seen = [exc], {id(outer), id(None)}
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        # The last of these is taken first.
        waiting += [*getattr(link, "exceptions", ()), link.__context__, link.__cause__]


def drop_frames(exc: BaseException, outer: BaseException | None) -> None:
    """Drops the frames of an exception and of its causes: they hold the request, and its key."""
    for link in chain_of(exc, outer):
        link.__traceback__ = None


def clear_frames(traceback: TracebackType | None) -> None:
    """Clears the local variables of functions that have ended; lines and names stay."""
    while traceback is not None:
        if not traceback.tb_frame.f_code.co_flags & _MAY_GO_ON:
            with suppress(RuntimeError):  # It still runs.
                traceback.tb_frame.clear()
        traceback = traceback.tb_next
