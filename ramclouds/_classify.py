"""A gateway's refusal to the error it means: by code, then type, then status, then the rest.

The status alone misleads: at New API a malformed request is a 500, an unknown model a 503, a spent
key a 401, and Cloudflare's block is a 403 like an empty account.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx

from ramclouds import errors as e
from ramclouds._hints import hint_for
from ramclouds._redact import Redactor
from ramclouds._retry import retry_after
from ramclouds._wire import MalformedError, as_name, parse, preview
from ramclouds.types import Completion

_BODY_PREVIEW = 4096
_MESSAGE_LENGTH = 1000


@dataclass(slots=True)
class Answer:
    """The head of an HTTP answer, without secrets: what every error about it carries."""

    status_code: int
    headers: httpx.Headers
    url: str
    redactor: Redactor
    response: httpx.Response

    @property
    def request_id(self) -> str | None:
        found: str | None = self.headers.get("x-oneapi-request-id")
        return found or self.headers.get("x-request-id")

    @property
    def is_from_gateway(self) -> bool:
        # Both are set before anything is routed (New API, main.go); without them it is the edge.
        return "x-oneapi-request-id" in self.headers or "x-new-api-version" in self.headers

    def message(self, text: str, code: Any = None) -> str:
        """A message with what identifies the answer behind its first sentence."""
        facts = [f"status {self.status_code}"]
        if code not in (None, ""):
            facts.append(f"code {code}")
        if self.request_id:
            facts.append(f"request id {self.request_id}")
        elif "cf-ray" in self.headers:
            facts.append(f"cf-ray {self.headers['cf-ray']}")
        return self.redactor.text(f"{text} ({', '.join(facts)})")


def answer_from(response: httpx.Response, redactor: Redactor) -> Answer:
    """The head of a response; its copy has no request headers, so no key."""
    headers = httpx.Headers(
        [
            (name, redactor.text(value))
            for name, value in response.headers.multi_items()
            if name.lower() != "set-cookie"
        ]
    )
    return Answer(
        status_code=response.status_code,
        headers=headers,
        url=redactor.text(str(response.url)),
        redactor=redactor,
        response=_bare_response(response, headers, b""),
    )


def _bare_response(response: httpx.Response, headers: httpx.Headers, body: bytes) -> httpx.Response:
    kept = [
        (name, value)
        for name, value in headers.multi_items()
        # The body is decoded already, and masking may have changed its length.
        if name.lower() not in {"content-encoding", "content-length", "transfer-encoding"}
    ]
    return httpx.Response(
        response.status_code,
        headers=kept,
        content=body,
        request=httpx.Request(response.request.method, response.url),
    )


@dataclass(slots=True)
class Refusal:
    """The error object of an answer, in whatever shape it came."""

    message: str = ""
    type: str | None = None
    code: str | int | None = None
    param: str | None = None
    retry_after: float | None = None


_MESSAGE_KEYS = ("message", "msg", "err", "error_msg", "detail", "title")
_ERROR_KEYS = frozenset({"error", "errors", *_MESSAGE_KEYS, "header", "response"})


def is_error_body(body: Any) -> bool:
    """Whether JSON that was to be an answer is an error."""
    if not isinstance(body, dict):
        return False
    if body.get("error") or body.get("success") is False or body.get("type") == "error":
        return True
    if "choices" in body or not _ERROR_KEYS & body.keys():
        return False
    return bool(refusal_from(body).message)


def refusal_from(body: Any) -> Refusal:
    """The error object in parsed JSON, as New API and the providers behind it write it."""
    if isinstance(body, str):
        return Refusal(message=body)
    if isinstance(body, list):
        return refusal_from(body[0]) if body else Refusal()
    if not isinstance(body, dict):
        return Refusal()
    inner = body.get("error")
    source = inner if isinstance(inner, dict) else body
    if isinstance(source.get("error"), dict) and source is not body:
        source = source["error"]
    code = source.get("code", source.get("status_code"))
    return Refusal(
        message=_message_of(body),
        type=as_name(source.get("type")),
        code=code if isinstance(code, (str, int)) and not isinstance(code, bool) else None,
        param=as_name(source.get("param")),
        retry_after=_seconds(body.get("retry_after")),
    )


def _message_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        # FastAPI's list of validation errors.
        return "; ".join(filter(None, map(_message_of, value)))
    if not isinstance(value, dict):
        return ""
    for key in ("error", *_MESSAGE_KEYS, "errors", "header", "response"):
        message = _message_of(value.get(key))
        if message:
            return message
    return ""


def _seconds(value: Any) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e6:
        return float(value)
    return None


# code or type → (class, retryable). What New API itself says (types/error.go), then what the
# providers behind it say. A server's failure is left to the status where there is one.
_BAD = (e.BadRequestError, False)
_QUOTA = (e.InsufficientQuotaError, False)
_MODEL = (e.ModelUnavailableError, False)
_AUTH = (e.AuthenticationError, False)
_DENIED = (e.PermissionDeniedError, False)
_RATE = (e.RateLimitError, True)
_LENGTH = (e.ContextLengthError, False)
_DOWN = (e.ServerError, True)
_BROKEN = (e.ServerError, False)
_BLOCKED = (e.BlockedError, False)

_Verdict = tuple[type[e.APIStatusError], bool]

_BY_CODE: dict[str, _Verdict] = {
    "invalid_request": _BAD,
    "bad_request_body": _BAD,
    "convert_request_failed": _BAD,
    "read_request_body_failed": _BAD,
    "json_marshal_failed": _BAD,
    "sensitive_words_detected": _BAD,
    "prompt_blocked": _BAD,
    "count_token_failed": _BAD,
    "content_filter": _BAD,
    "content_policy_violation": _BAD,
    "unsupported_parameter": _BAD,
    "unsupported_value": _BAD,
    "invalid_value": _BAD,
    "missing_required_parameter": _BAD,
    "unknown_parameter": _BAD,
    "context_length_exceeded": _LENGTH,
    "exceed_context_size_error": _LENGTH,
    "model_context_window_exceeded": _LENGTH,
    "insufficient_user_quota": _QUOTA,
    "pre_consume_token_quota_failed": _QUOTA,
    "insufficient_quota": _QUOTA,
    "billing_hard_limit_reached": _QUOTA,
    "billing_not_active": _QUOTA,
    "billing_error": _QUOTA,
    "model_not_found": _MODEL,
    "model_price_error": _MODEL,
    "access_denied": _DENIED,
    "permission_error": _DENIED,
    "permission_denied": _DENIED,
    "invalid_api_key": _AUTH,
    "account_deactivated": _AUTH,
    "authentication_error": _AUTH,
    "rate_limit_exceeded": _RATE,
    "rate_limit_error": _RATE,
    "do_request_failed": _DOWN,
    "get_channel_failed": _DOWN,
    "bad_response_body": _DOWN,
    "read_response_body_failed": _DOWN,
    "bad_response": _DOWN,
    "empty_response": _DOWN,
    "aws_invoke_error": _DOWN,
    "system_cpu_overloaded": _DOWN,
    "system_memory_overloaded": _DOWN,
    "system_disk_overloaded": _DOWN,
    "overloaded_error": _DOWN,
    "server_is_overloaded": _DOWN,
    "engine_overloaded_error": _DOWN,
    "new_api_panic": _BROKEN,
    "gen_relay_info_failed": _BROKEN,
    "invalid_api_type": _BROKEN,
    "channel:no_available_key": _BROKEN,
    "channel:param_override_invalid": _BROKEN,
    "channel:header_override_invalid": _BROKEN,
    "channel:model_mapped_error": _BROKEN,
    "channel:aws_client_error": _BROKEN,
    "channel:invalid_key": _BROKEN,
    "channel:response_time_exceeded": _DOWN,
}

_BY_STATUS: dict[int, _Verdict] = {
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
    r"TokenStatusExhausted|RemainQuota|token quota is exhausted|额度已用尽", re.I
)
_TOO_LONG = re.compile(
    r"context[ _-]?(length|window|size)|maximum context|prompt is too long|too many (input )?tokens"
    r"|input (token count|is too long|length)[^.]*(exceed|long)|reduce the length",
    re.I,
)
_NO_MODEL = re.compile(
    r"model\b.{0,120}(does not exist|not found|not exist|do not have access|not supported)"
    r"|(unknown|no such|unsupported|invalid) model",
    re.I | re.S,
)
_BLOCK_PAGE = re.compile(
    r"error(_code|\s+code)?\"?:?\s*10(0[6-9]|1[02-9]|20)\b|you have been blocked"
    r"|request was blocked|just a moment|attention required|enable javascript and cookies",
    re.I,
)
_EDGE_RATE_LIMIT = re.compile(r"error(_code|\s+code)?\"?:?\s*1015\b|being rate limited", re.I)


def status_error(response: httpx.Response, body: bytes, redactor: Redactor) -> e.APIStatusError:
    """The error of an answer whose status is no success."""
    answer = answer_from(response, redactor)
    text = redactor.text(body.decode("utf-8", "replace"))
    answer.response = _bare_response(response, answer.headers, text.encode())
    parsed = _parsed(text)
    refusal = refusal_from(parsed) if parsed is not None else Refusal()
    cls, retryable = _verdict(answer, refusal, text)
    said = refusal.message or _plain_text(text) or _reason(answer)
    if refusal.code == "bad_response_status_code" and said == "openai_error":
        # New API's filler, where the provider's error was no JSON.
        said = "The provider behind the gateway failed without saying why"
    hint = hint_for(cls, answer, refusal, said)
    return cls(
        answer.message(f"{_sentence(said)} {hint}".strip(), refusal.code),
        status_code=answer.status_code,
        code=refusal.code,
        type=refusal.type,
        param=refusal.param,
        request_id=answer.request_id,
        retryable=retryable,
        retry_after=_wait(answer, refusal),
        body=parsed if parsed is not None else text[:_BODY_PREVIEW],
        response=answer.response,
    )


def _wait(answer: Answer, refusal: Refusal) -> float | None:
    wait = retry_after(answer.headers)
    return refusal.retry_after if wait is None else wait


def _parsed(text: str) -> Any:
    try:
        value = parse(text.encode("utf-8", "replace"))
    except MalformedError:
        return None
    return value if isinstance(value, (dict, list)) else None


def _plain_text(text: str) -> str:
    """A body that is no JSON, where a person wrote it; not a web page."""
    return "" if text.lstrip().startswith("<") else preview(text.encode("utf-8", "replace"))


def _reason(answer: Answer) -> str:
    phrase = _EDGE_PHRASES.get(answer.status_code) or httpx.codes.get_reason_phrase(
        answer.status_code
    )
    who = "The gateway" if answer.is_from_gateway else "The server"
    if not answer.is_from_gateway and "cf-ray" in answer.headers:
        who = "Cloudflare"
    return f"{who} answered {answer.status_code} {phrase}".strip()


# https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
_EDGE_PHRASES = {
    520: "the gateway's answer made no sense",
    521: "the gateway is down",
    522: "the gateway did not accept the connection",
    523: "the gateway cannot be reached",
    524: "the gateway did not answer in time",
    525: "the TLS handshake with the gateway failed",
    526: "the gateway's certificate is not valid",
}


def _sentence(text: str) -> str:
    text = text if len(text) <= _MESSAGE_LENGTH else f"{text[:_MESSAGE_LENGTH]}…"
    return text if text.endswith((".", "!", "?", "。")) else f"{text}."


def _verdict(answer: Answer, refusal: Refusal, text: str) -> _Verdict:
    if answer.headers.get("cf-mitigated", "").lower() == "challenge":
        return _BLOCKED
    return (
        _by_name(refusal)
        or _by_edge(answer, text)
        or _by_message(answer.status_code, refusal)
        or _by_status(answer.status_code)
    )


def _by_edge(answer: Answer, text: str) -> _Verdict | None:
    """What Cloudflare says with a page or a sentence of its own."""
    if answer.is_from_gateway or not 400 <= answer.status_code < 500:
        return None
    if answer.status_code == 429 or _EDGE_RATE_LIMIT.search(text):
        return _RATE
    return _BLOCKED if _BLOCK_PAGE.search(text) else None


def _by_message(status: int, refusal: Refusal) -> _Verdict | None:
    """What only the text tells, where the status leaves it open."""
    if status == 401 and _SPENT_KEY.search(refusal.message):
        return _QUOTA
    if status in {400, 413, 422} and _TOO_LONG.search(refusal.message):
        return _LENGTH
    if status in {400, 404} and _NO_MODEL.search(refusal.message):
        return _MODEL
    # OpenAI's general type: at 401 and 404 the status says more.
    if status >= 500 and refusal.type == "invalid_request_error":
        return _BAD
    return None


def _by_status(status: int) -> _Verdict:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 400 <= status < 500:
        return _BAD
    return _DOWN if status >= 500 else (e.APIStatusError, False)


def _by_name(refusal: Refusal) -> _Verdict | None:
    """What the code says, or else the type; `bad_response_status_code` leaves it to the status."""
    verdict = _BY_CODE.get(refusal.code) if isinstance(refusal.code, str) else None
    if verdict is _BAD and _TOO_LONG.search(refusal.message):
        return _LENGTH
    return verdict or _BY_CODE.get(refusal.type or "")


def body_error(answer: Answer, body: Any, partial: Completion | None = None) -> e.RamCloudsError:
    """An error object in a 200: the class its code names, else a server's failure."""
    body = answer.redactor.json(body)
    refusal = refusal_from(body)
    cls, retryable = _by_name(refusal) or _DOWN
    if refusal.type == "invalid_request_error" and cls is e.ServerError:
        cls, retryable = _BAD
    return _in_answer(cls, answer, body, refusal, retryable, partial)


def stream_error(
    answer: Answer, body: Any, *, partial: Completion, is_retryable: bool
) -> e.RamCloudsError:
    """An error inside a stream: the class its code names, else a `StreamError`."""
    body = answer.redactor.json(body)
    refusal = refusal_from(body)
    named, retryable = _by_name(refusal) or _DOWN
    cls: type[e.RamCloudsError] = e.StreamError if named is e.ServerError else named
    return _in_answer(cls, answer, body, refusal, retryable and is_retryable, partial)


def _in_answer(
    cls: type[e.RamCloudsError],
    answer: Answer,
    body: Any,
    refusal: Refusal,
    retryable: bool,
    partial: Completion | None,
) -> e.RamCloudsError:
    said = refusal.message or "The gateway sent an error without a message"
    hint = hint_for(cls, answer, refusal, said)
    return cls(
        answer.message(f"{_sentence(said)} {hint}".strip(), refusal.code),
        status_code=answer.status_code,
        code=refusal.code,
        type=refusal.type,
        param=refusal.param,
        request_id=answer.request_id,
        retryable=retryable,
        retry_after=_wait(answer, refusal),
        body=body,
        response=answer.response,
        partial=partial,
    )


def response_error(
    answer: Answer, body: bytes, parsed: Any, *, partial: Completion | None
) -> e.RamCloudsError:
    """A 200 that is no completion: an error object, a web page, or JSON without an answer."""
    if is_error_body(parsed):
        return body_error(answer, parsed, partial)
    is_page = body.lstrip().startswith(b"<")
    if is_page:
        kind = answer.headers.get("content-type", "no content type")
        text = (
            f"{answer.url} answered with a web page ({kind}), not with a completion. Check "
            "base_url: it normally ends in /v1, as https://ramclouds.me/v1 does."
        )
    elif isinstance(parsed, dict):
        text = (
            "The answer holds no choice: the provider returned nothing, or its filter blocked the "
            "request. Send it again, or change the messages."
        )
    elif partial is not None:
        text = (
            "The answer broke off: its JSON has no end. What had arrived is in error.partial. "
            "Send the request again."
        )
    elif not body.strip():
        text = "The answer is empty. Send the request again."
    else:
        text = f"The answer is no completion: {preview(body)} Check base_url."
    return e.ResponseError(
        answer.message(text),
        status_code=answer.status_code,
        request_id=answer.request_id,
        retryable=isinstance(parsed, dict) or not body.strip(),
        body=answer.redactor.json(parsed)
        if parsed is not None
        else answer.redactor.text(body[:_BODY_PREVIEW].decode("utf-8", "replace")),
        response=answer.response,
        partial=partial,
    )
