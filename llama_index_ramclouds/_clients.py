"""The clients behind an LLM: when they are made, shared, copied and closed."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Mapping
from typing import Any, cast

from llama_index.core.bridge.pydantic import PrivateAttr
from typing_extensions import Self

import ramclouds
from llama_index_ramclouds._expectation import WAYS, Expectation, check_way, to_expectation
from llama_index_ramclouds._fields import Settings
from ramclouds import Model, prompted

# Held by the user, or bound to a process: neither pickled nor deep-copied.
_SHARED = ("http_client", "async_http_client")


class Connections(Settings):
    """An LLM with its connections, and without a question to ask."""

    _clients: dict[str, tuple[dict[str, Any], Any]] = PrivateAttr(default_factory=dict)
    # By gateway, the models that ignored a native request; copies learn from each other.
    _downgraded: dict[Any, set[str]] = PrivateAttr(default_factory=dict)

    def list_models(self) -> list[Model]:
        """Ask the gateway which models the key may use."""
        return self._client().models()

    async def alist_models(self) -> list[Model]:
        """Ask the gateway which models the key may use."""
        return await self._async_client().models()

    def close(self) -> None:
        """Close the connections of the sync methods; the next call opens new ones."""
        if (held := self._clients.pop("sync", None)) is not None:
            held[1].close()

    async def aclose(self) -> None:
        """Close all connections; the next call opens new ones."""
        self.close()
        if (held := self._clients.pop("async", None)) is not None:
            await held[1].aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _expectation(self, given: Mapping[str, Any]) -> Expectation:
        """How a call with these parameters asks."""
        ways: dict[str, Any] = {name: getattr(self, name) for name in WAYS}
        for name in WAYS:
            if given.get(name) is not None:
                check_way(name, given[name])
                ways[name] = given[name]
        headers = tuple(sorted((self.default_headers or {}).items()))
        downgraded = self._downgraded.setdefault((self.base_url, self.api_key, headers), set())
        return to_expectation(given.get("model") or self.model, downgraded, **ways)

    def _asker(self, expectation: Expectation) -> ramclouds.Client | prompted.PromptingClient:
        client = self._client()
        return (
            client
            if expectation.mode is None
            else prompted.PromptingClient(client, expectation.mode)
        )

    def _async_asker(
        self, expectation: Expectation
    ) -> ramclouds.AsyncClient | prompted.AsyncPromptingClient:
        client = self._async_client()
        return (
            client
            if expectation.mode is None
            else prompted.AsyncPromptingClient(client, expectation.mode)
        )

    def _client(self) -> ramclouds.Client:
        return cast("ramclouds.Client", self._held("sync", ramclouds.Client, self.http_client))

    def _async_client(self) -> ramclouds.AsyncClient:
        made = self._held("async", ramclouds.AsyncClient, self.async_http_client)
        return cast("ramclouds.AsyncClient", made)

    def _held(self, kind: str, make: Callable[..., Any], http_client: Any) -> Any:
        """A client of the current settings: they can be assigned, or changed in a copy."""
        settings = {
            "api_key": self.api_key,
            "base_url": self.base_url,
            "timeout": self.timeout,
            "max_retries": self.max_retries,
            "default_headers": self.default_headers,
            "http_client": http_client,
            "think_tags": self.think_tags,
        }
        held = self._clients.get(kind)
        if held is None or held[0] != settings:
            held = self._clients[kind] = (settings, make(**settings))
        return held[1]

    def __copy__(self) -> Self:
        copied = super().__copy__()
        # Not shared: closing one would close the other's.
        copied._clients = {}
        return copied

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = {} if memo is None else memo
        for name in _SHARED:
            memo[id(getattr(self, name))] = getattr(self, name)
        memo[id(self._clients)] = {}
        memo[id(self._downgraded)] = self._downgraded
        return super().__deepcopy__(memo)

    def __getstate__(self) -> dict[Any, Any]:
        # Core's own removes what does not pickle from the live object, and pickles the key.
        kept = {
            name: value
            for name, value in self.__dict__.items()
            if name not in ("api_key", *_SHARED) and _pickles(value)
        }
        if self.default_headers is not None:
            kept["default_headers"] = self._headers_without_secrets(self.default_headers)
        return {"__dict__": copy.copy(kept)}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        self._restore(**state["__dict__"])


def _pickles(value: Any) -> bool:
    try:
        pickle.dumps(value)
    # Whatever a user's object raises: it is left out, as LlamaIndex's components do.
    except Exception:  # noqa: BLE001
        return False
    return True
