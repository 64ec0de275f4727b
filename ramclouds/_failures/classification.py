"""Which error a refusal means: by code, then type, then status, then headers and body.

The status alone misleads: at New API a malformed request is a 500, an unknown model a 503, a spent
key a 401, and Cloudflare's block is a 403 like an empty account.
"""

from __future__ import annotations

import re

from ramclouds import errors as e
from ramclouds._failures.error_body import ErrorBody
from ramclouds._failures.response_head import ResponseHead

# code or type → (class, retryable). What New API itself says (types/error.go), then what the
# providers behind it say. A server's failure is left to the status where there is one.
BAD = (e.BadRequestError, False)
_QUOTA = (e.InsufficientQuotaError, False)
_MODEL = (e.ModelUnavailableError, False)
_AUTH = (e.AuthenticationError, False)
_DENIED = (e.PermissionDeniedError, False)
_RATE = (e.RateLimitError, True)
_LENGTH = (e.ContextLengthError, False)
DOWN = (e.ServerError, True)
_BROKEN = (e.ServerError, False)
_BLOCKED = (e.BlockedError, False)

Classification = tuple[type[e.APIStatusError], bool]

_BY_CODE: dict[str, Classification] = {
    "invalid_request": BAD,
    "bad_request_body": BAD,
    "convert_request_failed": BAD,
    "read_request_body_failed": BAD,
    "json_marshal_failed": BAD,
    "sensitive_words_detected": BAD,
    "prompt_blocked": BAD,
    "count_token_failed": BAD,
    "content_filter": BAD,
    "content_policy_violation": BAD,
    "unsupported_parameter": BAD,
    "unsupported_value": BAD,
    "invalid_value": BAD,
    "missing_required_parameter": BAD,
    "unknown_parameter": BAD,
    "request_too_large": BAD,
    "data_inspection_failed": BAD,
    "context_length_exceeded": _LENGTH,
    "exceed_context_size_error": _LENGTH,
    "model_context_window_exceeded": _LENGTH,
    "insufficient_user_quota": _QUOTA,
    "pre_consume_token_quota_failed": _QUOTA,
    "insufficient_quota": _QUOTA,
    "billing_hard_limit_reached": _QUOTA,
    "billing_not_active": _QUOTA,
    "billing_error": _QUOTA,
    "exceeded_current_quota_error": _QUOTA,
    "Arrearage": _QUOTA,
    "model_not_found": _MODEL,
    "DeploymentNotFound": _MODEL,
    "model_price_error": _MODEL,
    "access_denied": _DENIED,
    "permission_error": _DENIED,
    "permission_denied": _DENIED,
    "invalid_api_key": _AUTH,
    "account_deactivated": _AUTH,
    "authentication_error": _AUTH,
    "rate_limit_exceeded": _RATE,
    "rate_limit_error": _RATE,
    "rate_limit_reached_error": _RATE,
    "do_request_failed": DOWN,
    "get_channel_failed": DOWN,
    "bad_response_body": DOWN,
    "read_response_body_failed": DOWN,
    "bad_response": DOWN,
    "empty_response": DOWN,
    "aws_invoke_error": DOWN,
    "system_cpu_overloaded": DOWN,
    "system_memory_overloaded": DOWN,
    "system_disk_overloaded": DOWN,
    "overloaded_error": DOWN,
    "server_is_overloaded": DOWN,
    "engine_overloaded_error": DOWN,
    "new_api_panic": _BROKEN,
    "gen_relay_info_failed": _BROKEN,
    "invalid_api_type": _BROKEN,
    "channel:no_available_key": _BROKEN,
    "channel:param_override_invalid": _BROKEN,
    "channel:header_override_invalid": _BROKEN,
    "channel:model_mapped_error": _BROKEN,
    "channel:aws_client_error": _BROKEN,
    "channel:invalid_key": _BROKEN,
    "channel:response_time_exceeded": DOWN,
}

_BY_STATUS: dict[int, Classification] = {
    401: _AUTH,
    402: _QUOTA,
    403: _DENIED,
    404: (e.NotFoundError, False),
    # Neither the gateway nor Cloudflare sends these again: the request may have run.
    408: (e.GatewayTimeoutError, False),
    504: (e.GatewayTimeoutError, False),
    524: (e.GatewayTimeoutError, False),
    429: _RATE,
    501: _BROKEN,
}

# Message texts are the last resort: providers send some of these with no code at all.
_SPENT_KEY = re.compile(
    r"TokenStatusExhausted|RemainQuota|token quota is exhausted|额度已用尽|額度已用盡", re.I
)
_TOO_LONG = re.compile(
    r"context[ _-]?(length|window|size)|maximum context|prompt is too long|too many (input )?tokens"
    r"|input is too long|input (token count|length)[^.]*(exceed|long)|reduce the length",
    re.I,
)
_NO_MODEL = re.compile(
    r"model\b.{0,120}(does not exist|not found|not exist|do not have access|not supported)"
    r"|(unknown|no such|unsupported|invalid|not found the) model",
    re.I | re.S,
)
_BLOCK_PAGE = re.compile(
    r"error(_code|\s+code)?\"?:?\s*10(0[5-9]|1[02-9]|20)\b|you have been blocked"
    r"|request was blocked|just a moment|attention required|enable javascript and cookies",
    re.I,
)
_EDGE_RATE_LIMIT = re.compile(r"error(_code|\s+code)?\"?:?\s*1015\b|being rate limited", re.I)


def classify(head: ResponseHead, error_body: ErrorBody, text: str) -> Classification:
    """The class of an answer whose status is no success, and whether to try again."""
    if head.is_challenge:
        return _BLOCKED
    return (
        by_name(error_body)
        or _by_edge(head, error_body, text)
        or _by_message(head.status_code, error_body)
        or _by_status(head.status_code)
    )


def classify_in_200(error_body: ErrorBody) -> Classification | None:
    """The class of an error that came under a status which says nothing; None for a failure."""
    return by_name(error_body) or _by_general_name(error_body)


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
    if status == 401 and _SPENT_KEY.search(error_body.message):
        return _QUOTA
    if status in {400, 413, 422} and _TOO_LONG.search(error_body.message):
        return _LENGTH
    if status in {400, 404} and _NO_MODEL.search(error_body.message):
        return _MODEL
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
    return DOWN if status >= 500 else (e.APIStatusError, False)


def by_name(error_body: ErrorBody) -> Classification | None:
    """What the code says, or else the type; `bad_response_status_code` leaves it to the status."""
    classification = _BY_CODE.get(error_body.code) if isinstance(error_body.code, str) else None
    if classification is BAD and _TOO_LONG.search(error_body.message):
        return _LENGTH
    return classification or _BY_CODE.get(error_body.type or "") or _by_absence(error_body)


def _by_absence(error_body: ErrorBody) -> Classification | None:
    """Anthropic's and Moonshot's name for a missing model, which llama.cpp has for any path."""
    is_absent = not {"not_found_error", "resource_not_found_error"}.isdisjoint(
        (error_body.type, error_body.code)
    )
    return _MODEL if is_absent and "model" in error_body.message.lower() else None
