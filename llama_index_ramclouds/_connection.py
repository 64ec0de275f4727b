"""How a model reaches the gateway: the fields of all models, and how they are stored."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any, ClassVar

from llama_index.core.bridge.pydantic import (
    Field,
    PrivateAttr,
    SecretStr,
    field_serializer,
    field_validator,
)
from pydantic import AliasChoices
from typing_extensions import Self

import ramclouds
from llama_index_ramclouds._clients import Clients
from ramclouds import ConfigurationError
from ramclouds.bridge.connection_fields import ConnectionFields
from ramclouds.bridge.settings import (
    CLIENT_FIELDS,
    ClientSettings,
    check_pickles,
    construct,
    public_headers,
    to_timeout,
)

_NOT_STORED = ("api_key", "http_client", "async_http_client")


class ConnectionSettings(ClientSettings, total=False):
    """What `Connection` is built with, other names included, for type checkers."""

    api_base: str | None
    async_http_client: Any


class Connection(ConnectionFields):
    """The fields of a client, and the clients made from them."""

    _of_client: ClassVar[tuple[str, ...]] = CLIENT_FIELDS
    """The fields that the client of the model is built with."""

    api_key: SecretStr | None = Field(default=None, exclude=True, repr=False)
    """RamClouds key; without one, `RAMCLOUDS_API_KEY`."""
    base_url: str | None = Field(
        default=None,
        repr=False,  # It may hold a password, and is then refused.
        validation_alias=AliasChoices("base_url", "api_base"),
    )
    """The gateway, with its /v1; without one, `RAMCLOUDS_BASE_URL`, then RamClouds."""
    timeout: Any = None
    """Seconds, a dict of the parts, or an `httpx.Timeout`; None is the client's default."""
    default_headers: dict[str, str] | None = Field(default=None, repr=False)
    """Headers of every request."""
    async_http_client: Any = Field(default=None, exclude=True, repr=False)
    """An `httpx.AsyncClient` of your own for the async methods."""

    _clients: Clients = PrivateAttr(default_factory=Clients)

    @classmethod
    def from_dict(cls, data: dict[str, Any], **kwargs: Any) -> Self:
        """Restore from `to_dict`, which holds no key: it is found at the first call."""
        restored = cls.__new__(cls)
        settings = {**data, **kwargs}
        settings.pop("class_name", None)
        restored._restore(settings)
        return restored

    @property
    def api_base(self) -> str | None:
        """The name that LlamaIndex's OpenAI classes give to `base_url`."""
        return self.base_url

    def close(self) -> None:
        """Close the connections of the sync methods; the next call opens new ones."""
        self._clients.close()

    async def aclose(self) -> None:
        """Close all connections; the next call opens new ones."""
        await self._clients.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _restore(self, settings: dict[str, Any]) -> None:
        """Fill the fields; a key need not be there yet."""
        construct(type(self), super().__init__, settings, ConfigurationError)

    def _client(self) -> ramclouds.Client:
        settings = {name: getattr(self, name) for name in self._of_client}
        settings["http_client"] = self.http_client
        return self._clients.get(ramclouds.Client, settings)

    def _async_client(self) -> ramclouds.AsyncClient:
        settings = {name: getattr(self, name) for name in self._of_client}
        settings["http_client"] = self.async_http_client
        return self._clients.get(ramclouds.AsyncClient, settings)

    @field_validator("timeout")
    @classmethod
    def _known_timeout(cls, timeout: Any) -> Any:
        return to_timeout(timeout)

    @field_serializer("verify")
    def _verify_to_dict(self, verify: Any) -> Any:
        return verify if isinstance(verify, (bool, str)) else None

    @field_serializer("timeout")
    def _timeout_to_dict(self, timeout: Any) -> Any:
        return timeout.as_dict() if hasattr(timeout, "as_dict") else timeout

    @field_serializer("default_headers")
    def _headers_without_secrets(self, headers: Mapping[str, str] | None) -> Any:
        if headers is None:
            return None
        return public_headers(headers)

    def __copy__(self) -> Self:
        copied = super().__copy__()
        # Not shared: closing one would close the other's.
        copied._clients = Clients()
        return copied

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = {} if memo is None else memo
        for shared in (self.http_client, self.async_http_client, self.verify):
            memo[id(shared)] = shared
        memo[id(self._clients)] = Clients()
        return super().__deepcopy__(memo)

    def __getstate__(self) -> dict[Any, Any]:
        check_pickles(self.verify)
        # Core's own removes what does not pickle from the live object, and pickles the key:
        # https://github.com/run-llama/llama_index/issues/22578
        kept = {
            name: value
            for name, value in self.__dict__.items()
            if name not in _NOT_STORED and _pickles(value)
        }
        if self.default_headers is not None:
            kept["default_headers"] = public_headers(self.default_headers)
        return {"__dict__": kept}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        self._restore({**state["__dict__"]})


def _pickles(value: Any) -> bool:
    try:
        pickle.dumps(value)
    # Whatever a user's object raises: it is left out, as LlamaIndex's components do.
    except Exception:  # noqa: BLE001
        return False
    return True
