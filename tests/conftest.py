"""Fixtures of all layers."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests.gateway import Gateway

pytest_plugins = ["tests.canary", "tests.layers"]


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking through both frameworks again and again.

    It took a sixth of the run.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """Show the collector everything again: hypothesis asks it who refers to trio's randomness."""
    gc.unfreeze()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A gateway on loopback."""
    with Gateway() as running:
        yield running
