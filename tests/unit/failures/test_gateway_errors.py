"""Statuses, codes and shapes of errors as the gateway sends them, and the hints in the messages."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds import (
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    InsufficientQuotaError,
    ModelUnavailableError,
    PermissionDeniedError,
    ProviderAccountError,
    RateLimitError,
    RequestTooLargeError,
    ResponseError,
    ServerError,
)
from tests.gateway import REQUEST_ID, Body, Json, OfflineGateway, Raw, error
from tests.harness import Calls, each_row, in_row
from tests.unit.failures.rows import Row, assert_refused, gateway_error

STATUSES = {
    "key_unknown": Row(
        401, gateway_error("无效的令牌"), AuthenticationError, False, "RAMCLOUDS_API_KEY"
    ),
    "key_spent": Row(
        401,
        gateway_error("该令牌额度已用尽 TokenStatusExhausted[sk-abc***xyz]"),
        InsufficientQuotaError,
    ),
    "key_spent_english": Row(
        401, gateway_error("token quota is exhausted, RemainQuota = 0"), InsufficientQuotaError
    ),
    "key_with_a_dash": Row(
        403, gateway_error("普通用户不支持指定渠道"), PermissionDeniedError, False, "-"
    ),
    "ip_not_allowed": Row(
        403,
        gateway_error("您的 IP 不在令牌允许访问的列表中", "access_denied"),
        PermissionDeniedError,
    ),
    "user_without_credit": Row(
        403,
        gateway_error("用户额度不足", "insufficient_user_quota"),
        InsufficientQuotaError,
        False,
        "top up",
    ),
    "key_below_the_reservation": Row(
        403,
        gateway_error("token quota is not enough", "pre_consume_token_quota_failed"),
        InsufficientQuotaError,
        False,
        "max_tokens",
    ),
    "model_missing": Row(400, gateway_error("未指定模型名称，模型名称不能为空"), BadRequestError),  # noqa: RUF001
    "model_unknown": Row(
        503,
        gateway_error("No available channel for model x under group y", "model_not_found"),
        ModelUnavailableError,
        False,
        "models()",
    ),
    "all_channels_failed": Row(
        500, gateway_error("no channel", "get_channel_failed"), ServerError, True
    ),
    "request_malformed": Row(
        500, gateway_error("field messages is required", "invalid_request"), BadRequestError
    ),
    "conversion_failed": Row(500, gateway_error("bad", "convert_request_failed"), BadRequestError),
    "not_convertible": Row(400, gateway_error("n > 1", "invalid_request"), BadRequestError),
    "no_price_old": Row(
        500, gateway_error("倍率或价格未配置", "model_price_error"), ModelUnavailableError
    ),
    "no_price_new": Row(
        400, gateway_error("price not set", "model_price_error"), ModelUnavailableError
    ),
    "body_too_large": Row(
        413, gateway_error("too large", "read_request_body_failed"), RequestTooLargeError
    ),
    "upstream_unreachable": Row(
        500, gateway_error("do request failed", "do_request_failed"), ServerError, True
    ),
    "upstream_unreadable": Row(500, gateway_error("EOF", "bad_response_body"), ServerError, True),
    "upstream_unread": Row(
        500, gateway_error("EOF", "read_response_body_failed"), ServerError, True
    ),
    "upstream_bad": Row(500, gateway_error("EOF", "bad_response"), ServerError, True),
    "prompt_blocked": Row(400, gateway_error("blocked", "prompt_blocked"), ContentFilterError),
    "empty_candidates": Row(500, gateway_error("empty", "empty_response"), ServerError, True),
    "cpu": Row(503, gateway_error("busy", "system_cpu_overloaded"), ServerError, True),
    "memory": Row(503, gateway_error("busy", "system_memory_overloaded"), ServerError, True),
    "disk": Row(503, gateway_error("busy", "system_disk_overloaded"), ServerError, True),
    "user_limit": Row(429, gateway_error("您已达到总请求数限制"), RateLimitError, True),
    "upstream_limit": Row(
        429, error("slow", "rate_limit_error", "rate_limit_exceeded"), RateLimitError, True
    ),
    "operator_without_credit": Row(
        429,
        error("exceeded your current quota", "insufficient_quota", "insufficient_quota"),
        ProviderAccountError,
    ),
    "sensitive_words": Row(
        500, gateway_error("words", "sensitive_words_detected"), ContentFilterError
    ),
    "panic": Row(
        500,
        {"error": {"message": "Panic detected, error: x", "type": "new_api_panic"}},
        ServerError,
    ),
    "bad_status_opaque": Row(
        502,
        error("openai_error", "bad_response_status_code", "bad_response_status_code"),
        ServerError,
        True,
    ),
}


def test_error_of_the_gateway(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in STATUSES:
        with in_row(kind):
            gateway.forget()
            assert_refused(gateway, calls, STATUSES[kind])


@pytest.mark.parametrize("kind", ["user_without_credit", "upstream_limit", "panic"])
def test_stream_request_gets_the_same_error(
    gateway: OfflineGateway, calls: Calls, kind: str
) -> None:
    row = STATUSES[kind]
    gateway.reply(Json(row.body, row.status))
    with pytest.raises(row.kind) as caught:
        calls.stream()
    assert (caught.value.retryable, caught.value.status_code) == (row.retryable, row.status)


def test_error_tells_everything(gateway: OfflineGateway, calls: Calls) -> None:
    body = error("Too many requests", "rate_limit_error", "rate_limit_exceeded")
    gateway.reply(Json(body, 429, {"Retry-After": "7"}))
    with pytest.raises(RateLimitError) as caught:
        calls.complete()
    raised = caught.value
    assert (raised.code, raised.type) == ("rate_limit_exceeded", "rate_limit_error")
    assert (raised.retry_after, raised.body, raised.partial) == (7, body, None)
    assert raised.response is not None
    assert raised.response.json() == body
    assert "Too many requests" in raised.message
    assert REQUEST_ID in str(raised)


def test_base_url_without_v1_gets_a_hint(gateway: OfflineGateway, connect: Any) -> None:
    calls = connect(base_url=gateway.base_url.removesuffix("/v1"))
    for call in (calls.complete, calls.stream, calls.models):
        with pytest.raises(ResponseError, match="/v1") as caught:
            call()
        assert caught.value.retryable is False


@each_row("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(gateway: OfflineGateway, calls: Calls, status: int) -> None:
    gateway.reply(Body("", status, {"Location": f"{gateway.base_url}/elsewhere"}))
    with pytest.raises(ResponseError, match="base_url"):
        calls.complete()
    assert len(gateway.requests) == 1


def test_dash_in_the_key_is_hinted_at(gateway: OfflineGateway, connect: Any) -> None:
    gateway.reply(Json(gateway_error("普通用户不支持指定渠道"), 403))
    with pytest.raises(PermissionDeniedError) as caught:
        connect(api_key="sk-test-7").complete()
    assert "sk-test-7" not in str(caught.value)


def test_event_stream_label_on_an_error_is_seen_through(
    gateway: OfflineGateway, calls: Calls
) -> None:
    headers = {"Content-Type": "text/event-stream"}
    gateway.reply(Json(gateway_error("x", "insufficient_user_quota"), 403, headers))
    with pytest.raises(InsufficientQuotaError):
        calls.stream()


def test_status_of_no_gateway_at_all(gateway: OfflineGateway, calls: Calls) -> None:
    gateway.reply(Raw(b"HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\n\xff\xfe", close=True))
    with pytest.raises(ServerError):
        calls.complete()
