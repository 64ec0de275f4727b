"""Errors of Cloudflare before the gateway: told apart by headers and bodies."""

from __future__ import annotations

import pytest

from ramclouds import (
    BlockedError,
    GatewayTimeoutError,
    PermissionDeniedError,
    RamCloudsError,
    RateLimitError,
    ServerError,
)
from tests.gateway import GATEWAY_HEADERS, Json, OfflineGateway, Raw, error, head
from tests.gateway.responses import Response
from tests.harness import Calls, in_row

# Cloudflare answers without the gateway's headers.
EDGE = {"Server": "cloudflare", "CF-RAY": "9a1b2c3d4e5f6071-SIN"}
HTML = "<!DOCTYPE html><html><head><title>{}</title></head><body>{}</body></html>"


def edge(status: int, body: str, **headers: str) -> Response:
    made = {**EDGE, **{name.replace("_", "-"): value for name, value in headers.items()}}
    made["Content-Length"] = str(len(body.encode()))
    return Raw(head(status, made) + body.encode(), close=False)


Row = tuple[Response, type[RamCloudsError], bool, str]


def page(status: int, title: str, text: str = "", **headers: str) -> Response:
    return edge(status, HTML.format(title, text), **headers)


def blocked(answer: Response) -> Row:
    return answer, BlockedError, False, "user_agent"


EDGES: dict[str, Row] = {
    "challenge": blocked(page(403, "Just a moment...", "", cf_mitigated="challenge")),
    "challenge_as_429": blocked(page(429, "Just a moment...", "", cf_mitigated="challenge")),
    "challenge_as_503": blocked(page(503, "Just a moment...", "", cf_mitigated="challenge")),
    "1010": blocked(edge(403, "error code: 1010")),
    "your_request_was_blocked": blocked(edge(403, "Your request was blocked.")),
    "your_request_was_blocked_json": blocked(
        edge(403, '{"error":{"message":"Your request was blocked."}}')
    ),
    "sorry_you_have_been_blocked": blocked(
        page(403, "Attention Required!", "Sorry, you have been blocked")
    ),
    "1020_in_words": blocked(
        page(403, "Access denied", "ramclouds.me used Cloudflare to restrict access")
    ),
    "page_in_another_language": blocked(page(403, "Đã bị chặn", "Bạn đã bị chặn")),
    "rule_that_answers_json": blocked(edge(403, '{"message":"Forbidden"}')),
    "rule_that_answers_nothing": blocked(edge(403, "")),
    "challenge_as_200": blocked(page(200, "Just a moment...", "", cf_mitigated="challenge")),
    "1015_text": (edge(429, "error code: 1015", Retry_After="30"), RateLimitError, True, ""),
    "502_text": (edge(502, "error code: 502"), ServerError, True, ""),
    "504_text": (edge(504, "error code: 504"), GatewayTimeoutError, False, ""),
    "520": (
        page(520, "520", "Web server is returning an unknown error"),
        ServerError,
        True,
        "",
    ),
    "521": (page(521, "521", "Web server is down"), ServerError, True, ""),
    "522": (page(522, "522", "Connection timed out"), ServerError, True, ""),
    "523": (page(523, "523", "Origin is unreachable"), ServerError, True, ""),
    "525": (page(525, "525", "SSL handshake failed"), ServerError, True, ""),
    "526": (page(526, "526", "Invalid SSL certificate"), ServerError, True, ""),
    "524_text": (edge(524, "error code: 524"), GatewayTimeoutError, False, "stream"),
    "1010_json": blocked(
        edge(
            403,
            '{"type":"https://developers.cloudflare.com/error-1010/","title":"Error 1010: Access '
            'denied","status":403,"detail":"Blocked by your browser\'s signature.",'
            '"error_code":1010,"cloudflare_error":true,"retryable":false}',
        )
    ),
    "530": (edge(530, "error code: 1016"), ServerError, True, ""),
    "1xxx_json": (
        edge(429, '{"error_code":1015,"title":"rate limited","retry_after":30}'),
        RateLimitError,
        True,
        "",
    ),
}


def test_error_of_cloudflare(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in EDGES:
        with in_row(kind):
            gateway.forget()
            answer, expected, retryable, hint = EDGES[kind]
            gateway.reply(answer)
            with pytest.raises(RamCloudsError) as caught:
                calls.complete()
            assert type(caught.value) is expected
            assert caught.value.retryable is retryable
            assert caught.value.request_id is None
            assert hint in str(caught.value)
            assert "<html" not in str(caught.value).lower()


def test_retry_after_in_the_body_of_an_edge_error_counts(
    gateway: OfflineGateway, calls: Calls
) -> None:
    gateway.reply(edge(429, '{"error_code":1015,"title":"rate limited","retry_after":30}'))
    with pytest.raises(RateLimitError) as caught:
        calls.complete()
    assert caught.value.retry_after == 30


def test_gateway_headers_make_a_403_no_block(gateway: OfflineGateway, calls: Calls) -> None:
    headers = {**EDGE, **GATEWAY_HEADERS}
    gateway.reply(Json(error("用户已被封禁"), 403, headers))
    with pytest.raises(PermissionDeniedError):
        calls.complete()


@pytest.mark.parametrize("method", ["stream", "models"])
def test_challenge_in_a_200_is_a_block(gateway: OfflineGateway, calls: Calls, method: str) -> None:
    gateway.reply(EDGES["challenge_as_200"][0])
    with pytest.raises(BlockedError, match="user_agent"):
        getattr(calls, method)()
