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
        return self.call("complete", **{**ASK, **params})

    def stream(self, **params: Any) -> list[Chunk]:
        return self.call("stream", **{**ASK, **params})

    def models(self, **params: Any) -> list[Model]:
        return self.call("models", **params)

    def key_status(self, **params: Any) -> KeyStatus:
        return self.call("key_status", **params)

    def gateway_status(self, **params: Any) -> GatewayStatus:
        return self.call("gateway_status", **params)

    def balance(self, **params: Any) -> Balance:
        return self.call("balance", **params)

    def prices(self, **params: Any) -> Prices:
        return self.call("prices", **params)

    def embed(self, **params: Any) -> Embeddings:
        return self.call("embed", **{**EMBED, **params})

    def embed_many(self, texts: Any, **params: Any) -> Embeddings:
        return self.call("embed_many", texts, **{"model": EMBED["model"], **params})

    def close(self) -> None:
        self.call("close")
