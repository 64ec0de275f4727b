"""The error object of a response, read from all the shapes that providers give it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import from_json

from ramclouds._json.parsing import MalformedError, parse
from ramclouds._wire.fields import as_name
from ramclouds._wire.sse import EventDecoder, looks_like_events

# The byte order mark that some editors write in front is no white space.
_MARK = b"\xef\xbb\xbf"


@dataclass(slots=True)
class ErrorBody:
    """The error object of a response."""

    message: str = ""
    type: str | None = None
    code: str | int | None = None
    param: str | None = None
    retry_after: float | None = None
    shape: Literal["", "gateway", "base_resp", "cut"] = ""
    """`gateway`: as New API's management writes it; `base_resp`: MiniMax; `cut`: no end."""

    @property
    def is_empty(self) -> bool:
        return not self.message and self.type is None and self.code is None

    @property
    def is_gateways_own(self) -> bool:
        """Whether New API wrote it, about the user's own key, credit or limits."""
        if (self.type, self.code) == ("authentication_error", "invalid_api_key"):
            # RamClouds' documents show this for a wrong key, with "Invalid API key".
            return "invalid api key" in self.message.lower()
        is_named = self.type in {"new_api_error", "new_api_panic"} or self.code in _GATEWAY_CODES
        # The type of a body that was cut may be missing.
        return is_named or self.shape in {"gateway", "cut"}

    @property
    def code_name(self) -> str:
        """The code as a name: MiniMax's numbers mean other things than GLM's."""
        if self.shape == "base_resp":
            return f"base_resp:{self.code}"
        return self.code if isinstance(self.code, str) else ""

    @property
    def vendor_status(self) -> int | None:
        """The HTTP status of the provider, which OpenRouter writes into `code`."""
        text = str(self.code)
        return int(text) if re.fullmatch("[45][0-9][0-9]", text) else None


_GATEWAY_CODES = frozenset({"insufficient_user_quota", "pre_consume_token_quota_failed"})
_END = 4096
_MESSAGE_KEYS = ("message", "msg", "err", "error_msg", "detail", "title")
_ERROR_KEYS = frozenset({"errors", *_MESSAGE_KEYS, "header", "response"})


def parse_error_body(body: bytes) -> Any:
    """The JSON of an error body: whole, in an event, or the beginning of one that was cut off."""
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


def is_web_page(body: bytes) -> bool:
    """Whether a body, or its beginning, is HTML or XML."""
    # A pattern takes a hundred times as long for a megabyte of spaces.
    return body.lstrip().removeprefix(_MARK).lstrip().startswith(b"<")


def is_error_body(body: Any) -> bool:
    """Whether JSON in place of a completion is an error."""
    if not isinstance(body, dict):
        return False
    if body.get("error") or body.get("success") is False or body.get("type") == "error":
        return True
    if "base_resp" in body and _minimax_error(body):
        return True
    # A completion may have a message too, and so may a list of models.
    is_completion = "choices" in body or (isinstance(body.get("data"), list) and body["data"])
    if is_completion or not _ERROR_KEYS & body.keys():
        return False
    return bool(error_body_from(body).message)


def error_body_from(body: Any) -> ErrorBody:
    """The error object in parsed JSON, as New API and the providers behind it write it."""
    if isinstance(body, str):
        return ErrorBody(message=shortened(body))
    if isinstance(body, list):
        return error_body_from(body[0]) if body else ErrorBody()
    if not isinstance(body, dict):
        return ErrorBody()
    minimax = _minimax_error(body)
    if minimax is not None:
        return minimax
    source = _source_of(body)
    code = source.get("code", source.get("status_code"))
    return ErrorBody(
        message=shortened(_message_of(body)),
        type=as_name(source.get("type")),
        code=code if isinstance(code, (str, int)) and not isinstance(code, bool) else None,
        param=as_name(source.get("param")),
        retry_after=_seconds(body.get("retry_after")),
        # New API's management endpoints: {"success":false,"message":"Invalid token"}
        shape="gateway" if body.get("success") is False else "",
    )


def _minimax_error(body: dict[str, Any]) -> ErrorBody | None:
    """The error in a `base_resp`: {"base_resp":{"status_code":1008,"status_msg":"..."}}."""
    base = body.get("base_resp")
    if not isinstance(base, dict) or not isinstance(base.get("status_code"), int):
        return None
    code, message = base["status_code"], base.get("status_msg")
    if code == 0:
        return None
    return ErrorBody(message if isinstance(message, str) else "", code=code, shape="base_resp")


def _source_of(body: dict[str, Any]) -> dict[str, Any]:
    """The object that holds type and code: the innermost `error`, alone or first in a list."""
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
        # The place belongs to the message: `body.messages: field required`.
        return f"{'.'.join(map(str, value['loc']))}: {value['msg']}"
    for key in ("error", *_MESSAGE_KEYS, "errors", "header", "response"):
        message = _message_of(value.get(key))
        if message:
            return message
    return ""


def shortened(text: str) -> str:
    """A text without its middle if it is very long: it is searched by dozens of patterns."""
    return text if len(text) <= 2 * _END else f"{text[:_END]} … {text[-_END:]}"


def _seconds(value: Any) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e6:
        return float(value)
    return None
