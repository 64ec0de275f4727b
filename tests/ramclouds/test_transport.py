"""One client in threads, event loops and processes, and over http clients of the user's own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import trio

from ramclouds import APIStatusError, AsyncClient, Client, ConfigurationError
from tests.gateway import Gate, Gateway, Json, Sse, chunk, completion
from tests.ramclouds.calls import ASK


def aclient(gateway: Gateway, **settings: Any) -> AsyncClient:
    return AsyncClient(api_key="test-key", base_url=gateway.base_url, **settings)


def client(gateway: Gateway, **settings: Any) -> Client:
    return Client(api_key="test-key", base_url=gateway.base_url, **settings)


async def ask_both_ways(one: AsyncClient) -> str:
    text = (await one.complete(**ASK)).text
    streamed = [part.text async for part in one.stream(**ASK)]
    assert "".join(streamed) == text
    return text


def test_one_async_client_in_several_runs(gateway: Gateway) -> None:
    one = aclient(gateway, max_retries=0)
    texts = {asyncio.run(ask_both_ways(one)) for _ in range(3)}
    assert texts == {"Hello! You said: Hi"}
    gateway.wait_closed()


def test_one_async_client_in_loops_of_several_threads(gateway: Gateway) -> None:
    one = aclient(gateway, max_retries=0)
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda _: asyncio.run(ask_both_ways(one)), range(8)))
    assert set(texts) == {"Hello! You said: Hi"}


def test_one_client_in_several_threads(gateway: Gateway) -> None:
    with client(gateway, max_retries=0) as one, ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda _: one.complete(**ASK).text, range(40)))
    assert set(texts) == {"Hello! You said: Hi"}
    assert gateway.connections <= 8


def test_trio(gateway: Gateway) -> None:
    async def run() -> str:
        async with aclient(gateway, max_retries=0) as one:
            return await ask_both_ways(one)

    assert trio.run(run) == "Hello! You said: Hi"
    gateway.wait_closed()


def test_trio_cancels(gateway: Gateway) -> None:
    gateway.reply(Sse([chunk({"content": "x"}), Gate()]))

    async def run() -> None:
        async with aclient(gateway, max_retries=0) as one:
            with trio.move_on_after(5) as scope:
                async for part in one.stream(**ASK):
                    assert part.text == "x"
                    scope.cancel()

    trio.run(run)
    gateway.wait_closed()


def test_one_client_on_asyncio_and_trio(gateway: Gateway) -> None:
    one = aclient(gateway, max_retries=0)

    async def run() -> str:
        text = await ask_both_ways(one)
        await one.aclose()
        return text

    assert asyncio.run(run()) == trio.run(run)


FORKED = """
import asyncio, os, sys
from ramclouds import AsyncClient, Client
settings = dict(api_key="test-key", base_url=sys.argv[1], max_retries=0)
ask = dict(model="gpt-5", messages=[{"role": "user", "content": "Hi"}])
client, aclient = Client(**settings), AsyncClient(**settings)
def both():
    return client.complete(**ask).text, asyncio.run(aclient.complete(**ask)).text
first = both()
child = os.fork()
ours = both()
if not child:
    os._exit(0 if ours == first else 3)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert both() == first
print("forked")
"""


def test_fork(gateway: Gateway) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKED, gateway.base_url],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("forked\n", "")
    # The child speaks on connections of its own.
    assert gateway.connections == 2 + 1 + 2 + 1


UNCLOSED = """
import asyncio, sys
from ramclouds import AsyncClient, Client
settings = dict(api_key="test-key", base_url=sys.argv[1])
ask = dict(model="gpt-5", messages=[{"role": "user", "content": "Hi"}])
client, aclient = Client(**settings), AsyncClient(**settings)
async def main():
    await aclient.complete(**ask)
    async for _ in aclient.stream(**ask):
        break
client.complete(**ask)
next(client.stream(**ask))
asyncio.run(main())
print("done")
"""


def test_program_that_closes_nothing_ends_quietly(gateway: Gateway) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", UNCLOSED, gateway.base_url],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


async def test_many_requests_at_once_wait_for_nobody(gateway: Gateway) -> None:
    gate = Gate()
    gateway.handler = lambda _: Sse([gate, chunk({"content": "x"}), chunk({}, "stop")])

    async def ask(one: AsyncClient) -> str:
        return "".join([part.text async for part in one.stream(**ASK)])

    async with aclient(gateway, max_retries=0) as one:
        tasks = [asyncio.create_task(ask(one)) for _ in range(300)]
        await asyncio.to_thread(gateway.wait_requests, 300, 30)
        gate.open()
        assert await asyncio.gather(*tasks) == ["x"] * 300


def test_many_threads_at_once_wait_for_nobody(gateway: Gateway) -> None:
    gate = Gate()
    gateway.handler = lambda _: Sse([gate, chunk({"content": "x"}), chunk({}, "stop")])
    with client(gateway, max_retries=0) as one:
        threads = [threading.Thread(target=lambda: list(one.stream(**ASK))) for _ in range(120)]
        for thread in threads:
            thread.start()
        gateway.wait_requests(120, 30)
        gate.open()
        for thread in threads:
            thread.join()


def test_first_chunk_comes_before_the_second_is_sent(gateway: Gateway) -> None:
    gate = Gate()
    gateway.reply(Sse([chunk({"content": "a"}), gate, chunk({"content": "b"}), chunk({}, "stop")]))
    with client(gateway, max_retries=0) as one:
        stream = one.stream(**ASK)
        assert next(stream).text == "a"
        gate.open()
        assert [part.text for part in stream] == ["b", ""]


async def test_async_first_chunk_comes_before_the_second_is_sent(gateway: Gateway) -> None:
    gate = Gate()
    gateway.reply(Sse([chunk({"content": "a"}), gate, chunk({"content": "b"}), chunk({}, "stop")]))
    async with aclient(gateway, max_retries=0) as one:
        stream = one.stream(**ASK)
        assert (await anext(stream)).text == "a"
        gate.open()
        assert [part.text async for part in stream] == ["b", ""]


def test_own_http_client_is_used_and_not_closed(gateway: Gateway) -> None:
    seen: list[str] = []
    hooks: dict[str, Any] = {"request": [lambda request: seen.append(request.url.path)]}
    with httpx.Client(event_hooks=hooks, trust_env=False) as http:
        with client(gateway, http_client=http) as one:
            assert one.complete(**ASK).text
            assert list(one.stream(**ASK))
            assert one.models()
        assert not http.is_closed
        assert one.complete(**ASK).text
    assert seen == ["/v1/chat/completions"] * 2 + ["/v1/models", "/v1/chat/completions"]


async def test_own_async_http_client_is_used_and_not_closed(gateway: Gateway) -> None:
    async with httpx.AsyncClient(trust_env=False, headers={"X-Mine": "1"}) as http:
        async with aclient(gateway, http_client=http) as one:
            assert await ask_both_ways(one)
            assert await one.models()
        assert not http.is_closed
    assert {request.headers["x-mine"] for request in gateway.requests} == {"1"}


def test_error_of_the_users_own_hook_comes_out_as_it_is(gateway: Gateway) -> None:
    def refuse(request: httpx.Request) -> None:
        raise KeyError("mine")

    hooks: dict[str, Any] = {"request": [refuse]}
    with httpx.Client(event_hooks=hooks, trust_env=False) as http:
        one = client(gateway, http_client=http)
        with pytest.raises(KeyError, match="mine"):
            one.complete(**ASK)
        with pytest.raises(KeyError, match="mine"):
            list(one.stream(**ASK))


def test_connections_kept_too_long_are_closed(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramclouds._pool.KEEPALIVE_EXPIRY", 0.0)
    with client(gateway, max_retries=0) as one:
        for _ in range(3):
            one.complete(**ASK)
        assert gateway.connections == 3
    gateway.wait_closed()


def test_closed_own_http_client_says_so(gateway: Gateway) -> None:
    http = httpx.Client()
    http.close()
    with pytest.raises(ConfigurationError, match="closed"):
        client(gateway, http_client=http).complete(**ASK)


def test_http_client_of_the_other_kind_is_refused(gateway: Gateway) -> None:
    with httpx.Client() as http, pytest.raises(ConfigurationError, match="AsyncClient"):
        aclient(gateway, http_client=http)
    with pytest.raises(ConfigurationError, match=r"httpx\.Client"):
        client(gateway, http_client=httpx.AsyncClient())


def test_own_http_client_that_follows_redirects_does_not_carry_the_key_away(
    gateway: Gateway,
) -> None:
    with Gateway() as elsewhere:
        gateway.reply(Json({}, 307, {"Location": f"{elsewhere.base_url}/chat/completions"}))
        with (
            httpx.Client(follow_redirects=True, trust_env=False) as http,
            pytest.raises(APIStatusError, match="redirect"),
        ):
            client(gateway, http_client=http, max_retries=0).complete(**ASK)
        assert elsewhere.connections == 0


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_cookies_are_not_kept(gateway: Gateway, flavour: str) -> None:
    gateway.handler = lambda _: Json(completion(), headers={"Set-Cookie": "session=1; Path=/"})
    if flavour == "sync":
        with client(gateway) as one:
            one.complete(**ASK)
            one.complete(**ASK)
    else:
        both = aclient(gateway)

        async def run() -> None:
            await both.complete(**ASK)
            await both.complete(**ASK)

        asyncio.run(run())
    assert "cookie" not in gateway.last.headers
