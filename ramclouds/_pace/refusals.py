"""Which errors are refusals for the rate, and what they say about the limit."""

from __future__ import annotations

import re

from ramclouds._pace.permits import Refusal
from ramclouds.errors import RamCloudsError, RateLimitError

# middleware/performance.go of New API: a busy host, which refuses at once.
_BUSY = re.compile(r"system_\w{1,20}_overloaded")
# middleware/model-rate-limit.go of New API says "1分钟内最多请求60次"; newer versions in English,
# "at most 60 requests in 1 minute", in this order or the other.
_LIMITS = (
    re.compile(r"(?P<minutes>\d{1,6}) ?分[钟鐘][内內]最多(?:请求|請求)? ?(?P<count>\d{1,9}) ?次"),
    re.compile(
        r"(?P<count>\d{1,9}) (?:\w{1,12} ){0,2}requests? (?:\w{1,8} )?"
        r"(?P<minutes>\d{1,6}) ?minutes?",
        re.I,
    ),
    re.compile(
        r"(?P<minutes>\d{1,6}) ?minutes?\b\D{0,40}?"
        r"(?:at most|maximum(?: of)?|up to|max) (?P<count>\d{1,9})",
        re.I,
    ),
)


def is_for_rate(error: RamCloudsError) -> bool:
    """Whether the same request is accepted later: no lack of credit, and not too large alone."""
    if not error.retryable:
        return False
    return isinstance(error, RateLimitError) or bool(_BUSY.fullmatch(str(error.code)))


def refusal_in(error: RamCloudsError, wait: float | None) -> Refusal:
    """What a refusal says about the limit."""
    found = next((found for one in _LIMITS if (found := one.search(error.message))), None)
    if found is None or not int(found["minutes"]) or not int(found["count"]):
        return Refusal(wait)
    return Refusal(wait, int(found["count"]), int(found["minutes"]) * 60.0)
