"""The order of messages that templates and providers insist on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from ramclouds.bridge._prepare.notes import Notes, WireMessage
from ramclouds.bridge.dialects import Dialect

GO_ON = "Continue."
"""What a user says where one has to speak and none did."""
_NO_WORD = "(no answer)"


def ordered(
    messages: Sequence[WireMessage], dialect: Dialect, *, is_thinking: bool, notes: Notes
) -> list[WireMessage]:
    """The messages in an order that the dialect takes."""
    sent = list(messages)
    if dialect.merge_system:
        sent = _system_in_front(sent, notes)
    if dialect.join_neighbours:
        sent = _joined(sent, notes)
    if dialect.user_first:
        sent = _user_first(sent, notes)
    if not dialect.user_after_tool:
        sent = _with_replies(sent, notes)
    return _ended(sent, dialect, is_thinking=is_thinking, notes=notes)


def newest_of_user(messages: Sequence[WireMessage]) -> int:
    """The place of the user's last message; -1 where there is none."""
    places = (n for n in range(len(messages) - 1, -1, -1) if messages[n]["role"] == "user")
    return next(places, -1)


def _ended(
    sent: list[WireMessage], dialect: Dialect, *, is_thinking: bool, notes: Notes
) -> list[WireMessage]:
    """The messages with an end that the dialect takes."""
    if not sent or sent[-1]["role"] != "assistant" or sent[-1].get("prefix"):
        return sent
    is_taken = dialect.assistant_last == "always" or (
        dialect.assistant_last == "not_while_thinking" and not is_thinking
    )
    if not is_taken:
        notes.changed.append("a message of the user follows that of the assistant")
        sent.append({"role": "user", "content": GO_ON})
    elif isinstance(sent[-1].get("content"), str):
        # "messages: final assistant content cannot end with trailing whitespace"
        sent[-1] = {**sent[-1], "content": sent[-1]["content"].rstrip()}
    return sent


def _system_in_front(messages: list[WireMessage], notes: Notes) -> list[WireMessage]:
    systems = [message for message in messages if message["role"] == "system"]
    if not systems or systems == messages[:1]:
        return messages
    notes.changed.append("the system messages are one, in front")
    others = (message for message in messages if message["role"] != "system")
    return [reduce(_joined_pair, systems), *others]


def _joined(messages: Sequence[WireMessage], notes: Notes) -> list[WireMessage]:
    """One message where several of one role stand in a row.

    New API joins two strings by a space and cuts their outer quotation marks off; of two
    assistant's messages it loses the calls of the first.
    """
    sent: list[WireMessage] = []
    parts: list[WireMessage] = []
    for message in messages:
        if parts and not _are_one(parts[-1], message):
            sent.append(_one(parts))
            parts = []
        parts.append(message)
    if parts:
        sent.append(_one(parts))
    if len(sent) < len(messages):
        notes.changed.append("neighbours of one role are one message")
    return sent


def _are_one(before: WireMessage, message: WireMessage) -> bool:
    is_same = before["role"] == message["role"] != "tool"
    return is_same and not before.get("tool_calls") and before.get("name") == message.get("name")


def _one(messages: Sequence[WireMessage]) -> WireMessage:
    if len(messages) == 1:
        return messages[0]
    fields: WireMessage = {}
    for message in messages:
        fields |= message
    contents = [message["content"] for message in messages if message.get("content")]
    reasoning = [each for one in messages if (each := one.get("reasoning_content"))]
    if len(reasoning) > 1:
        fields["reasoning_content"] = "\n\n".join(reasoning)
    return {**fields, "content": _content(contents)}


def _content(contents: Sequence[Any]) -> Any:
    if all(isinstance(content, str) for content in contents):
        return "\n\n".join(contents) or None
    return [part for content in contents for part in _parts(content)]


def _parts(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _joined_pair(first: WireMessage, second: WireMessage) -> WireMessage:
    """Two messages of one role as one, a blank line between them."""
    return {**first, "content": _content([first["content"], second["content"]])}


def _user_first(messages: list[WireMessage], notes: Notes) -> list[WireMessage]:
    place = next((n for n, one in enumerate(messages) if one["role"] != "system"), len(messages))
    if (place < len(messages) and messages[place]["role"] == "user") or not messages:
        return messages
    notes.changed.append("the conversation begins with a message of the user")
    if place == len(messages):
        return [*messages[:-1], {**messages[-1], "role": "user"}]
    return [*messages[:place], {"role": "user", "content": GO_ON}, *messages[place:]]


def _with_replies(messages: Sequence[WireMessage], notes: Notes) -> list[WireMessage]:
    """Something of the assistant between a tool's result and what is not the assistant's."""
    sent: list[WireMessage] = []
    for message in messages:
        if sent and sent[-1]["role"] == "tool" and message["role"] in ("user", "system"):
            notes.changed.append("a message of the assistant stands behind a tool's result")
            sent.append({"role": "assistant", "content": _NO_WORD})
        sent.append(message)
    return sent
