"""The client of either kind with one set of names, and a request that is right."""

from __future__ import annotations

from typing import Any

from ramclouds import (
    AsyncClient,
    Balance,
    Chunk,
    Client,
    Completion,
    Embeddings,
    GatewayStatus,
    KeyStatus,
    Model,
    Prices,
)
from tests.harness.twins import Twin

MESSAGES = [{"role": "user", "content": "Hi"}]
ASK: dict[str, Any] = {"model": "gpt-5", "messages": MESSAGES}
EMBED: dict[str, Any] = {"model": "text-embedding-3-small", "input": ["a", "b", "c"]}


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

    def call(self, name: str, *args: Any, **params: Any) -> Any:
        """What a method gives; of a stream a list of its parts."""
        return self._twin.call(self.client, name, *args, **params)

    def complete(self, **params: Any) -> Completion:
        completion: Completion = self.call("complete", **{**ASK, **params})
        return completion

    def stream(self, **params: Any) -> list[Chunk]:
        chunks: list[Chunk] = self.call("stream", **{**ASK, **params})
        return chunks

    def models(self, **params: Any) -> list[Model]:
        models: list[Model] = self.call("models", **params)
        return models

    def key_status(self, **params: Any) -> KeyStatus:
        status: KeyStatus = self.call("key_status", **params)
        return status

    def gateway_status(self, **params: Any) -> GatewayStatus:
        status: GatewayStatus = self.call("gateway_status", **params)
        return status

    def balance(self, **params: Any) -> Balance:
        balance: Balance = self.call("balance", **params)
        return balance

    def prices(self, **params: Any) -> Prices:
        prices: Prices = self.call("prices", **params)
        return prices

    def embed(self, **params: Any) -> Embeddings:
        found: Embeddings = self.call("embed", **{**EMBED, **params})
        return found

    def embed_many(self, texts: Any, **params: Any) -> Embeddings:
        found: Embeddings = self.call("embed_many", texts, **{"model": EMBED["model"], **params})
        return found

    def close(self) -> None:
        self.call("close")
