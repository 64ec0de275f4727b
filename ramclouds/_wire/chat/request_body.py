"""Arguments of `complete` and `stream` to the JSON that is sent, all checked first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from ramclouds._json.parsing import with_texts
from ramclouds._json.surrogates import whole
from ramclouds.bridge.body_fields import (
    LIMITS,
    BodyFields,
    check_field,
    check_limits,
    check_messages,
    checked_model,
)
from ramclouds.bridge.dialects import DialectSetting
from ramclouds.bridge.settings import check_extra, unknown_name
from ramclouds.errors import ConfigurationError

Message = Mapping[str, Any]

# The documented three, and tool, which the gateway software takes.
ROLES = frozenset({"system", "user", "assistant", "tool"})


class Params(BodyFields, total=False):
    """Optional arguments of `complete` and `stream`; None is not sent."""

    tools: Sequence[Mapping[str, Any]] | None
    tool_choice: str | Mapping[str, Any] | None
    parallel_tool_calls: bool | None
    response_format: Mapping[str, Any] | None
    metadata: Mapping[str, Any] | None
    stream_usage: bool | None
    """For `stream` only: False does not ask for the usage."""
    extra_body: Mapping[str, Any] | None
    """Further keys of the body, sent as they are; they win over the others."""
    extra_headers: Mapping[str, str] | None
    total_timeout: float | None
    """Seconds of the call with its retries, in place of the client's."""
    max_wait: float | None
    """Seconds to wait because the gateway asks for it, in place of the client's."""
    stall_timeout: float | None
    """Seconds of a stream with nothing but comments, in place of the client's."""
    dialect: DialectSetting | None
    """How the request is fitted to the model, where it is not as the client's setting says."""
    fallback_models: Sequence[str] | None
    """Models to ask where this one fails, in place of the client's; None: no other."""


_NAMES = frozenset(Params.__annotations__)
_NOT_IN_BODY = frozenset(
    {"stream_usage", "extra_body", "extra_headers", "dialect", "fallback_models"}
    | {"stall_timeout", "total_timeout", "max_wait"}
)
USAGE_FIELD = "stream_options"
_OWNED_KEYS = frozenset({"model", "messages", "stream"})


def body_from(model: str, messages: Sequence[Message], params: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a plain request: what the caller set, and nothing else.

    Raises:
        ConfigurationError: an argument is out of its documented range.
        TypeError: an argument that does not exist.
    """
    if not params.keys() <= _NAMES:
        raise TypeError(unknown_argument(params, _NAMES))
    body: dict[str, Any] = {"model": checked_model(model), "messages": _checked_messages(messages)}
    for name, value in params.items():
        if value is not None and name not in _NOT_IN_BODY:
            body[name] = check_field(name, value)
    # An empty list is refused by several providers; no tools is no key.
    for name in ("tools", "stop"):
        if body.get(name) == []:
            del body[name]
    if extra := params.get("extra_body"):
        body = _with_extra(body, extra)
    if body.keys() >= LIMITS:
        check_limits(body)
    return body


def _with_extra(body: dict[str, Any], extra: Any) -> dict[str, Any]:
    lay_over(body, extra, _OWNED_KEYS)
    if extra.keys() & LIMITS:
        body = {name: value for name, value in body.items() if name in extra or name not in LIMITS}
    return body


def unknown_argument(params: Iterable[str], known: Collection[str]) -> str:
    """What is wrong with the first argument that does not exist."""
    name = next(name for name in params if name not in known)
    hint = unknown_name(name, known, "Send it in extra_body={...}.")
    return f"Unknown argument {name!r}. {hint}"


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
    options = body.get(USAGE_FIELD)
    if isinstance(options, Mapping) and options.get("include_usage") is False:
        # Never false: with it New API can drop the chunk that holds the finish reason.
        del body[USAGE_FIELD]
        return None
    if options is not None or stream_usage is False:
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
    """The body as JSON; halves of surrogate pairs are joined, and U+FFFD where one is alone.

    Raises:
        ConfigurationError: it holds something that JSON has no form for.
    """
    try:
        try:
            return to_json(body, inf_nan_mode="constants")
        except (PydanticSerializationError, ValueError, UnicodeError):
            # Pages and files that were cut hold texts for which UTF-8 has no bytes.
            return to_json(with_texts(body, whole), inf_nan_mode="constants")
    except (PydanticSerializationError, ValueError, UnicodeError) as exc:
        raise ConfigurationError(
            f"The request cannot be written as JSON: {exc}. Pass strings, numbers, lists and dicts."
        ) from exc


def _checked_messages(messages: Any) -> list[Message]:
    if isinstance(messages, (str, bytes, Mapping)) or not isinstance(messages, Sequence):
        raise ConfigurationError(
            "messages must be a list of messages such as {'role': 'user', 'content': 'Hi'}."
        )
    check_messages(messages)
    checked: list[Message] = []
    for position, message in enumerate(messages):
        _check_message(position, message)
        is_developer = message["role"] == "developer"
        checked.append({**message, "role": "system"} if is_developer else message)
    return checked


def _check_message(position: int, message: Any) -> None:
    if not isinstance(message, Mapping):
        raise ConfigurationError(f"messages[{position}] must be a dict, not {message!r:.80}.")
    role = message.get("role")
    # OpenAI's word for system in newer models; the gateway documents system.
    if role not in ROLES and role != "developer":
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
    if extra:
        check_extra(extra)
    body.update(extra)
