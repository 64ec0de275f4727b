"""httpx clients of the user's own: used as they are, and never closed."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Iterator
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
    ResponseError,
    StreamTruncatedError,
)
from tests.gateway import Drop, Gateway, Hang, Json, completion
from tests.harness import ASK, each_row


def aclient(gateway: Gateway, **settings: Any) -> AsyncClient:
    return AsyncClient(api_key="test-key", base_url=gateway.base_url, **settings)


def client(gateway: Gateway, **settings: Any) -> Client:
    return Client(api_key="test-key", base_url=gateway.base_url, **settings)


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
            assert (await one.complete(**ASK)).text
            assert [part async for part in one.stream(**ASK)]
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


async def test_response_that_a_hook_has_read_is_read_again(gateway: Gateway) -> None:
    async def read(response: httpx.Response) -> None:
        await response.aread()

    async with httpx.AsyncClient(event_hooks={"response": [read]}, trust_env=False) as http:
        one = aclient(gateway, http_client=http)
        assert (await one.complete(**ASK)).text == "Hello! You said: Hi"
        assert "".join([part.text async for part in one.stream(**ASK)]) == "Hello! You said: Hi"


@pytest.mark.parametrize("header", [{"X-Mine": "a\nb"}, {"X Mine": "a"}])
def test_header_of_the_users_own_hook_that_is_none(
    gateway: Gateway, header: dict[str, str]
) -> None:
    def add(request: httpx.Request) -> None:
        # A connection that is closed at once may not be known to the gateway.
        if gateway.requests:
            request.headers.update(header)

    with httpx.Client(event_hooks={"request": [add]}, trust_env=False) as http:
        one = client(gateway, http_client=http)
        assert one.complete(**ASK).text
        with pytest.raises(ConfigurationError, match="Illegal header"):
            one.complete(**ASK)
    gateway.wait_closed()


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of the user's own, whose iterators are no generators."""

    def __init__(self, body: bytes) -> None:
        self._left = [body[at : at + 9] for at in range(0, len(body), 9)]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._left)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop(0)


@each_row("encoding", ["gzip", "identity"])
async def test_body_of_the_users_own_transport(gateway: Gateway, encoding: str) -> None:
    body = json.dumps(completion("Hi")).encode()
    data = gzip.compress(body) if encoding == "gzip" else body

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": encoding}, stream=Pieces(data))

    own = httpx.MockTransport(answer)
    with httpx.Client(transport=own) as http:
        assert client(gateway, http_client=http).complete(**ASK).text == "Hi"
    async with httpx.AsyncClient(transport=own) as later:
        assert (await aclient(gateway, http_client=later).complete(**ASK)).text == "Hi"


class Breaking(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in which a transport of the user's own has a fault."""

    def __iter__(self) -> Iterator[bytes]:
        raise KeyError("mine")
        yield b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        raise KeyError("mine")
        yield b""


async def test_error_of_the_users_own_transport_in_a_body_comes_out_as_it_is(
    gateway: Gateway,
) -> None:
    own = httpx.MockTransport(lambda _: httpx.Response(200, stream=Breaking()))
    with httpx.Client(transport=own) as http, pytest.raises(KeyError, match="mine"):
        list(client(gateway, http_client=http).stream(**ASK))
    async with httpx.AsyncClient(transport=own) as later:
        with pytest.raises(KeyError, match="mine"):
            [part async for part in aclient(gateway, http_client=later).stream(**ASK)]


def test_error_of_ours_from_the_users_own_transport_comes_out_as_it_is(gateway: Gateway) -> None:
    ours = RateLimitError("Slower. Wait.", retryable=False)

    def refuse(request: httpx.Request) -> httpx.Response:
        raise ours

    own = httpx.MockTransport(refuse)
    with httpx.Client(transport=own) as http, pytest.raises(RateLimitError) as caught:
        client(gateway, http_client=http).complete(**ASK)
    assert caught.value is ours


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
            pytest.raises(ResponseError, match="redirect"),
        ):
            client(gateway, http_client=http, max_retries=0).complete(**ASK)
        assert elsewhere.connections == 0


@each_row("fault", ["none", "refused", "silent", "cut"])
async def test_httpx2_client_is_used_like_one_of_httpx(gateway: Gateway, fault: str) -> None:
    httpx2 = pytest.importorskip("httpx2")
    replies: dict[str, Any] = {"silent": Hang("headers"), "cut": Drop("mid_body")}
    expected = {
        "refused": APIConnectionError,
        "silent": APITimeoutError,
        "cut": StreamTruncatedError,
    }
    base_url = "http://127.0.0.1:9/v1" if fault == "refused" else gateway.base_url
    settings = {"api_key": "test-key", "base_url": base_url, "max_retries": 0}
    timeout = httpx2.Timeout(30, read=0.05 if fault == "silent" else 30)
    with httpx2.Client(timeout=timeout, trust_env=False) as http:
        one = Client(**settings, http_client=http)
        if fault == "none":
            assert one.complete(**ASK).text == "Hello! You said: Hi"
            assert "".join(part.text for part in one.stream(**ASK)) == "Hello! You said: Hi"
        else:
            gateway.reply(*filter(None, [replies.get(fault)]))
            with pytest.raises(expected[fault]):
                list(one.stream(**ASK))
        assert not http.is_closed
    async with httpx2.AsyncClient(timeout=timeout, trust_env=False) as later:
        other = AsyncClient(**settings, http_client=later)
        if fault == "none":
            assert (await other.complete(**ASK)).text == "Hello! You said: Hi"
            assert [part async for part in other.stream(**ASK)]
        else:
            gateway.reply(*filter(None, [replies.get(fault)]))
            with pytest.raises(expected[fault]):
                [part async for part in other.stream(**ASK)]
    own = httpx2.MockTransport(lambda _: {}["mine"])
    with httpx2.Client(transport=own) as http, pytest.raises(KeyError, match="mine"):
        Client(**settings, http_client=http).complete(**ASK)
    with pytest.raises(ConfigurationError, match=r"httpx2\.Client"):
        Client(**settings, http_client=later)
