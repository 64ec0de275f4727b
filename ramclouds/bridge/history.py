"""Messages of a conversation as the wire has them: calls, reasoning, media."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Literal

__all__ = [
    "Replay",
    "as_content",
    "only_media",
    "only_text",
    "reasoning_replayed",
    "wire_call",
    "without_open_calls",
]

WireMessage = dict[str, Any]
Part = dict[str, Any]

Replay = Literal["field", "inline"]
"""How reasoning goes back: as `reasoning_content`, or in `<think>` tags before the text."""


def wire_call(id: str | None, name: str, arguments: str, **extra: Any) -> dict[str, Any]:
    """One tool call of an assistant's message; `extra` is what a provider wants back with it."""
    function = {"name": name, "arguments": arguments}
    return {**extra, "id": id, "type": "function", "function": function}


def reasoning_replayed(message: WireMessage, reasoning: str, replay: Replay) -> WireMessage:
    """An assistant's message with its reasoning."""
    if replay == "inline":
        if not reasoning:
            return message
        return {
            **message,
            "content": f"<think>\n{reasoning}\n</think>\n\n{message['content'] or ''}",
        }
    # Thinking models answer 400 where it is missing or empty, gateways of before 2026-04-29 drop an
    # empty one; one space satisfies both: https://github.com/bestruirui/octopus/issues/251
    return {**message, "reasoning_content": reasoning or " "}


def as_content(parts: Sequence[Part], *, between: str) -> str | list[Part]:
    """The documented string where there is nothing but text; else the parts."""
    for part in parts:
        if part.keys() != {"type", "text"}:
            return list(parts)
    return between.join([part["text"] for part in parts])


def only_text(parts: Iterable[Part]) -> list[Part]:
    """The parts that a tool's message can hold."""
    return [part for part in parts if part["type"] == "text"]


def only_media(parts: Iterable[Part]) -> list[Part]:
    """The parts of a tool's result that only a message of the user can hold."""
    return [part for part in parts if part["type"] != "text"]


def without_open_calls(messages: Sequence[WireMessage]) -> list[WireMessage]:
    """The messages without calls that have no result, where other calls of their turn have one.

    LlamaIndex's agents store such turns when `return_direct` ends them, and every later request
    would be a 400.
    """
    answered = {message["tool_call_id"] for message in messages if message["role"] == "tool"}
    kept = list(messages)
    for place, (message, following) in enumerate(pairwise(messages)):
        if "tool_calls" in message and following["role"] == "tool":
            calls = [call for call in message["tool_calls"] if call["id"] in answered]
            kept[place] = {**message, "tool_calls": calls}
    return kept
