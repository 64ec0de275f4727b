"""The gate of each key: all clients of a process that use the key share it."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from threading import Lock

from ramclouds._pace.gate import Gate, Learned

_MOST = 128
"""Gates that are kept although no client uses them."""


class Registry:
    """Gates by base URL and the hash of a key, the least recently made forgotten first."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forgets all: a forked child has none of its parent's threads."""
        self._lock = Lock()
        self._gates: OrderedDict[tuple[str, str], Gate] = OrderedDict()

    def gate(self, base_url: str, key: str) -> Gate:
        """The gate of a key, made at its first use."""
        name = (base_url, sha256(key.encode()).hexdigest())
        with self._lock:
            gate = self._gates.get(name)
            if gate is None:
                gate = self._gates[name] = Gate()
                if len(self._gates) > _MOST:
                    self._gates.popitem(last=False)
            self._gates.move_to_end(name)
            return gate


GATES = Registry()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=GATES.forget)


def gate_of(base_url: str, headers: Mapping[str, str]) -> Gate:
    """The gate of the key that is in the headers of a request."""
    return GATES.gate(base_url, headers.get("authorization", ""))


def learned(base_url: str, key: str) -> Learned:
    """What is known of the limits of a key."""
    return GATES.gate(base_url, f"Bearer {key}").learned()
