"""The clients behind one LLM: made at the first call, and again when a setting has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import ramclouds

Client = TypeVar("Client")


class Clients:
    """The sync and the async client of one LLM."""

    def __init__(self) -> None:
        self._sync: tuple[dict[str, Any], ramclouds.Client] | None = None
        self._async: tuple[dict[str, Any], ramclouds.AsyncClient] | None = None

    # Compared at each call: settings of an LLM can be assigned, or changed in a copy.

    def sync(self, settings: dict[str, Any]) -> ramclouds.Client:
        """The client of the sync methods."""
        if self._sync is None or self._sync[0] != settings:
            self._sync = (settings, _made(ramclouds.Client, settings))
        return self._sync[1]

    def asynchronous(self, settings: dict[str, Any]) -> ramclouds.AsyncClient:
        """The client of the async methods."""
        if self._async is None or self._async[0] != settings:
            self._async = (settings, _made(ramclouds.AsyncClient, settings))
        return self._async[1]

    def close(self) -> None:
        """Close the connections of the sync methods; the next call opens new ones."""
        made, self._sync = self._sync, None
        if made is not None:
            made[1].close()

    async def aclose(self) -> None:
        """Close all connections; the next call opens new ones."""
        self.close()
        made, self._async = self._async, None
        if made is not None:
            await made[1].aclose()


def _made(kind: Callable[..., Client], settings: dict[str, Any]) -> Client:
    try:
        return kind(**settings)
    except Exception:
        # The error keeps the frames, and they keep the settings.
        settings.clear()
        raise
