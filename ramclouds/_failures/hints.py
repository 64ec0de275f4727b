"""What to do about an error: one sentence behind what happened."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ramclouds import errors as e

if TYPE_CHECKING:
    from ramclouds._failures.error_body import ErrorBody
    from ramclouds._failures.response_head import ResponseHead

_CHANNEL_IN_KEY = re.compile(r"指定渠道|specif\w* (a )?channel", re.I)
_DASH = "The key holds a `-` behind `sk-`, which the gateway reads as a channel number."
_MAX_TOKENS = re.compile(r"max_(output_|completion_)?tokens|integer_below_min", re.I)
_TOO_SMALL = re.compile(
    r"minimum|at least|too small|>=|(below|less than) (the )?min"
    r"|(must be|should be|is not) (greater|larger|more|higher) than",
    re.I,
)
_UNSUPPORTED = re.compile(r"unsupported (parameter|value)|not supported", re.I)

_USER_AGENT = (
    "Cloudflare blocked the request before it reached RamClouds, most likely for its User-Agent or "
    "its IP address. Set another User-Agent: user_agent=... or RAMCLOUDS_USER_AGENT."
)
_CREDIT = (
    "Credit is spent, or does not cover what max_tokens reserves. Top up at RamClouds, raise the "
    "limit of the key, or lower max_tokens."
)

_BY_CLASS: tuple[tuple[type[e.RamCloudsError], str], ...] = (
    (e.BlockedError, _USER_AGENT),
    (e.InsufficientQuotaError, _CREDIT),
    (e.AuthenticationError, "Check the API key (RAMCLOUDS_API_KEY or api_key=...)."),
    (
        e.PermissionDeniedError,
        "Check which models, groups and IP addresses the key may use.",
    ),
    (
        e.ModelUnavailableError,
        "Check the model's name against client.models(): the list depends on the key.",
    ),
    (e.NotFoundError, "Check base_url: it normally ends in /v1."),
    (e.ContextLengthError, "Send fewer or shorter messages, or lower max_tokens."),
    (e.RateLimitError, "Wait, then send the request again, or send fewer at once."),
    (
        e.GatewayTimeoutError,
        "The request may have run and been billed, so it was not sent again. Stream it: a stream "
        "is not cut for being slow to begin.",
    ),
    (e.ServerError, "Send the request again later."),
    (e.StreamError, "Send the request again."),
)


def hint_for(
    cls: type[e.RamCloudsError], head: ResponseHead, error_body: ErrorBody, message: str
) -> str:
    """What the user can do about an error of this class; empty where nothing is known."""
    if 300 <= head.status_code < 400:
        return (
            f"The server redirects to {head.headers.get('location', 'another address')}; "
            "redirects are not followed, so that the key stays here. Check base_url."
        )
    if cls is e.PermissionDeniedError and _CHANNEL_IN_KEY.search(message):
        return _DASH
    about = f"{message} {error_body.code} {error_body.param}"
    if cls is e.BadRequestError and _MAX_TOKENS.search(about) and _TOO_SMALL.search(about):
        return "max_tokens is too small for this model; codex routes need at least 16."
    if error_body.type == "new_api_panic":
        return "The gateway crashed on this request; a tool's JSON schema is the usual reason."
    if error_body.code == "sensitive_words_detected":
        return "The gateway's word filter refused the messages. Change them."
    if cls is e.BadRequestError:
        return (
            "Leave that parameter out." if _UNSUPPORTED.search(message) else "Change the request."
        )
    hint = next((hint for known, hint in _BY_CLASS if issubclass(cls, known)), "")
    is_about_key = cls in {e.PermissionDeniedError, e.AuthenticationError}
    if is_about_key and not error_body.code and head.redactor.has_dash:
        # The gateway says so in the language of the account, or that it does not know the key.
        return f"{_DASH} If it belongs there: {hint[0].lower()}{hint[1:]}"
    return hint
