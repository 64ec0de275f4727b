"""A gateway's refusal to the error that is raised."""

from __future__ import annotations

from typing import Any, TypeVar

import httpx

from ramclouds import errors as e
from ramclouds._failures.classification import DOWN, verdict_in_200, verdict_of
from ramclouds._failures.error_body import Refusal, is_error_body, parsed_refusal, refusal_from
from ramclouds._failures.hints import hint_for
from ramclouds._failures.redact import Redactor
from ramclouds._failures.response_head import Answer
from ramclouds._failures.retry import retry_after
from ramclouds._json.parsing import preview
from ramclouds.types import Completion

_BODY_PREVIEW = 4096
_MESSAGE_LENGTH = 1000
_NO_MESSAGE = "The gateway sent an error without a message"

E = TypeVar("E", bound=e.RamCloudsError)


def status_error(response: httpx.Response, body: bytes, redactor: Redactor) -> e.APIStatusError:
    """The error of an answer whose status is no success."""
    answer = Answer(response, redactor)
    text = redactor.text(body.decode("utf-8", "replace"))
    answer.response = answer.response_with(text.encode())
    parsed = parsed_refusal(text.encode())
    refusal = refusal_from(parsed) if parsed is not None else Refusal()
    cls, retryable = verdict_of(answer, refusal, text)
    said = refusal.message or _plain_text(text) or _reason(answer)
    if refusal.code == "bad_response_status_code" and said == "openai_error":
        # New API's filler, where the provider's error was no JSON.
        said = "The provider behind the gateway failed without saying why"
    kept = parsed if parsed is not None else text[:_BODY_PREVIEW]
    return _error(cls, answer, refusal, said, retryable=retryable, body=kept)


def _error(
    cls: type[E],
    answer: Answer,
    refusal: Refusal,
    said: str,
    *,
    retryable: bool,
    body: Any,
    partial: Completion | None = None,
) -> E:
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


def _wait(answer: Answer, refusal: Refusal) -> float | None:
    wait = retry_after(answer.headers)
    return refusal.retry_after if wait is None else wait


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


def body_error(answer: Answer, body: Any, partial: Completion | None = None) -> e.RamCloudsError:
    """An error object in a 200: the class its code names, else a server's failure."""
    body = answer.redactor.json(body)
    refusal = refusal_from(body)
    cls, retryable = verdict_in_200(refusal) or DOWN
    said = refusal.message or _NO_MESSAGE
    return _error(cls, answer, refusal, said, retryable=retryable, body=body, partial=partial)


def stream_error(
    answer: Answer, body: Any, *, partial: Completion, is_retryable: bool
) -> e.RamCloudsError:
    """An error inside a stream: the class its code names, else a `StreamError`."""
    body = answer.redactor.json(body)
    refusal = refusal_from(body)
    named, retryable = verdict_in_200(refusal) or DOWN
    cls: type[e.RamCloudsError] = e.StreamError if named is e.ServerError else named
    said = refusal.message or _NO_MESSAGE
    retryable = retryable and is_retryable
    return _error(cls, answer, refusal, said, retryable=retryable, body=body, partial=partial)


def response_error(
    answer: Answer, body: bytes, parsed: Any, *, partial: Completion | None
) -> e.RamCloudsError:
    """A 200 that is no completion: an error object, a web page, or JSON without an answer."""
    if is_error_body(parsed):
        return body_error(answer, parsed, partial)
    if answer.is_challenge:
        said = "Cloudflare answered with a challenge that only browsers can take"
        page = answer.redactor.text(preview(body, _BODY_PREVIEW))
        return _error(e.BlockedError, answer, Refusal(), said, retryable=False, body=page)
    if body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
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
        text = f"The answer is not what was asked for: {preview(body)} Check base_url."
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
