"""httpx's transports over our pool: the twins that threads and asyncio use.

Tools that record or block requests, such as vcrpy and pytest-httpx, replace `handle_request` of
`httpx.HTTPTransport` and its twin. Where one has, the method is asked. Else it is passed by: it
builds httpcore's form of each request, which thousands of calls at once would keep.
httpx's methods send through an attribute `_pool`, which is private:
https://github.com/encode/httpx/pull/3749 asks for an argument.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable, Iterator
from types import FunctionType
from typing import Any, NamedTuple, cast

import httpcore
import httpx

from ramclouds._http.bodies import asleep
from ramclouds._http.connection import Connection
from ramclouds._http.http1 import Header, ResponseParser
from ramclouds._http.loop_wires import AnyioWire, LoopWire
from ramclouds._http.pool import Pool
from ramclouds._http.timeouts import Timeouts
from ramclouds._http.wires import BlockingWire, run

# About five events of a stream; a framework needs 0.25 ms for them.
_TURN = 1024


class PooledTransport(httpx.HTTPTransport):
    """For any number of threads."""

    def __init__(self, base_url: str, context: ssl.SSLContext, proxy: str | None) -> None:
        super().__init__(verify=context)
        self._direct = _SyncPool(base_url, context, proxy, BlockingWire)
        self._pool = self._direct  # type: ignore[assignment]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if _is_replaced(httpx.HTTPTransport.handle_request):
            return super().handle_request(request)
        try:
            return self._direct.send(*_begun(request, self._direct))
        except _HTTPCORE_ERRORS as exc:
            raise _as_httpx(exc) from exc


class AsyncPooledTransport(httpx.AsyncHTTPTransport):
    """For one event loop."""

    def __init__(
        self, base_url: str, context: ssl.SSLContext, proxy: str | None, *, has_readers: bool
    ) -> None:
        super().__init__(verify=context)
        wire = LoopWire if has_readers else AnyioWire
        self._direct = _AsyncPool(base_url, context, proxy, wire)
        self._pool = self._direct  # type: ignore[assignment]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if _is_replaced(httpx.AsyncHTTPTransport.handle_async_request):
            return await super().handle_async_request(request)
        try:
            return await self._direct.send(*_begun(request, self._direct))
        except _HTTPCORE_ERRORS as exc:
            raise _as_httpx(exc) from exc


def _is_replaced(method: Any) -> bool:
    """Whether a method of a transport is no longer httpx's own."""
    # Wrappers show the names, and even the globals, of what they wrap, but are no functions then.
    is_own = type(method) is FunctionType and method.__globals__["__name__"] == _HTTPX
    return not is_own


_HTTPX = "httpx._transports.default"


_HTTPCORE_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


def _as_httpx(error: Exception) -> Exception:
    """The error of httpx that has the same name as one of httpcore, or as its base."""
    kinds = type(error).__mro__
    name = next(kind.__name__ for kind in kinds if kind.__module__.startswith("httpcore"))
    found: Exception = getattr(httpx, name)(str(error))
    return found


def _begun(request: httpx.Request, pool: Pool) -> tuple[bytes, Timeouts]:
    target, headers = request.url.raw_path, request.headers.raw
    data = pool.bytes_of(request.method.encode(), target, headers, request.content)
    return data, Timeouts(request.extensions)


def _begun_by_httpx(request: httpcore.Request, pool: Pool) -> tuple[bytes, Timeouts]:
    content = b"".join(cast("Iterable[bytes]", request.stream))
    data = pool.bytes_of(request.method, request.url.target, request.headers, content)
    return data, Timeouts(request.extensions)


class _Response(NamedTuple):
    """The attributes that httpx reads of `httpcore.Response`, without its checks."""

    status: int
    headers: list[Header]
    stream: Any
    extensions: dict[str, Any]


class _SyncPool(Pool):
    def handle_request(self, request: httpcore.Request) -> _Response:
        return _to_httpcore(self.send(*_begun_by_httpx(request, self)))

    def send(self, data: bytes, timeouts: Timeouts) -> httpx.Response:
        parser, connection = run(self.ask(data, timeouts))
        return _response(parser, timeouts, _SyncBody(parser, connection, self, timeouts))


class _AsyncPool(Pool):
    async def handle_async_request(self, request: httpcore.Request) -> _Response:
        return _to_httpcore(await self.send(*_begun_by_httpx(request, self)))

    async def send(self, data: bytes, timeouts: Timeouts) -> httpx.Response:
        parser, connection = await self.ask(data, timeouts)
        return _response(parser, timeouts, _AsyncBody(parser, connection, self, timeouts))

    async def aclose(self) -> None:
        self.close()


def _response(
    parser: ResponseParser, timeouts: Timeouts, body: _SyncBody | _AsyncBody
) -> httpx.Response:
    extensions = {
        "http_version": parser.version,
        "reason_phrase": parser.reason,
        "timeouts": timeouts,
    }
    return httpx.Response(parser.status, headers=parser.headers, stream=body, extensions=extensions)


def _to_httpcore(response: httpx.Response) -> _Response:
    headers, extensions = response.headers.raw, response.extensions
    return _Response(response.status_code, headers, response.stream, extensions)


class _Body:
    """The body of a response; gives the connection back when it is closed."""

    def __init__(
        self, parser: ResponseParser, connection: Connection, pool: Pool, timeouts: Timeouts
    ) -> None:
        self._parser = parser
        self._connection = connection
        self._pool = pool
        self._timeouts = timeouts
        self._is_closed = False

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._pool.keep(self._connection)


class _SyncBody(_Body, httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        try:
            while part := run(self._connection.part(self._parser, self._timeouts)):
                yield part
                if self._parser.is_complete:
                    return
        except _HTTPCORE_ERRORS as exc:
            raise _as_httpx(exc) from exc


class _AsyncBody(_Body, httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while part := await self._connection.part(self._parser, self._timeouts):
                yield part[:_TURN]
                # Other tasks run between the pieces: a stream that arrives faster than it is used
                # would block them.
                for start in range(_TURN, len(part), _TURN):
                    await asleep(0)
                    yield part[start : start + _TURN]
                if self._parser.is_complete:
                    return
        except _HTTPCORE_ERRORS as exc:
            raise _as_httpx(exc) from exc

    async def aclose(self) -> None:
        self.close()
