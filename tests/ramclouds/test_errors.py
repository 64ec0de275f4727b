"""Statuses, codes and shapes of errors, by reference/gateway.md, and the hints in the messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ramclouds import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ContextLengthError,
    GatewayTimeoutError,
    InsufficientQuotaError,
    ModelUnavailableError,
    NotFoundError,
    PermissionDeniedError,
    RamCloudsError,
    RateLimitError,
    ResponseError,
    ServerError,
)
from tests.gateway import REQUEST_ID, Body, Gateway, Json, Raw, error
from tests.ramclouds.calls import Calls

ASK_ID = "(request id: 20261122070000123456789aB3dE5fG)"


@dataclass(frozen=True)
class Row:
    status: int
    body: Any
    kind: type[RamCloudsError]
    retryable: bool = False
    hint: str = ""
    """A word that the message must hold."""


def gateway_error(text: str, code: Any = "", type: str = "new_api_error") -> dict[str, Any]:
    return error(f"{text} {ASK_ID}", type, code)


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
        413, gateway_error("too large", "read_request_body_failed"), BadRequestError
    ),
    "upstream_unreachable": Row(
        500, gateway_error("do request failed", "do_request_failed"), ServerError, True
    ),
    "upstream_unreadable": Row(500, gateway_error("EOF", "bad_response_body"), ServerError, True),
    "upstream_unread": Row(
        500, gateway_error("EOF", "read_response_body_failed"), ServerError, True
    ),
    "upstream_bad": Row(500, gateway_error("EOF", "bad_response"), ServerError, True),
    "prompt_blocked": Row(400, gateway_error("blocked", "prompt_blocked"), BadRequestError),
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
        InsufficientQuotaError,
    ),
    "sensitive_words": Row(
        500, gateway_error("words", "sensitive_words_detected"), BadRequestError
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
    "context_code": Row(
        400, error("x", "invalid_request_error", "context_length_exceeded"), ContextLengthError
    ),
    "context_text_openai": Row(
        400,
        error(
            "This model's maximum context length is 8192 tokens. However, you sent 9000 tokens.",
            "invalid_request_error",
            None,
        ),
        ContextLengthError,
    ),
    "context_text_anthropic": Row(
        400,
        error("prompt is too long: 210000 tokens > 200000 maximum", "invalid_request_error", None),
        ContextLengthError,
    ),
    "context_text_gemini": Row(
        400,
        error(
            "The input token count (1200000) exceeds the maximum number of tokens (1048576).",
            "INVALID_ARGUMENT",
            400,
        ),
        ContextLengthError,
    ),
    "context_local": Row(
        400, error("too long", "exceed_context_size_error", 400), ContextLengthError
    ),
    "context_text_converted": Row(
        500,
        gateway_error("maximum context length is 8192 tokens", "convert_request_failed"),
        ContextLengthError,
    ),
    "model_text": Row(
        404,
        error("The model `x` does not exist or you do not have access to it.", "x", None),
        ModelUnavailableError,
    ),
    "openai_type_at_500": Row(500, error("bad", "invalid_request_error", None), BadRequestError),
    "max_tokens_too_small": Row(
        400,
        error(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16.",
            "invalid_request_error",
            "integer_below_min_value",
        ),
        BadRequestError,
        False,
        "at least 16",
    ),
    "parameter_unsupported": Row(
        400,
        error("Unsupported parameter: 'temperature' is not supported with this model.", "x", None),
        BadRequestError,
        False,
        "leave",
    ),
    "google_list": Row(
        429, [{"error": {"code": 429, "message": "Quota", "status": "X"}}], RateLimitError, True
    ),
    "error_in_an_error": Row(
        400,
        {"error": {"error": {"message": "inner", "code": "context_length_exceeded"}}},
        ContextLengthError,
        False,
        "inner",
    ),
    "code_number": Row(400, error("bad", "upstream_error", 400), BadRequestError),
    "code_null": Row(400, error("bad", "invalid_request_error", None), BadRequestError),
    "error_text": Row(400, {"error": "bad thing"}, BadRequestError, False, "bad thing"),
    "message_text": Row(400, {"message": "bad thing"}, BadRequestError, False, "bad thing"),
    "msg_text": Row(400, {"msg": "bad thing"}, BadRequestError, False, "bad thing"),
    "detail_text": Row(400, {"detail": "bad thing"}, BadRequestError, False, "bad thing"),
    "detail_list": Row(
        422,
        {"detail": [{"loc": ["body"], "msg": "bad thing"}]},
        BadRequestError,
        False,
        "bad thing",
    ),
    "anthropic_shape": Row(
        400,
        {"type": "error", "error": {"type": "invalid_request_error", "message": "bad thing"}},
        BadRequestError,
        False,
        "bad thing",
    ),
    "success_false_401": Row(
        401, {"success": False, "message": "无权进行此操作"}, AuthenticationError
    ),
    "error_null": Row(500, {"error": None}, ServerError, True),
    "list_body": Row(500, ["x"], ServerError, True),
    "number_body": Row(400, 7, BadRequestError),
    "payment": Row(402, error("pay", "x", 402), InsufficientQuotaError),
    "forbidden": Row(403, gateway_error("该令牌无权访问模型 x"), PermissionDeniedError),
    "path": Row(
        404,
        error("Invalid URL (POST /chat/completions)", "invalid_request_error"),
        NotFoundError,
        False,
        "/v1",
    ),
    "model_404": Row(
        404,
        error("The model `x` does not exist", "invalid_request_error", "model_not_found"),
        ModelUnavailableError,
    ),
    "method": Row(405, error("no"), BadRequestError),
    "timeout_408": Row(408, error("slow"), GatewayTimeoutError),
    "teapot": Row(418, error("no"), BadRequestError),
    "bad_gateway": Row(502, gateway_error("bad"), ServerError, True),
    "unavailable": Row(503, gateway_error("later"), ServerError, True),
    "gateway_timeout": Row(504, gateway_error("late"), GatewayTimeoutError),
    "edge_timeout": Row(524, gateway_error("late"), GatewayTimeoutError),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["complete", "stream"])
@pytest.mark.parametrize("kind", STATUSES)
def test_error_of_the_gateway(gateway: Gateway, calls: Calls, kind: str, streamed: bool) -> None:
    row = STATUSES[kind]
    gateway.reply(Json(row.body, row.status))
    with pytest.raises(RamCloudsError) as caught:
        (calls.stream if streamed else calls.complete)()
    raised = caught.value
    assert type(raised) is row.kind
    assert raised.retryable is row.retryable
    assert (raised.status_code, raised.request_id) == (row.status, REQUEST_ID)
    assert row.hint.lower() in str(raised).lower()
    assert len(str(raised)) > 20


def test_error_tells_everything(gateway: Gateway, calls: Calls) -> None:
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


def test_base_url_without_v1_gets_a_hint(gateway: Gateway, connect: Any) -> None:
    calls = connect(base_url=gateway.base_url.removesuffix("/v1"))
    for call in (calls.complete, calls.stream, calls.models):
        with pytest.raises(ResponseError, match="/v1") as caught:
            call()
        assert caught.value.retryable is False


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(gateway: Gateway, calls: Calls, status: int) -> None:
    gateway.reply(Body("", status, {"Location": f"{gateway.base_url}/elsewhere"}))
    with pytest.raises(APIStatusError, match="base_url"):
        calls.complete()
    assert len(gateway.requests) == 1


def test_dash_in_the_key_is_hinted_at(gateway: Gateway, connect: Any) -> None:
    gateway.reply(Json(gateway_error("普通用户不支持指定渠道"), 403))
    with pytest.raises(PermissionDeniedError) as caught:
        connect(api_key="sk-test-7").complete()
    assert "sk-test-7" not in str(caught.value)


def test_event_stream_label_on_an_error_is_seen_through(gateway: Gateway, calls: Calls) -> None:
    headers = {"Content-Type": "text/event-stream"}
    gateway.reply(Json(gateway_error("x", "insufficient_user_quota"), 403, headers))
    with pytest.raises(InsufficientQuotaError):
        calls.stream()


def test_status_of_no_gateway_at_all(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(Raw(b"HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\n\xff\xfe", close=True))
    with pytest.raises(ServerError):
        calls.complete()
