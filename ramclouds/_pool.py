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

# Cloudflare closes idle connections after 400 s.
KEEPALIVE_EXPIRY = 60.0


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


class Backend(httpcore.SyncBackend):
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


class Pool(httpx.BaseTransport):
    """Connections to one host: as many as there are requests, the last used one first."""

    def __init__(self, base_url: str, context: ssl.SSLContext, opened: ContextVar[bool]) -> None:
        self._origin = httpcore.URL(base_url).origin
        self._context = context
        self._backend = Backend(opened)
        # The ends of a deque, and a set's members, are safe to change in threads without a lock.
        self._idle: deque[tuple[float, httpcore.HTTPConnection]] = deque()
        self._busy: set[httpcore.HTTPConnection] = set()
        self._is_closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        connection = self._take()
        self._busy.add(connection)
        try:
            answer = connection.handle_request(asked)
        except BaseException as exc:
            self.keep(connection)
            if isinstance(exc, _ERRORS):
                raise _as_httpx(exc) from exc
            raise
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer, connection, self),
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


class _Body(httpx.SyncByteStream):
    """The body of an answer; gives the connection back when it is closed."""

    def __init__(
        self, answer: httpcore.Response, connection: httpcore.HTTPConnection, pool: Pool
    ) -> None:
        self._answer = answer
        self._connection = connection
        self._pool = pool
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._answer.iter_stream()
        except _ERRORS as exc:
            raise _as_httpx(exc) from exc

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._answer.close()
            self._pool.keep(self._connection)


_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)


def _as_httpx(exc: Exception) -> httpx.RequestError:
    """The error of httpx that stands for one of httpcore: it has the same name."""
    kind: type[httpx.RequestError] = getattr(httpx, type(exc).__name__)
    return kind(str(exc))
