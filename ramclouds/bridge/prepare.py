"""A request as one model takes it: the steps of its dialect, in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ramclouds.bridge._prepare.authors import AUTHOR, without_foreign
from ramclouds.bridge._prepare.calls import paired
from ramclouds.bridge._prepare.formats import fit_response_format
from ramclouds.bridge._prepare.media import placed
from ramclouds.bridge._prepare.notes import Notes, WireMessage
from ramclouds.bridge._prepare.order import ordered
from ramclouds.bridge._prepare.parameters import (
    choose_tools,
    keep_from_thinking,
    limit,
    pause_thinking,
    sample,
    stops,
)
from ramclouds.bridge._prepare.reasoning import replayed
from ramclouds.bridge._prepare.texts import with_text
from ramclouds.bridge.arguments import ArgumentsForm, arguments_forms
from ramclouds.bridge.body_fields import LIMITS
from ramclouds.bridge.dialects import SAFE, Dialect
from ramclouds.bridge.names import with_safe_names
from ramclouds.bridge.schemas import with_schemas

__all__ = ["Prepared", "apply", "as_it_is", "valid_history", "without_effort"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What goes out, and how what comes back is read."""

    body: dict[str, Any]
    tool_names: Mapping[str, str] = field(default_factory=dict)
    """The user's names of tools, by those that were sent."""
    arguments: Mapping[str, ArgumentsForm] = field(default_factory=dict)
    """How the arguments of calls are read, by the user's names of tools."""
    stop: tuple[str, ...] = ()
    """Where the client itself ends the text."""
    effort_beside_tools: bool = True
    """False: tools may be refused beside a reasoning effort, and are then asked for without."""
    token_limit: int | None = None
    """The gateway's own limit, where the request has none."""
    as_stream: bool = False
    """The model takes this request as a stream alone."""
    changes: tuple[str, ...] = ()
    """What was changed, a sentence each."""
    lost: tuple[str, ...] = ()
    """What was left out of what the user gave, a sentence each."""


def apply(body: Mapping[str, Any], dialect: Dialect) -> Prepared:
    """The request in a dialect; applied again, it stays as it is.

    `body` is what chat completions take, but each assistant's message may say who wrote it
    (`model`), and hold all of its reasoning and what a provider attached. It is not changed.
    """
    has_schemas = body.get("tools") or body.get("response_format")
    formed = with_schemas(body, dialect.schemas) if has_schemas else body
    named, tool_names = with_safe_names(formed)
    sent, notes = dict(named), Notes()
    pause_thinking(sent, dialect, notes)
    if dialect.thinking_off and dialect.thinks == "unless_refused":
        keep_from_thinking(sent, dialect)
    is_thinking = dialect.is_thinking(sent)
    choose_tools(sent, dialect, is_thinking=is_thinking, notes=notes)
    if sent.get("response_format"):
        fit_response_format(sent, dialect, notes)
    sample(sent, dialect, is_thinking=is_thinking, notes=notes)
    if not LIMITS.isdisjoint(sent):
        limit(sent, dialect, notes)
    stop = stops(sent, dialect) if "stop" in sent else ()
    sent["messages"] = _history(sent, dialect, is_thinking=is_thinking, notes=notes)
    return Prepared(
        sent,
        tool_names=tool_names,
        arguments=_arguments_in(body, tool_names, dialect) if body.get("tools") else {},
        stop=stop,
        effort_beside_tools=dialect.effort_beside_tools,
        token_limit=None if "max_tokens" in sent else dialect.sampling.default_max_tokens,
        as_stream=dialect.stream_whole_calls == "always"
        or (dialect.stream_whole_calls == "while_thinking" and is_thinking),
        changes=tuple(notes.changed),
        lost=tuple(notes.lost),
    )


def _arguments_in(
    body: Mapping[str, Any], tool_names: Mapping[str, str], dialect: Dialect
) -> Mapping[str, ArgumentsForm]:
    sent = {users: name for name, users in tool_names.items()}
    return arguments_forms(body["tools"], sent, dialect.schemas)


def as_it_is(body: Mapping[str, Any]) -> Prepared:
    """The request without a dialect: nothing but the names of authors is left out."""
    messages = body["messages"]
    if not any(AUTHOR in message for message in messages):
        return Prepared(dict(body))
    bare = [{key: value for key, value in one.items() if key != AUTHOR} for one in messages]
    return Prepared({**body, "messages": bare})


def without_effort(body: dict[str, Any]) -> bool:
    """Asks not to think, where tools are asked for and the user chose no effort; whether it did."""
    if not body.get("tools") or "reasoning_effort" in body:
        return False
    body["reasoning_effort"] = "none"
    return True


def valid_history(messages: Sequence[WireMessage]) -> Sequence[WireMessage]:
    """The messages with each call and its one result, for a prompt that tells of them."""
    return paired(messages, SAFE, Notes())


def _history(
    body: Mapping[str, Any], dialect: Dialect, *, is_thinking: bool, notes: Notes
) -> list[WireMessage]:
    messages = body["messages"]
    is_plain = dialect.reasoning != "all" and _are_plain(messages)
    if not is_plain:
        model = body["model"]
        messages = without_foreign(messages, model, dialect, notes)
        messages = paired(messages, dialect, notes)
        messages = placed(messages, model, dialect, notes)
        messages = with_text(messages, dialect, notes)
    messages = ordered(messages, dialect, is_thinking=is_thinking, notes=notes)
    if not is_plain:
        messages = replayed(messages, dialect)
    keys = dialect.message_keys
    return [{key: one[key] for key in one if key in keys} for one in messages] if keys else messages


def _are_plain(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether all messages are a text and nothing else, as in most requests: the order is left."""
    for message in messages:
        content = message.get("content")
        if len(message) != 2 or not isinstance(content, str) or not content.strip():
            return False
        if "](data:" in content:
            return False
    return True
