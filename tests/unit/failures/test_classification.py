"""Which error a refusal means: by code, then type, headers and page, text, and status."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from ramclouds import (
    AuthenticationError,
    BadRequestError,
    BlockedError,
    ContentFilterError,
    ContextLengthError,
    GatewayTimeoutError,
    InsufficientQuotaError,
    ModelUnavailableError,
    NotFoundError,
    PermissionDeniedError,
    ProviderAccountError,
    RamCloudsError,
    RateLimitError,
    RequestTooLargeError,
    ResponseError,
    ServerError,
)
from ramclouds._failures.classification import by_name, classify, classify_in_200
from ramclouds._failures.error_body import ErrorBody
from ramclouds._failures.error_names import _NAMES, BY_NAME
from ramclouds._failures.redact import Redactor
from ramclouds._failures.response_head import ResponseHead
from tests.harness import each_row, in_row

GATEWAY = {"x-new-api-version": "v1"}

BAD = (BadRequestError, False)
LENGTH = (ContextLengthError, False)
TOO_LARGE = (RequestTooLargeError, False)
FILTER = (ContentFilterError, False)
ACCOUNT = (ProviderAccountError, False)
QUOTA = (InsufficientQuotaError, False)
MODEL = (ModelUnavailableError, False)
DENIED = (PermissionDeniedError, False)
AUTH = (AuthenticationError, False)
RATE = (RateLimitError, True)
DOWN = (ServerError, True)
BROKEN = (ServerError, False)
BLOCKED = (BlockedError, False)
LATE = (GatewayTimeoutError, False)

Classification = tuple[type[RamCloudsError], bool]


def classified(
    status: int, refusal: ErrorBody, text: str = "", headers: dict[str, str] | None = None
) -> Classification:
    request = httpx.Request("POST", "https://gateway.test/v1/chat/completions")
    given = httpx.Response(status, headers=headers, request=request)
    return classify(ResponseHead(given, Redactor(None)), refusal, text)


def in_200(refusal: ErrorBody) -> Classification | None:
    request = httpx.Request("POST", "https://gateway.test/v1/chat/completions")
    given = httpx.Response(200, headers=GATEWAY, request=request)
    return classify_in_200(ResponseHead(given, Redactor(None)), refusal)


@each_row(
    ("text", "expected"),
    [
        ("\n<html>CloudFlare 2026</html>", BLOCKED),
        ("<html>nginx</html>", DENIED),
        ("of cloudflare", DENIED),
    ],
)
def test_page_of_cloudflare_may_come_through_the_gateway(
    text: str, expected: Classification
) -> None:
    assert classified(403, ErrorBody(), text, GATEWAY) == expected


def test_status_decides_where_the_body_is_silent() -> None:
    for status, expected in [
        (302, (ResponseError, False)),
        (400, BAD),
        (401, AUTH),
        (402, QUOTA),
        (403, DENIED),
        (404, (NotFoundError, False)),
        (408, LATE),
        (409, DOWN),
        (413, TOO_LARGE),
        (418, BAD),
        (429, RATE),
        (499, BAD),
        (500, DOWN),
        (501, BROKEN),
        (502, DOWN),
        (504, LATE),
        (524, LATE),
        (599, DOWN),
    ]:
        with in_row(status):
            assert classified(status, ErrorBody(), headers=GATEWAY) == expected


def test_name_comes_before_everything_else() -> None:
    for refusal, expected in [
        (ErrorBody(code="invalid_request"), BAD),
        (ErrorBody(code="model_not_found"), MODEL),
        (ErrorBody(code="insufficient_user_quota"), QUOTA),
        (ErrorBody(code="rate_limit_exceeded"), RATE),
        (ErrorBody(code="overloaded_error"), DOWN),
        (ErrorBody(code="new_api_panic"), BROKEN),
        (ErrorBody(type="rate_limit_error"), RATE),
        (ErrorBody(type="model_not_found", code="invalid_request"), BAD),
        (ErrorBody(type="rate_limit_error", code="unheard_of"), RATE),
        (ErrorBody(type="rate_limit_error", code=400), RATE),
        (ErrorBody("The prompt is too long", code="invalid_request"), LENGTH),
        (ErrorBody("The prompt is too long", type="authentication_error"), AUTH),
        (ErrorBody("The prompt is too long", code="rate_limit_exceeded"), RATE),
    ]:
        with in_row(refusal):
            assert by_name(refusal) == expected
            assert classified(402, refusal, "error code: 1010") == expected


def test_a_name_means_the_same_as_code_and_as_type() -> None:
    for name in BY_NAME:
        assert by_name(ErrorBody(code=name)) == by_name(ErrorBody(type=name, code="unheard_of"))


def test_each_name_has_one_meaning() -> None:
    assert sorted(" ".join(names for _, names in _NAMES).split()) == sorted(BY_NAME)


@pytest.mark.parametrize("name", ["not_found_error", "resource_not_found_error"])
def test_what_is_not_found_is_the_model_where_the_message_says_so(name: str) -> None:
    assert by_name(ErrorBody("Model: x", code=name)) == MODEL
    assert by_name(ErrorBody("model: x", type=name, code=404)) == MODEL
    assert by_name(ErrorBody("File Not Found", type=name, code=404)) is None


@pytest.mark.parametrize("refusal", [ErrorBody(), ErrorBody("m", "t", "c"), ErrorBody(code=400)])
def test_name_that_says_nothing(refusal: ErrorBody) -> None:
    assert by_name(refusal) is None


@pytest.mark.parametrize("value", ["challenge", "Challenge"])
def test_challenge_is_a_block_whatever_else_the_body_has(value: str) -> None:
    headers = {"cf-mitigated": value, **GATEWAY}
    assert classified(429, ErrorBody(code="invalid_request"), headers=headers) == BLOCKED
    assert classified(400, ErrorBody(), headers={"cf-mitigated": "other"}) == BAD


def test_page_of_the_edge() -> None:
    for status, text, expected in [
        (403, "error code: 1005", BLOCKED),
        (403, "error code: 1010", BLOCKED),
        (403, "Sorry, you have been blocked", BLOCKED),
        (400, "Your request was blocked.", BLOCKED),
        (499, "Just a moment...", BLOCKED),
        (403, "error code: 1015", RATE),
        (403, "You are being rate limited", RATE),
        (429, "error code: 1010", RATE),
        (403, "", DENIED),
        (503, "Just a moment...", DOWN),
        (500, "error code: 1015", DOWN),
        (399, "Just a moment...", (ResponseError, False)),
    ]:
        with in_row(status):
            assert classified(status, ErrorBody(), text) == expected


def test_403_of_cloudflare_is_a_block_whatever_its_page_says() -> None:
    for status, refusal, expected in [
        (403, ErrorBody(), BLOCKED),
        (403, ErrorBody("Forbidden"), BLOCKED),
        (403, ErrorBody("no", type="new_api_error"), DENIED),
        (403, ErrorBody(code="insufficient_user_quota"), QUOTA),
        (401, ErrorBody(), AUTH),
        (400, ErrorBody(), BAD),
    ]:
        for headers in [{"server": "cloudflare"}, {"cf-ray": "9a1b2c3d-SIN"}]:
            with in_row(status, headers):
                assert classified(status, refusal, "Bạn đã bị chặn", headers) == expected
                assert classified(403, ErrorBody(), "", {**headers, **GATEWAY}) == DENIED


def test_page_is_not_read_where_the_gateway_answered() -> None:
    refusal = ErrorBody("you have been blocked", "new_api_error")
    assert classified(403, refusal, refusal.message, GATEWAY) == DENIED
    assert classified(403, refusal, refusal.message, {"x-oneapi-request-id": "r1"}) == DENIED


def test_message_decides_where_no_name_does() -> None:
    for status, message, expected in [
        (401, "TokenStatusExhausted[sk-***]", QUOTA),
        (401, "RemainQuota = 0", QUOTA),
        (401, "该令牌额度已用尽", QUOTA),
        (401, "該令牌額度已用盡", QUOTA),
        (403, "token quota is exhausted", DENIED),
        (400, "maximum context length is 8192", LENGTH),
        (413, "prompt is too long", LENGTH),
        (422, "input is too long", LENGTH),
        (400, "Please reduce the length of the messages", LENGTH),
        (400, "input token count (9000) exceeds the maximum", LENGTH),
        (404, "prompt is too long", (NotFoundError, False)),
        (400, "model x does not exist", MODEL),
        (404, "unknown model", MODEL),
        (404, "Not found the model kimi-k9 or Permission denied", MODEL),
        (422, "unknown model", BAD),
        (403, "model x does not exist", MODEL),
    ]:
        with in_row(status):
            refusal = ErrorBody(message, "new_api_error")
            assert classified(status, refusal, headers=GATEWAY) == expected


@each_row(
    ("status", "expected"),
    [
        (500, BAD),
        (503, BAD),
        (404, (NotFoundError, False)),
        (401, ACCOUNT),
        (499, BAD),
    ],
)
def test_general_type_of_openai(status: int, expected: Classification) -> None:
    for refusal in (ErrorBody("m", "invalid_request_error"), ErrorBody("m", "x", ANTHROPIC)):
        assert classified(status, refusal, headers=GATEWAY) == expected


ANTHROPIC = "invalid_request_error"


@each_row("refusal", [ErrorBody(type=ANTHROPIC), ErrorBody(code=ANTHROPIC)])
@each_row(
    ("message", "expected"),
    [
        ("prompt is too long: 210000 tokens > 200000 maximum", LENGTH),
        ("The model `x` does not exist", MODEL),
        ("messages.1: bad", BAD),
    ],
)
def test_general_type_where_the_status_says_nothing(
    message: str, expected: Classification, refusal: ErrorBody
) -> None:
    said = replace(refusal, message=message)
    assert classified(500, said, headers=GATEWAY) == expected
    assert in_200(said) == expected


def test_name_comes_before_the_general_type() -> None:
    named = ErrorBody("m", ANTHROPIC, "insufficient_quota")
    assert (in_200(named), in_200(ErrorBody("m"))) == (ACCOUNT, None)


def test_other_type_at_a_servers_failure() -> None:
    assert classified(500, ErrorBody("m", "upstream_error"), headers=GATEWAY) == DOWN
