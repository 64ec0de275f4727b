"""The error object of an answer, in whatever shape it came: the forgiving code for errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ramclouds._wire import as_name


@dataclass(slots=True)
class Refusal:
    """The error object of an answer, in whatever shape it came."""

    message: str = ""
    type: str | None = None
    code: str | int | None = None
    param: str | None = None
    retry_after: float | None = None


_MESSAGE_KEYS = ("message", "msg", "err", "error_msg", "detail", "title")
_ERROR_KEYS = frozenset({"errors", *_MESSAGE_KEYS, "header", "response"})


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
