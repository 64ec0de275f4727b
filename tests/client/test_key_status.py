"""What the gateway tells about a key, also about one whose requests it refuses."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from ramclouds import AuthenticationError, KeyStatus, ResponseError
from tests.client.account import DATA, key_report
from tests.gateway import Body, Gateway, Json
from tests.harness import EACH_TWIN, Calls, in_row


def status_of(gateway: Gateway, calls: Calls, **changes: Any) -> KeyStatus:
    gateway.reply(key_report(**changes))
    return calls.key_status()


@EACH_TWIN
def test_key_status_asks_at_the_root_of_the_gateway(gateway: Gateway, calls: Calls) -> None:
    status = status_of(gateway, calls)
    assert [(one.method, one.path) for one in gateway.requests] == [("GET", "/api/usage/token/")]
    assert (status.name, status.granted, status.used, status.available) == (
        "lim",
        1_000_000,
        49,
        999_951,
    )
    assert (status.available_usd, status.used_usd) == pytest.approx((1.999902, 9.8e-05))
    assert (status.is_spent, status.is_expired, status.is_unlimited) == (False, False, False)
    assert (status.expires_at, status.models, status.raw) == (None, None, DATA)


def test_spent_and_expired_keys(gateway: Gateway, calls: Calls) -> None:
    for changes, is_spent, is_expired in [
        ({"total_available": 0, "total_used": 1_000_000}, True, False),
        ({"total_available": -3}, True, False),
        ({"total_available": 0, "unlimited_quota": True}, False, False),
        ({"expires_at": 1795703212}, False, True),
        ({"expires_at": 1795703214}, False, False),
        ({"expires_at": -1}, False, False),
    ]:
        with in_row(changes):
            gateway.forget()
            status = status_of(gateway, calls, **changes)
            assert (status.is_spent, status.is_expired) == (is_spent, is_expired)


def test_expiry_is_a_time_with_a_zone(gateway: Gateway, calls: Calls) -> None:
    status = status_of(gateway, calls, expires_at=1795703213)
    assert status.expires_at == datetime(2026, 11, 26, 14, 26, 53, tzinfo=timezone.utc)


def test_models_that_the_key_is_limited_to(gateway: Gateway, calls: Calls) -> None:
    limits = {"gpt-5": True, "glm-5": True}
    status = status_of(gateway, calls, model_limits_enabled=True, model_limits=limits)
    assert status.models == ("gpt-5", "glm-5")


@EACH_TWIN
def test_unknown_key_is_an_authentication_error(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(Json({"success": False, "message": "Invalid token"}, 401))
    with pytest.raises(AuthenticationError, match="unknown, disabled, expired or spent"):
        calls.key_status()


def test_other_response_is_no_status(gateway: Gateway, calls: Calls) -> None:
    for answer in [
        Json({}),
        Json({"data": {}}),
        Json({"code": True, "data": None}),
        Body("<html>"),
        Body(""),
    ]:
        with in_row(answer):
            gateway.forget()
            gateway.reply(answer)
            with pytest.raises(ResponseError):
                calls.key_status()


@pytest.mark.parametrize(
    ("changes", "available"),
    [({"total_available": "9"}, 9), ({"total_available": 9.0}, 9), ({"total_available": None}, 0)],
)
def test_count_of_another_type_is_read(
    gateway: Gateway, calls: Calls, changes: dict[str, Any], available: int
) -> None:
    assert status_of(gateway, calls, **changes).available == available


def test_expiry_that_no_datetime_holds_is_none(gateway: Gateway, calls: Calls) -> None:
    status = status_of(gateway, calls, expires_at=99_999_999_999_999)
    assert (status.expires_at, status.is_expired) == (None, False)
