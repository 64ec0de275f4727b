"""Refusals of the providers behind the gateway, and shapes of other gateways before it."""

from __future__ import annotations

from ramclouds import (
    AuthenticationError,
    BadRequestError,
    ContextLengthError,
    GatewayTimeoutError,
    ModelUnavailableError,
    NotFoundError,
    PermissionDeniedError,
    ProviderAccountError,
    RateLimitError,
    RequestTooLargeError,
    ServerError,
)
from tests.gateway import OfflineGateway, error
from tests.harness import Calls, in_row
from tests.unit.failures.rows import Row, assert_refused, gateway_error

STATUSES = {
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
    "context_text_claude_channel": Row(
        500,
        error(
            "prompt is too long: 210000 tokens > 200000 maximum (request id: x)",
            "invalid_request_error",
            "invalid_request_error",
        ),
        ContextLengthError,
    ),
    "claude_channel_bad_request": Row(
        500, error("messages.1: no", "<nil>", "invalid_request_error"), BadRequestError
    ),
    "claude_channel_model": Row(
        500,
        error("model: claude-9", "not_found_error", "not_found_error"),
        ModelUnavailableError,
        False,
        "models()",
    ),
    "claude_channel_too_large": Row(
        500, error("too large", "request_too_large", "request_too_large"), RequestTooLargeError
    ),
    "claude_channel_thinking_budget": Row(
        500,
        error(
            "`max_tokens` must be greater than `thinking.budget_tokens`.",
            "invalid_request_error",
            "invalid_request_error",
        ),
        BadRequestError,
        False,
        "too small",
    ),
    "claude_channel_overloaded": Row(
        500, error("Overloaded", "overloaded_error", "overloaded_error"), ServerError, True
    ),
    "kimi_model": Row(
        404,
        error("Not found the model x or Permission denied", "resource_not_found_error", None),
        ModelUnavailableError,
    ),
    "kimi_without_credit": Row(
        429,
        error("Your account is suspended", "exceeded_current_quota_error", None),
        ProviderAccountError,
    ),
    "azure_model": Row(404, error("No such", "x", "DeploymentNotFound"), ModelUnavailableError),
    "qwen_without_credit": Row(400, error("Access denied", "x", "Arrearage"), ProviderAccountError),
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
    "max_tokens_too_large": Row(
        400,
        error("max_tokens: 9 is greater than the maximum of 8", "invalid_request_error", None),
        BadRequestError,
        False,
        "Change the request.",
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
    "error_as_a_list": Row(
        400, {"error": [{"message": "m", "code": "insufficient_quota"}]}, ProviderAccountError
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
        {"detail": [{"loc": ["body", "messages", 0], "msg": "field required"}]},
        BadRequestError,
        False,
        "body.messages.0: field required",
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
    "payment": Row(402, error("pay", "x", 402), ProviderAccountError),
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


def test_error_of_a_provider(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in STATUSES:
        with in_row(kind):
            gateway.forget()
            assert_refused(gateway, calls, STATUSES[kind])
