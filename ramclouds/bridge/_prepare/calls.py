"""Tool calls of a history, each with its one result right behind it, under ids that are taken."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ramclouds.bridge._prepare.notes import Notes, WireMessage
from ramclouds.bridge.dialects import Dialect
from ramclouds.bridge.history import arguments_text
from ramclouds.bridge.tools import parsed_arguments


@dataclass(slots=True)
class _Slot:
    """One call, and what its tool gave."""

    call: dict[str, Any]
    result: WireMessage | None = None


def paired(
    messages: Sequence[WireMessage], dialect: Dialect, notes: Notes
) -> Sequence[WireMessage]:
    """The messages with every call and result as providers take them.

    A call without a result, a result without a call, and the first of two results are left out. A
    result moves to its call. Ids that come again in a later turn are paired within their turn.
    """
    if not any(_has_calls(message) for message in messages):
        return messages
    turns = _turns(messages, notes)
    ids = _Ids(dialect)
    sent: list[WireMessage] = []
    for place, message in enumerate(messages):
        if place in turns:
            sent += _calling(message, turns[place], ids, notes)
        elif message["role"] != "tool":
            sent.append(_without_calls(message))
    return sent


def _has_calls(message: Mapping[str, Any]) -> bool:
    return message["role"] == "tool" or "tool_calls" in message or "function_call" in message


def _without_calls(message: WireMessage) -> WireMessage:
    if "tool_calls" in message or "function_call" in message:
        return {key: value for key, value in message.items() if key not in _CALLS}
    return message


_CALLS = ("tool_calls", "function_call")


def _turns(messages: Sequence[WireMessage], notes: Notes) -> dict[int, list[_Slot]]:
    """The calls of each message that has some, with the results that were found for them."""
    turns: dict[int, list[_Slot]] = {}
    waiting: dict[Any, list[_Slot]] = {}
    in_order: list[_Slot] = []
    for place, message in enumerate(messages):
        calls = list(_calls_of(message))
        if calls:
            turns[place] = slots = [_Slot(call) for call in calls]
            mine: dict[Any, list[_Slot]] = {}
            for slot in slots:
                mine.setdefault(slot.call["id"], []).append(slot)
            waiting |= mine
            in_order = slots
        elif message["role"] == "tool":
            call_id = message.get("tool_call_id")
            slots = waiting.get(call_id) or []
            # Calls of Ollama, and results of OpenAI's old functions, have no ids: the order counts.
            if not slots and not (call_id and any(slot.call["id"] for slot in in_order)):
                slots = in_order
            _give(message, slots, notes)
    return turns


def _give(result: WireMessage, slots: Sequence[_Slot], notes: Notes) -> None:
    if not slots:
        notes.lost.append(f"the result of {result.get('tool_call_id')!r}, which has no call")
        return
    slot = next((slot for slot in slots if slot.result is None), slots[-1])
    if slot.result is not None:
        notes.lost.append(f"the first of two results of {slot.call['id']!r}")
    slot.result = result


def _calls_of(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if message["role"] != "assistant":
        return
    given = message.get("tool_calls")
    listed = given if isinstance(given, (list, tuple)) else ()
    calls = [call for call in listed if isinstance(call, Mapping)]
    old = message.get("function_call")
    if isinstance(old, Mapping) and not calls:
        calls = [{"id": f"function_{old.get('name')}", "function": old}]
    for call in calls:
        normal = _normal(call)
        # "Missing required parameter: 'messages[1].tool_calls[0].function.name'."
        if normal["function"].get("name"):
            yield normal


def _normal(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call in the form of chat completions; the Responses API has its fields at the top."""
    function = call.get("function")
    if not isinstance(function, Mapping):
        function = {key: call[key] for key in ("name", "arguments") if key in call}
        call = {"id": call.get("call_id") or call.get("id"), "type": "function"}
    arguments = as_object(function.get("arguments"))
    if arguments != function.get("arguments"):
        function = {**function, "arguments": arguments}
    return {**call, "id": call.get("id") or "", "type": "function", "function": dict(function)}


def as_object(arguments: Any) -> str:
    """Arguments as JSON text of an object: providers refuse or drop a call with any other."""
    if arguments is None or arguments == "":
        return "{}"
    text = arguments_text(arguments)
    if isinstance(arguments, Mapping):
        return text
    _, is_whole = parsed_arguments(text)
    return text if is_whole else json.dumps({"invalid": text}, ensure_ascii=False)


def _calling(
    message: WireMessage, slots: Iterable[_Slot], ids: _Ids, notes: Notes
) -> Iterator[WireMessage]:
    """The assistant's message, and the results of its calls."""
    calls: list[dict[str, Any]] = []
    results: list[WireMessage] = []
    for slot in slots:
        if slot.result is None:
            name = slot.call["function"].get("name")
            notes.lost.append(f"the call {slot.call['id']!r} of {name}, which has no result")
            continue
        new = ids.take(slot.call["id"])
        calls.append(slot.call if new == slot.call["id"] else {**slot.call, "id": new})
        is_same = slot.result.get("tool_call_id") == new
        results.append(slot.result if is_same else {**slot.result, "tool_call_id": new})
    bare = _without_calls(message)
    if not calls:
        yield bare
        return
    yield {**bare, "content": bare.get("content"), "tool_calls": calls}
    yield from results


class _Ids:
    """Ids that the dialect takes, each once in a request."""

    def __init__(self, dialect: Dialect) -> None:
        self._pattern = dialect.tool_ids
        self._length = dialect.id_length
        self._used: set[str] = set()

    def take(self, given: str) -> str:
        """The id itself where it is taken and free."""
        given = given or "call"
        new = given if self._pattern.fullmatch(given) else self._made(given)
        attempt = 1
        while new in self._used:
            attempt += 1
            new = self._made(f"{given}_{attempt}")
        self._used.add(new)
        return new

    def _made(self, given: str) -> str:
        plain = "".join(one if one.isascii() and one.isalnum() else "_" for one in given)
        if self._pattern.fullmatch(plain):
            return plain
        return blake2b(given.encode(), digest_size=16).hexdigest()[: self._length]
