"""Fixtures of all layers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway import Gateway

pytest_plugins = ["tests.canary", "tests.layers"]


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A gateway on loopback."""
    with Gateway() as running:
        yield running
