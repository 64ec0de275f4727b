"""The private parts of libraries that `ramclouds._http` uses: a test fails if one changes."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import aiohttp
import httpcore
import httptools
import httpx
import pytest
from aiohttp.client_proto import ResponseHandler
from httpx_aiohttp import AiohttpTransport

from ramclouds._http import http1

PROXY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("proxy", "pool"), [(None, httpcore.ConnectionPool), (PROXY, httpcore.HTTPProxy)]
)
def test_httpx_transport_sends_through_its_pool_attribute(proxy: str | None, pool: type) -> None:
    transport = httpx.HTTPTransport(proxy=proxy)
    assert type(transport._pool) is pool
    assert isinstance(transport._pool._network_backend, httpcore.NetworkBackend)


def test_httpx_transport_asks_a_replaced_pool() -> None:
    class Pool:
        def handle_request(self, request: httpcore.Request) -> Any:
            self.request = request
            return httpcore.Response(204)

    transport = httpx.HTTPTransport()
    transport._pool = pool = Pool()  # type: ignore[assignment]
    response = transport.handle_request(httpx.Request("GET", "http://gateway.test/v1/models"))
    assert response.status_code == 204
    assert pool.request.url.target == b"/v1/models"


def test_httpcore_proxy_connects_with_the_backend_it_has_then() -> None:
    class Refusing(httpcore.NetworkBackend):
        def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
            raise httpcore.ConnectError("asked")

    transport = httpx.HTTPTransport(proxy=PROXY)
    transport._pool._network_backend = Refusing()
    with pytest.raises(httpx.ConnectError, match="asked"):
        transport.handle_request(httpx.Request("GET", "http://gateway.test/"))


def test_httptools_knows_the_leniencies() -> None:
    class Events:
        pass

    httptools.HttpResponseParser(Events()).set_dangerous_leniencies(**http1._LENIENCIES)
    with pytest.raises(TypeError):
        httptools.HttpResponseParser(Events()).set_dangerous_leniencies(lenient_nothing=True)


async def _handler() -> ResponseHandler:
    return ResponseHandler(loop=asyncio.get_running_loop())


async def _connector() -> aiohttp.TCPConnector:
    connector = aiohttp.TCPConnector()
    await connector.close()
    return connector


def test_aiohttp_handler_keeps_the_body_in_its_payload_attribute() -> None:
    handler = asyncio.run(_handler())
    assert handler._payload is None
    assert inspect.signature(handler.set_exception).parameters.keys() == {"exc", "exc_cause"}
    for name in ("is_eof", "exception", "set_exception"):
        assert callable(getattr(aiohttp.StreamReader, name))


def test_aiohttp_connector_has_the_attributes_that_are_replaced() -> None:
    connector = asyncio.run(_connector())
    assert type(connector._factory()) is ResponseHandler
    assert connector._loop.is_closed()
    assert len(connector._conns) == 0
    assert inspect.iscoroutinefunction(aiohttp.TCPConnector._create_connection)
    assert callable(aiohttp.BaseConnector.__del__)


def test_aiohttp_session_counts_no_retries_where_told_not_to() -> None:
    async def default() -> bool:
        async with aiohttp.ClientSession() as session:
            return session._retry_connection

    assert asyncio.run(default()) is True


def test_httpx_aiohttp_reads_bodies_in_pieces_of_its_chunk_size() -> None:
    module = inspect.getmodule(AiohttpTransport)
    stream: Any = module.AiohttpResponseStream  # type: ignore[union-attr]
    assert isinstance(stream.CHUNK_SIZE, int)

    class Response:
        def __init__(self) -> None:
            self.content = self
            self.sizes: list[int] = []

        async def iter_chunked(self, size: int) -> Any:
            self.sizes.append(size)
            yield b"x"

    async def read(response: Response) -> list[bytes]:
        body = stream(response)
        body.CHUNK_SIZE = 7
        return [piece async for piece in body]

    response = Response()
    assert asyncio.run(read(response)) == [b"x"]
    assert response.sizes == [7]


def test_httpx_aiohttp_makes_its_session_at_the_first_request() -> None:
    def session() -> Any:
        raise LookupError("made")

    async def send() -> None:
        transport = AiohttpTransport(client=session)
        await transport.handle_async_request(httpx.Request("GET", "http://gateway.test/"))

    with pytest.raises(LookupError, match="made"):
        asyncio.run(send())


def test_nest_asyncio_sets_no_generator_hooks_in_run_until_complete() -> None:
    nest_asyncio = pytest.importorskip("nest_asyncio")
    source = inspect.getsource(nest_asyncio._patch_loop)
    start, end = source.index("def run_until_complete"), source.index("def _run_once")
    assert "manage_asyncgens" not in source[start:end]


@pytest.mark.parametrize("client", [httpx.Client, httpx.AsyncClient])
def test_httpx_client_has_the_methods_that_are_replaced(client: Any) -> None:
    arguments = inspect.signature(client.build_request).parameters.keys()
    assert {"method", "url", "headers", "content", "extensions"} <= arguments
    assert "request" in inspect.signature(client.send).parameters
