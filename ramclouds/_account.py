"""What a gateway tells about itself, and what is left to spend on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ramclouds.types import KeyStatus


@dataclass(slots=True)
class GatewayStatus:
    """What the gateway tells about itself."""

    version: str = ""
    name: str = ""
    """The operator's name for it."""
    unit: str = "USD"
    """What the operator shows amounts in: USD, CNY, tokens, or a sign of the operator's own."""
    unit_per_usd: float = 1.0
    """How much of `unit` 1 US dollar is."""
    quota_per_usd: float = 500_000.0
    """How many of the units of `KeyStatus` 1 US dollar is."""
    raw: dict[str, Any] = field(default_factory=dict, repr=False)

    def amount(self, quota: float) -> float:
        """Units of `KeyStatus` as an amount in `unit`."""
        return quota / self.quota_per_usd * self.unit_per_usd


@dataclass(slots=True)
class Balance:
    """What is left to spend, as an amount in the unit that the operator shows."""

    available: float | None = None
    """None: the key has no limit of its own, and the gateway does not tell its user's credit."""
    used: float = 0.0
    unit: str = "USD"
    is_of_user: bool = False
    """Whether it is the credit of the key's user; else it is the quota of the key."""
    key: KeyStatus = field(default_factory=KeyStatus, repr=False)
    """Name, expiry and models of the key."""
