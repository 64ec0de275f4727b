"""The clients behind one LLM: made at the first call, and again when a setting has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ramclouds


class Clients:
    """The sync and the async client of one LLM."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[dict[str, Any], Any]] = {}

    def sync(self, settings: Mapping[str, Any], http_client: Any) -> ramclouds.Client:
        """The client of the sync methods."""
        made: ramclouds.Client = self._get("sync", ramclouds.Client, settings, http_client)
        return made

    def asynchronous(self, settings: Mapping[str, Any], http_client: Any) -> ramclouds.AsyncClient:
        """The client of the async methods."""
        made: ramclouds.AsyncClient = self._get(
            "async", ramclouds.AsyncClient, settings, http_client
        )
        return made

    def _get(
        self, kind: str, make: Callable[..., Any], settings: Mapping[str, Any], http_client: Any
    ) -> Any:
        # Compared at each call: settings of an LLM can be assigned, or changed in a copy.
        now = {**settings, "http_client": http_client}
        made = self._made.get(kind)
        if made is None or made[0] != now:
            made = self._made[kind] = (now, make(**now))
        return made[1]

    def close(self) -> None:
        """Close the connections of the sync methods; the next call opens new ones."""
        if (made := self._made.pop("sync", None)) is not None:
            made[1].close()

    async def aclose(self) -> None:
        """Close all connections; the next call opens new ones."""
        self.close()
        if (made := self._made.pop("async", None)) is not None:
            await made[1].aclose()
