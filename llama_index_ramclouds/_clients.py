"""The clients behind one LLM: made at the first call, and again when a setting has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import ramclouds

Client = TypeVar("Client")


class Clients:
    """The sync and the async client of one LLM, each with the settings that it was made of."""

    def __init__(self) -> None:
        self._made: dict[Callable[..., Any], tuple[dict[str, Any], Any]] = {}

    def get(self, kind: Callable[..., Client], settings: dict[str, Any]) -> Client:
        """The client of a kind, `ramclouds.Client` or `ramclouds.AsyncClient`."""
        made = self._made.get(kind)
        # Compared at each call: settings of an LLM can be assigned, or changed in a copy.
        if made is None or made[0] != settings:
            made = self._made[kind] = (settings, _made(kind, settings))
        client: Client = made[1]
        return client

    def close(self) -> None:
        """Close the connections of the sync methods; the next call opens new ones."""
        if made := self._made.pop(ramclouds.Client, None):
            made[1].close()

    async def aclose(self) -> None:
        """Close all connections; the next call opens new ones."""
        self.close()
        if made := self._made.pop(ramclouds.AsyncClient, None):
            await made[1].aclose()


def _made(kind: Callable[..., Client], settings: dict[str, Any]) -> Client:
    try:
        return kind(**settings)
    except Exception:
        # The error keeps the frames, and they keep the settings.
        settings.clear()
        raise
