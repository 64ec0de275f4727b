"""The client of either kind with one set of names, and a request that is right."""

from __future__ import annotations

from typing import Any

from ramclouds import AsyncClient, Chunk, Client, Completion, Model
from tests.harness.twins import Twin

MESSAGES = [{"role": "user", "content": "Hi"}]
ASK: dict[str, Any] = {"model": "gpt-5", "messages": MESSAGES}


class Calls:
    """Calls of `Client` or `AsyncClient`, without retries unless the settings ask for them."""

    def __init__(self, twin: Twin, **settings: Any) -> None:
        kind = AsyncClient if twin.is_async else Client
        defaults = {"api_key": "test-key", "max_retries": 0}
        self.client: Client | AsyncClient = kind(**{**defaults, **settings})
        self._twin = twin

    @property
    def arrived(self) -> list[Chunk]:
        """The chunks of the newest stream, also where an error followed them."""
        return self._twin.arrived

    def complete(self, **params: Any) -> Completion:
        completion: Completion = self._twin.call(self.client, "complete", **{**ASK, **params})
        return completion

    def stream(self, **params: Any) -> list[Chunk]:
        chunks: list[Chunk] = self._twin.call(self.client, "stream", **{**ASK, **params})
        return chunks

    def models(self, **params: Any) -> list[Model]:
        models: list[Model] = self._twin.call(self.client, "models", **params)
        return models

    def close(self) -> None:
        self._twin.call(self.client, "close")
