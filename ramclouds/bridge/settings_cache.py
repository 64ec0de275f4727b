"""What objects of the same settings share, such as clients: kept for the process.

Models are built per call by LangChain's `configurable_fields` and by many web applications, so what
they share outlives them; the least recently used of it is forgotten.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from pydantic import Secret

__all__ = ["SettingsCache", "key_of"]

V = TypeVar("V")


class SettingsCache:
    """Values by the settings that they belong to, at most `limit` of them.

    What is forgotten is not closed: a call of another thread may be using it.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, build: Callable[[], V]) -> V:
        """The value under a key of `key_of`, built where there is none yet."""
        with self._lock:
            value: V | None = self._values.get(key)
            if value is None:
                value = self._values[key] = build()
                if len(self._values) > self._limit:
                    self._values.popitem(last=False)
            self._values.move_to_end(key)
        return value

    def values(self) -> list[Any]:
        """All values."""
        with self._lock:
            return list(self._values.values())

    def clear(self) -> list[Any]:
        """Forget all values; whoever asks may close them."""
        with self._lock:
            forgotten = list(self._values.values())
            self._values.clear()
        return forgotten


def key_of(*settings: Any) -> Hashable:
    """The key of these settings' value; an error may keep it, so it shows none of them."""
    return Secret(tuple(map(_hashable, settings)))


def _hashable(value: Any) -> Hashable:
    if value is None or isinstance(value, (str, float, int)):  # most settings
        return value
    if hasattr(value, "as_dict"):  # httpx.Timeout has no hash
        value = value.as_dict()
    if isinstance(value, Mapping):
        return tuple(sorted(value.items()))
    return value if type(value).__hash__ is not None else repr(value)
