"""The prompting client of either kind with one set of names."""

from __future__ import annotations

from typing import Any

from ramclouds import Chunk
from ramclouds.prompted import AsyncPromptingClient, PromptingClient, ToolMode
from tests.harness import Calls, Twin


class Asking(Calls):
    """Calls of `PromptingClient` or `AsyncPromptingClient`."""

    def __init__(self, twin: Twin, base_url: str, mode: ToolMode) -> None:
        super().__init__(twin, base_url=base_url, max_retries=2)
        kind: Any = AsyncPromptingClient if twin.is_async else PromptingClient
        self._asked = kind(self.client, mode)

    def call(self, name: str, *args: Any, **params: Any) -> Any:
        target = self.client if name == "close" else self._asked
        return self._twin.call(target, name, *args, **params)

    def first(self, **params: Any) -> Chunk:
        """The first chunk of a stream, which is then left."""
        chunk: Chunk = self._twin.first(self._asked, "stream", **params)
        return chunk
