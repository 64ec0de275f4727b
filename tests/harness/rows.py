"""Rows of a table that one test runs one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def in_row(*names: object) -> Iterator[None]:
    """Names the row in which a test fails.

    A case of its own for each row costs more than most rows do.
    """
    try:
        yield
    except (Exception, pytest.fail.Exception) as exc:
        raise AssertionError(f"in row {' '.join(map(str, names))!s:.200}") from exc
