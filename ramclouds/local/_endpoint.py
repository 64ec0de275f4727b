"""RamClouds where there is a key, the local model where there is none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

from ramclouds._addresses import DEFAULT_BASE_URL
from ramclouds.local._server import LocalServer

DEFAULT_MODEL = "gpt-5"
DEFAULT_EMBEDDING_MODEL = "text-embedding-3-small"

_OUTER: ContextVar[Endpoint | None] = ContextVar("_OUTER", default=None)


@dataclass(frozen=True)
class Endpoint:
    """Where to send requests, with what key, for which model; as text, a line for a person."""

    base_url: str
    api_key: str = field(repr=False)
    model: str
    is_local: bool
    embedding_model: str = DEFAULT_EMBEDDING_MODEL
    context_window: int | None = None
    """Of the local model; None of others, whose facts are known."""
    tool_calling: Literal["native", "grammar"] | None = None
    """How the adapters best ask for tools; None leaves it to them."""

    def __str__(self) -> str:
        if self.is_local:
            return f"the local model {self.model} (RAMCLOUDS_API_KEY is not set)"
        return f"{self.model} at RamClouds ({self.base_url})"


@contextmanager
def local_or_remote(model: str | None = None) -> Iterator[Endpoint]:
    """RamClouds if `RAMCLOUDS_API_KEY` is set, otherwise a `LocalServer` while the block runs.

    `model`, or `RAMCLOUDS_MODEL`, or gpt-5 is the model asked of RamClouds; for vectors it is
    `RAMCLOUDS_EMBEDDING_MODEL`, or text-embedding-3-small. A block inside another one shares its
    server.
    """
    key = os.environ.get("RAMCLOUDS_API_KEY", "").strip()
    if key:
        url = os.environ.get("RAMCLOUDS_BASE_URL") or DEFAULT_BASE_URL
        name = model or os.environ.get("RAMCLOUDS_MODEL") or DEFAULT_MODEL
        vectors = os.environ.get("RAMCLOUDS_EMBEDDING_MODEL") or DEFAULT_EMBEDDING_MODEL
        yield Endpoint(url, key, name, is_local=False, embedding_model=vectors)
        return
    if outer := _OUTER.get():
        yield outer
        return
    with LocalServer() as server:
        endpoint = Endpoint(
            base_url=server.base_url,
            api_key=server.api_key,
            model=server.model,
            is_local=True,
            embedding_model=server.model,
            context_window=server.n_ctx,
            tool_calling=server.tool_calling,
        )
        token = _OUTER.set(endpoint)
        try:
            yield endpoint
        finally:
            _OUTER.reset(token)
