"""JSON bytes to values, forgiving where the providers behind the gateway make it necessary."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import from_json

from ramclouds._json.surrogates import whole

BAD_BYTE = "\ufdd0"
"""Stands in the arguments of a tool call for a byte that is not UTF-8: no model writes it."""

# As `surrogateescape` decodes them.
_BAD_BYTES = re.compile("[\udc80-\udcff]")
_HALF = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


class MalformedError(ValueError):
    """Bytes that are no JSON, or JSON of the wrong shape; the message says what is wrong."""


def parse(payload: bytes) -> Any:
    """JSON bytes to a value.

    Raises:
        MalformedError: the bytes are no JSON.
    """
    try:
        return from_json(payload)
    except ValueError:
        return with_texts(parse_halves(payload), whole)


def parse_halves(payload: bytes) -> Any:
    """JSON with halves of surrogate pairs, a byte order mark, or bytes that are not UTF-8.

    Pydantic's parser refuses all three. Such a byte becomes U+FFFD, in arguments `BAD_BYTE`.

    Raises:
        MalformedError: the bytes are no JSON.
    """
    payload = payload.removeprefix(b"\xef\xbb\xbf")
    text = payload.decode("utf-8", "surrogateescape")
    try:
        # First check with pydantic that nothing else is wrong, such as too deep nesting.
        from_json(_HALF.sub(rb"\\ufffd", text.encode("utf-8", "replace")))
        value = json.loads(text)
        return _without_bad_bytes(value, "\ufffd") if _BAD_BYTES.search(text) else value
    except (ValueError, RecursionError):
        # Without its cause, which quotes the bytes: they may hold a key.
        raise MalformedError("not JSON") from None


def _without_bad_bytes(value: Any, mark: str) -> Any:
    if isinstance(value, str):
        return _BAD_BYTES.sub(mark, value)
    if isinstance(value, dict):
        return {
            _BAD_BYTES.sub(mark, key): _without_bad_bytes(
                item, BAD_BYTE if key == "arguments" else mark
            )
            for key, item in value.items()
        }
    return [_without_bad_bytes(one, mark) for one in value] if isinstance(value, list) else value


def parse_first(payload: bytes) -> Any:
    """The JSON that some bytes are or begin with.

    New API writes no line end behind an error, so what comes next stands on the same line:
    `{"error":{...}}: PING`, or `data: [DONE]`.

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


def loaded(text: str, otherwise: Any = None) -> Any:
    """The value of JSON text, with raw line breaks in its strings as models write them."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return otherwise


def refuse_constant(constant: str) -> None:
    """Refuses the words `NaN` and `Infinity`, which Python reads in JSON."""
    raise ValueError(f"{constant} is not JSON")


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with each of its texts changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {
            change(key) if isinstance(key, str) else key: with_texts(one, change)
            for key, one in value.items()
        }
    return [with_texts(one, change) for one in value] if isinstance(value, (list, tuple)) else value


def preview(payload: bytes, length: int = 200) -> str:
    """The beginning of some bytes, on one line, for a message."""
    # A character has four bytes at most; one character more shows that the text goes on.
    text = " ".join(payload[: (length + 1) * 4].decode("utf-8", "replace").split())
    return text[:length] + "…" if len(text) > length else text
