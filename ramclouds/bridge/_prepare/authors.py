"""What belongs to the model that wrote a message: it goes back to that model alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ramclouds.bridge._prepare.notes import Notes, WireMessage
from ramclouds.bridge.dialects import Dialect
from ramclouds.models import model_facts

AUTHOR = "model"
"""The key of an assistant's message that says who wrote it; never sent."""

_REASONING = ("reasoning_content", "reasoning", "reasoning_details")
_CALL_KEYS = frozenset({"id", "type", "function"})
_THINK_BLOCK = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)


def without_foreign(
    messages: Sequence[WireMessage], model: str, dialect: Dialect, notes: Notes
) -> list[WireMessage]:
    """The messages without reasoning, signatures and the like of other models."""
    return [
        _own(message, model, dialect, notes) if AUTHOR in message else message
        for message in messages
    ]


def _own(message: WireMessage, model: str, dialect: Dialect, notes: Notes) -> WireMessage:
    author = message[AUTHOR]
    kept = {key: value for key, value in message.items() if key != AUTHOR}
    if message["role"] != "assistant" or _is_same(author, model, dialect):
        return kept
    for key in _REASONING:
        if kept.pop(key, None) is not None:
            notes.changed.append(f"reasoning of {author} is left out")
    if isinstance(kept.get("content"), str):
        kept["content"] = _THINK_BLOCK.sub("", kept["content"], count=1)
    if kept.get("tool_calls"):
        kept["tool_calls"] = [_without_extra(call, author, notes) for call in kept["tool_calls"]]
    return kept


def _is_same(author: Any, model: str, dialect: Dialect) -> bool:
    """Whether one family wrote the message and reads it now."""
    if not author or author == model:
        return True
    family = dialect.family or model_facts(model).family
    return bool(family) and model_facts(str(author)).family == family


def _without_extra(call: dict[str, Any], author: str, notes: Notes) -> dict[str, Any]:
    if call.keys() <= _CALL_KEYS:
        return call
    notes.changed.append(f"what {author} attached to a tool call is left out")
    return {key: value for key, value in call.items() if key in _CALL_KEYS}
