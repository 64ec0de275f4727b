"""The gate of each key: all clients of a process that use the key share it."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from threading import Lock

from ramclouds._pace.gate import Gate, Learned
from ramclouds._pace.shared import SharedGate, can_share, pace_file
from ramclouds.bridge.settings import Pace

_MOST = 128
"""Gates that are kept although no client uses them."""


class Registry:
    """Gates by base URL, hash of the key and scope, the least recently made forgotten first."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forgets all: a forked child has none of its parent's threads."""
        self._lock = Lock()
        self._gates: OrderedDict[tuple[str, str], Gate] = OrderedDict()

    def gate(self, base_url: str, key: str, *, is_shared: bool = False) -> Gate:
        """The gate of a key, made at its first use."""
        hashed = sha256(f"{base_url} {key}".encode()).hexdigest()
        name = (hashed, str(pace_file()) if is_shared else "")
        with self._lock:
            gate = self._gates.get(name)
            if gate is None:
                gate = SharedGate(Path(name[1]), hashed) if is_shared else Gate()
                self._gates[name] = gate
                if len(self._gates) > _MOST:
                    self._gates.popitem(last=False)
            self._gates.move_to_end(name)
            return gate


GATES = Registry()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=GATES.forget)


def gate_of(base_url: str, headers: Mapping[str, str], pace: Pace) -> Gate | None:
    """The gate of the key that is in the headers of a request, where it keeps to a pace."""
    if pace == "off":
        return None
    is_shared = pace == "shared" and can_share()
    return GATES.gate(base_url, headers.get("authorization", ""), is_shared=is_shared)


def learned(base_url: str, key: str, pace: Pace = "process") -> Learned:
    """What is known of the limits of a key."""
    gate = gate_of(base_url, {"authorization": f"Bearer {key}"}, pace)
    return Learned() if gate is None else gate.learned()
