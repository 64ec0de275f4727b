"""httpx's transports over our pool: the twins that threads and asyncio use.

Tools that record or block requests, such as vcrpy and pytest-httpx, replace `handle_request` of
`httpx.HTTPTransport` and its twin, so those methods stay httpx's. They send through an attribute
`_pool`, which is private: https://github.com/encode/httpx/pull/3749 asks for an argument.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import httpcore
import httpx

from ramclouds._http.bodies import asleep
from ramclouds._http.connection import Connection
from ramclouds._http.http1 import ResponseParser
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
        self._pool = _SyncPool(base_url, context, proxy, BlockingWire)  # type: ignore[assignment]


class AsyncPooledTransport(httpx.AsyncHTTPTransport):
    """For one event loop."""

    def __init__(
        self, base_url: str, context: ssl.SSLContext, proxy: str | None, *, has_readers: bool
    ) -> None:
        super().__init__(verify=context)
        wire = LoopWire if has_readers else AnyioWire
        self._pool = _AsyncPool(base_url, context, proxy, wire)  # type: ignore[assignment]


class _Response(NamedTuple):
    """The attributes that httpx reads of `httpcore.Response`, without its checks."""

    status: int
    headers: list[tuple[bytes, bytes]]
    stream: Any
    extensions: dict[str, Any]


class _SyncPool(Pool):
    def handle_request(self, request: httpcore.Request) -> _Response:
        timeouts = Timeouts(request.extensions)
        if timeouts.progress is not None:
            timeouts.progress.started()
        parser, connection = run(self.ask(request, timeouts))
        return _response(parser, timeouts, _SyncBody(parser, connection, self, timeouts))


class _AsyncPool(Pool):
    async def handle_async_request(self, request: httpcore.Request) -> _Response:
        timeouts = Timeouts(request.extensions)
        if timeouts.progress is not None:
            timeouts.progress.started()
        parser, connection = await self.ask(request, timeouts)
        return _response(parser, timeouts, _AsyncBody(parser, connection, self, timeouts))

    async def aclose(self) -> None:
        self.close()


def _response(parser: ResponseParser, timeouts: Timeouts, body: _Body) -> _Response:
    extensions = {
        "http_version": parser.version,
        "reason_phrase": parser.reason,
        "timeouts": timeouts,
    }
    return _Response(parser.status, parser.headers, body, extensions)


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


class _SyncBody(_Body):
    def __iter__(self) -> Iterator[bytes]:
        while part := run(self._connection.part(self._parser, self._timeouts)):
            yield part


class _AsyncBody(_Body):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        while part := await self._connection.part(self._parser, self._timeouts):
            yield part[:_TURN]
            # Other tasks run between the pieces: a stream that arrives faster than it is used would
            # block them.
            for start in range(_TURN, len(part), _TURN):
                await asleep(0)
                yield part[start : start + _TURN]

    async def aclose(self) -> None:
        self.close()
