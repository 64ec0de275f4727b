"""Whose account it is: the user's at the gateway, or the gateway's at the provider."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from ramclouds import (
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    ContextLengthError,
    InsufficientQuotaError,
    ModelUnavailableError,
    PermissionDeniedError,
    ProviderAccountError,
    RamCloudsError,
    RateLimitError,
    ServerError,
)
from ramclouds._failures.from_response import body_error, status_error
from ramclouds._failures.redact import Redactor
from ramclouds._failures.response_head import ResponseHead
from tests.harness import each_row, in_row

KEY = "sk-abcdefgh"
GATEWAY = {"x-oneapi-request-id": "r1"}
REQUEST = httpx.Request("POST", "https://gateway.test/v1/chat/completions")


def raised(
    status: int, body: Any, headers: dict[str, str] | None = None, key: str = KEY
) -> RamCloudsError:
    response = httpx.Response(
        status, headers=GATEWAY if headers is None else headers, request=REQUEST
    )
    return status_error(response, json.dumps(body).encode(), Redactor(key))


def error(message: str, type: str | None = None, code: Any = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": type, "param": "", "code": code}}


ROWS: dict[str, tuple[int, dict[str, Any], type[RamCloudsError]]] = {
    "openai_key": (
        401,
        error("Incorrect API key provided", "invalid_request_error", "invalid_api_key"),
        ProviderAccountError,
    ),
    "claude_key": (401, error("invalid x-api-key", "authentication_error"), ProviderAccountError),
    "claude_credit": (
        400,
        error(
            "Your credit balance is too low to access the Anthropic API.", "invalid_request_error"
        ),
        ProviderAccountError,
    ),
    "claude_disabled": (
        400,
        error("This organization has been disabled.", "invalid_request_error"),
        ProviderAccountError,
    ),
    "gemini_key": (
        400,
        error("API key not valid. Please pass a valid API key.", "upstream_error", 400),
        ProviderAccountError,
    ),
    "gemini_place": (
        400,
        error("User location is not supported for the API use.", "upstream_error", 400),
        ProviderAccountError,
    ),
    "openai_country": (
        403,
        error(
            "Country, region, or territory not supported",
            "request_forbidden",
            "unsupported_country_region_territory",
        ),
        ProviderAccountError,
    ),
    "deepseek_balance": (
        402,
        error("Insufficient Balance", "unknown_error", "invalid_request_error"),
        ProviderAccountError,
    ),
    "glm_balance": (
        429,
        error("您的账户已欠费，请充值后重试。", "upstream_error", "1113"),  # noqa: RUF001
        ProviderAccountError,
    ),
    "unreadable_403": (
        403,
        error("openai_error", "bad_response_status_code", "bad_response_status_code"),
        ProviderAccountError,
    ),
    "another_gateway_behind": (
        403,
        error("insufficient", "some_api_error", "insufficient_quota"),
        ProviderAccountError,
    ),
    "sample_of_ramclouds": (
        401,
        error("Invalid API key", "authentication_error", "invalid_api_key"),
        AuthenticationError,
    ),
    "own_key": (401, error("Invalid token", "new_api_error", ""), AuthenticationError),
    "own_group": (403, error("无权访问", "new_api_error", ""), PermissionDeniedError),
    "own_credit": (
        403,
        error("no credit", "new_api_error", "insufficient_user_quota"),
        InsufficientQuotaError,
    ),
    "management": (401, {"success": False, "message": "Invalid token"}, AuthenticationError),
    "moderation": (
        403,
        error("Your input was flagged by moderation", "upstream_error", 403),
        ContentFilterError,
    ),
    "claude_filter": (
        400,
        error("Output blocked by content filtering policy", "invalid_request_error"),
        ContentFilterError,
    ),
    "model_of_openai": (
        403,
        error("Project does not have access to model", "invalid_request_error", "model_not_found"),
        ModelUnavailableError,
    ),
    "model_of_google": (
        404,
        error("models/gemini-9 is not found for API version v1beta", "upstream_error", 404),
        ModelUnavailableError,
    ),
    "quota_of_a_minute": (
        429,
        error("You exceeded your current quota. Please retry in 31.5s.", "upstream_error", 429),
        RateLimitError,
    ),
    "deepseek_filter": (
        400,
        error("Content Exists Risk", "invalid_request_error", "invalid_request_error"),
        ContentFilterError,
    ),
    "volcengine_filter": (
        400,
        error("May be sensitive", "BadRequest", "InputTextSensitiveContentDetected"),
        ContentFilterError,
    ),
    "forbidden_for_its_words": (
        403,
        error("Your input was flagged by moderation", "permission_error"),
        ContentFilterError,
    ),
    "model_of_openrouter": (
        404,
        error("No endpoints found for x/y.", "upstream_error", 404),
        ModelUnavailableError,
    ),
    "id_of_openrouter": (
        400,
        error("x/y is not a valid model ID", "upstream_error", 400),
        ModelUnavailableError,
    ),
    "model_of_volcengine": (
        404,
        error("Please activate it in the console.", "NotFound", "ModelNotOpen"),
        ModelUnavailableError,
    ),
    "role_not_supported": (
        400,
        error("'system' role is not supported with this model", "invalid_request_error"),
        BadRequestError,
    ),
}


def test_account_by_who_says_it() -> None:
    for kind in ROWS:
        with in_row(kind):
            status, body, expected = ROWS[kind]
            found = raised(status, body)
            assert type(found) is expected
            if expected is ProviderAccountError:
                assert found.retryable is False
                assert "gateway's account at the provider was refused; you cannot fix this" in str(
                    found
                )
                assert ("check your key" in str(found)) is (status == 401)


@each_row(
    ("kind", "expected"),
    [
        ("openai_key", AuthenticationError),
        ("deepseek_balance", InsufficientQuotaError),
        ("openai_country", PermissionDeniedError),
        ("claude_credit", InsufficientQuotaError),
    ],
)
def test_without_the_gateways_headers_it_is_the_users(
    kind: str, expected: type[RamCloudsError]
) -> None:
    status, body, _ = ROWS[kind]
    assert type(raised(status, body, {})) is expected


def test_body_that_was_cut_is_not_blamed_on_the_provider() -> None:
    response = httpx.Response(401, headers=GATEWAY, request=REQUEST)
    found = status_error(response, b'{"error":{"message":"Invalid tok', Redactor(KEY))
    assert type(found) is AuthenticationError


@each_row(
    ("code", "expected", "retryable"),
    [
        (1002, RateLimitError, True),
        (1004, ProviderAccountError, False),
        (1008, ProviderAccountError, False),
        (1026, ContentFilterError, False),
        (1027, ContentFilterError, False),
        (2013, BadRequestError, False),
    ],
)
def test_minimax_in_a_200(code: int, expected: type[RamCloudsError], retryable: bool) -> None:
    body = {"id": "x", "choices": None, "base_resp": {"status_code": code, "status_msg": "m"}}
    head = ResponseHead(httpx.Response(200, headers=GATEWAY, request=REQUEST), Redactor(KEY))
    found = body_error(head, body)
    assert (type(found), found.retryable, found.code) == (expected, retryable, code)


@pytest.mark.parametrize(
    ("code", "expected"),
    [(429, RateLimitError), ("429", RateLimitError), (402, ProviderAccountError)],
)
def test_number_in_the_code_is_the_providers_status(
    code: Any, expected: type[RamCloudsError]
) -> None:
    head = ResponseHead(httpx.Response(200, headers=GATEWAY, request=REQUEST), Redactor(KEY))
    assert type(body_error(head, error("Provider returned error", "x", code))) is expected


# Refusals whose status told; behind pings it is lost.
LATE: dict[str, tuple[dict[str, Any], type[RamCloudsError]]] = {
    "openai_organization": (
        error("You must be a member of an organization", "invalid_request_error"),
        ProviderAccountError,
    ),
    "claude_forbidden": (error("Request not allowed", "forbidden"), ProviderAccountError),
    "kimi_key": (
        error("Invalid Authentication", "invalid_authentication_error"),
        ProviderAccountError,
    ),
    "qwen_free_tier": (
        error("The free tier has been exhausted.", "x", "AllocationQuota.FreeTierOnly"),
        ProviderAccountError,
    ),
    "xai_key": (
        error("Incorrect API key provided", "", "Client specified an invalid argument"),
        ProviderAccountError,
    ),
    "xai_credit": (error("Your team doesn't have any credits"), ProviderAccountError),
    "no_permission": (error("The caller does not have permission"), ProviderAccountError),
    "mistral_key": (error("Unauthorized"), ProviderAccountError),
    "xai_filter": (error("Content violates usage guidelines."), ContentFilterError),
    "google_model": (error("models/x is not found for API version v1"), ModelUnavailableError),
    "too_long": (error("prompt is too long: 2 tokens > 1 maximum"), ContextLengthError),
    "rate_limit": (error("Requests rate limit exceeded", "limit_requests"), RateLimitError),
    "rate_limit_in_words": (error("Too many requests"), RateLimitError),
    "failure": (error("The model is overloaded. Please try again later."), ServerError),
}


def test_refusal_keeps_its_kind_without_its_status() -> None:
    for kind in LATE:
        with in_row(kind):
            body, expected = LATE[kind]
            head = ResponseHead(
                httpx.Response(200, headers=GATEWAY, request=REQUEST), Redactor(KEY)
            )
            assert type(body_error(head, body)) is expected


def test_providers_404_is_not_blamed_on_the_base_url() -> None:
    assert "base_url" not in str(raised(404, error("Nothing here", "upstream_error", 404)))
    own = error("Invalid URL (POST /v1/x)", "invalid_request_error", "")
    assert "base_url" in str(raised(404, own))


def test_no_message_holds_a_key() -> None:
    for type_ in ["new_api_error", "upstream_error", None]:
        for status in [400, 401, 402, 403, 404, 413, 429, 500, 503]:
            with in_row(type_, status):
                said = f"Bad key {KEY} abcdefgh sk-proj-****abcd [sk-KKK***KKK] Bearer xyz123456"
                text = str(raised(status, error(said, type_)))
                assert all(piece not in text for piece in ("abcdefgh", "abcd", "KKK", "xyz123456"))
