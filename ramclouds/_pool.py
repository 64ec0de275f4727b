"""The sync client's connections: a kept one is found in constant time, by any number of threads.

httpcore's own pool looks at all connections for every request, and for every idle one at all again:
with 64 threads that took longer than the requests.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from ramclouds._config import KEEPALIVE_EXPIRY, LIMITS


class PatientStream(httpcore.NetworkStream):
    """A connection whose reads can be made short while the end of a body is awaited."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self.patience: float | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout if self.patience is None else self.patience)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return PatientStream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    """Opens patient connections; sets `opened` in a call that opens one."""

    def __init__(self, opened: ContextVar[bool]) -> None:
        self._opened = opened

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self._opened.set(True)
        return PatientStream(
            super().connect_tcp(host, port, timeout, local_address, socket_options)
        )


class PooledTransport(httpx.HTTPTransport):
    """httpx's transport with a pool of ours under it, or behind a proxy with its own.

    What tools replace to record or refuse requests is this class's `handle_request`: so it is
    httpx's own.
    """

    def __init__(
        self,
        base_url: str,
        proxy: str | None,
        context: ssl.SSLContext,
        opened: ContextVar[bool],
    ) -> None:
        super().__init__(verify=context, limits=LIMITS, proxy=proxy)
        # httpcore takes a pool's backend as an argument, but httpx has none to pass it through.
        if proxy:
            self._pool._network_backend = _Backend(opened)
        else:
            self._pool = _Pool(base_url, context, opened)  # type: ignore[assignment]


class _Pool:
    """Connections to one host: as many as there are requests, the last used one first."""

    def __init__(self, base_url: str, context: ssl.SSLContext, opened: ContextVar[bool]) -> None:
        self._origin = httpcore.URL(base_url).origin
        self._context = context
        self._backend = _Backend(opened)
        # The ends of a deque, and a set's members, are safe to change in threads without a lock.
        self._idle: deque[tuple[float, httpcore.HTTPConnection]] = deque()
        self._busy: set[httpcore.HTTPConnection] = set()
        self._is_closed = False

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        connection = self._take()
        self._busy.add(connection)
        try:
            answer = connection.handle_request(request)
        except BaseException:
            self.keep(connection)
            raise
        return httpcore.Response(
            status=answer.status,
            headers=answer.headers,
            content=_Body(answer, connection, self),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close all connections, also those that are being read."""
        self._is_closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop()[1].close()
        for connection in list(self._busy):
            connection.close()

    def _take(self) -> httpcore.HTTPConnection:
        with suppress(IndexError):
            while True:
                _, connection = self._idle.pop()
                if not connection.has_expired():
                    return connection
                connection.close()
        return httpcore.HTTPConnection(
            self._origin,
            ssl_context=self._context,
            keepalive_expiry=KEEPALIVE_EXPIRY,
            network_backend=self._backend,
        )

    def keep(self, connection: httpcore.HTTPConnection) -> None:
        """Take back a connection whose answer was let go of."""
        self._busy.discard(connection)
        if self._is_closed or not connection.is_idle():
            connection.close()
            return
        self._idle.append((time.monotonic(), connection))
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Close what `_take` does not reach for, since fewer connections are needed by now."""
        with suppress(IndexError):
            if self._idle[0][0] < time.monotonic() - KEEPALIVE_EXPIRY:
                self._idle.popleft()[1].close()


class _Body:
    """The body of an answer; gives the connection back when it is closed."""

    def __init__(
        self, answer: httpcore.Response, connection: httpcore.HTTPConnection, pool: _Pool
    ) -> None:
        self._answer = answer
        self._connection = connection
        self._pool = pool
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._answer.close()
            self._pool.keep(self._connection)
