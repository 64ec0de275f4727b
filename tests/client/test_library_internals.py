"""The private parts of libraries that `ramclouds` uses: a test fails if one changes."""

from __future__ import annotations

import inspect
from functools import wraps
from json import JSONEncoder, encoder
from typing import Any

import httpcore
import httptools
import httpx
import pytest

from ramclouds._http import http1, transports
from ramclouds.bulk import _rows


class Pool:
    """Takes the requests of httpx's transports."""

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        self.request = request
        return httpcore.Response(204)

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        return self.handle_request(request)


async def test_httpx_transports_ask_a_replaced_pool() -> None:
    request = httpx.Request("GET", "http://gateway.test/v1/models")
    transport, other = httpx.HTTPTransport(), httpx.AsyncHTTPTransport()
    assert type(transport._pool) is httpcore.ConnectionPool
    assert type(other._pool) is httpcore.AsyncConnectionPool
    pools: Any = [Pool(), Pool()]
    transport._pool, other._pool = pools
    assert transport.handle_request(request).status_code == 204
    assert (await other.handle_async_request(request)).status_code == 204
    assert {pool.request.url.target for pool in pools} == {b"/v1/models"}


def test_httptools_knows_the_leniencies() -> None:
    class Events:
        pass

    httptools.HttpResponseParser(Events()).set_dangerous_leniencies(**http1._LENIENCIES)
    with pytest.raises(TypeError):
        httptools.HttpResponseParser(Events()).set_dangerous_leniencies(lenient_nothing=True)


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


@pytest.mark.parametrize(
    "method", [httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request]
)
def test_httpx_methods_are_distinct_from_those_of_recording_tools(method: Any) -> None:
    class Proxy:
        """As wrapt's, which OpenTelemetry uses: it shows all attributes of what it wraps."""

        __globals__ = method.__globals__

    @wraps(method)
    def recorded() -> None:
        pass

    assert not transports._is_replaced(method)
    assert transports._is_replaced(recorded)
    assert transports._is_replaced(Proxy())


def test_httpx_request_adds_the_host_first_and_with_a_stream_nothing() -> None:
    url, headers = "http://gateway.test/", {"A": "b"}
    plain = httpx.Request("GET", url, headers=headers)
    assert list(plain.headers) == ["host", "a"]
    streamed = httpx.Request("POST", url, headers=headers, stream=httpx.ByteStream(b"{}"))
    assert list(streamed.headers) == ["a"]


def test_httpx_waits_five_seconds_where_nobody_chose() -> None:
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    assert client.timeout == httpx.Timeout(5.0)


def test_errors_of_httpcore_have_their_names_in_httpx() -> None:
    kinds = [kind for kind in vars(httpcore).values() if inspect.isclass(kind)]
    errors = {kind.__name__ for kind in kinds if issubclass(kind, Exception)}
    # Of httpcore's own pools, in place of which ours stand.
    assert {name for name in errors if not hasattr(httpx, name)} == {"ConnectionNotAvailable"}


def test_json_has_the_encoder_in_c_that_is_asked_for_once() -> None:
    assert hasattr(encoder, "c_make_encoder")
    value = {"b": [1, 2.5, None, True], "a": {"ü": "x"}}
    written = JSONEncoder(sort_keys=True, separators=(",", ":")).encode(value)
    assert "".join(_rows._encode(value, 0)) == written
