"""The prompting client of either kind with one set of names."""

from __future__ import annotations

from typing import Any

from ramclouds import AsyncClient, Chunk, Client, Completion
from ramclouds.prompted import AsyncPromptingClient, PromptingClient, ToolMode
from tests.harness import AsyncTwin, Twin


class Asking:
    """Calls of `PromptingClient` or `AsyncPromptingClient`."""

    def __init__(self, twin: Twin, base_url: str, mode: ToolMode) -> None:
        self._twin = twin
        self._client: Client | AsyncClient
        self._asked: PromptingClient | AsyncPromptingClient
        if isinstance(twin, AsyncTwin):
            self._client = AsyncClient(api_key="test-key", base_url=base_url)
            self._asked = AsyncPromptingClient(self._client, mode)
        else:
            self._client = Client(api_key="test-key", base_url=base_url)
            self._asked = PromptingClient(self._client, mode)

    def complete(self, **params: Any) -> Completion:
        completion: Completion = self._twin.call(self._asked, "complete", **params)
        return completion

    def stream(self, **params: Any) -> list[Chunk]:
        chunks: list[Chunk] = self._twin.call(self._asked, "stream", **params)
        return chunks

    def first(self, **params: Any) -> Chunk:
        """The first chunk of a stream, which is then left."""
        chunk: Chunk = self._twin.first(self._asked, "stream", **params)
        return chunk

    def close(self) -> None:
        self._twin.call(self._client, "close")
