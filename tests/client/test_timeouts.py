"""A gateway that goes silent, at every stage."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from ramclouds import (
    APIConnectionError,
    APITimeoutError,
    AsyncClient,
    Client,
    ConfigurationError,
    RateLimitError,
)
from tests.gateway import (
    Drip,
    Gateway,
    Hang,
    Json,
    Pause,
    Sse,
    chunk,
    completion,
    error,
    text_chunks,
)
from tests.harness import ASK, EACH_TWIN, Calls, read

SHORT = 0.15
ENOUGH = 0.6
"""Seconds in which what is sent at once has arrived, also on a busy machine."""
Connect = Callable[..., Calls]
pytestmark = EACH_TWIN


@pytest.mark.parametrize("method", ["complete", "stream"])
@pytest.mark.parametrize("stage", ["accept", "headers", "mid_headers", "body"])
def test_silence_before_an_answer(
    gateway: Gateway, connect: Connect, stage: Any, method: str
) -> None:
    gateway.reply(Hang(stage))
    with pytest.raises(APITimeoutError) as caught:
        getattr(connect(timeout=SHORT), method)()
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, APIConnectionError)
    gateway.wait_closed()


def test_silence_inside_a_body(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(Hang("mid_body", Json(completion())))
    with pytest.raises(APITimeoutError):
        connect(timeout=ENOUGH).complete()
    gateway.wait_closed()


def test_silence_inside_a_stream(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(Hang("mid_body"))
    calls = connect(timeout=ENOUGH)
    with pytest.raises(APITimeoutError) as caught:
        calls.stream()
    assert read(calls.arrived)["text"] == "Hello"
    assert read(caught.value.partial)["text"] == "Hello"
    assert caught.value.retryable is False
    gateway.wait_closed()


def test_silence_behind_the_finish_reason_is_no_error(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(Hang("mid_body", Sse([*text_chunks("Hi", usage=None)[-2:], chunk()], done=False)))
    assert read(connect(timeout=ENOUGH).stream())["text"] == "Hi"


def test_timeout_is_for_silence_not_for_the_whole(gateway: Gateway, connect: Connect) -> None:
    words: list[Any] = [chunk({"content": "x"}), Pause(0.3), ": PING\n\n", Pause(0.3)] * 2
    gateway.reply(Sse([*words, chunk({}, "stop")]))
    gateway.reply(Drip(Json(completion("Hi")), delay=0.2, size=80))
    calls = connect(timeout=1)
    assert read(calls.stream())["text"] == "x" * 2
    assert calls.complete().text == "Hi"


@pytest.mark.parametrize("method", ["complete", "models"])
def test_timeout_of_one_call(gateway: Gateway, calls: Calls, method: str) -> None:
    gateway.reply(Hang("headers"))
    with pytest.raises(APITimeoutError):
        getattr(calls, method)(timeout=SHORT)


def test_timeout_of_one_call_beats_the_clients(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(Drip(Json(completion("Hi")), delay=0.2, size=100_000))
    assert connect(timeout=0.01).complete(timeout=5).text == "Hi"


@pytest.mark.parametrize("timeout", [httpx.Timeout(5, read=SHORT), httpx.Timeout(None, read=SHORT)])
def test_httpx_timeout_is_taken_as_it_is(
    gateway: Gateway, connect: Connect, timeout: httpx.Timeout
) -> None:
    gateway.reply(Hang("headers"))
    with pytest.raises(APITimeoutError):
        connect(timeout=timeout).complete()


def test_body_that_nobody_reads(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(Hang("accept"))
    messages = [{"role": "user", "content": "x" * 20_000_000}]
    with pytest.raises(APITimeoutError):
        connect(timeout=httpx.Timeout(5, write=SHORT, read=SHORT)).complete(messages=messages)


PINGS = Sse([": PING\n\n", Pause(0.05)] * 200)


@pytest.mark.parametrize("limit", ["stall_timeout", "total_timeout"])
@pytest.mark.parametrize("place", ["client", "call"])
def test_stream_of_nothing_but_comments_ends(
    gateway: Gateway, connect: Connect, limit: str, place: str
) -> None:
    settings: dict[str, Any] = {limit: 0.2}
    calls = connect(**settings) if place == "client" else connect()
    params = settings if place == "call" else {}
    for ask in (calls.stream, calls.complete):
        gateway.reply(PINGS)
        with pytest.raises(APITimeoutError, match=limit) as caught:
            ask(**params)
        assert caught.value.retryable is False
        gateway.wait_closed()


def test_limits_of_a_client_can_be_lifted_for_one_call(gateway: Gateway, connect: Connect) -> None:
    slow = Sse([": PING\n\n", Pause(0.1), ":", " PI", Pause(0.1), "NG\n\n", *text_chunks("Hi")])
    gateway.reply(slow, slow)
    calls = connect(stall_timeout=0.15, total_timeout=0.15)
    lifted: dict[str, Any] = {"stall_timeout": None, "total_timeout": None}
    assert read(calls.stream(**lifted))["text"] == "Hi"
    with pytest.raises(APITimeoutError):
        calls.stream()


def test_total_timeout_holds_for_all_attempts_and_waits(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    gateway.handler = lambda _: Json(error("slow"), 429, {"Retry-After": "50"})
    with pytest.raises(RateLimitError):
        connect(max_retries=3, total_timeout=40).complete()
    assert (len(gateway.requests), waits) == (1, [])


def test_total_timeout_ends_a_head_that_trickles(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(Drip(Json(completion("Hi")), delay=0.02))
    with pytest.raises(APITimeoutError, match="total_timeout"):
        connect(total_timeout=0.3).complete()


@pytest.mark.parametrize("limit", ["stall_timeout", "total_timeout"])
@pytest.mark.parametrize("value", [0, -1, True, "5", float("nan")])
def test_limit_that_is_none_is_refused(connect: Connect, limit: str, value: Any) -> None:
    settings: dict[str, Any] = {limit: value}
    with pytest.raises(ConfigurationError, match=limit):
        connect(**settings)
    with pytest.raises(ConfigurationError, match=limit):
        connect().complete(**settings)


@contextlib.contextmanager
def full_backlog() -> Iterator[int]:
    """A port that takes no further connection, and does not refuse it either."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


def test_connection_that_is_not_taken(connect: Connect) -> None:
    with full_backlog() as port:
        calls = connect(
            base_url=f"http://127.0.0.1:{port}/v1", timeout=httpx.Timeout(5, connect=SHORT)
        )
        with pytest.raises(APITimeoutError) as caught:
            calls.complete()
        assert caught.value.retryable is True


ONE_CONNECTION = httpx.Limits(max_connections=1)
ASK_SOON = {**ASK, "timeout": httpx.Timeout(5, pool=SHORT)}


def test_pool_without_a_free_connection(gateway: Gateway) -> None:
    gateway.reply(Hang("mid_body"))
    settings: Any = {"api_key": "test-key", "base_url": gateway.base_url, "max_retries": 0}
    with httpx.Client(limits=ONE_CONNECTION, trust_env=False) as http:
        client = Client(http_client=http, **settings)
        stream = client.stream(**ASK)
        next(stream)
        with pytest.raises(APITimeoutError):
            client.complete(**ASK_SOON)
        stream.close()


async def test_async_pool_without_a_free_connection(gateway: Gateway) -> None:
    gateway.reply(Hang("mid_body"))
    settings: Any = {"api_key": "test-key", "base_url": gateway.base_url, "max_retries": 0}
    async with httpx.AsyncClient(limits=ONE_CONNECTION, trust_env=False) as http:
        client = AsyncClient(http_client=http, **settings)
        stream = client.stream(**ASK)
        await anext(stream)
        with pytest.raises(APITimeoutError):
            await client.complete(**ASK_SOON)
        await stream.aclose()
