"""A gateway's response to the error that is raised."""

from __future__ import annotations

from typing import Any, TypeVar

import httpx

from ramclouds import errors as e
from ramclouds._failures.classification import classify, classify_in_200
from ramclouds._failures.error_body import (
    ErrorBody,
    error_body_from,
    is_error_body,
    is_web_page,
    parse_error_body,
    shortened,
)
from ramclouds._failures.error_names import DOWN
from ramclouds._failures.hints import hint_for
from ramclouds._failures.redact import Redactor
from ramclouds._failures.response_head import ResponseHead
from ramclouds._failures.retry import retry_after, wait_in
from ramclouds._json.parsing import preview
from ramclouds._late import late
from ramclouds.types import Completion

_BODY_PREVIEW = 4096
_MESSAGE_LENGTH = 1000
_NO_MESSAGE = "The gateway sent an error without a message"
# "The upstream of this group is saturated": New API's words for a provider's 429.
_SATURATED = "上游负载已饱和"
_REQUEST_ID = late(r" ?\(request id: ([\w-]{1,80})\)")

E = TypeVar("E", bound=e.RamCloudsError)
_NO_CONTENT = (
    "The completion is empty: the provider returned nothing, or its filter blocked the request"
)


def status_error(response: httpx.Response, body: bytes, redactor: Redactor) -> e.RamCloudsError:
    """The error of a response whose status is no success."""
    head = ResponseHead(response, redactor)
    text = redactor.text(body.decode("utf-8", "replace"))
    head.response = head.response_with(text.encode())
    # Masked again: in JSON a secret is written in other ways.
    parsed = redactor.json(parse_error_body(text.encode()))
    error_body = error_body_from(parsed)
    if not text.rstrip().endswith(("}", "]")):
        error_body.shape = "cut"
    cls, retryable = classify(head, error_body, shortened(text))
    message = error_body.message or _plain_text(text) or _reason(head)
    kept = parsed if parsed is not None else text[:_BODY_PREVIEW]
    return _error(cls, head, error_body, message, retryable=retryable, body=kept)


def _error(
    cls: type[E],
    head: ResponseHead,
    error_body: ErrorBody,
    message: str,
    *,
    retryable: bool,
    body: Any,
    partial: Completion | None = None,
) -> E:
    if message == "openai_error":
        # New API's filler for a provider's error body that it could not read.
        message = "The provider behind the gateway failed without saying why"
    hint = hint_for(cls, head, error_body, message)
    message = _without_request_id(message, head.request_id)
    return head.error(
        cls,
        f"{_sentence(message)} {hint}".strip(),
        code=error_body.code,
        type=error_body.type,
        param=error_body.param,
        retryable=retryable,
        retry_after=_wait(head, error_body),
        from_provider=_is_from_provider(head, error_body),
        body=body,
        partial=partial,
    )


def _is_from_provider(head: ResponseHead, error_body: ErrorBody) -> bool:
    if _SATURATED in error_body.message:
        return True
    # The limiter of New API sends no body, and Cloudflare sends its own without New API's headers.
    is_from_edge = head.is_from_cloudflare and not head.is_from_gateway
    return not (error_body.is_empty or error_body.is_gateways_own or is_from_edge)


def _wait(head: ResponseHead, error_body: ErrorBody) -> float | None:
    # New API drops a provider's headers on errors, so the wait may stand in the message alone.
    waits = (retry_after(head.headers), error_body.retry_after, wait_in(error_body.message))
    return next((wait for wait in waits if wait is not None), None)


def _without_request_id(message: str, request_id: str | None) -> str:
    """A message without the request id that New API puts into it: it stands at the end anyway."""
    return _REQUEST_ID.sub(lambda found: "" if found[1] == request_id else found[0], message)


def _plain_text(text: str) -> str:
    """A body that is a plain sentence, neither JSON nor a web page."""
    body = text.encode("utf-8", "replace")
    return "" if is_web_page(body) else preview(body)


def _reason(head: ResponseHead) -> str:
    phrase = _EDGE_PHRASES.get(head.status_code) or httpx.codes.get_reason_phrase(head.status_code)
    who = "The gateway" if head.is_from_gateway else "The server"
    if not head.is_from_gateway and "cf-ray" in head.headers:
        who = "Cloudflare"
    return f"{who} answered {head.status_code} {phrase}".strip()


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


def body_error(
    head: ResponseHead,
    body: Any,
    partial: Completion | None = None,
    *,
    is_retryable: bool = True,
    otherwise: type[e.RamCloudsError] = e.ServerError,
) -> e.RamCloudsError:
    """An error object in a 200: the class its code names, or `otherwise` for a server's failure."""
    body = head.redactor.json(body)
    error_body = error_body_from(body)
    cls, retryable = classify_in_200(head, error_body) or DOWN
    cls = otherwise if cls is e.ServerError else cls
    message = error_body.message or _NO_MESSAGE
    retryable = retryable and is_retryable
    return _error(cls, head, error_body, message, retryable=retryable, body=body, partial=partial)


def response_error(
    head: ResponseHead,
    body: bytes,
    parsed: Any,
    *,
    partial: Completion | None,
    broken: str = "",
) -> e.RamCloudsError:
    """The error of a 200 without a completion: an error object, a web page, or other JSON.

    `broken` says what in the completion cannot be read.
    """
    if is_error_body(parsed):
        return body_error(head, parsed, partial)
    if head.is_challenge:
        message = "Cloudflare responded with a challenge that only browsers can pass"
        page = head.redactor.text(preview(body, _BODY_PREVIEW))
        return _error(e.BlockedError, head, ErrorBody(), message, retryable=False, body=page)
    if broken:
        text = f"The response holds a completion that is broken: {broken}. Send the request again."
        return head.error(e.ResponseError, text, retryable=True, body=head.redactor.json(parsed))
    if isinstance(parsed, dict) and head.url.endswith("/chat/completions"):
        # No choice.
        kept, cls = head.redactor.json(parsed), e.EmptyResponseError
        return _error(
            cls, head, ErrorBody(), _NO_CONTENT, retryable=True, body=kept, partial=partial
        )
    beginning = body[:_BODY_PREVIEW].decode("utf-8", "replace")
    kept = head.redactor.json(beginning if parsed is None else parsed)
    retryable = not body.strip()
    text = _no_completion(head, body, partial)
    return head.error(e.ResponseError, text, retryable=retryable, body=kept, partial=partial)


def _no_completion(head: ResponseHead, body: bytes, partial: Completion | None) -> str:
    """What came in place of a completion, and what to do."""
    if is_web_page(body):
        kind = head.headers.get("content-type", "no content type")
        return (
            f"{head.url} responded with a web page ({kind}), not with JSON. Check "
            "base_url: it normally ends in /v1, as https://ramclouds.me/v1 does."
        )
    if partial is not None:
        return (
            "The response broke off: its JSON has no end. What had arrived is in error.partial. "
            "Send the request again."
        )
    if not body.strip():
        return "The response is empty. Send the request again."
    return f"The response is not what was asked for: {preview(body)} Check base_url."
