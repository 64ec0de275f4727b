"""Fixtures of the client's tests over a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.gateway import Gateway
from tests.harness import Calls, Twin


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's settings reaches a client."""
    for name in ("RAMCLOUDS_API_KEY", "RAMCLOUDS_BASE_URL", "RAMCLOUDS_USER_AGENT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def connect(twin: Twin, gateway: Gateway) -> Iterator[Callable[..., Calls]]:
    """Makes clients with the settings given; they are closed at the end."""
    with ExitStack() as stack:

        def make(**settings: Any) -> Calls:
            calls = Calls(twin, **{"base_url": gateway.base_url, **settings})
            stack.callback(calls.close)
            return calls

        yield make


@pytest.fixture
def calls(connect: Callable[..., Calls]) -> Calls:
    """A client that does not retry."""
    return connect()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts, in seconds, which take no time."""
    waited: list[float] = []

    async def asleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("ramclouds._exchange.sleep", waited.append)
    monkeypatch.setattr("ramclouds._exchange.asleep", asleep)
    return waited
