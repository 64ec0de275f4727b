"""Which lane calls go in: those of a bulk run give way to all others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_bulk: ContextVar[bool] = ContextVar("ramclouds_bulk", default=False)


@contextmanager
def bulk_lane() -> Iterator[None]:
    """Puts the calls that are made inside in the bulk lane, in threads and tasks too."""
    token = _bulk.set(True)
    try:
        yield
    finally:
        _bulk.reset(token)


def is_bulk() -> bool:
    """Whether calls that are made here go in the bulk lane."""
    return _bulk.get()
