"""The kinds of event loops, and what calls on them leave behind in a client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import trio

from ramclouds import Client

Run = Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any]


def on_uvloop(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return pytest.importorskip("uvloop").run(main())


LOOPS: dict[str, Run] = {
    "asyncio": lambda main: asyncio.run(main()),
    "uvloop": on_uvloop,
    "trio": lambda main: trio.run(main),
}
EACH_LOOP = pytest.mark.parametrize("loop", LOOPS)


def busy(client: Any) -> int:
    """Connections that nobody gave back."""
    if isinstance(client, Client):
        http: Any = client._pool
        # An interrupt of a weak set's own clean-up leaves a dead reference in it: `len` counts it.
        return len([*http._direct._pool._busy])
    return sum(len([*http._direct._pool._busy]) for http, _ in client._pools._pools.values())
