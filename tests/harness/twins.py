"""Calls of sync or async methods with one body of test code."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any

import pytest


class SyncTwin:
    """Calls the sync methods."""

    is_async = False

    def __init__(self) -> None:
        self.arrived: list[Any] = []
        """The parts of the newest stream, also where an error followed them."""

    def call(self, target: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        """What a method gives; of a stream a list of its parts."""
        found = getattr(target, name)(*args, **kwargs)
        if not isinstance(found, Iterator):
            return found
        self.arrived = []
        for part in found:
            self.arrived.append(part)
        return self.arrived

    def first(self, target: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        """The first part of a stream, which is then closed."""
        stream = getattr(target, name)(*args, **kwargs)
        part = next(stream)
        stream.close()
        return part

    def close(self) -> None:
        """Nothing to close."""


class AsyncTwin:
    """Calls the async methods in an event loop of its own: `achat` for `chat`, if there is one."""

    is_async = True

    def __init__(self) -> None:
        self.arrived: list[Any] = []
        """The parts of the newest stream, also where an error followed them."""
        self._loop = asyncio.new_event_loop()
        self._called: dict[int, Any] = {}

    def call(self, target: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        """What a method gives; of a stream a list of its parts."""
        self._called[id(target)] = target
        return self._run(self._call(target, name, args, kwargs))

    def first(self, target: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        """The first part of a stream, which is then closed."""
        return self._run(self._first(target, name, args, kwargs))

    def close(self) -> None:
        """Close what was called, since its connections are of this loop, and the loop."""
        for target in self._called.values():
            # LlamaIndex's structured LLM has another one, whose connections it uses.
            owner = getattr(target, "llm", target)
            if hasattr(owner, "aclose"):
                self._run(owner.aclose())
        self._run(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _call(self, target: Any, name: str, args: Any, kwargs: Any) -> Any:
        found = await _begun(target, name, args, kwargs)
        if not isinstance(found, AsyncIterator):
            return found
        self.arrived = []
        async for part in found:
            self.arrived.append(part)
        return self.arrived

    async def _first(self, target: Any, name: str, args: Any, kwargs: Any) -> Any:
        stream = await _begun(target, name, args, kwargs)
        part = await anext(stream)
        await stream.aclose()
        return part

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(work)


async def _begun(target: Any, name: str, args: Any, kwargs: Any) -> Any:
    method = getattr(target, f"a{name}", None) or getattr(target, name)
    found = method(*args, **kwargs)
    return await found if inspect.isawaitable(found) else found


Twin = SyncTwin | AsyncTwin
TWINS: dict[str, type[Twin]] = {"sync": SyncTwin, "async": AsyncTwin}
EACH_TWIN = pytest.mark.each_twin
