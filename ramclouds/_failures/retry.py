"""How long to wait before a retry; pure except for jitter, and the clock for HTTP dates."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from math import isfinite

from ramclouds._late import late
from ramclouds.errors import (
    ContentFilterError,
    EmptyResponseError,
    RamCloudsError,
    StreamTruncatedError,
)

_FIRST_DELAY = 0.5
_LONGEST_BACKOFF = 8.0
# Callers with the same wait do not return together: 14 of them came within 1 ms.
_JITTER = (1.10, 1.25)
_ABSURD = 1e6  # twelve days

# The gateway has tried other channels already, or would fail the same way again.
_ONCE = frozenset(
    {"get_channel_failed", "bad_response_body", "read_response_body_failed", "bad_response"}
)

# A response began, so each attempt may be billed.
_MAY_BE_BILLED = (ContentFilterError, EmptyResponseError, StreamTruncatedError)

# Go's duration format, as in x-ratelimit-reset-requests: 1m12.5s, 250ms, 2h.
_GO_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_GO_PART = late(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s)")
_GO_DURATION = late(rf"(?:{_GO_PART.pattern})+")


def retry_delay(
    error: RamCloudsError, retries_done: int, max_retries: int, *, max_wait: float | None = None
) -> float | None:
    """Seconds to wait before the next attempt; None where there must be none.

    A wait above `max_wait` is none: asking earlier than the response says fails again.
    """
    is_costly = error.code in _ONCE or isinstance(error, _MAY_BE_BILLED)
    limit = min(max_retries, 1) if is_costly else max_retries
    if not error.retryable or retries_done >= limit:
        return None
    asked = wait_asked_by(error) or 0.0
    if max_wait is not None and asked > max_wait:
        return None
    return jittered(max(asked, backoff(retries_done)))


def wait_asked_by(error: RamCloudsError) -> float | None:
    """Seconds after which the same request may succeed, where the response says so.

    `x-ratelimit-reset-*` does not: it says when the whole limit is free again, and calls that wait
    for it return together.
    """
    headers: Mapping[str, str] = {} if error.response is None else error.response.headers
    is_reset = _in_retry_after(headers) is None and error.retry_after == _until_reset(headers)
    return None if is_reset else error.retry_after


def jittered(seconds: float) -> float:
    """A wait that is 10 to 25 % longer, never shorter."""
    return seconds * random.uniform(*_JITTER)


def backoff(retries_done: int) -> float:
    """Seconds, exponential with jitter: clients that failed together do not return together."""
    ceiling = min(_FIRST_DELAY * 2.0 ** min(retries_done, 10), _LONGEST_BACKOFF)
    return ceiling * random.uniform(0.5, 1.0)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a response's headers ask to wait; None where that is absurd."""
    seconds = _in_retry_after(headers)
    if seconds is None and "retry-after" not in headers:
        seconds = _until_reset(headers)
    return seconds if seconds is None or seconds < _ABSURD else None


def _in_retry_after(headers: Mapping[str, str]) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    return seconds if seconds is not None else _until(value, headers.get("date"))


def _until_reset(headers: Mapping[str, str]) -> float | None:
    """Seconds until all of a limit is free; New API copies no such header, other proxies do."""
    waits = [
        _go_duration(headers[f"x-ratelimit-reset-{what}"])
        for what in ("requests", "tokens")
        if f"x-ratelimit-reset-{what}" in headers
        and headers.get(f"x-ratelimit-remaining-{what}", "0") == "0"
    ]
    return max((wait for wait in waits if wait is not None), default=None)


# Words of OpenAI, Gemini, Azure and Chinese providers: "Please try again in 1m12.5s", "Please retry
# in 31.5s", "Please retry after 6 seconds", "in 2 minutes and 3 seconds", "请在 5 秒后重试"
# and, with the number first, "10秒后重试"
_ASKS_TO_WAIT = late(
    r"(?:(?:try|retry|retrying)(?: again| your request)? (?:in|after)|wait(?: for)?"
    r"|reset (?:in|after)|请在?|等待)(?: about| approximately)? {0,2}(?=\d)"
    r"|(?<![\d.])(?=\d{1,9} {0,2}(?:秒|分钟?|小时)后)",
    re.I,
)
_PART = late(
    r"(\d{1,9}(?:\.\d{1,9})?) {0,2}(m(?:illi)?s|s|m|h|d|毫秒|秒|分|小时)[a-z钟]{0,10}"
    r"(?:,| and)? {0,2}",
    re.I,
)
_SECONDS = {"s": 1.0, "秒": 1.0, "m": 60.0, "分": 60.0, "h": 3600.0, "小时": 3600.0, "d": 86400.0}


def wait_in(message: str) -> float | None:
    """Seconds that the words of a message ask to wait."""
    asked = _ASKS_TO_WAIT.search(message)
    if asked is None:
        return None
    seconds, position = 0.0, asked.end()
    while part := _PART.match(message, position):
        seconds += float(part[1]) * _SECONDS.get(part[2].lower(), 0.001)
        position = part.end()
    return seconds if position > asked.end() else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else -1.0
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None


def _until(date: str, now: str | None) -> float | None:
    """Seconds to an HTTP date, by the server's own clock where it sent one."""
    then = _timestamp(date)
    return None if then is None else max(then - server_time(now), 0.0)


def server_time(date: str | None) -> float:
    """Seconds since 1970 by a server's Date header, or by our clock."""
    seconds = _timestamp(date) if date else None
    return time.time() if seconds is None else seconds


def _timestamp(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError, OSError):
        # Not a date, or one that no clock can show, such as that of year 1.
        return None


def _go_duration(text: str) -> float | None:
    if not _GO_DURATION.fullmatch(text.strip()):
        return _number(text)
    seconds = sum(float(value) * _GO_UNITS[unit] for value, unit in _GO_PART.findall(text))
    return seconds if isfinite(seconds) else None
