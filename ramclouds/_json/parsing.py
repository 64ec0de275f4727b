"""Bytes to JSON values, as forgiving as the providers behind the gateway need it."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic_core import from_json

from ramclouds._json.surrogates import whole

_HALF = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


class MalformedError(ValueError):
    """JSON of a shape that holds no answer; the message says which."""


def parse(payload: bytes) -> Any:
    """JSON bytes to a value.

    Raises:
        MalformedError: the bytes are no JSON.
    """
    try:
        return from_json(payload)
    except ValueError:
        return _mended(parse_halves(payload))


def parse_halves(payload: bytes) -> Any:
    """JSON with halves of surrogate pairs or a byte order mark: pydantic's parser refuses both.

    Raises:
        MalformedError: the bytes are no JSON.
    """
    payload = payload.removeprefix(b"\xef\xbb\xbf")
    try:
        # Whatever else pydantic's parser refuses, such as deep nesting, stays refused.
        from_json(_HALF.sub(rb"\\ufffd", payload))
        return json.loads(payload)
    except (ValueError, RecursionError):
        # Not as its cause: that one quotes the bytes, and they may quote a key.
        raise MalformedError("not JSON") from None


def parse_first(payload: bytes) -> Any:
    """The JSON that some bytes are, or begin with: New API ends an error with no line end.

    So what comes next stands on the same line: `{"error":{...}}: PING`, or `data: [DONE]`.

    Raises:
        MalformedError: they begin with none.
    """
    try:
        return parse(payload)
    except MalformedError:
        text = payload.decode("utf-8", "replace")
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        raise MalformedError("not JSON") from None
    return parse(text[:end].encode())


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {key: _mended(item) for key, item in value.items()}
    return [_mended(item) for item in value] if isinstance(value, list) else value


def preview(payload: bytes, length: int = 200) -> str:
    """The beginning of some bytes, on one line, for a message."""
    # UTF-8 takes four bytes at most; one character more tells that there is more.
    text = " ".join(payload[: (length + 1) * 4].decode("utf-8", "replace").split())
    return text[:length] + "…" if len(text) > length else text
