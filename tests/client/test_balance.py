"""What the gateway tells about itself, and what is left to spend, in the operator's unit."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds import GatewayStatus, ResponseError
from tests.client.account import STATUS, billed, key_report, status
from tests.gateway import Body, Gateway, Json
from tests.harness import EACH_TWIN, Calls, each_row, in_row


@EACH_TWIN
def test_gateway_status_is_asked_at_the_root(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(status())
    found = calls.gateway_status()
    assert [(one.method, one.path) for one in gateway.requests] == [("GET", "/api/status")]
    assert found == GatewayStatus("v0.12.0-apr", "New API", "USD", 1.0, 500_000.0, STATUS)


@each_row("answer", [Json({}), Json({"data": {}}), Body("<html>"), Body("")])
def test_other_response_is_no_gateway_status(gateway: Gateway, calls: Calls, answer: Any) -> None:
    gateway.reply(answer)
    with pytest.raises(ResponseError):
        calls.gateway_status()


UNITS: dict[str, tuple[dict[str, Any], str, float]] = {
    "dollars": ({}, "USD", 2.0),
    "yuan": ({"quota_display_type": "CNY"}, "CNY", 14.6),
    "tokens": ({"quota_display_type": "TOKENS"}, "tokens", 1_000_000),
    "own": ({"quota_display_type": "CUSTOM"}, "₫", 50_000),
    "another_rate": ({"quota_per_unit": 1_000_000}, "USD", 1.0),
    "older": ({"quota_display_type": None}, "USD", 2.0),
    "older_tokens": (
        {"quota_display_type": None, "display_in_currency": False},
        "tokens",
        1_000_000,
    ),
    "odd": ({"quota_display_type": 3, "quota_per_unit": "x", "system_name": 1}, "USD", 2.0),
}


@EACH_TWIN
def test_balance_of_a_key_with_a_quota(gateway: Gateway, calls: Calls) -> None:
    for kind in UNITS:
        with in_row(kind):
            gateway.forget()
            changes, unit, available = UNITS[kind]
            gateway.reply(status(**changes), key_report(total_available=1_000_000, total_used=0))
            balance = calls.balance()
            assert (balance.available, balance.used, balance.unit) == (
                pytest.approx(available),
                0,
                unit,
            )
            assert (balance.is_of_user, balance.key.name) == (False, "lim")
            assert len(gateway.requests) == 2


@EACH_TWIN
def test_balance_of_the_user_of_an_unlimited_key(gateway: Gateway, calls: Calls) -> None:
    for changes, limit, expected in [
        ({}, 200, (150.0, 50.0, "USD", True)),
        ({"quota_display_type": "CNY"}, 1460, (1410.0, 50.0, "CNY", True)),
        # The billing endpoints know no currency of the operator's own.
        ({"quota_display_type": "CUSTOM"}, 200, (3_750_000, 1_250_000, "₫", True)),
        # What is told of an unlimited key where the operator shows the quota of keys.
        ({}, 100_000_000, (None, 50.0, "USD", False)),
    ]:
        with in_row(changes):
            gateway.forget()
            gateway.reply(status(**changes), key_report(unlimited_quota=True), *billed(limit, 50))
            found = calls.balance()
            assert (found.available, found.used, found.unit, found.is_of_user) == expected
            assert [one.path for one in gateway.requests[2:]] == [
                "/v1/dashboard/billing/subscription",
                "/v1/dashboard/billing/usage",
            ]


@pytest.mark.parametrize("answer", [Json({}), Json([]), Json({"hard_limit_usd": "2"})])
def test_other_response_is_no_balance(gateway: Gateway, calls: Calls, answer: Json) -> None:
    gateway.reply(status(), key_report(unlimited_quota=True), answer)
    with pytest.raises(ResponseError):
        calls.balance()
