"""Results as lines of OpenAI's Batch output, and such lines as results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json
from typing_extensions import NotRequired, TypedDict

from ramclouds.types import Usage

START = b'{"id":"batch_req_'
"""How each line begins: a file that begins otherwise is none of ours."""


# Kinds of `response` and `error`: answered, refused by the gateway, failed before it.
_ENDS = frozenset({(dict, NoneType), (dict, dict), (NoneType, dict)})


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one row."""

    custom_id: str
    key: str
    """Hash of `custom_id` and of all that was sent."""
    body: Any = None
    """The completion as the gateway sent it; with `invoke=` the value. None where it failed."""
    error: Mapping[str, Any] | None = None
    """`code`, `message` and `retryable` of a failure."""
    status_code: int | None = None
    request_id: str | None = None
    is_stored: bool = False
    """Whether it was answered in an earlier run, and not asked again."""
    value: Any = field(default=None, repr=False, compare=False)
    """The `Completion`, or what `invoke` gave; None of a stored result."""
    usage: Usage | None = field(default=None, repr=False, compare=False)
    failure: BaseException | None = field(default=None, repr=False, compare=False)
    """The exception behind `error`."""

    @property
    def text(self) -> str:
        """Text of the completion, or the value where it is one."""
        if isinstance(self.body, str):
            return self.body
        try:
            text = self.body["choices"][0]["message"]["content"]
        except (LookupError, TypeError):
            return _text_of_dump(self.body)
        return text if isinstance(text, str) else ""

    @property
    def is_answered(self) -> bool:
        """Whether the row was answered."""
        return self.error is None


def _text_of_dump(body: Any) -> str:
    """Text of a message's dump: LangChain's `content`, or LlamaIndex's `blocks`."""
    dump = body if isinstance(body, dict) else {}
    content = dump.get("content") or dump.get("blocks") or ""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


def to_line(result: Result) -> bytes:
    """A result as a line; a value that JSON cannot hold is written in the nearest form."""
    response = None
    if result.error is None or result.status_code is not None:
        response = {
            "status_code": result.status_code or 200,
            "request_id": result.request_id or "",
            "body": result.body,
        }
    line = {
        "id": f"batch_req_{result.key}",
        "custom_id": result.custom_id,
        "response": response,
        "error": result.error,
        "key": result.key,
    }
    return _to_json(line) + b"\n"


def _to_json(line: dict[str, Any]) -> bytes:
    try:
        return to_json(line, inf_nan_mode="null")
    except (PydanticSerializationError, ValueError, UnicodeError):
        # Halves of surrogate pairs, as escapes; and values of a chain that have no form in JSON.
        return json.dumps(line, separators=(",", ":"), default=repr).encode()


class _Object(TypedDict):
    """A JSON object with any keys."""


class _Error(TypedDict):
    retryable: NotRequired[Any]


class _Head(TypedDict):
    """A line without what is in its response."""

    custom_id: str
    key: str
    response: _Object | None
    error: _Error | None


_read_head = TypeAdapter(_Head).validator.validate_json


def read_head(line: bytes) -> dict[str, Any] | None:
    """As `read_line`, in a third of its time; `response` is empty."""
    try:
        head: dict[str, Any] = _read_head(line, strict=True)
    except ValidationError:
        # It refuses what `read_line` can read: halves of surrogate pairs, and deep values.
        return read_line(line)
    has_ended = head["response"] is not None or head["error"] is not None
    return head if has_ended else None


def read_line(line: bytes) -> dict[str, Any] | None:
    """The JSON of a line; None where it is cut or another's."""
    found = _parsed(line)
    try:
        ended = (type(found["response"]), type(found["error"]))
        is_named = type(found["key"]) is type(found["custom_id"]) is str
    except (KeyError, TypeError, IndexError):
        return None
    return found if is_named and ended in _ENDS else None


def to_result(line: Mapping[str, Any]) -> Result:
    """The result that a line holds."""
    response = line["response"] or {}
    return Result(
        line["custom_id"],
        line["key"],
        body=response.get("body"),
        error=line["error"],
        status_code=response.get("status_code"),
        request_id=response.get("request_id") or None,
        is_stored=True,
    )


def _parsed(line: bytes) -> Any:
    try:
        return from_json(line)
    except ValueError:
        pass
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
