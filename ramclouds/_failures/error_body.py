"""The error object of an answer, in whatever shape it came: the forgiving code for errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from ramclouds._json.parsing import MalformedError, parse
from ramclouds._wire.fields import as_name
from ramclouds._wire.sse import EventDecoder, looks_like_events


@dataclass(slots=True)
class ErrorBody:
    """The error object of an answer, in whatever shape it came."""

    message: str = ""
    type: str | None = None
    code: str | int | None = None
    param: str | None = None
    retry_after: float | None = None


_MESSAGE_KEYS = ("message", "msg", "err", "error_msg", "detail", "title")
_ERROR_KEYS = frozenset({"errors", *_MESSAGE_KEYS, "header", "response"})


def parse_error_body(body: bytes) -> Any:
    """The JSON of a refusal: whole, in an event, or what is left of one that was cut off."""
    for payload in (body, *_events_of(body)):
        try:
            value = parse(payload)
        except MalformedError:
            continue
        if isinstance(value, (dict, list)):
            return value
    try:
        value = from_json(body, allow_partial="trailing-strings")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _events_of(body: bytes) -> Iterator[bytes]:
    if looks_like_events(body):
        decoder = EventDecoder()
        yield from (data for _, data in decoder.feed(body) + decoder.close())


def is_error_body(body: Any) -> bool:
    """Whether JSON that was to be an answer is an error."""
    if not isinstance(body, dict):
        return False
    if body.get("error") or body.get("success") is False or body.get("type") == "error":
        return True
    # A completion may have a message too, and so may a list of models.
    is_answer = "choices" in body or (isinstance(body.get("data"), list) and body["data"])
    if is_answer or not _ERROR_KEYS & body.keys():
        return False
    return bool(error_body_from(body).message)


def error_body_from(body: Any) -> ErrorBody:
    """The error object in parsed JSON, as New API and the providers behind it write it."""
    if isinstance(body, str):
        return ErrorBody(message=body)
    if isinstance(body, list):
        return error_body_from(body[0]) if body else ErrorBody()
    if not isinstance(body, dict):
        return ErrorBody()
    source = _source_of(body)
    code = source.get("code", source.get("status_code"))
    return ErrorBody(
        message=_message_of(body),
        type=as_name(source.get("type")),
        code=code if isinstance(code, (str, int)) and not isinstance(code, bool) else None,
        param=as_name(source.get("param")),
        retry_after=_seconds(body.get("retry_after")),
    )


def _source_of(body: dict[str, Any]) -> dict[str, Any]:
    """The object that says type and code: the innermost `error`, alone or first in a list."""
    inner = _first(body.get("error"))
    if inner is None and not {"code", "message"} & body.keys():
        # The Responses API's `response.failed`; FastAPI's `detail`; a list without an `error`.
        places = (_first(body.get(key)) for key in ("response", "detail", "errors"))
        inner = next((place for place in places if place is not None), None)
    return body if inner is None else _source_of(inner)


def _first(value: Any) -> dict[str, Any] | None:
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, dict) else None


def _message_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        # FastAPI's list of validation errors.
        return "; ".join(filter(None, map(_message_of, value)))
    if not isinstance(value, dict):
        return ""
    if isinstance(value.get("loc"), list) and isinstance(value.get("msg"), str):
        # Where it is wrong is half of what it says: `body.messages: field required`.
        return f"{'.'.join(map(str, value['loc']))}: {value['msg']}"
    for key in ("error", *_MESSAGE_KEYS, "errors", "header", "response"):
        message = _message_of(value.get(key))
        if message:
            return message
    return ""


def _seconds(value: Any) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e6:
        return float(value)
    return None
