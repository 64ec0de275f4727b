"""Rows of a table that one test runs one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ramclouds._failures import model_names
from ramclouds._pace.registry import GATES
from ramclouds._prices import known
from ramclouds._resting import RESTS


@contextmanager
def in_row(*names: object) -> Iterator[None]:
    """Names the row in which a test fails; a row begins as a test does.

    A case of its own for each row costs more than most rows do.
    """
    forget_gateways()
    try:
        yield
    except (Exception, pytest.fail.Exception) as exc:
        raise AssertionError(f"in row {' '.join(map(str, names))!s:.200}") from exc


def forget_gateways() -> None:
    """Forgets what this process learned of gateways."""
    GATES.forget()
    RESTS.forget()
    known._of_gateways.clear()
    model_names._listed.clear()
