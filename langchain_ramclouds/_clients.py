"""One client for all models of the same settings: its connections outlive a model.

Models are built per call by `configurable_fields` and by many web applications.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

C = TypeVar("C")

_LIMIT = 32


class ClientCache:
    """Clients by their settings; where there are too many, the least recently used one goes.

    It is not closed: a call of another thread may be using it.
    """

    def __init__(self) -> None:
        self._clients: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, build: Callable[..., C], settings: Mapping[str, Any]) -> C:
        """The client of these settings, built where there is none yet."""
        key = (build, *map(_hashable, settings.values()))
        with self._lock:
            client: C | None = self._clients.get(key)
            if client is None:
                client = self._clients[key] = build(**settings)
                if len(self._clients) > _LIMIT:
                    self._clients.popitem(last=False)
            self._clients.move_to_end(key)
        return client

    def clear(self) -> list[Any]:
        """Forget all clients; whoever asks may close them."""
        with self._lock:
            forgotten = list(self._clients.values())
            self._clients.clear()
        return forgotten


CLIENTS = ClientCache()


def _hashable(value: Any) -> Hashable:
    if isinstance(value, Mapping):
        return tuple(sorted(value.items()))
    # httpx.Timeout has no hash; its repr holds all of it.
    return value if type(value).__hash__ is not None else repr(value)
