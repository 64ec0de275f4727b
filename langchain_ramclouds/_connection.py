"""How a model reaches the gateway: the fields that all models have, and how they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.utils import from_env, secret_from_env
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr

import ramclouds
from langchain_ramclouds._clients import CLIENTS
from ramclouds.bridge.settings import public_headers


class Connection(BaseModel):
    """The fields of a client, and the clients made from them."""

    # An error about one field shows what all of them were given, the key included.
    model_config = ConfigDict(hide_input_in_errors=True)

    api_key: SecretStr | None = Field(
        default_factory=secret_from_env("RAMCLOUDS_API_KEY", default=None),
        validation_alias=AliasChoices("api_key", "ramclouds_api_key"),
    )
    base_url: str | None = Field(
        default_factory=from_env("RAMCLOUDS_BASE_URL", default=None),
        validation_alias=AliasChoices("base_url", "ramclouds_base_url", "ramclouds_api_base"),
    )
    timeout: Any = Field(default=None, validation_alias=AliasChoices("timeout", "request_timeout"))
    """Seconds, or an `httpx.Timeout`."""
    max_retries: int | None = None
    """Further attempts after the first; the client's default is 2."""
    default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    http_client: Any = Field(default=None, exclude=True, repr=False)
    """An `httpx.Client` of your own for the sync methods."""
    http_async_client: Any = Field(default=None, exclude=True, repr=False)
    """An `httpx.AsyncClient` of your own for the async methods."""

    def _client_settings(self) -> dict[str, Any]:
        """What the client of the model is built with."""
        return {name: getattr(self, name) for name in _CLIENT}

    def _client(self) -> ramclouds.Client:
        settings = {**self._client_settings(), "http_client": self.http_client}
        return CLIENTS.get(lambda: ramclouds.Client(**settings), "sync", settings)

    def _aclient(self) -> ramclouds.AsyncClient:
        settings = {**self._client_settings(), "http_client": self.http_async_client}
        return CLIENTS.get(lambda: ramclouds.AsyncClient(**settings), "async", settings)

    def _check_clients(self) -> None:
        """Find what is wrong with the key, the URL and the like."""
        self._client()
        if self.http_async_client is not None:
            self._aclient()

    # A pickle is a file, and files travel: it holds no key. Where it is read, the environment's
    # key is used; where there is none, the first call says so.

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        fields = {name: value for name, value in state["__dict__"].items() if name != "_serialized"}
        fields["api_key"] = None
        if self.default_headers is not None:
            fields["default_headers"] = public_headers(self.default_headers)
        return {**state, "__dict__": fields}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        self.api_key = secret_from_env("RAMCLOUDS_API_KEY", default=None)()


_CLIENT = ("api_key", "base_url", "timeout", "max_retries", "default_headers")
