"""Connections to one host: which are kept, which are used again, and how a new one is made.

httpcore's own pools walk over all connections for each request, and again for each idle one
(https://github.com/encode/httpcore/pull/1035). Here finding an idle one takes constant time.
"""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import monotonic
from weakref import WeakSet

import httpcore
import httpx

from ramclouds._http.addresses import Addresses
from ramclouds._http.connection import Connection, StaleConnectionError
from ramclouds._http.http1 import Header, ResponseParser, to_bytes
from ramclouds._http.socks import handshake
from ramclouds._http.timeouts import Timeouts
from ramclouds._http.wires import Wire
from ramclouds._settings import KEEPALIVE_EXPIRY

_FIRST = 12
"""Requests that go out before anything is known of a limit."""


class Pool:
    """As many connections as there are requests; the last used one is used first."""

    def __init__(
        self, base_url: str, context: ssl.SSLContext, proxy: str | None, wire: Callable[[], Wire]
    ) -> None:
        self._origin = httpcore.URL(base_url).origin
        self._context = context
        self._context.set_alpn_protocols(["http/1.1"])
        self._proxy = httpx.Proxy(proxy) if proxy else None
        self._wire = wire
        self._addresses = Addresses()
        # Threads can append to and pop from a deque, and change a set, without a lock:
        # https://docs.python.org/3/library/collections.html#collections.deque
        self._idle: deque[Connection] = deque()
        # Weak references: after an interrupt nobody may be left to give a connection back.
        self._busy: WeakSet[Connection] = WeakSet()
        self._is_closed = False
        self._opened = 0

    async def ask(self, data: bytes, timeouts: Timeouts) -> tuple[ResponseParser, Connection]:
        """Sends a request; gives the head of its response, and the connection to read it from.

        A kept connection that the server has closed meanwhile is no failure: the request is sent
        again on a new one, once.
        """
        if timeouts.progress is not None:
            timeouts.progress.started()
        connection = self._reused()
        if connection is not None:
            with suppress(StaleConnectionError):
                return await self._ask(connection, data, timeouts), connection
        connection = Connection(self._wire())
        return await self._ask(connection, data, timeouts), connection

    async def _ask(self, connection: Connection, data: bytes, timeouts: Timeouts) -> ResponseParser:
        try:
            self._busy.add(connection)
            if not connection.is_open:
                await self._open(connection, timeouts)
            return await connection.ask(data, timeouts)
        except BaseException:
            self.keep(connection)
            raise

    async def _open(self, connection: Connection, timeouts: Timeouts) -> None:
        until = timeouts.until("connect")
        # All calls that begin together begin before the first of them is sent. Else the event loop,
        # busy with the others, reads the first response late, and that looks like a long round
        # trip.
        connection.wire.is_patient = self._opened < _FIRST
        self._opened += 1
        host, port = self._origin.host.decode("ascii"), self._origin.port
        if self._proxy is None:
            start = monotonic()
            await connection.open(host, port, until, self._addresses)
            if timeouts.progress is not None:
                timeouts.progress.connected(monotonic() - start)
        else:
            url = self._proxy.url
            port_of_proxy = url.port or (1080 if self._is_socks else 80)
            try:
                await connection.open(url.host, port_of_proxy, until, self._addresses)
            except httpcore.ConnectError as exc:
                raise httpcore.ProxyError(f"it cannot be reached ({exc})") from exc
            if self._is_socks:
                steps = handshake(self._origin.host, port, self._proxy.raw_auth)
                await connection.ask_socks(steps, until)
            elif self._is_tls:
                await connection.ask_tunnel(self._tunnel(), until)
        if self._is_tls:
            await connection.start_tls(self._context, host, until)

    @property
    def _is_tls(self) -> bool:
        return self._origin.scheme == b"https"

    @property
    def _is_socks(self) -> bool:
        return self._proxy is not None and self._proxy.url.scheme.startswith("socks")

    def bytes_of(
        self, method: bytes, target: bytes, headers: Iterable[Header], content: bytes
    ) -> bytes:
        """The bytes of a request, as the server or the proxy takes it."""
        if self._proxy is None or self._is_tls or self._is_socks:
            return to_bytes(method, target, headers, content)
        # https://www.rfc-editor.org/rfc/rfc9112#name-absolute-form
        target = str(self._origin).encode() + target
        return to_bytes(method, target, [*headers, *self._proxy_headers()], content)

    def _tunnel(self) -> bytes:
        # https://www.rfc-editor.org/rfc/rfc9110#name-connect
        target = b"%b:%d" % (self._origin.host, self._origin.port)
        return to_bytes(b"CONNECT", target, [(b"Host", target), *self._proxy_headers()], b"")

    def _proxy_headers(self) -> list[Header]:
        if self._proxy is None or self._proxy.raw_auth is None:
            return []
        credentials = b64encode(b":".join(self._proxy.raw_auth))
        return [(b"Proxy-Authorization", b"Basic " + credentials)]

    def _reused(self) -> Connection | None:
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                # The server has closed it, or sent what nobody asked for, while it was idle.
                if not _has_expired(connection) and not connection.wire.has_arrived():
                    return connection
                connection.close()
        return None

    def keep(self, connection: Connection) -> None:
        """Takes back a connection whose response was closed."""
        self._busy.discard(connection)
        if not connection.is_idle():
            connection.close()
            return
        connection.rest()
        self._idle.append(connection)
        if self._is_closed:
            self.close()
            return
        with suppress(IndexError):
            # `_reused` takes the newest, so the oldest may lie here for long.
            if _has_expired(self._idle[0]):
                self._idle.popleft().close()

    def close(self) -> None:
        """Closes all connections, also those that are being read."""
        self._is_closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().close()
        with suppress(KeyError):
            while True:
                self._busy.pop().interrupt()


def _has_expired(connection: Connection) -> bool:
    return monotonic() - connection.idle_since > KEEPALIVE_EXPIRY
