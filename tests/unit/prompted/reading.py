"""What a test reads from parsed chunks: pieces of text and calls, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ramclouds import Chunk, ToolCallDelta
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

Said = list[str | tuple[str, str]]
"""Pieces of text, and calls as (name, arguments), in the order in which they came."""


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


def merged(chunks: Iterable[Chunk]) -> list[str | ToolCallDelta]:
    """Neighbouring texts as one, and each call as one delta at the place of its first fragment."""
    said: list[str | ToolCallDelta] = []
    calls: dict[int, ToolCallDelta] = {}
    for chunk in chunks:
        if chunk.text and said and isinstance(said[-1], str):
            said[-1] += chunk.text
        elif chunk.text:
            said.append(chunk.text)
        for delta in chunk.tool_calls:
            if delta.index not in calls:
                calls[delta.index] = ToolCallDelta(delta.index, delta.id, delta.name)
                said.append(calls[delta.index])
            calls[delta.index].arguments += delta.arguments
    return said


def said_in(chunks: Iterable[Chunk]) -> Said:
    """Pieces of text and calls, without indices and ids."""
    return [
        part if isinstance(part, str) else (str(part.name), part.arguments)
        for part in merged(chunks)
    ]


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
    assert seen == set(range(len(seen)))
