"""The gate of each key: all clients of a process that use the key share it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path

from ramclouds._pace.gate import Gate
from ramclouds._pace.shared import SharedGate, can_share, pace_file
from ramclouds.bridge.settings import Pace
from ramclouds.bridge.settings_cache import SettingsCache

_MOST = 128
"""Gates that are kept although no client uses them."""


class Registry:
    """Gates by hash and by the file that they share, the least recently used forgotten first."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forgets all: a forked child has none of its parent's threads."""
        self._gates = SettingsCache(_MOST)

    def gate(self, hashed: str, *, is_shared: bool = False) -> Gate:
        """The gate of a key that was hashed, made at its first use."""
        path = str(pace_file()) if is_shared else ""
        make: Callable[[], Gate] = partial(SharedGate, Path(path), hashed) if is_shared else Gate
        return self._gates.get((hashed, path), make)

    def all(self) -> list[Gate]:
        """The gates of the process."""
        return self._gates.values()


def _hashed(*parts: str) -> str:
    return sha256(" ".join(parts).encode()).hexdigest()


GATES = Registry()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=GATES.forget)


class Gates:
    """The gates of one key: the gateway's limits are the key's, a provider's are a model's."""

    def __init__(self, base_url: str, headers: Mapping[str, str], pace: Pace) -> None:
        # Not the key: errors keep the frames that lead to it.
        self._name = _hashed(base_url, headers.get("authorization", ""))
        self._is_shared = pace == "shared" and can_share()
        self.of_key = GATES.gate(self._name, is_shared=self._is_shared)
        # Models whose provider has refused a request.
        self._parts: dict[str, Gate] = {}

    def of(self, model: str) -> Gate:
        """Where a request for a model waits."""
        return self._parts.get(model, self.of_key)

    def part(self, model: str) -> Gate:
        """The gate of a model alone, since its provider has a limit."""
        name = _hashed(self._name, model)
        return self._parts.setdefault(model, GATES.gate(name, is_shared=self._is_shared))
