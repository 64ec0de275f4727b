"""Arguments of `complete` and `stream` to the JSON that is sent, all checked first."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from math import isfinite
from typing import Any

from pydantic_core import PydanticSerializationError, to_json
from typing_extensions import TypedDict

from ramclouds.bridge.dialects import DialectSetting
from ramclouds.errors import ConfigurationError

Message = Mapping[str, Any]

# The documented three, and tool, which the gateway software takes.
ROLES = frozenset({"system", "user", "assistant", "tool"})
# New API answers 500 "max_tokens is invalid" above it.
_MAX_TOKENS = 1_073_741_823


class Params(TypedDict, total=False):
    """Optional arguments of `complete` and `stream`; None is not sent.

    The first six are documented by RamClouds, with their ranges. The others are what the gateway
    software also takes; whether a model obeys them depends on the gateway's channel.
    """

    temperature: float | None
    """0 to 2; the gateway's default is 1."""
    max_tokens: int | None
    """Of the completion; 1 or more."""
    top_p: float | None
    """0 to 1."""
    frequency_penalty: float | None
    """-2 to 2."""
    presence_penalty: float | None
    """-2 to 2."""
    stop: str | Sequence[str] | None
    n: int | None
    """Number of choices, for `complete` only."""
    seed: int | None
    tools: Sequence[Mapping[str, Any]] | None
    tool_choice: str | Mapping[str, Any] | None
    parallel_tool_calls: bool | None
    response_format: Mapping[str, Any] | None
    reasoning_effort: str | None
    logprobs: bool | None
    top_logprobs: int | None
    user: str | None
    stream_usage: bool | None
    """For `stream` only: False does not ask for the usage."""
    extra_body: Mapping[str, Any] | None
    """Further keys of the body, sent as they are; they win over the others."""
    extra_headers: Mapping[str, str] | None
    dialect: DialectSetting | None
    """How the request is fitted to the model, where it is not as the client's setting says."""


_NAMES = frozenset(Params.__annotations__)
_NOT_IN_BODY = frozenset({"stream_usage", "extra_body", "extra_headers", "dialect"})
_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
}
_COUNTS: dict[str, tuple[int, int]] = {
    "max_tokens": (1, _MAX_TOKENS),
    "n": (1, 128),
    "top_logprobs": (0, 20),
}
USAGE_FIELD = "stream_options"
_OWNED_KEYS = frozenset({"model", "messages", "stream"})


def body_from(model: str, messages: Sequence[Message], params: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a plain request: what the caller set, and nothing else.

    Raises:
        ConfigurationError: an argument is out of its documented range.
        TypeError: an argument that does not exist.
    """
    if not params.keys() <= _NAMES:
        raise TypeError(_unknown(next(iter(params.keys() - _NAMES))))
    if not isinstance(model, str) or not model.strip():
        raise ConfigurationError("model must be the name of a model, such as 'gpt-5'.")
    body: dict[str, Any] = {"model": model, "messages": _checked_messages(messages)}
    for name, value in params.items():
        if value is not None and name not in _NOT_IN_BODY:
            body[name] = _checked(name, value)
    # An empty list is refused by several providers; no tools is no key.
    for name in ("tools", "stop"):
        if body.get(name) == []:
            del body[name]
    lay_over(body, params.get("extra_body") or {}, _OWNED_KEYS)
    return body


def stream_body_from(
    model: str, messages: Sequence[Message], params: Mapping[str, Any]
) -> dict[str, Any]:
    """The body of a request that can be streamed, before `make_streamed`.

    Raises:
        ConfigurationError: an argument is out of its documented range, or asks for two choices.
    """
    body = body_from(model, messages, params)
    if not can_be_streamed(body):
        raise ConfigurationError(
            f"n={body['n']} cannot be streamed: the texts would run into each other. "
            "Call complete(n=...), or stream each by a request of its own."
        )
    return body


def can_be_streamed(body: Mapping[str, Any]) -> bool:
    """Whether a body asks for one choice only."""
    return body.get("n") in (None, 1)


def make_streamed(
    body: dict[str, Any], *, stream_usage: bool | None, refused: Collection[str]
) -> str | None:
    """Makes a body ask for a stream; gives the field that the user did not ask for, if any."""
    body["stream"] = True
    if USAGE_FIELD in body or stream_usage is False:
        # Never false: with it New API can drop the chunk that holds the finish reason.
        return None
    if not stream_usage and USAGE_FIELD in refused:
        return None
    body[USAGE_FIELD] = {"include_usage": True}
    return None if stream_usage else USAGE_FIELD


def gets_usage(body: Mapping[str, Any]) -> bool:
    """Whether the response to a body brings the usage: a whole one always does."""
    options = body.get(USAGE_FIELD)
    return not body.get("stream") or (
        isinstance(options, Mapping) and bool(options.get("include_usage"))
    )


def to_bytes(body: Mapping[str, Any]) -> bytes:
    """The body as JSON.

    Raises:
        ConfigurationError: it holds something that JSON has no form for.
    """
    try:
        return to_json(body, inf_nan_mode="constants")
    except (PydanticSerializationError, ValueError, UnicodeError) as exc:
        raise ConfigurationError(
            f"The request cannot be written as JSON: {exc}. Pass strings, numbers, lists and dicts."
        ) from exc


def _unknown(name: str) -> str:
    nearest = difflib.get_close_matches(name, sorted(_NAMES), n=1)
    hint = f"Did you mean {nearest[0]!r}?" if nearest else "Send it in extra_body={...}."
    return f"Unknown argument {name!r}. {hint}"


def _checked(name: str, value: Any) -> Any:
    if name in _RANGES:
        return _in_range(name, value, *_RANGES[name])
    if name in _COUNTS:
        return in_count(name, value, *_COUNTS[name])
    if name == "stop":
        return _checked_stop(value)
    if name == "tools":
        return _checked_tools(value)
    return value


def _in_range(name: str, value: Any, low: float, high: float) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not isfinite(value) or not low <= value <= high:
        raise ConfigurationError(f"{name} must be a number from {low} to {high}, not {value!r}.")
    return float(value) if isinstance(value, float) else int(value)


def in_count(name: str, value: Any, low: int, high: int) -> int:
    """A whole number within limits, or an error."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigurationError(
            f"{name} must be a whole number from {low} to {high:,}, not {value!r}."
        )
    return value


def _checked_stop(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence) and all(isinstance(item, str) for item in value):
        return list(value)
    raise ConfigurationError(f"stop must be a string or a list of strings, not {value!r}.")


def _checked_tools(value: Any) -> list[Any]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
        raise ConfigurationError("tools must be a list of tool definitions.")
    return list(value)


def _checked_messages(messages: Any) -> list[Message]:
    if isinstance(messages, (str, bytes, Mapping)) or not isinstance(messages, Sequence):
        raise ConfigurationError(
            "messages must be a list of messages such as {'role': 'user', 'content': 'Hi'}."
        )
    if not messages:
        raise ConfigurationError("messages is empty. Send at least one message.")
    for position, message in enumerate(messages):
        _check_message(position, message)
    return list(messages)


def _check_message(position: int, message: Any) -> None:
    if not isinstance(message, Mapping):
        raise ConfigurationError(f"messages[{position}] must be a dict, not {message!r:.80}.")
    role = message.get("role")
    if role not in ROLES:
        raise ConfigurationError(
            f"messages[{position}] has the role {role!r}; RamClouds takes system, user, assistant "
            "and tool."
        )
    content = message.get("content")
    if isinstance(content, (str, list, tuple)):
        return
    if content is None and role == "assistant":
        return
    raise ConfigurationError(
        f"messages[{position}] must have a string as its content, not {content!r:.80}."
    )


def lay_over(body: dict[str, Any], extra: Any, owned_keys: frozenset[str]) -> None:
    """Lay the caller's keys over a body, save those that an argument owns."""
    if not isinstance(extra, Mapping):
        raise ConfigurationError(f"extra_body must be a dict, not {type(extra).__name__}.")
    owned = sorted(owned_keys & extra.keys())
    if owned:
        raise ConfigurationError(f"extra_body must not hold {', '.join(owned)}: use the arguments.")
    body.update(extra)
