"""What was read from a capture, beside what its `expect` says: the keys are in the README."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ramclouds import Completion, RamCloudsError
from tests.captures.capture import Capture

# The errors that an `error` of a capture may be; exactly these, no class above or below.
KINDS: dict[str, tuple[str, ...]] = {
    "authentication": ("AuthenticationError",),
    "quota": ("InsufficientQuotaError",),
    "provider_account": ("ProviderAccountError",),
    "permission": ("PermissionDeniedError",),
    "blocked": ("BlockedError",),
    "model_unavailable": ("ModelUnavailableError",),
    "not_found": ("NotFoundError",),
    # Some mistakes are found before anything is sent.
    "bad_request": ("BadRequestError", "RequestTooLargeError", "ConfigurationError"),
    "context_length": ("ContextLengthError",),
    "content_filter": ("ContentFilterError",),
    "rate_limit": ("RateLimitError",),
    "overloaded": ("ServerError",),
    "server": ("ServerError",),
    "timeout": ("GatewayTimeoutError", "APITimeoutError"),
    "connection": ("APIConnectionError",),
    "truncated": ("StreamTruncatedError",),
    "stream_error": ("StreamError",),
    "bad_response": ("ResponseError",),
    "empty": ("EmptyResponseError",),
}
_READ_OF_A_COMPLETION = {"text", "reasoning", "tool_calls", "invalid_tool_calls", "finish", "usage"}


@dataclass
class Outcome:
    """What a reader made of one reply."""

    text: str = ""
    reasoning: str = ""
    tool_calls: list[tuple[str, str, Any]] = field(default_factory=list)
    """id, name, arguments as an object."""
    invalid_tool_calls: list[tuple[str, str, str]] = field(default_factory=list)
    """id, name, text."""
    finish: str | None = None
    usage: dict[str, int] | None = None
    """input, output, reasoning, cached."""
    vectors: list[list[float]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    error: BaseException | None = None


def kind_of(error: BaseException) -> str:
    """The name of the error's class in `ramclouds.errors`: an adapter's class derives from it."""
    names = (one.__name__ for one in type(error).__mro__ if one.__module__ == "ramclouds.errors")
    return next(names, type(error).__name__)


def differences(capture: Capture, outcome: Outcome) -> list[str]:
    """Where an outcome is not as expected; empty where all is well."""
    if outcome.error is None:
        return list(_as_completion(capture.expect, outcome))
    return list(_as_error(capture.expect, outcome.error))


def _as_completion(expect: dict[str, Any], found: Outcome) -> Iterable[str]:
    if "error" in expect and "finish" not in expect:
        yield f"no error, but {found}"
        return
    same = {
        "text": found.text.strip() == expect.get("text", found.text).strip(),
        "reasoning": found.reasoning.strip() == expect.get("reasoning", found.reasoning).strip(),
        "finish": found.finish == expect.get("finish", found.finish),
        "usage": expect.get("usage", {}).items() <= (found.usage or {}).items(),
        # Where the advice is silent there is no call.
        "tool_calls": _same_calls(expect.get("tool_calls", []), found.tool_calls, "args"),
        "invalid_tool_calls": _same_calls(
            expect.get("invalid_tool_calls", []), found.invalid_tool_calls, "text"
        ),
        "vectors": _close(expect.get("vectors", found.vectors), found.vectors),
        "facts": all(_close(v, found.facts.get(k)) for k, v in expect.get("facts", {}).items()),
    }
    yield from (f"{key}: {getattr(found, key)!r}" for key, is_same in same.items() if not is_same)


def _same_calls(
    expected: list[dict[str, Any]], found: list[tuple[str, str, Any]], key: str
) -> bool:
    """Where no id is expected the gateway makes one up: any will do, but one it must be."""
    if len(expected) != len(found) or not all(id for id, _, _ in found):
        return False
    return all(
        (want.get("id", id), want["name"], want[key]) == (id, name, value)
        for want, (id, name, value) in zip(expected, found, strict=True)
    )


def _close(expected: Any, found: Any) -> bool:
    """Equal, but for the last digits of numbers that went through binary fractions."""
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(_close, expected, found))
    if isinstance(expected, float) and isinstance(found, float | int):
        return abs(expected - found) < 1e-6
    return bool(expected == found)


def _as_error(expect: dict[str, Any], error: BaseException) -> Iterable[str]:
    if "error" not in expect:
        yield f"raised {kind_of(error)}: {error}"
        return
    if kind_of(error) not in KINDS[expect["error"]]:
        yield f"kind: {kind_of(error)}: {error}"
    if not isinstance(error, RamCloudsError):
        return
    if "retryable" in expect and error.retryable is not expect["retryable"]:
        yield f"retryable: {error.retryable}"
    partial = error.partial.text if isinstance(error.partial, Completion) else ""
    if "partial" in expect and partial.strip() != expect["partial"].strip():
        yield f"partial: {partial!r}"
    said = str(error).lower()
    if "says" in expect and not any(word.lower() in said for word in expect["says"]):
        yield f"says: {error}"


def arguments_of(text: str) -> Any:
    """The arguments of a call as an object; text that is none as it is, so that it differs."""
    try:
        return json.loads(text, strict=False)
    except ValueError:
        return text


def unknown_keys(captures: Iterable[Capture]) -> set[str]:
    """Keys of `expect` that nothing here reads."""
    read = _READ_OF_A_COMPLETION | {"error", "partial", "retryable", "says", "vectors", "facts"}
    read |= {"sent", "refused_by", "why"}
    return {key for capture in captures for key in capture.expect} - read
