"""Fixtures of tests that reach nobody: the client over a gateway without a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.gateway.offline import OfflineGateway
from tests.harness import Calls, Twin


@pytest.fixture
def gateway() -> OfflineGateway:
    """A gateway that no connection leads to."""
    return OfflineGateway()


@pytest.fixture
def connect(twin: Twin, gateway: OfflineGateway) -> Iterator[Callable[..., Calls]]:
    """Makes clients with the settings given, over that gateway."""
    with ExitStack() as stack:

        def make(**settings: Any) -> Calls:
            http = stack.enter_context(gateway.http_client())
            defaults = {"base_url": gateway.base_url, "http_client": http}
            return Calls(twin, **{**defaults, **settings})

        yield make


@pytest.fixture
def calls(connect: Callable[..., Calls]) -> Calls:
    """A client that does not retry."""
    return connect()
