"""What an observer hears of an operation, and that it never breaks one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import pytest

from ramclouds import AsyncClient, Completion, Embeddings, RamCloudsError
from ramclouds._observers import Listener, Operation, observing
from tests.gateway import (
    Drop,
    Gateway,
    Hang,
    Json,
    Sse,
    completion,
    embedded,
    error,
    text_chunks,
    usage,
    usage_chunk,
)
from tests.harness import ASK, EACH_TWIN, Calls, Twin

Connect = Callable[..., Calls]
BUSY = Json(error("busy"), 503)
USED = usage_chunk(usage(5, 2))


class Hearing(Listener):
    """Notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.operations: list[Operation] = []
        self.values: list[Any] = []

    def __call__(self, operation: Operation) -> Listener:
        self.operations.append(operation)
        return self

    def begin(self) -> None:
        self.heard.append("begin")

    def retry(self, error: Exception, delay: float) -> None:
        self.heard.append(f"retry {type(error).__name__}")

    def fallback(self, model: str, next_model: str, error: Exception) -> None:
        self.heard.append(f"fallback {model} {next_model} {type(error).__name__}")

    def first_token(self) -> None:
        self.heard.append("first token")

    def end(self, value: Completion | Embeddings) -> None:
        self.heard.append("end")
        self.values.append(value)

    def closed_early(self, partial: Completion | None) -> None:
        self.heard.append("closed_early")
        self.values.append(partial)

    def failed(self, error: BaseException, partial: Any) -> None:
        self.heard.append(f"failed {type(error).__name__}")
        self.values.append(partial)


@pytest.fixture
def hearing() -> Hearing:
    return Hearing()


@EACH_TWIN
def test_whole_completion(gateway: Gateway, connect: Connect, hearing: Hearing, waits: Any) -> None:
    gateway.reply(BUSY, Json(completion("Hi")))
    with observing(hearing):
        found = connect(max_retries=1).complete(temperature=0.5)
    assert hearing.heard == ["begin", "retry ServerError", "end"]
    assert hearing.values == [found]
    (operation,) = hearing.operations
    assert (operation.name, operation.model, operation.is_stream) == ("chat", "gpt-5", False)
    assert operation.base_url == gateway.base_url
    assert operation.body["temperature"] == 0.5


def test_another_model(gateway: Gateway, calls: Calls, hearing: Hearing) -> None:
    gateway.reply(BUSY, Json(completion("Hi")))
    with observing(hearing):
        calls.complete(fallback_models=["glm-4.6"])
    assert hearing.heard == ["begin", "fallback gpt-5 glm-4.6 ServerError", "end"]


@EACH_TWIN
def test_stream(gateway: Gateway, calls: Calls, hearing: Hearing) -> None:
    gateway.reply(Sse([*text_chunks("Hello world"), USED]))
    with observing(hearing):
        calls.stream()
    assert hearing.heard == ["begin", "first token", "end"]
    (whole,) = hearing.values
    assert (whole.text, whole.finish_reason, whole.model) == ("Hello world", "stop", "gpt-5.1")
    assert whole.usage.total_tokens == 7
    assert hearing.operations[0].is_stream


@EACH_TWIN
def test_stream_that_is_left(
    gateway: Gateway, connect: Connect, hearing: Hearing, twin: Twin
) -> None:
    gateway.reply(Sse(text_chunks("Hello world")))
    with observing(hearing):
        twin.first(connect().client, "stream", **ASK)
    assert hearing.heard == ["begin", "first token", "closed_early"]
    assert hearing.values[0].text.startswith("Hello")


@EACH_TWIN
def test_stream_that_breaks_off(gateway: Gateway, calls: Calls, hearing: Hearing) -> None:
    gateway.reply(Sse([*text_chunks("Hello world")[:3], USED], ending="rst"))
    with observing(hearing), pytest.raises(RamCloudsError):
        calls.stream()
    assert hearing.heard == ["begin", "first token", "failed StreamTruncatedError"]
    assert (hearing.values[0].text, hearing.values[0].usage.total_tokens) == ("Hello world", 7)


@EACH_TWIN
def test_failure(gateway: Gateway, calls: Calls, hearing: Hearing) -> None:
    gateway.reply(Drop("headers"))
    with observing(hearing), pytest.raises(RamCloudsError):
        calls.complete()
    assert hearing.heard == ["begin", "failed APIConnectionError"]


@EACH_TWIN
def test_embeddings(gateway: Gateway, calls: Calls, hearing: Hearing) -> None:
    gateway.reply(Json(embedded([[1.0], [2.0], [3.0]])))
    with observing(hearing):
        found = calls.embed()
    assert (hearing.heard, hearing.values) == (["begin", "end"], [found])
    assert hearing.operations[0].name == "embeddings"


def test_cancelled_call(gateway: Gateway, hearing: Hearing) -> None:
    gateway.reply(Hang("headers"))

    async def ask() -> None:
        async with AsyncClient(api_key="test-key", base_url=gateway.base_url) as client:
            task = asyncio.create_task(client.complete(**ASK))
            await asyncio.to_thread(gateway.wait_requests, 1)
            task.cancel()
            await task

    with observing(hearing), pytest.raises(asyncio.CancelledError):
        asyncio.run(ask())
    assert hearing.heard == ["begin", "failed CancelledError"]


def test_threads_of_embed_many_are_heard(gateway: Gateway, calls: Calls, hearing: Hearing) -> None:
    with observing(hearing):
        calls.embed_many(["a", "b", "c"], chunk_size=1, max_concurrency=3)
    assert sorted(hearing.heard) == ["begin"] * 3 + ["end"] * 3


def test_stream_made_inside_is_heard_outside(
    gateway: Gateway, connect: Connect, hearing: Hearing
) -> None:
    client = connect().client
    with observing(hearing):
        stream = client.stream(**ASK)
    assert hearing.heard == []
    list(stream)  # type: ignore[arg-type]
    assert hearing.heard[-1] == "end"


def test_nobody_listens_outside(gateway: Gateway, calls: Calls, hearing: Hearing) -> None:
    with observing(hearing):
        calls.models()
    calls.complete()
    assert (hearing.operations, hearing.heard) == ([], [])


def test_observer_that_fails_is_logged(
    gateway: Gateway, calls: Calls, hearing: Hearing, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Listener):
        def end(self, value: Any) -> None:
            raise ValueError("broken")

    gateway.reply(Json(completion("Hi")))
    with observing(lambda _: Broken()), observing(lambda _: None), observing(hearing):
        assert calls.complete().text == "Hi"
    assert "An observer of ramclouds failed in 'end'" in caplog.text
    assert hearing.heard == ["begin", "end"]


def test_observer_that_is_left_in_another_context_hears_no_more(
    gateway: Gateway, calls: Calls, hearing: Hearing
) -> None:
    """As a meter in an async fixture of pytest is."""
    observed = observing(hearing)
    copy_context().run(observed.__enter__)
    observed.__exit__(None, None, None)
    calls.complete()
    assert hearing.heard == []
