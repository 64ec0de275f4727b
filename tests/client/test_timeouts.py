"""A gateway that goes silent, at every stage."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from time import monotonic
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
from ramclouds._http import wires
from tests.client.wire_server import whole
from tests.gateway import (
    Drip,
    Gateway,
    Hang,
    Json,
    Pause,
    Raw,
    Sse,
    chunk,
    completion,
    error,
    text_chunks,
)
from tests.gateway.responses import Response
from tests.harness import ASK, EACH_TWIN, TWINS, Calls, Twin, alone, at_once, in_row, read

SHORT = 0.05
"""Seconds of a wait for what never comes."""
ENOUGH = 2.0
"""Seconds in which what is sent at once has arrived, also on a busy machine."""
Connect = Callable[..., Calls]
pytestmark = EACH_TWIN


def test_silence_before_an_answer(gateway: Gateway, connect: Connect) -> None:
    for stage in ["accept", "headers", "mid_headers", "body"]:
        for method in ["complete", "stream"]:
            with in_row(stage, method):
                gateway.forget()
                gateway.reply(Hang(stage))
                with pytest.raises(APITimeoutError) as caught:
                    getattr(connect(timeout=SHORT), method)()
                assert isinstance(caught.value, TimeoutError)
                assert isinstance(caught.value, APIConnectionError)
                gateway.wait_closed()


def silent_body(calls: Calls) -> None:
    with pytest.raises(APITimeoutError):
        calls.complete()


def silent_stream(calls: Calls) -> None:
    with pytest.raises(APITimeoutError) as caught:
        calls.stream()
    assert read(calls.arrived)["text"] == "Hello"
    assert read(caught.value.partial)["text"] == "Hello"
    assert caught.value.retryable is False


def silent_behind_the_finish_reason(calls: Calls) -> None:
    assert read(calls.stream())["text"] == "Hi"


FINISHED = Sse([*text_chunks("Hi", usage=None)[-2:], chunk()], done=False)
SILENCES: list[tuple[Response, Callable[[Calls], None]]] = [
    (Hang("mid_body", Json(completion())), silent_body),
    (Hang("mid_body"), silent_stream),
    (Hang("mid_body", FINISHED), silent_behind_the_finish_reason),
]


def test_silence_behind_a_part() -> None:
    def check(kind: type[Twin], answer: Response, read_it: Callable[[Calls], None]) -> None:
        with alone(kind, answer, timeout=ENOUGH) as (gateway, calls):
            read_it(calls)
            gateway.wait_closed()

    at_once(*(partial(check, kind, *row) for kind in TWINS.values() for row in SILENCES))


def test_timeout_is_for_silence_not_for_the_whole() -> None:
    words: list[Any] = [chunk({"content": "x"}), Pause(0.2), ": PING\n\n", Pause(0.2)] * 6
    stream = Sse([*words, chunk({}, "stop")])
    body = Drip(Json(completion("Hi")), delay=0.2, size=35)

    def check(kind: type[Twin], answer: Response, method: str, expected: str) -> None:
        with alone(kind, answer, timeout=2) as (_, calls):
            begun = monotonic()
            assert read(getattr(calls, method)())["text"] == expected
            assert monotonic() - begun > 2

    rows = ((stream, "stream", "x" * 6), (body, "complete", "Hi"))
    at_once(*(partial(check, kind, *row) for kind in TWINS.values() for row in rows))


def test_timeout_of_one_call(gateway: Gateway, calls: Calls) -> None:
    for method in ["complete", "models"]:
        with in_row(method):
            gateway.forget()
            gateway.reply(Hang("headers"))
            with pytest.raises(APITimeoutError):
                getattr(calls, method)(timeout=SHORT)


def test_timeout_of_one_call_beats_the_clients(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(Raw([Pause(0.05), whole("Hi")]))
    assert connect(timeout=0.01).complete(timeout=5).text == "Hi"


def test_httpx_timeout_is_taken_as_it_is(gateway: Gateway, connect: Connect) -> None:
    for timeout in [httpx.Timeout(5, read=SHORT), httpx.Timeout(None, read=SHORT)]:
        with in_row(timeout):
            gateway.forget()
            gateway.reply(Hang("headers"))
            with pytest.raises(APITimeoutError):
                connect(timeout=timeout).complete()


def test_body_that_nobody_reads(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(Hang("accept"))
    messages = [{"role": "user", "content": "x" * 20_000_000}]
    with pytest.raises(APITimeoutError):
        connect(timeout=httpx.Timeout(5, write=SHORT, read=SHORT)).complete(messages=messages)


PINGS = Sse([": PING\n\n", Pause(0.05)] * 200)


def test_stream_of_nothing_but_comments_ends() -> None:
    def check(kind: type[Twin], place: str, limit: str, method: str) -> None:
        limited: dict[str, Any] = {limit: 0.2}
        settings, params = (limited, {}) if place == "client" else ({}, limited)
        with alone(kind, PINGS, **settings) as (gateway, calls):
            with pytest.raises(APITimeoutError, match=limit) as caught:
                getattr(calls, method)(**params)
            assert caught.value.retryable is False, (place, limit, method)
            gateway.wait_closed()

    limits, methods = ("stall_timeout", "total_timeout"), ("stream", "complete")
    at_once(
        *(
            partial(check, *row)
            for row in product(TWINS.values(), ("client", "call"), limits, methods)
        )
    )


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
        connect(total_timeout=0.1).complete()


def test_limit_that_is_none_is_refused(connect: Connect) -> None:
    for value in [0, -1, True, "5", float("nan")]:
        for limit in ["stall_timeout", "total_timeout"]:
            with in_row(value, limit):
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


def test_a_thread_looks_up_from_its_wait_again_and_again(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a Ctrl-C that comes just before `poll` waits as long as the model thinks."""
    waits: list[float | None] = []
    polled = wires._polled

    def look(sock: Any, events: int, seconds: float | None) -> bool:
        waits.append(seconds)
        return polled(sock, events, seconds)

    monkeypatch.setattr(wires, "LOOK", 0.01)
    monkeypatch.setattr(wires, "_polled", look)
    gateway.reply(Sse([Pause(0.1), *text_chunks("Hi")]))
    with Client(api_key="test-key", base_url=gateway.base_url, timeout=None) as client:
        assert "".join(chunk.text for chunk in client.stream(**ASK)) == "Hi"
    assert len(waits) > 3
    assert max(seconds for seconds in waits if seconds is not None) <= 0.01
    assert None not in waits
