"""Both prompting clients with one body of test code."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from ramclouds import AsyncClient, Chunk, Client, Completion
from ramclouds.prompted import AsyncPromptingClient, PromptingClient, ToolMode
from tests.gateway import Gateway


class Asking(Protocol):
    """One client, asked without a word about async."""

    def complete(self, **params: Any) -> Completion: ...

    def stream(self, **params: Any) -> list[Chunk]: ...

    def first(self, **params: Any) -> Chunk:
        """The first chunk of a stream, which is then left."""


class SyncAsking:
    def __init__(self, gateway: Gateway, mode: ToolMode) -> None:
        self._settings: dict[str, Any] = {"api_key": "test-key", "base_url": gateway.base_url}
        self._mode = mode

    def complete(self, **params: Any) -> Completion:
        with Client(**self._settings) as client:
            return PromptingClient(client, self._mode).complete(**params)

    def stream(self, **params: Any) -> list[Chunk]:
        with Client(**self._settings) as client:
            return list(PromptingClient(client, self._mode).stream(**params))

    def first(self, **params: Any) -> Chunk:
        with Client(**self._settings) as client:
            chunks = PromptingClient(client, self._mode).stream(**params)
            first = next(chunks)
            chunks.close()
        return first


class AsyncAsking:
    def __init__(self, gateway: Gateway, mode: ToolMode) -> None:
        self._settings: dict[str, Any] = {"api_key": "test-key", "base_url": gateway.base_url}
        self._mode = mode

    def complete(self, **params: Any) -> Completion:
        return asyncio.run(self._complete(**params))

    def stream(self, **params: Any) -> list[Chunk]:
        return asyncio.run(self._stream(**params))

    def first(self, **params: Any) -> Chunk:
        return asyncio.run(self._first(**params))

    async def _complete(self, **params: Any) -> Completion:
        async with AsyncClient(**self._settings) as client:
            return await AsyncPromptingClient(client, self._mode).complete(**params)

    async def _stream(self, **params: Any) -> list[Chunk]:
        async with AsyncClient(**self._settings) as client:
            asked = AsyncPromptingClient(client, self._mode)
            return [chunk async for chunk in asked.stream(**params)]

    async def _first(self, **params: Any) -> Chunk:
        async with AsyncClient(**self._settings) as client:
            chunks = AsyncPromptingClient(client, self._mode).stream(**params)
            first = await anext(chunks)
            await chunks.aclose()
        return first
