"""Clients that ask for tools as a mode says; completions and streams are as of plain ones."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from typing import Any

from ramclouds._client import AsyncClient, Client
from ramclouds.prompted._asking import Asking
from ramclouds.prompted._mode import ToolMode
from ramclouds.types import Chunk, Completion


class PromptingClient:
    """A client's `complete` and `stream`, with tools asked for as `mode` says.

    `client` stays the caller's to close. `mode` may be shared: it remembers the models that
    ignored a native request.
    """

    def __init__(self, client: Client, mode: ToolMode) -> None:
        self._client = client
        self._mode = mode

    def complete(self, **params: Any) -> Completion:
        """The completion for keywords of `Client.complete`."""
        asking = Asking(self._client, self._mode, params)
        while not asking.is_done:
            with asking:
                asking.read(self._client.complete(**asking.params))
        return asking.completion

    def stream(self, **params: Any) -> Generator[Chunk, None, None]:
        """The completion for keywords of `Client.stream`, chunk by chunk."""
        return self._read(Asking(self._client, self._mode, params))

    def _read(self, asking: Asking) -> Generator[Chunk, None, None]:
        while not asking.is_done:
            with asking:
                with closing(self._client.stream(**asking.params)) as chunks:
                    for chunk in chunks:
                        yield from asking.feed(chunk)
                asking.end()


class AsyncPromptingClient:
    """The async twin of `PromptingClient`."""

    def __init__(self, client: AsyncClient, mode: ToolMode) -> None:
        self._client = client
        self._mode = mode

    async def complete(self, **params: Any) -> Completion:
        """The completion for keywords of `AsyncClient.complete`."""
        asking = Asking(self._client, self._mode, params)
        while not asking.is_done:
            with asking:
                asking.read(await self._client.complete(**asking.params))
        return asking.completion

    def stream(self, **params: Any) -> AsyncGenerator[Chunk, None]:
        """The completion for keywords of `AsyncClient.stream`, chunk by chunk."""
        return self._read(Asking(self._client, self._mode, params))

    async def _read(self, asking: Asking) -> AsyncGenerator[Chunk, None]:
        while not asking.is_done:
            with asking:
                async with aclosing(self._client.stream(**asking.params)) as chunks:
                    async for chunk in chunks:
                        for read in asking.feed(chunk):
                            yield read
                asking.end()
