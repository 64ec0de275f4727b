"""Which reasoning of a history goes back, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence

from ramclouds.bridge._prepare.notes import WireMessage
from ramclouds.bridge._prepare.order import newest_of_user
from ramclouds.bridge.dialects import Dialect

_KEYS = ("reasoning_content", "reasoning")
# Thinking models respond with 400 where it is missing or empty, gateways of before 2026-04-29
# drop an empty one; one space satisfies both: https://github.com/bestruirui/octopus/issues/251
_BLANK = " "


def replayed(messages: Sequence[WireMessage], dialect: Dialect) -> list[WireMessage]:
    """The messages with the reasoning that the dialect wants back, and no other."""
    way = dialect.reasoning
    if way == "never":
        return [_without(message) for message in messages]
    turn = newest_of_user(messages)
    return [
        _replayed(message, dialect, in_turn=place >= turn)
        if message["role"] == "assistant"
        else message
        for place, message in enumerate(messages)
    ]


def _replayed(message: WireMessage, dialect: Dialect, *, in_turn: bool) -> WireMessage:
    if dialect.reasoning == "inline":
        return _inline(message)
    has_calls = bool(message.get("tool_calls"))
    if dialect.reasoning == "turn" and not in_turn:
        return _without(message)
    if dialect.reasoning == "calls" and not has_calls:
        return _without(message)
    if any(message.get(key) for key in _KEYS):
        return message
    needs_blank = (
        has_calls
        or dialect.blank_reasoning == "all"
        or (dialect.blank_reasoning == "turn" and in_turn)
    )
    bare = _without(message)
    return {**bare, "reasoning_content": _BLANK} if needs_blank else bare


def _without(message: WireMessage) -> WireMessage:
    if message["role"] != "assistant" or not any(key in message for key in _KEYS):
        return message
    return {key: value for key, value in message.items() if key not in _KEYS}


def _inline(message: WireMessage) -> WireMessage:
    """MiniMax: https://platform.minimax.io/docs/api-reference/text-openai-api."""
    reasoning = next((message[key] for key in _KEYS if message.get(key)), "")
    bare = _without(message)
    if not reasoning:
        return bare
    thought, content = f"<think>\n{reasoning}\n</think>\n\n", bare.get("content") or ""
    if isinstance(content, str):
        return {**bare, "content": thought + content}
    return {**bare, "content": [{"type": "text", "text": thought}, *content]}
