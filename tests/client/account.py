"""What New API sends about itself, about a key, and about its credit."""

from __future__ import annotations

from typing import Any

from tests.gateway import Json

DATE = "Thu, 26 Nov 2026 14:26:53 GMT"
DATA: dict[str, Any] = {
    "expires_at": 0,
    "model_limits": {},
    "model_limits_enabled": False,
    "name": "lim",
    "object": "token_usage",
    "total_available": 999_951,
    "total_granted": 1_000_000,
    "total_used": 49,
    "unlimited_quota": False,
}
# As seen of New API, without what does not count here.
STATUS: dict[str, Any] = {
    "version": "v0.12.0-apr",
    "system_name": "New API",
    "quota_per_unit": 500000,
    "quota_display_type": "USD",
    "display_in_currency": True,
    "usd_exchange_rate": 7.3,
    "custom_currency_symbol": "₫",
    "custom_currency_exchange_rate": 25000,
}


def key_report(**changes: Any) -> Json:
    body = {"code": True, "data": {**DATA, **changes}, "message": "ok"}
    return Json(body, 200, {"Date": DATE})


def status(**changes: Any) -> Json:
    data = {name: value for name, value in {**STATUS, **changes}.items() if value is not None}
    return Json({"success": True, "message": "", "data": data})


def billed(limit: float, used: float) -> tuple[Json, Json]:
    names = ("soft_limit_usd", "hard_limit_usd", "system_hard_limit_usd")
    subscription = {"object": "billing_subscription", "access_until": 0}
    return (
        Json({**subscription, **dict.fromkeys(names, limit)}),
        Json({"object": "list", "total_usage": used * 100}),
    )
