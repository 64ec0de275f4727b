"""Which error a response means: by code, then type, then the edge's page, text, and status.

The status alone misleads: at New API a malformed request is a 500, an unknown model a 503, a spent
key a 401, and Cloudflare's block is a 403 like an empty account.
"""

from __future__ import annotations

import re

from ramclouds import errors as e
from ramclouds._failures.context_length import is_too_long
from ramclouds._failures.error_body import ErrorBody, is_web_page
from ramclouds._failures.error_names import (
    ACCOUNT,
    AUTH,
    BAD,
    BLOCKED,
    BROKEN,
    BY_NAME,
    DENIED,
    DOWN,
    FILTER,
    LATE,
    LENGTH,
    MODEL,
    QUOTA,
    RATE,
    TOO_LARGE,
    TOO_MUCH,
    Classification,
)
from ramclouds._failures.response_head import ResponseHead
from ramclouds._late import late

_BY_STATUS: dict[int, Classification] = {
    401: AUTH,
    402: QUOTA,
    403: DENIED,
    404: (e.NotFoundError, False),
    407: (e.APIConnectionError, False),
    # Neither the gateway nor Cloudflare repeats these: the request may have run.
    408: LATE,
    409: DOWN,
    413: TOO_LARGE,
    429: RATE,
    501: BROKEN,
    504: LATE,
    524: LATE,
}

# Texts are the last resort: the providers send some errors without a code. The statuses say where
# a text decides; all repetitions have an upper limit, so that a search takes linear time.
_BY_TEXT: tuple[tuple[frozenset[int], re.Pattern[str], Classification], ...] = (
    (
        frozenset({400, 403, 422}),
        late(
            r"content (management|filtering) policy|content[ _-]filter|safety system|moderation"
            r"|(input|prompt|request|content) (was |were |is )?(flagged|blocked)"
            r"|violates? (the |our )?(usage|content|safety)|inappropriate content"
            r"|content exists risk|敏感|违规|不安全",
            re.I,
        ),
        FILTER,
    ),
    (
        frozenset({401}),
        late(
            r"TokenStatusExhausted|RemainQuota|token quota is exhausted|额度已用尽|額度已用盡", re.I
        ),
        QUOTA,
    ),
    (
        frozenset({400, 403, 404}),
        late(
            # Google: "models/x is not found for API version v1beta"
            r"models?\b.{0,120}\b(does not exist|not found|not exist|do not have access)"
            r"|models?\b.{0,60}\b(is not supported|not supported (for|in|by) (this )?"
            r"(account|region|endpoint|api|generateContent))"
            r"|(unknown|no such|unsupported|invalid|not found the) model\b(?! (parameter|format))"
            r"|no endpoints found for|is not a valid model|模型不存在",
            re.I | re.S,
        ),
        MODEL,
    ),
    (
        frozenset({400, 413}),
        late(
            r"request (entity|body) (is )?too large|payload (is )?too large"
            r"|request size exceeds|maximum allowed number of bytes|请求体(过大|超过)",
            re.I,
        ),
        TOO_LARGE,
    ),
    (
        frozenset({400, 429}),
        late(
            r"credit balance is too low|insufficient (balance|credits?|funds)|余额不足|欠费"
            r"|account is in arrears|account is not in good standing|billing hard limit"
            r"|specified API usage limits|(doesn't|does not) have any credits",
            re.I,
        ),
        QUOTA,
    ),
    (
        frozenset({400}),
        late(
            r"API[ _]key (not valid|expired|not found|is invalid)"
            r"|(incorrect|invalid) (x-)?api[ _-]key|organization has been disabled"
            r"|invalid authentication|authentication (fails|failed|token)|^unauthorized\b"
            r"|member of an organization",
            re.I,
        ),
        AUTH,
    ),
    (
        frozenset({400}),
        late(
            r"(location|country|region|territory)\b.{0,40}\bnot supported|not available in your "
            r"(country|region|location)|organization must be verified",
            re.I,
        ),
        DENIED,
    ),
    # With a status these need no text.
    (
        frozenset(),
        late(r"(does|do) not have permission|permission denied|access denied", re.I),
        DENIED,
    ),
    (frozenset(), late(r"rate.?limit|too many requests|速率限制", re.I), RATE),
)
# "Limit 30000, Used 0, Requested 40000": a single request above the limit of a minute.
_LIMIT = late(r"\blimit:? ?(\d{1,12})\b.{0,80}?\brequested:? ?(\d{1,12})\b", re.I)

_BLOCK_PAGE = late(
    r"error(_code|\s{1,9}code)?\"?:?\s{0,9}10(0[5-9]|1[02-9]|20)\b|you have been blocked"
    r"|request was blocked|just a moment|attention required|enable javascript and cookies",
    re.I,
)
_EDGE_RATE_LIMIT = late(r"error(_code|\s{1,9}code)?\"?:?\s{0,9}1015\b|being rate limited", re.I)


def classify(head: ResponseHead, error_body: ErrorBody, text: str) -> Classification:
    """The class of a response whose status is no success, and whether to try again."""
    if head.is_challenge:
        return BLOCKED
    status = head.status_code
    found = (
        by_name(error_body)
        or _by_edge(head, error_body, text)
        or _by_message(status, error_body)
        or _by_status(status)
    )
    return _corrected(found, head, error_body)


def classify_in_200(head: ResponseHead, error_body: ErrorBody) -> Classification | None:
    """The class of an error under a status that says nothing; None if the error says nothing."""
    status = error_body.vendor_status
    found = (
        by_name(error_body)
        or (status and (_by_message(status, error_body) or _by_status(status)))
        or _by_general_name(error_body)
        or (None if status else _by_words(error_body))
    )
    return _corrected(found, head, error_body) if found else None


def by_name(error_body: ErrorBody) -> Classification | None:
    """What the code says, or else the type; `bad_response_status_code` leaves it to the status."""
    found = BY_NAME.get(error_body.code_name)
    if found is BAD and is_too_long(error_body.message):
        return LENGTH
    found = found or BY_NAME.get(error_body.type or "") or _by_absence(error_body)
    # A refused prompt or model is also called forbidden.
    return (_by_message(403, error_body) or found) if found is DENIED else found


def _by_absence(error_body: ErrorBody) -> Classification | None:
    """Anthropic's and Moonshot's name for a missing model, which llama.cpp has for any path."""
    is_absent = not {"not_found_error", "resource_not_found_error"}.isdisjoint(
        (error_body.type, error_body.code)
    )
    return MODEL if is_absent and "model" in error_body.message.lower() else None


def _by_edge(head: ResponseHead, error_body: ErrorBody, text: str) -> Classification | None:
    """What Cloudflare says with a page or a sentence of its own."""
    is_page = is_web_page(text.encode()) and "cloudflare" in text.lower()
    if (head.is_from_gateway and not is_page) or not 400 <= head.status_code < 500:
        return None
    if head.status_code == 429 or _EDGE_RATE_LIMIT.search(text):
        return RATE
    if _BLOCK_PAGE.search(text):
        return BLOCKED
    # Its pages can be changed and translated, but the gateway would have set its headers.
    is_refused_by_edge = head.status_code == 403 and error_body.type != "new_api_error"
    return BLOCKED if is_refused_by_edge and (is_page or head.is_from_cloudflare) else None


def _by_message(status: int, error_body: ErrorBody) -> Classification | None:
    """What only the text tells, where the status leaves it open."""
    if status in {400, 413, 422} and is_too_long(error_body.message):
        return LENGTH
    for statuses, pattern, found in _BY_TEXT:
        if status in statuses and pattern.search(error_body.message):
            return found
    return _by_general_name(error_body) if status >= 500 else None


def _by_general_name(error_body: ErrorBody) -> Classification | None:
    """OpenAI's and Anthropic's name for any fault of the request: a 401 or 404 says more.

    New API's Claude channel sends it with a 500, and streams with a 200.
    """
    if "invalid_request_error" in (error_body.type, error_body.code):
        return _by_words(error_body) or BAD
    return None


def _by_words(error_body: ErrorBody) -> Classification | None:
    """What the text tells of an error whose status is lost, or was made up."""
    if is_too_long(error_body.message):
        return LENGTH
    rows = (found for _, pattern, found in _BY_TEXT if pattern.search(error_body.message))
    return next(rows, None)


def _by_status(status: int) -> Classification:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 400 <= status < 500:
        return BAD
    return DOWN if status >= 500 else (e.ResponseError, False)


def _corrected(found: Classification, head: ResponseHead, error_body: ErrorBody) -> Classification:
    """The class by whose key or credit failed, and by whether a rate limit can ever be kept."""
    if found is BAD and head.status_code == 413:
        return TOO_LARGE
    if found[0] is e.RateLimitError and exceeds_limit(error_body.message):
        return TOO_MUCH
    is_relayed = head.is_from_gateway and not error_body.is_empty and not error_body.is_gateways_own
    is_about_account = found in (AUTH, QUOTA, DENIED)
    return ACCOUNT if is_about_account and is_relayed else found


def exceeds_limit(message: str) -> bool:
    """Whether a rate limit's message says that this request alone is above it."""
    numbers = _LIMIT.search(message)
    return numbers is not None and int(numbers[2]) > int(numbers[1])
