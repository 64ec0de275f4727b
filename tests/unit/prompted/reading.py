"""What a test reads from parsed chunks: pieces of text and calls, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ramclouds import Chunk, InvalidToolCall, ToolCallDelta
from ramclouds.prompted import PromptedParser


def to_tool(name: str, **properties: str) -> dict[str, Any]:
    """A tool of the wire's form; a property whose type ends in `?` is not required."""
    schema = {
        "type": "object",
        "properties": {name: {"type": kind.rstrip("?")} for name, kind in properties.items()},
        "required": [name for name, kind in properties.items() if not kind.endswith("?")],
    }
    function = {"name": name, "description": f"Does {name}.", "parameters": schema}
    return {"type": "function", "function": function}


TOOLS = [
    to_tool("get_weather", city="string", days="integer?"),
    to_tool("get_time", zone="string?"),
    to_tool("search", query="string", limit="integer?"),
]

Plain = list[str | tuple[str, ...]]
"""Pieces of text, and calls as (name, arguments), in the order in which they came.

A call that no tool may run is (name, text, "invalid").
"""


def to_stream(pieces: Sequence[str], finish_reason: str = "stop") -> list[Chunk]:
    """Chunks as the client gives them."""
    chunks = [Chunk(text=piece) for piece in pieces if piece]
    first, last = Chunk(), Chunk(finish_reason=finish_reason)
    for whole in (chunks or [first])[:1]:
        whole.id, whole.model, whole.request_id = "chatcmpl-1", "m", "req-1"
    return [*(chunks or [first]), last]


def parsed(
    pieces: Sequence[str],
    finish_reason: str = "stop",
    *,
    tools: Sequence[dict[str, Any]] = TOOLS,
    grammar: bool = False,
) -> list[Chunk]:
    """All chunks that come of a stream."""
    parser = PromptedParser(tools=tools, grammar=grammar)
    return [out for chunk in to_stream(pieces, finish_reason) for out in parser.feed(chunk)]


def merged(chunks: Iterable[Chunk]) -> list[str | ToolCallDelta | InvalidToolCall]:
    """Neighbouring texts as one, and each call as one delta at the place of its first fragment.

    Calls that no tool may run stand in their place where a fragment came, else at the end.
    """
    found: list[str | ToolCallDelta | InvalidToolCall] = []
    places: dict[int | None, int] = {}
    for chunk in chunks:
        if chunk.text and found and isinstance(found[-1], str):
            found[-1] += chunk.text
        elif chunk.text:
            found.append(chunk.text)
        for delta in chunk.tool_calls:
            if delta.index not in places:
                places[delta.index] = len(found)
                found.append(ToolCallDelta(delta.index, delta.id, delta.name))
            call = found[places[delta.index]]
            assert isinstance(call, ToolCallDelta)
            call.arguments += delta.arguments
        for invalid in chunk.invalid_tool_calls:
            if invalid.index in places:
                found[places[invalid.index]] = invalid
            else:
                found.append(invalid)
    return found


def parts_in(chunks: Iterable[Chunk]) -> Plain:
    """Pieces of text and calls, without indices and ids."""
    return [to_plain(part) for part in merged(chunks)]


def to_plain(part: str | ToolCallDelta | InvalidToolCall) -> str | tuple[str, ...]:
    if isinstance(part, str):
        return part
    kind = ("invalid",) if isinstance(part, InvalidToolCall) else ()
    return (str(part.name), part.arguments, *kind)


def assert_keeps_contract(chunks: Sequence[Chunk]) -> None:
    """What `Chunk` promises of every stream that is complete."""
    assert [chunk.finish_reason is not None for chunk in chunks] == [
        *[False] * (len(chunks) - 1),
        True,
    ]
    assert [chunk.id for chunk in chunks] == ["chatcmpl-1", *[None] * (len(chunks) - 1)]
    seen: set[int] = set()
    for chunk in chunks:
        for delta in chunk.tool_calls:
            assert (delta.id is None, delta.name is None) == (delta.index in seen,) * 2
            seen.add(delta.index)
    invalid = chunks[-1].invalid_tool_calls
    assert not any(chunk.invalid_tool_calls for chunk in chunks[:-1])
    assert all(call.reason and (call.index is None or call.index in seen) for call in invalid)
    assert len(seen) + sum(call.index is None for call in invalid) >= max(seen, default=-1) + 1
