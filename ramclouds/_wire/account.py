"""The gateway's reports on a key, on its credit and on itself to our values."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ramclouds._account import Balance, GatewayStatus
from ramclouds._json.parsing import MalformedError
from ramclouds._wire.fields import as_count, as_object
from ramclouds.types import KeyStatus

# Below the root, not below /v1. With the slash at the end: without it the gateway redirects.
KEY_STATUS = "/api/usage/token/"
STATUS = "/api/status"
BILLING_LIMIT = "/v1/dashboard/billing/subscription"
BILLING_USED = "/v1/dashboard/billing/usage"
# `hard_limit_usd` of an unlimited key, where the operator shows the quota of keys.
_NO_LIMIT = 100_000_000


def to_key_status(body: Any, now: float) -> KeyStatus:
    """What `GET /api/usage/token/` tells; `now` is in seconds since 1970.

    Raises:
        MalformedError: it tells nothing about a key.
    """
    data = as_object(as_object(body).get("data"))
    if "total_granted" not in data:
        raise MalformedError("no status of a key")
    limits, available = data.get("model_limits"), data.get("total_available")
    if not isinstance(available, (int, float)) or abs(available) > 1e18:
        available = as_count(available)
    # 0 and -1: never.
    expiry = as_count(data.get("expires_at"))
    return KeyStatus(
        name=_text(data.get("name")),
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


def to_gateway_status(body: Any) -> GatewayStatus:
    """What `GET /api/status` tells.

    Raises:
        MalformedError: it tells nothing about a gateway.
    """
    data = as_object(as_object(body).get("data"))
    if "version" not in data:
        raise MalformedError("no status of a gateway")
    quota_per_usd = _positive(data.get("quota_per_unit"), 500_000)
    unit, unit_per_usd = _unit(data, quota_per_usd)
    return GatewayStatus(
        version=_text(data.get("version")),
        name=_text(data.get("system_name")),
        unit=unit,
        unit_per_usd=unit_per_usd,
        quota_per_usd=quota_per_usd,
        raw=data,
    )


def _unit(data: dict[str, Any], quota_per_usd: float) -> tuple[str, float]:
    """What the operator shows amounts in, and how much of it 1 US dollar is."""
    kind = data.get("quota_display_type")
    if kind == "CNY":
        return "CNY", _positive(data.get("usd_exchange_rate"), 1)
    if kind == "CUSTOM":
        rate = _positive(data.get("custom_currency_exchange_rate"), 1)
        return _text(data.get("custom_currency_symbol")) or "¤", rate
    # Older gateways have no type.
    if kind == "TOKENS" or (kind is None and data.get("display_in_currency") is False):
        return "tokens", quota_per_usd
    return "USD", 1.0


def to_billed(body: Any) -> float:
    """What a billing endpoint tells: the limit, or what is used.

    Raises:
        MalformedError: it tells nothing.
    """
    found = as_object(body)
    if _is_number(found.get("hard_limit_usd")):
        return float(found["hard_limit_usd"])
    if _is_number(found.get("total_usage")):
        return float(found["total_usage"]) / 100
    raise MalformedError("no amount")


def balance_of_key(key: KeyStatus, gateway: GatewayStatus) -> Balance:
    """What is left of the quota of a key that has one."""
    available, used = gateway.amount(key.available), gateway.amount(key.used)
    return Balance(available, used, gateway.unit, key=key)


def balance_of_user(key: KeyStatus, gateway: GatewayStatus, limit: float, used: float) -> Balance:
    """What is left for a key without a quota, from the billing endpoints.

    They speak in the unit that the operator shows, but in US dollars where the currency is the
    operator's own.
    """
    is_custom = gateway.raw.get("quota_display_type") == "CUSTOM"
    rate = gateway.unit_per_usd if is_custom else 1.0
    is_shown = limit != _NO_LIMIT
    available = (limit - used) * rate if is_shown else None
    return Balance(available, used * rate, gateway.unit, is_of_user=is_shown, key=key)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _positive(value: Any, default: float) -> float:
    return float(value) if _is_number(value) and 0 < value < 1e18 else float(default)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
