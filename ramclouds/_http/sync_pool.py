"""The sync client's connections: finding an idle one takes constant time, for many threads.

httpcore's own pool walks over all connections for each request, and again for each idle one
(https://github.com/encode/httpcore/pull/1035): with 64 threads that took longer than the requests.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, NamedTuple

import httpcore
import httpx

from ramclouds._http.http1 import Connection, to_bytes
from ramclouds._http.sockets import Backend, DirectStream
from ramclouds._settings import KEEPALIVE_EXPIRY, LIMITS


class PooledTransport(httpx.HTTPTransport):
    """httpx's transport over our pool; with a proxy, over httpx's own pool.

    Tools that record or block requests, such as vcrpy and pytest-httpx, replace
    `httpx.HTTPTransport.handle_request`, so that method stays httpx's.
    """

    def __init__(
        self,
        base_url: str,
        proxy: str | None,
        context: ssl.SSLContext,
        opened: ContextVar[bool],
    ) -> None:
        super().__init__(verify=context, limits=LIMITS, proxy=proxy)
        # httpcore's pools take a backend as an argument, but httpx has no argument to pass it on:
        # https://github.com/encode/httpx/pull/3749
        if proxy:
            self._pool._network_backend = Backend(opened)
        else:
            self._pool = _Pool(base_url, context, opened)  # type: ignore[assignment]


class _Pool:
    """Connections to one host, as many as there are requests; the last used one is used first."""

    def __init__(self, base_url: str, context: ssl.SSLContext, opened: ContextVar[bool]) -> None:
        self._origin = httpcore.URL(base_url).origin
        self._context = context
        self._context.set_alpn_protocols(["http/1.1"])
        self._backend = httpcore.SyncBackend()
        self._opened = opened
        # Threads can append to and pop from a deque, and change a set, without a lock:
        # https://docs.python.org/3/library/collections.html#collections.deque
        self._idle: deque[Connection] = deque()
        self._busy: set[Connection] = set()
        self._is_closed = False

    def handle_request(self, request: httpcore.Request) -> _Response:
        data = to_bytes(request)
        timeouts = request.extensions.get("timeout", {})
        connection = self._reused() or self._connected(timeouts.get("connect"))
        self._busy.add(connection)
        try:
            parser = connection.ask(data, timeouts)
        except BaseException:
            self.keep(connection)
            raise
        body = _Body(connection.body(parser, timeouts.get("read")), connection, self)
        extensions = {
            "http_version": parser.version,
            "reason_phrase": parser.reason,
            "network_stream": connection.stream,
        }
        return _Response(parser.status, parser.headers, body, extensions)

    def close(self) -> None:
        """Closes all connections, also those that are being read."""
        self._is_closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().close()
        for connection in list(self._busy):
            connection.close()

    def _reused(self) -> Connection | None:
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                if not _has_expired(connection) and not connection.is_stale():
                    return connection
                connection.close()
        return None

    def _connected(self, timeout: float | None) -> Connection:
        self._opened.set(True)
        host = self._origin.host.decode("ascii")
        stream = self._backend.connect_tcp(host, self._origin.port, timeout)
        if self._origin.scheme == b"https":
            stream = stream.start_tls(self._context, host, timeout)
        return Connection(DirectStream(stream))

    def keep(self, connection: Connection) -> None:
        """Takes back a connection whose response was closed."""
        self._busy.discard(connection)
        if self._is_closed or not connection.is_idle():
            connection.close()
            return
        connection.rest()
        self._idle.append(connection)
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Closes the longest idle connection if it has expired; `_reused` takes the newest."""
        with suppress(IndexError):
            if _has_expired(self._idle[0]):
                self._idle.popleft().close()


def _has_expired(connection: Connection) -> bool:
    return time.monotonic() - connection.idle_since > KEEPALIVE_EXPIRY


class _Response(NamedTuple):
    """The attributes that httpx reads of `httpcore.Response`, without its checks."""

    status: int
    headers: list[tuple[bytes, bytes]]
    stream: _Body
    extensions: dict[str, Any]


class _Body:
    """The body of a response; gives the connection back when it is closed."""

    def __init__(self, parts: Iterator[bytes], connection: Connection, pool: _Pool) -> None:
        self._parts = parts
        self._connection = connection
        self._pool = pool
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self._parts

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._pool.keep(self._connection)
