"""How a model reaches the gateway: the fields that all models have, and how they are stored."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cached_property
from typing import Any, ClassVar

from langchain_core.utils import from_env, secret_from_env
from pydantic import AliasChoices, Field, SecretStr
from typing_extensions import Self

import ramclouds
from ramclouds.bridge.connection_fields import ConnectionFields
from ramclouds.bridge.settings import (
    CLIENT_FIELDS,
    ClientSettings,
    check_pickles,
    public_headers,
)
from ramclouds.bridge.settings_cache import SettingsCache, key_of

# Shared by all models of the process.
CLIENTS = SettingsCache(limit=32)


class ConnectionSettings(ClientSettings, total=False):
    """What `Connection` is built with, other names included, for type checkers."""

    ramclouds_api_key: str | SecretStr | None
    ramclouds_base_url: str | None
    ramclouds_api_base: str | None
    request_timeout: Any
    http_async_client: Any


class Stored:
    """How `dumpd` and `load` keep a model; stands before LangChain's own class among the bases."""

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """True: `dumpd` and `load` work, the key as a reference to `RAMCLOUDS_API_KEY`."""
        return True

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Fields that are saved as the name of an environment variable."""
        return {"api_key": "RAMCLOUDS_API_KEY"}


class Connection(ConnectionFields):
    """The fields of a client, and the clients made from them."""

    _of_client: ClassVar[tuple[str, ...]] = CLIENT_FIELDS
    """The fields that the client of the model is built with."""

    api_key: SecretStr | None = Field(
        default_factory=secret_from_env("RAMCLOUDS_API_KEY", default=None),
        validation_alias=AliasChoices("api_key", "ramclouds_api_key"),
    )
    """RamClouds key; without one, the environment's `RAMCLOUDS_API_KEY`."""
    base_url: str | None = Field(
        default_factory=from_env("RAMCLOUDS_BASE_URL", default=None),
        repr=False,  # It may hold a password, and is then refused.
        validation_alias=AliasChoices("base_url", "ramclouds_base_url", "ramclouds_api_base"),
    )
    """The gateway, with its /v1; without one, `RAMCLOUDS_BASE_URL`, then RamClouds."""
    timeout: Any = Field(default=None, validation_alias=AliasChoices("timeout", "request_timeout"))
    """Seconds, a dict of the parts, or an `httpx.Timeout`."""
    default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    """Headers of every request."""
    http_async_client: Any = Field(default=None, exclude=True, repr=False)
    """An `httpx.AsyncClient` of your own for the async methods."""

    def _client(self) -> ramclouds.Client:
        key = self._keys["sync"]
        return CLIENTS.get(key, lambda: ramclouds.Client(**self._settings(self.http_client)))

    def _aclient(self) -> ramclouds.AsyncClient:
        key, client = self._keys["async"], self.http_async_client
        return CLIENTS.get(key, lambda: ramclouds.AsyncClient(**self._settings(client)))

    def _settings(self, http_client: Any) -> dict[str, Any]:
        settings = {name: getattr(self, name) for name in self._of_client}
        return settings | {"http_client": http_client}

    @cached_property
    def _keys(self) -> Mapping[str, Hashable]:
        """The keys of the values that models with these settings share; made once, not per call."""
        shared = key_of(*(getattr(self, name) for name in self._of_client))
        clients = {"sync": self.http_client, "async": self.http_async_client, "downgraded": None}
        return {kind: key_of(kind, client, shared) for kind, client in clients.items()}

    # Values that are cached in the model depend on its settings. `_serialized` is LangChain's key
    # of its cache of completions: a changed model would get completions of the old one.
    # https://github.com/langchain-ai/langchain/blob/master/libs/core/langchain_core/language_models/chat_models.py

    def __setattr__(self, name: str, value: Any) -> None:
        _forget_derived(self)
        super().__setattr__(name, value)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other settings."""
        copied = super().model_copy(update=update, deep=deep)
        _forget_derived(copied)
        return copied

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = {} if memo is None else memo
        # The user's own objects hold locks and connections, so copies share them.
        for shared in (self.http_client, self.http_async_client, self.verify):
            memo[id(shared)] = shared
        return super().__deepcopy__(memo)

    def _check_clients(self) -> None:
        """Find what is wrong with the key, the URL and the like."""
        self._client()
        if self.http_async_client is not None:
            self._aclient()

    # A pickle is a file, and files travel: it holds no key. Where it is read, the environment's
    # key is used; where there is none, the first call says so.

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        fields = {
            name: state["__dict__"][name] for name in state["__dict__"] if name not in _DERIVED
        }
        fields["api_key"] = None
        check_pickles(self.verify)
        if self.default_headers is not None:
            fields["default_headers"] = public_headers(self.default_headers)
        return {**state, "__dict__": fields}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        self.api_key = secret_from_env("RAMCLOUDS_API_KEY", default=None)()


_DERIVED = ("_serialized", "_keys", "_body_settings")


def _forget_derived(model: Connection) -> None:
    for name in _DERIVED:
        model.__dict__.pop(name, None)
