"""Entries of `tool_calls` as providers send them, and the calls that they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.gateway import Sse, chunk

NO_KEY: Any = object()
Expected = list[tuple[str, str, str]]


def delta(
    name: Any = NO_KEY, arguments: Any = NO_KEY, id: Any = NO_KEY, index: Any = NO_KEY, **extra: Any
) -> dict[str, Any]:
    """One entry of `tool_calls`; what is not given is not in it."""
    function = {"name": name, "arguments": arguments}
    made = {"index": index, "id": id, "type": "function", **extra}
    present = {key: value for key, value in made.items() if value is not NO_KEY}
    return {**present, "function": {k: v for k, v in function.items() if v is not NO_KEY}}


def streamed(events: Iterable[list[dict[str, Any]]]) -> Sse:
    """A stream of one event for each list of entries, and of the end."""
    deltas = [chunk({"tool_calls": entries}) for entries in events]
    return Sse([*deltas, chunk({}, "tool_calls")])


OPENS_A = delta("f", "", "call_a", 0)
ARGS_A = '{"a":1}'
ARGS_B = '{"b":2}'
CALL_A: Expected = [("call_a", "f", ARGS_A)]
CALLS_A_AND_B: Expected = [("call_a", "f", ARGS_A), ("call_b", "g", ARGS_B)]
CALLS_TO_ONE_TOOL: Expected = [("call_a", "f", ARGS_A), ("call_b", "f", ARGS_B)]
