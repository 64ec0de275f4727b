"""What an error says and holds for each way in which the gateway refuses, without a wire."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from ramclouds import (
    BadRequestError,
    BlockedError,
    Completion,
    EmptyResponseError,
    NotFoundError,
    RamCloudsError,
    RateLimitError,
    ResponseError,
    ServerError,
    StreamError,
)
from ramclouds._failures.from_response import body_error, response_error, status_error
from ramclouds._failures.redact import Redactor
from ramclouds._failures.response_head import ResponseHead
from tests.harness import each_row, in_row

URL = "https://gateway.test/v1/chat/completions"
REDACTOR = Redactor("sk-abcdefgh")
GATEWAY = {"x-oneapi-request-id": "r1"}


def response(status: int, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, headers=headers, request=httpx.Request("POST", URL))


def answer(status: int = 200, headers: dict[str, str] | None = None) -> ResponseHead:
    return ResponseHead(response(status, GATEWAY if headers is None else headers), REDACTOR)


def facts(error: RamCloudsError) -> tuple[Any, ...]:
    return (type(error), error.retryable, error.status_code, error.code, error.type, error.body)


EDGE = {"server": "cloudflare"}


@each_row(
    ("headers", "body", "expected"),
    [
        (GATEWAY, {"error": {"message": "Slower", "type": "rate_limit_error"}}, True),
        ({**GATEWAY, **EDGE}, {"error": {"message": "Slower"}}, True),
        (GATEWAY, {"error": {"message": "上游负载已饱和", "type": "new_api_error"}}, True),
        (GATEWAY, {"error": {"message": "Slower", "type": "new_api_error"}}, False),
        (EDGE, {"error": {"message": "Slower"}}, False),
        (GATEWAY, None, False),
    ],
)
def test_limit_is_the_providers_or_the_gateways(
    headers: dict[str, str], body: Any, expected: bool
) -> None:
    content = b"" if body is None else json.dumps(body).encode()
    error = status_error(response(429, headers), content, REDACTOR)
    assert isinstance(error, RateLimitError)
    assert error.from_provider is expected


def test_cloudflare_statuses_have_a_sentence() -> None:
    for status, phrase in [
        (520, "the gateway's answer made no sense"),
        (521, "the gateway is down"),
        (522, "the gateway did not accept the connection"),
        (523, "the gateway cannot be reached"),
        (524, "the gateway did not answer in time"),
        (525, "the TLS handshake with the gateway failed"),
        (526, "the gateway's certificate is not valid"),
    ]:
        with in_row(status):
            error = status_error(response(status, {"cf-ray": "ray"}), b"", REDACTOR)
            assert str(error).startswith(f"Cloudflare answered {status} {phrase}. ")


@each_row("said", ["Done.", "No!", "Really?", "不行。"])
def test_sentence_that_has_an_end_is_given_no_other(said: str) -> None:
    body = json.dumps({"error": {"message": said}}).encode()
    assert str(status_error(response(404), body, REDACTOR)).startswith(f"{said} ")


def test_message_says_what_happened_and_what_to_do() -> None:
    for status, headers, body, message in [
        (
            400,
            GATEWAY,
            b'{"error": {"message": "Bad"}}',
            "Bad. Change the request. (status 400, request id r1)",
        ),
        (
            400,
            GATEWAY,
            b'{"error": {"message": "Bad!", "code": "c"}}',
            "Bad! Change the request. (status 400, code c, request id r1)",
        ),
        (404, {}, b"", "The server answered 404 Not Found."),
        (404, GATEWAY, b"  ", "The gateway answered 404 Not Found."),
        (404, {}, b" <html>page</html>", "The server answered 404 Not Found."),
        (404, {}, b"\xef\xbb\xbf<html>page</html>", "The server answered 404 Not Found."),
        (404, {}, b"no such\npage", "no such page."),
        (404, {"cf-ray": "ray"}, b"", "Cloudflare answered 404 Not Found."),
        (404, {"cf-ray": "ray", **GATEWAY}, b"", "The gateway answered 404 Not Found."),
        (524, {}, b"", "The server answered 524 the gateway did not answer in time."),
        (521, {}, b"", "The server answered 521 the gateway is down."),
        (599, {}, b"", "The server answered 599."),
        (404, {}, b"7", "7."),
        (404, {}, b'"sk-abcdefgh is odd"', '"sk-*** is odd".'),
        (404, {}, b'{"message": "' + b"a" * 1001 + b'"}', "a" * 1000 + "…."),
        (404, {}, b'{"message": "' + b"a" * 1000 + b'"}', "a" * 1000 + "."),
        (404, {}, '{"message": "不行。"}'.encode(), "不行。"),
        (404, {}, b'{"message": "Really?"}', "Really?"),
        (
            502,
            {},
            b'{"error": {"message": "openai_error", "code": "bad_response_status_code"}}',
            "The provider behind the gateway failed without saying why.",
        ),
        (
            502,
            {},
            b'{"error": {"message": "openai_error", "code": "c"}}',
            "The provider behind the gateway failed without saying why.",
        ),
        (502, {}, b'{"error": {"message": "m", "code": "bad_response_status_code"}}', "m."),
    ]:
        with in_row(status):
            error = status_error(response(status, headers), body, REDACTOR)
            assert error.message.startswith(message)
            assert str(error) == error.message


def test_everything_about_a_refusal() -> None:
    body = b'{"error": {"message": "sk-abcdefgh", "type": "t", "code": "c", "param": "p"}}'
    headers = {**GATEWAY, "retry-after": "7", "set-cookie": "a=b", "content-length": "9"}
    error = status_error(response(429, headers), body, REDACTOR)
    masked = {"error": {"message": "sk-***", "type": "t", "code": "c", "param": "p"}}
    assert facts(error) == (RateLimitError, True, 429, "c", "t", masked)
    assert (error.request_id, error.retry_after, error.__dict__["param"]) == ("r1", 7.0, "p")
    assert error.response is not None
    assert error.response.json() == masked
    assert error.response.request.headers.get("authorization") is None
    assert "set-cookie" not in error.response.headers
    assert error.partial is None


@pytest.mark.parametrize(
    ("headers", "wait"), [({}, 30.0), ({"retry-after": "7"}, 7.0), ({"retry-after": "0"}, 0.0)]
)
def test_wait_of_the_headers_comes_before_that_of_the_body(
    headers: dict[str, str], wait: float
) -> None:
    body = b'{"error": {"message": "m"}, "retry_after": 30}'
    assert status_error(response(429, headers), body, REDACTOR).retry_after == wait


def test_body_that_is_no_json_is_kept_in_part() -> None:
    error = status_error(response(500), b"a" * 5000, REDACTOR)
    assert facts(error) == (ServerError, True, 500, None, None, "a" * 4096)
    assert status_error(response(500), b'["a"]', REDACTOR).body == ["a"]
    assert status_error(response(500), b"7", REDACTOR).body == "7"
    assert status_error(response(500), b"\xff", REDACTOR).body == "�"


def test_block_page_of_cloudflare_is_a_blocked_error() -> None:
    error = status_error(response(403), b"error code: 1010", REDACTOR)
    assert facts(error) == (BlockedError, False, 403, None, None, "error code: 1010")


PARTIAL = Completion(id="c1")


@each_row(
    ("sent", "cls", "retryable"),
    [
        ({"message": "m"}, ServerError, True),
        ({"message": "m", "code": "overloaded_error"}, ServerError, True),
        ({"message": "m", "code": "new_api_panic"}, ServerError, False),
        ({"message": "m", "code": "rate_limit_exceeded"}, RateLimitError, True),
        ({"message": "m", "type": "invalid_request_error"}, BadRequestError, False),
        (
            {"message": "m", "type": "invalid_request_error", "code": "rate_limit_exceeded"},
            RateLimitError,
            True,
        ),
    ],
)
def test_error_in_a_200_has_the_class_of_its_code(
    sent: dict[str, Any], cls: type[RamCloudsError], retryable: bool
) -> None:
    body = {"error": {**sent, "param": "sk-abcdefgh"}}
    masked = {"error": {**sent, "param": "sk-***"}}
    error = body_error(answer(), body, PARTIAL)
    assert facts(error) == (cls, retryable, 200, sent.get("code"), sent.get("type"), masked)
    assert error.partial is PARTIAL
    assert error.message.startswith("m.")


def test_error_in_a_200_without_a_message() -> None:
    error = body_error(answer(), {"success": False})
    assert error.message.startswith("The gateway sent an error without a message. ")
    assert error.partial is None


def test_error_in_a_stream() -> None:
    for code, is_retryable, cls, retryable in [
        (None, True, StreamError, True),
        (None, False, StreamError, False),
        ("overloaded_error", True, StreamError, True),
        ("new_api_panic", True, StreamError, False),
        ("rate_limit_exceeded", True, RateLimitError, True),
        ("rate_limit_exceeded", False, RateLimitError, False),
        ("invalid_request", True, BadRequestError, False),
    ]:
        with in_row(code):
            body = {"error": {"message": "sk-abcdefgh", "code": code}}
            error = body_error(
                answer(), body, PARTIAL, is_retryable=is_retryable, otherwise=StreamError
            )
            masked = {"error": {"message": "sk-***", "code": code}}
            assert facts(error) == (cls, retryable, 200, code, None, masked)
            assert error.partial is PARTIAL


def test_error_in_a_stream_without_a_message() -> None:
    error = body_error(answer(), {"success": False}, PARTIAL, otherwise=StreamError)
    assert error.message.startswith("The gateway sent an error without a message. ")


PAGE = (
    f"{URL} responded with a web page (text/html), not with JSON. Check base_url: it "
    "normally ends in /v1, as https://ramclouds.me/v1 does."
)
FILTERED = (
    "The completion is empty: the provider returned nothing, or its filter blocked the request. "
    "It may have been billed. Stream the completion, or change the messages."
)
CUT = (
    "The response broke off: its JSON has no end. What had arrived is in error.partial. Send the "
    "request again."
)


def test_200_that_is_no_completion() -> None:
    for body, parsed, partial, message, retryable, kept in [
        (b" <html>sk-abcdefgh", None, None, PAGE, False, " <html>sk-***"),
        (b'{"id": "c"}', {"id": "sk-abcdefgh"}, PARTIAL, FILTERED, True, {"id": "sk-***"}),
        (b'{"choi', None, PARTIAL, CUT, False, '{"choi'),
        (b" ", None, None, "The response is empty. Send the request again.", True, " "),
        (
            b"hi\xff",
            None,
            None,
            "The response is not what was asked for: hi� Check base_url.",
            False,
            "hi�",
        ),
        (
            b"[1]",
            [1],
            None,
            "The response is not what was asked for: [1] Check base_url.",
            False,
            [1],
        ),
        (
            b"a" * 5000,
            None,
            None,
            f"The response is not what was asked for: {'a' * 200}… Check base_url.",
            False,
            "a" * 4096,
        ),
    ]:
        with in_row(body):
            given = answer(headers={**GATEWAY, "content-type": "text/html"})
            error = response_error(given, body, parsed, partial=partial)
            kind = EmptyResponseError if message is FILTERED else ResponseError
            assert facts(error) == (kind, retryable, 200, None, None, kept)
            assert error.message == f"{message} (status 200, request id r1)"
            assert (error.partial, error.request_id) == (partial, "r1")
            assert error.response is not None
            assert str(error.response.request.url) == URL


def test_challenge_in_a_200() -> None:
    page = b"<html>sk-abcdefgh " + b"x" * 5000
    error = response_error(answer(200, {"cf-mitigated": "challenge"}), page, None, partial=None)
    shown = "<html>sk-*** " + "x" * (4096 - len("<html>sk-abcdefgh ")) + "…"
    assert facts(error) == (BlockedError, False, 200, None, None, shown)
    assert str(error).startswith(
        "Cloudflare responded with a challenge that only browsers can pass"
    )


def test_page_behind_a_byte_order_mark() -> None:
    error = response_error(answer(), b"\xef\xbb\xbf <html>", None, partial=None)
    assert "responded with a web page" in str(error)


def test_page_without_a_type() -> None:
    error = response_error(answer(), b"<html>", None, partial=None)
    assert "a web page (no content type)" in error.message


def test_error_object_in_place_of_a_completion() -> None:
    body = {"error": {"message": "m"}}
    error = response_error(answer(), b"", body, partial=PARTIAL)
    assert facts(error) == (ServerError, True, 200, None, None, body)
    assert error.partial is PARTIAL


def test_wrong_path_is_a_not_found_error() -> None:
    error = status_error(response(404, GATEWAY), b'{"error": {"message": "Invalid URL"}}', REDACTOR)
    assert type(error) is NotFoundError
