"""Calls of both clients with one body of test code, and chunks put together independently."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Protocol, TypeVar

from typing_extensions import Self

from ramclouds import AsyncClient, Chunk, Client, Completion, Model, RamCloudsError
from tests.gateway import Gateway

T = TypeVar("T")
MESSAGES = [{"role": "user", "content": "Hi"}]
ASK: dict[str, Any] = {"model": "gpt-5", "messages": MESSAGES}


class Calls(Protocol):
    """One client, asked without a word about async."""

    def complete(self, **params: Any) -> Completion: ...

    def stream(self, **params: Any) -> list[Chunk]: ...

    def models(self, **params: Any) -> list[Model]: ...


class SyncCalls:
    def __init__(self, gateway: Gateway, **settings: Any) -> None:
        self.client = Client(**_settings(gateway, settings))

    def complete(self, **params: Any) -> Completion:
        return self.client.complete(**{**ASK, **params})

    def stream(self, **params: Any) -> list[Chunk]:
        chunks: list[Chunk] = []
        try:
            for chunk in self.client.stream(**{**ASK, **params}):
                chunks.append(chunk)
        except RamCloudsError as exc:
            exc.__dict__["arrived"] = chunks
            raise
        return chunks

    def models(self, **params: Any) -> list[Model]:
        return self.client.models(**params)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.client.close()


class AsyncCalls:
    def __init__(self, gateway: Gateway, **settings: Any) -> None:
        self.client = AsyncClient(**_settings(gateway, settings))
        self._loop = asyncio.new_event_loop()

    def complete(self, **params: Any) -> Completion:
        return self._run(self.client.complete(**{**ASK, **params}))

    def stream(self, **params: Any) -> list[Chunk]:
        return self._run(self._stream(**{**ASK, **params}))

    def models(self, **params: Any) -> list[Model]:
        return self._run(self.client.models(**params))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._run(self.client.aclose())
        self._run(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _stream(self, **params: Any) -> list[Chunk]:
        chunks: list[Chunk] = []
        try:
            async for chunk in self.client.stream(**params):
                chunks.append(chunk)
        except RamCloudsError as exc:
            exc.__dict__["arrived"] = chunks
            raise
        return chunks

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(coroutine)


Flavour = type[SyncCalls] | type[AsyncCalls]
FLAVOURS: dict[str, Flavour] = {"sync": SyncCalls, "async": AsyncCalls}


def _settings(gateway: Gateway, settings: dict[str, Any]) -> dict[str, Any]:
    return {"api_key": "test-key", "base_url": gateway.base_url, "max_retries": 0, **settings}


def arrived(error: RamCloudsError) -> list[Chunk]:
    """The chunks that came out before the error."""
    chunks: list[Chunk] = error.__dict__["arrived"]
    return chunks


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
