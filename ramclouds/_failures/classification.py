"""Which error a response means: by code, then type, then the edge's page, text, and status.

The status alone misleads: at New API a malformed request is a 500, an unknown model a 503, a spent
key a 401, and Cloudflare's block is a 403 like an empty account.
"""

from __future__ import annotations

import re

from ramclouds import errors as e
from ramclouds._failures.context_length import CODES as LENGTH_CODES
from ramclouds._failures.context_length import is_too_long
from ramclouds._failures.error_body import ErrorBody
from ramclouds._failures.response_head import ResponseHead

# The class of an error, and whether the same request may succeed later.
Classification = tuple[type[e.RamCloudsError], bool]

BAD: Classification = (e.BadRequestError, False)
DOWN: Classification = (e.ServerError, True)
_LENGTH: Classification = (e.ContextLengthError, False)
_TOO_LARGE: Classification = (e.RequestTooLargeError, False)
_FILTER: Classification = (e.ContentFilterError, False)
_QUOTA: Classification = (e.InsufficientQuotaError, False)
_MODEL: Classification = (e.ModelUnavailableError, False)
_AUTH: Classification = (e.AuthenticationError, False)
_DENIED: Classification = (e.PermissionDeniedError, False)
_RATE: Classification = (e.RateLimitError, True)
_TOO_MUCH: Classification = (e.RateLimitError, False)
_BROKEN: Classification = (e.ServerError, False)
_BLOCKED: Classification = (e.BlockedError, False)
_LATE: Classification = (e.GatewayTimeoutError, False)
_ACCOUNT: Classification = (e.ProviderAccountError, False)

# What New API's codes mean (types/error.go), and the codes and types of the providers behind it.
# GLM: https://docs.z.ai/api-reference/api-code
# MiniMax's are in `base_resp`: https://platform.minimax.io/docs/api-reference/errorcode.md
_NAMES: tuple[tuple[Classification, str], ...] = (
    (
        BAD,
        "invalid_request bad_request_body convert_request_failed read_request_body_failed "
        "json_marshal_failed count_token_failed unsupported_parameter unsupported_value "
        "invalid_value missing_required_parameter unknown_parameter "
        "1210 1212 1213 1214 1215 base_resp:2013",
    ),
    (
        _FILTER,
        "sensitive_words_detected prompt_blocked content_filter content_policy_violation "
        "data_inspection_failed DataInspectionFailed moderation_blocked 1301 "
        "base_resp:1026 base_resp:1027",
    ),
    (_LENGTH, " ".join(LENGTH_CODES)),
    (_TOO_LARGE, "request_too_large"),
    (
        _QUOTA,
        "insufficient_user_quota pre_consume_token_quota_failed insufficient_quota "
        "billing_hard_limit_reached billing_not_active billing_error exceeded_current_quota_error "
        "Arrearage AccountOverdueError 1113 base_resp:1008",
    ),
    (_MODEL, "model_not_found DeploymentNotFound model_price_error 1211"),
    (
        _DENIED,
        "access_denied permission_error permission_denied unsupported_country_region_territory "
        "1220 1110 1112 1121",
    ),
    (
        _AUTH,
        "invalid_api_key account_deactivated authentication_error 1000 1001 1002 1003 1004 "
        "base_resp:1004 base_resp:2049",
    ),
    (
        _RATE,
        "rate_limit_exceeded rate_limit_error rate_limit_reached_error 1302 1303 1305 "
        "base_resp:1002 base_resp:1039 base_resp:1041",
    ),
    (
        DOWN,
        "do_request_failed get_channel_failed bad_response_body read_response_body_failed "
        "bad_response empty_response aws_invoke_error system_cpu_overloaded "
        "system_memory_overloaded system_disk_overloaded overloaded_error server_is_overloaded "
        "engine_overloaded_error channel:response_time_exceeded",
    ),
    (
        _BROKEN,
        "new_api_panic gen_relay_info_failed invalid_api_type channel:no_available_key "
        "channel:param_override_invalid channel:header_override_invalid "
        "channel:model_mapped_error channel:aws_client_error channel:invalid_key",
    ),
)
_BY_NAME = {name: found for found, names in _NAMES for name in names.split()}

_BY_STATUS: dict[int, Classification] = {
    401: _AUTH,
    402: _QUOTA,
    403: _DENIED,
    404: (e.NotFoundError, False),
    # Neither the gateway nor Cloudflare repeats these: the request may have run.
    408: _LATE,
    409: DOWN,
    413: _TOO_LARGE,
    429: _RATE,
    501: _BROKEN,
    504: _LATE,
    524: _LATE,
}

# Texts are the last resort: the providers send some errors without a code. The statuses say where
# a text decides; all repetitions have an upper limit, so that a search takes linear time.
_BY_TEXT: tuple[tuple[frozenset[int], re.Pattern[str], Classification], ...] = (
    (
        frozenset({400, 403, 422}),
        re.compile(
            r"content (management|filtering) policy|content[ _-]filter|safety system|moderation"
            r"|(input|prompt|request|content) (was |were |is )?(flagged|blocked)"
            r"|violates? (the |our )?(usage|content|safety)|inappropriate content|敏感|违规|不安全",
            re.I,
        ),
        _FILTER,
    ),
    (
        frozenset({401}),
        re.compile(
            r"TokenStatusExhausted|RemainQuota|token quota is exhausted|额度已用尽|額度已用盡", re.I
        ),
        _QUOTA,
    ),
    (
        frozenset({400, 403, 404}),
        re.compile(
            # Google: "models/x is not found for API version v1beta"
            r"models?\b.{0,120}\b(does not exist|not found|not exist|do not have access)"
            r"|models?\b.{0,60}\b(is not supported|not supported (for|in|by) (this )?"
            r"(account|region|endpoint|api|generateContent))"
            r"|(unknown|no such|unsupported|invalid|not found the) model\b(?! (parameter|format))"
            r"|模型不存在",
            re.I | re.S,
        ),
        _MODEL,
    ),
    (
        frozenset({400, 413}),
        re.compile(
            r"request (entity|body) (is )?too large|payload (is )?too large"
            r"|request size exceeds|maximum allowed number of bytes|请求体(过大|超过)",
            re.I,
        ),
        _TOO_LARGE,
    ),
    (
        frozenset({400, 429}),
        re.compile(
            r"credit balance is too low|insufficient (balance|credits?|funds)|余额不足|欠费"
            r"|account is in arrears|account is not in good standing|billing hard limit"
            r"|specified API usage limits",
            re.I,
        ),
        _QUOTA,
    ),
    (
        frozenset({400}),
        re.compile(
            r"API[ _]key (not valid|expired|not found|is invalid)"
            r"|(incorrect|invalid) (x-)?api[ _-]key|organization has been disabled",
            re.I,
        ),
        _AUTH,
    ),
    (
        frozenset({400}),
        re.compile(
            r"(location|country|region|territory)\b.{0,40}\bnot supported|not available in your "
            r"(country|region|location)",
            re.I,
        ),
        _DENIED,
    ),
)
# "Limit 30000, Used 0, Requested 40000": a single request above the limit of a minute.
_LIMIT = re.compile(r"\blimit:? ?(\d{1,12})\b.{0,80}?\brequested:? ?(\d{1,12})\b", re.I)

_BLOCK_PAGE = re.compile(
    r"error(_code|\s{1,9}code)?\"?:?\s{0,9}10(0[5-9]|1[02-9]|20)\b|you have been blocked"
    r"|request was blocked|just a moment|attention required|enable javascript and cookies",
    re.I,
)
_EDGE_RATE_LIMIT = re.compile(
    r"error(_code|\s{1,9}code)?\"?:?\s{0,9}1015\b|being rate limited", re.I
)


def classify(head: ResponseHead, error_body: ErrorBody, text: str) -> Classification:
    """The class of a response whose status is no success, and whether to try again."""
    if head.is_challenge:
        return _BLOCKED
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
    )
    return _corrected(found, head, error_body) if found else None


def by_name(error_body: ErrorBody) -> Classification | None:
    """What the code says, or else the type; `bad_response_status_code` leaves it to the status."""
    found = _BY_NAME.get(error_body.code_name)
    if found is BAD and is_too_long(error_body.message):
        return _LENGTH
    return found or _BY_NAME.get(error_body.type or "") or _by_absence(error_body)


def _by_absence(error_body: ErrorBody) -> Classification | None:
    """Anthropic's and Moonshot's name for a missing model, which llama.cpp has for any path."""
    is_absent = not {"not_found_error", "resource_not_found_error"}.isdisjoint(
        (error_body.type, error_body.code)
    )
    return _MODEL if is_absent and "model" in error_body.message.lower() else None


def _by_edge(head: ResponseHead, error_body: ErrorBody, text: str) -> Classification | None:
    """What Cloudflare says with a page or a sentence of its own."""
    if head.is_from_gateway or not 400 <= head.status_code < 500:
        return None
    if head.status_code == 429 or _EDGE_RATE_LIMIT.search(text):
        return _RATE
    if _BLOCK_PAGE.search(text):
        return _BLOCKED
    # Its pages can be changed and translated, but the gateway would have set its headers.
    is_refused_by_edge = head.status_code == 403 and error_body.type != "new_api_error"
    return _BLOCKED if is_refused_by_edge and head.is_from_cloudflare else None


def _by_message(status: int, error_body: ErrorBody) -> Classification | None:
    """What only the text tells, where the status leaves it open."""
    if status in {400, 413, 422} and is_too_long(error_body.message):
        return _LENGTH
    for statuses, pattern, found in _BY_TEXT:
        if status in statuses and pattern.search(error_body.message):
            return found
    return _by_general_name(error_body) if status >= 500 else None


def _by_general_name(error_body: ErrorBody) -> Classification | None:
    """OpenAI's and Anthropic's name for any fault of the request: a 401 or 404 says more.

    New API's Claude channel sends it with a 500, and streams with a 200.
    """
    if "invalid_request_error" in (error_body.type, error_body.code):
        return _by_message(400, error_body) or BAD
    return None


def _by_status(status: int) -> Classification:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 400 <= status < 500:
        return BAD
    return DOWN if status >= 500 else (e.ResponseError, False)


def _corrected(found: Classification, head: ResponseHead, error_body: ErrorBody) -> Classification:
    """Whose key or credit it is, and whether a rate limit can ever be kept."""
    if found is BAD and head.status_code == 413:
        return _TOO_LARGE
    if found[0] is e.RateLimitError and exceeds_limit(error_body.message):
        return _TOO_MUCH
    is_relayed = head.is_from_gateway and not error_body.is_empty and not error_body.is_gateways
    is_about_account = found in (_AUTH, _QUOTA, _DENIED)
    return _ACCOUNT if is_about_account and is_relayed else found


def exceeds_limit(message: str) -> bool:
    """Whether a rate limit's message says that this request alone is above it."""
    numbers = _LIMIT.search(message)
    return numbers is not None and int(numbers[2]) > int(numbers[1])
