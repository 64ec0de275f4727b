"""What every stream of chunks keeps to, and what a completion or its chunks say."""

from __future__ import annotations

from typing import Any

from ramclouds import Chunk, Completion


def read(answer: Completion | list[Chunk] | None) -> dict[str, Any]:
    """What an answer says: what does not differ between a whole one and a streamed one."""
    if isinstance(answer, list):
        return _joined(answer)
    if answer is None:
        return _joined([])
    return {
        "text": answer.text,
        "reasoning": answer.reasoning,
        "refusal": answer.refusal,
        "tool_calls": [(one.id, one.name, one.arguments, one.extra) for one in answer.tool_calls],
        "finish_reason": answer.finish_reason,
        "usage": answer.usage,
    }


def _joined(chunks: list[Chunk]) -> dict[str, Any]:
    """Chunks merged by adding, as the frameworks do it."""
    assert_adds_up(chunks)
    return {
        "text": "".join(chunk.text for chunk in chunks),
        "reasoning": "".join(chunk.reasoning for chunk in chunks),
        "refusal": "".join(chunk.refusal for chunk in chunks),
        "tool_calls": _joined_calls(chunks),
        "finish_reason": chunks[-1].finish_reason if chunks else None,
        "usage": chunks[-1].usage if chunks else None,
    }


def _joined_calls(chunks: list[Chunk]) -> list[tuple[str, str, str, dict[str, Any]]]:
    made: dict[int, tuple[str, str, str, dict[str, Any]]] = {}
    for delta in (delta for chunk in chunks for delta in chunk.tool_calls):
        id, name, arguments, extra = made.get(delta.index, ("", "", "", {}))
        made[delta.index] = (
            id + (delta.id or ""),
            name + (delta.name or ""),
            arguments + delta.arguments,
            {**extra, **delta.extra},
        )
    return list(made.values())


def assert_adds_up(chunks: list[Chunk]) -> None:
    """What every list of chunks keeps to, also where an error follows."""
    for place, chunk in enumerate(chunks):
        assert {type(chunk.text), type(chunk.reasoning), type(chunk.refusal)} == {str}
        assert type(chunk.tool_calls) is tuple
        assert type(chunk.raw) is dict
        if place:
            assert (chunk.id, chunk.model, chunk.request_id) == (None, None, None)
        if place < len(chunks) - 1:
            assert (chunk.finish_reason, chunk.usage) == (None, None)
            carried = (chunk.text, chunk.reasoning, chunk.refusal, chunk.tool_calls, chunk.logprobs)
            assert place == 0 or any(carried) or _has_unknown_keys(chunk)
    _assert_calls_add_up(chunks)


def _has_unknown_keys(chunk: Chunk) -> bool:
    """Whether a chunk is there for what only its `raw` shows, such as audio."""
    known = {"role", "content", "tool_calls", "refusal", "reasoning", "reasoning_content"}
    return any(choice["delta"].keys() - known for choice in chunk.raw["choices"])


def _assert_calls_add_up(chunks: list[Chunk]) -> None:
    seen: set[int] = set()
    for delta in (delta for chunk in chunks for delta in chunk.tool_calls):
        assert type(delta.index) is int
        assert type(delta.arguments) is str
        if delta.index in seen:
            assert (delta.id, delta.name) == (None, None)
        else:
            assert delta.id
            assert delta.name is not None
        seen.add(delta.index)


def assert_complete(chunks: list[Chunk]) -> None:
    """What a stream that ended keeps to."""
    assert_adds_up(chunks)
    assert chunks[-1].finish_reason
    assert all(arguments for _, _, arguments, _ in _joined_calls(chunks))
