"""How long to wait before a retry: by what an answer's headers say, and without."""

from __future__ import annotations

import time

import httpx
import pytest

from ramclouds import APIConnectionError, RateLimitError, ServerError
from ramclouds._failures.retry import backoff, retry_after, retry_delay, wait_asked_by
from tests.harness import each_row, in_row

DATE = "Sun, 22 Nov 2026 07:28:00 GMT"
LATER = "Sun, 22 Nov 2026 07:28:07 GMT"
NO_QUOTA = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-remaining-tokens": "0"}

WAITS: list[tuple[dict[str, str], float | None]] = [
    ({}, None),
    ({"retry-after": "7"}, 7.0),
    ({"retry-after": "0"}, 0.0),
    ({"retry-after": "1.5"}, 1.5),
    ({"retry-after": "-1"}, None),
    ({"retry-after": "nan"}, None),
    ({"retry-after": "inf"}, None),
    ({"retry-after": "soon"}, None),
    ({"retry-after": ""}, None),
    ({"retry-after": "1e999"}, None),
    ({"retry-after": "999999"}, 999_999.0),
    ({"retry-after": "1000000"}, None),
    ({"retry-after": "Sun, 99 Nov"}, None),
    ({"retry-after": "Sun, 22 Nov 2015 07:00:00 GMT", "date": "now"}, 0.0),
    ({"retry-after-ms": "1500"}, 1.5),
    ({"retry-after-ms": "0"}, 0.0),
    ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
    ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
    ({"retry-after": LATER, "date": DATE}, 7.0),
    ({"retry-after": DATE, "date": LATER}, 0.0),
    ({"retry-after": DATE, "date": DATE}, 0.0),
    ({"x-ratelimit-reset-requests": "1m12.5s"}, 72.5),
    ({"x-ratelimit-reset-requests": "250ms"}, 0.25),
    ({"x-ratelimit-reset-requests": "2h"}, 7200.0),
    ({"x-ratelimit-reset-requests": " 3s "}, 3.0),
    ({"x-ratelimit-reset-requests": "12"}, 12.0),
    ({"x-ratelimit-reset-requests": "2d"}, None),
    ({"x-ratelimit-reset-requests": "s"}, None),
    ({"x-ratelimit-reset-tokens": "4s"}, 4.0),
    ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "4s"}, 4.0),
    ({"x-ratelimit-reset-requests": "9s", "x-ratelimit-reset-tokens": "4s", **NO_QUOTA}, 9.0),
    (
        {
            "x-ratelimit-reset-requests": "9s",
            "x-ratelimit-reset-tokens": "4s",
            **NO_QUOTA,
            "x-ratelimit-remaining-requests": "5",
        },
        4.0,
    ),
    ({"x-ratelimit-reset-tokens": "4s", "x-ratelimit-remaining-tokens": "5"}, None),
    ({"x-ratelimit-reset-requests": "4s", "retry-after": "1"}, 1.0),
    ({"x-ratelimit-reset-requests": "4s", "retry-after": "soon"}, None),
]


def test_wait_that_headers_ask_for() -> None:
    for headers, seconds in WAITS:
        with in_row(headers):
            assert retry_after(headers) == seconds
            assert retry_after(httpx.Headers(headers)) == seconds


@pytest.mark.parametrize(("unit", "seconds"), [("us", 1e-6), ("µs", 1e-6), ("ns", 1e-9)])
def test_waits_in_micro_and_nanoseconds_are_read(unit: str, seconds: float) -> None:
    assert retry_after({"x-ratelimit-reset-requests": f"5{unit}"}) == pytest.approx(5 * seconds)


@pytest.mark.parametrize("date", [None, "no date"])
def test_date_by_our_clock_where_the_server_has_none(
    date: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 07:28:00 of that day.
    monkeypatch.setattr(time, "time", lambda: 1795332480.0)
    headers = {"retry-after": LATER} if date is None else {"retry-after": LATER, "date": date}
    assert retry_after(headers) == 7.0


@pytest.mark.parametrize(
    ("retries_done", "longest"), [(0, 0.5), (1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (9, 8.0)]
)
def test_backoff_doubles_up_to_a_limit(
    retries_done: int, longest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: (low, high)[1])
    assert backoff(retries_done) == longest
    monkeypatch.setattr("random.uniform", lambda low, high: (low, high)[0])
    assert backoff(retries_done) == longest / 2


def limited(**headers: str) -> RateLimitError:
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    request = httpx.Request("POST", "https://gateway.test")
    response = httpx.Response(429, headers=lines, request=request)
    return RateLimitError("", response=response, retry_after=retry_after(response.headers))


def test_delay_is_the_longer_of_wait_and_backoff_and_some_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for error, retries_done, base in [
        (RateLimitError("", retry_after=7.0), 0, 7.0),
        (RateLimitError("", retry_after=0.0), 0, 0.5),
        (RateLimitError("", retry_after=1.0), 4, 8.0),
        (RateLimitError("", retry_after=61.0), 0, 61.0),
        (limited(retry_after="7", x_ratelimit_reset_requests="20s"), 0, 7.0),
        # When a whole limit is free again: not when a call may come.
        (limited(x_ratelimit_reset_requests="20s"), 1, 1.0),
        (APIConnectionError(""), 3, 4.0),
    ]:
        with in_row(error):
            monkeypatch.setattr("random.uniform", lambda low, high: (low, high)[1])
            assert retry_delay(error, retries_done, 9) == base * 1.25
            monkeypatch.setattr("random.uniform", lambda low, high: max(low, 1.0))
            assert retry_delay(error, retries_done, 9) == base * 1.10


def test_no_delay_where_the_wait_asked_for_is_too_long() -> None:
    error = RateLimitError("", retry_after=601.0)
    assert retry_delay(error, 0, 2, max_wait=600.0) is None
    assert retry_delay(error, 0, 2, max_wait=601.0) is not None
    assert retry_delay(error, 0, 2, max_wait=None) is not None
    assert retry_delay(limited(x_ratelimit_reset_requests="2h"), 0, 2, max_wait=600.0) is not None


def test_only_an_exact_wait_is_one_that_was_asked_for() -> None:
    assert wait_asked_by(RateLimitError("")) is None
    assert wait_asked_by(limited(retry_after="0", x_ratelimit_reset_tokens="4s")) == 0.0
    assert wait_asked_by(limited(x_ratelimit_reset_tokens="4s")) is None


def test_no_delay_after_the_last_retry() -> None:
    delays = [retry_delay(APIConnectionError(""), done, 2) is None for done in range(4)]
    assert delays == [False, False, True, True]
    assert retry_delay(APIConnectionError(""), 0, 0) is None


def test_no_delay_for_what_fails_again() -> None:
    assert retry_delay(RateLimitError("", retryable=False, retry_after=1.0), 0, 2) is None


@each_row(
    "code",
    ["get_channel_failed", "bad_response_body", "read_response_body_failed", "bad_response"],
)
def test_what_the_gateway_tried_itself_is_retried_once(code: str) -> None:
    error = ServerError("", code=code)
    assert [retry_delay(error, done, 5) is None for done in range(3)] == [False, True, True]
    assert retry_delay(error, 0, 0) is None
