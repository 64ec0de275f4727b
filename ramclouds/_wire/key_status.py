"""The gateway's report on a key to `KeyStatus`."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ramclouds._json.parsing import MalformedError
from ramclouds._wire.fields import as_count
from ramclouds.types import KeyStatus


def to_key_status(body: Any, now: float) -> KeyStatus:
    """What `GET /api/usage/token/` tells; `now` is in seconds since 1970.

    Raises:
        MalformedError: it tells nothing about a key.
    """
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict) or "total_granted" not in data:
        raise MalformedError("no status of a key")
    name, limits, available = (
        data.get("name"),
        data.get("model_limits"),
        data.get("total_available"),
    )
    if not isinstance(available, (int, float)) or abs(available) > 1e18:
        available = as_count(available)
    # 0 and -1: never.
    expiry = as_count(data.get("expires_at"))
    return KeyStatus(
        name=name if isinstance(name, str) else "",
        granted=as_count(data["total_granted"]),
        used=as_count(data.get("total_used")),
        available=int(available),
        is_unlimited=data.get("unlimited_quota") is True,
        expires_at=_time(expiry),
        is_expired=0 < expiry <= now,
        models=tuple(limits) if data.get("model_limits_enabled") and limits else None,
        raw=data,
    )


def _time(seconds: int) -> datetime | None:
    """A time; None for never, and for a year that no datetime holds."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc) if seconds else None
    except (ValueError, OverflowError, OSError):
        return None
