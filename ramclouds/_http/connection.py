"""One HTTP/1.1 connection, for one request at a time; threads and event loops share this code."""

from __future__ import annotations

import os
import ssl
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from weakref import finalize

import httpcore

from ramclouds._http.addresses import Addresses
from ramclouds._http.http1 import ResponseParser
from ramclouds._http.timeouts import Timeouts, earlier, forked
from ramclouds._http.wires import READ, WRITE, Wire
from ramclouds.errors import APIConnectionError

# A kept connection that the server has closed fails in one round trip. What fails later may be a
# request that was worked on, and billed.
_AT_ONCE = 2.0
_TRAILERS_PATIENCE = 1.0
# Small enough that its sending shows that the server still reads.
_PIECE = 64 * 1024


class StaleConnectionError(httpcore.ReadError):
    """The server had closed a kept connection: the request was never received."""


class Connection:
    """A connection to one host."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.is_open = False
        self.idle_since = 0.0
        self._is_closed = False
        # True from the beginning, because opening the connection waits too.
        self._is_waiting = True
        self._was_kept = False
        self._is_sent = False
        self._pid = os.getpid()
        self._response: ResponseParser | None = None
        # Closes the socket even if nobody calls `close`: an interrupt can come at any place.
        self._closer = finalize(self, wire.close)

    async def open(self, host: str, port: int, until: float | None, known: Addresses) -> None:
        """Connects.

        Raises:
            httpcore.ConnectError: it cannot be connected.
            httpcore.ConnectTimeout: not in time.
        """
        self.is_open = True
        with self._raising(httpcore.ConnectTimeout, httpcore.ConnectError):
            await known.connect(self.wire, host, port, until)

    async def ask_tunnel(self, request: bytes, until: float | None) -> None:
        """Has a proxy connect it to the host.

        Raises:
            httpcore.ProxyError: the proxy refuses.
        """
        try:
            parser = await self.ask(request, Timeouts({"timeout": {"deadline": until}}))
        except httpcore.TimeoutException as exc:
            raise httpcore.ConnectTimeout("the proxy was silent") from exc
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as exc:
            raise httpcore.ProxyError(f"it closed the connection ({exc})") from exc
        if not 200 <= parser.status < 300:
            reason = parser.reason.decode("ascii", "replace")
            raise httpcore.ProxyError(f"{parser.status} {reason}".rstrip())

    async def ask_socks(
        self, steps: Generator[tuple[bytes, int], bytes, None], until: float | None
    ) -> None:
        """Has a SOCKS proxy connect it to the host; raises the same errors as `ask_tunnel`."""
        arrived = bytearray()
        with suppress(StopIteration), self._raising(httpcore.ConnectTimeout, httpcore.ProxyError):
            request, size = next(steps)
            while True:
                while request:
                    await self.wire.ready(WRITE, until)
                    request = request[self.wire.send(memoryview(request)) :]
                while len(arrived) < size:
                    part = await self.wire.recv(until)
                    if not part:
                        raise httpcore.ProxyError("it closed the connection")
                    arrived += part
                reply = bytes(arrived[:size])
                del arrived[:size]
                request, size = steps.send(reply)

    async def start_tls(self, context: ssl.SSLContext, host: str, until: float | None) -> None:
        """Puts TLS on the connection; raises the same errors as `open`."""
        with self._raising(httpcore.ConnectTimeout, httpcore.ConnectError):
            await self.wire.start_tls(context, host, until)

    async def ask(self, request: bytes, timeouts: Timeouts) -> ResponseParser:
        """Sends a request and reads the head of its response.

        Raises:
            httpcore.NetworkError: the connection broke.
            httpcore.RemoteProtocolError: the bytes are not an HTTP response.
            httpcore.TimeoutException: nothing arrived in time.
        """
        self._is_waiting = True
        self._is_sent = False
        self._response = parser = ResponseParser()
        start = monotonic()
        try:
            await self._send(request, parser, timeouts)
            if timeouts.progress is not None:
                timeouts.progress.sent()
            while not parser.has_head:
                await self._receive(parser, timeouts)
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as exc:
            if not parser.received and self._is_stale_since(start):
                raise StaleConnectionError(str(exc)) from exc
            raise
        # A server says so before it closes an idle connection, and it crosses the request:
        # https://www.rfc-editor.org/rfc/rfc9110#name-408-request-timeout
        if parser.status == 408 and not parser.is_kept and self._is_stale_since(start):
            raise StaleConnectionError("the server had given up waiting for a request")
        self._is_waiting = False
        return parser

    def _is_stale_since(self, start: float) -> bool:
        return self._was_kept and monotonic() - start < _AT_ONCE

    async def part(self, parser: ResponseParser, timeouts: Timeouts) -> bytes:
        """The next part of the body, empty behind the last one; raises the same errors as `ask`."""
        self._is_waiting = True
        try:
            self._check()
            while not any(parser.parts) and not parser.is_complete:
                await self._receive(parser, timeouts)
        finally:
            self._is_waiting = False
        part = b"".join(parser.parts)
        parser.parts.clear()
        return part

    async def _send(self, request: bytes, parser: ResponseParser, timeouts: Timeouts) -> None:
        self._check()
        rest = memoryview(request)
        try:
            while rest:
                sent = self.wire.send(rest[:_PIECE])
                rest = rest[sent:]
                if not sent and await self._has_early_response(parser, timeouts):
                    return
            self._is_sent = True
        except OSError:
            # A server may respond and close before it has read the whole request.
            self._check()

    async def _has_early_response(self, parser: ResponseParser, timeouts: Timeouts) -> bool:
        """Waits until the server reads on, or responds before it has read the whole request."""
        with self._raising(httpcore.WriteTimeout, httpcore.WriteError):
            await self.wire.ready(READ | WRITE, timeouts.until("write"))
        data = self.wire.recv_now()
        if data is not None:
            parser.feed(data)
        return parser.has_head or parser.error is not None

    async def _receive(self, parser: ResponseParser, timeouts: Timeouts) -> None:
        """Reads until the response is further, or over; framing alone is no progress."""
        progress, until = parser.progress, timeouts.until("read")
        while parser.progress == progress and not parser.is_complete:
            if parser.error is not None:
                raise parser.error
            try:
                data = await self.wire.recv(until)
            except OSError as exc:
                if not (isinstance(exc, TimeoutError) and parser.is_in_trailers):
                    raise self._failure(exc, httpcore.ReadTimeout, httpcore.ReadError) from exc
                parser.end_trailers()
            else:
                self._check()
                parser.feed(data)
            if parser.is_in_trailers:
                until = earlier(until, monotonic() + _TRAILERS_PATIENCE)

    @contextmanager
    def _raising(
        self, timeout: type[httpcore.TimeoutException], error: type[Exception]
    ) -> Iterator[None]:
        try:
            yield
        # A UnicodeError: `getaddrinfo` takes no label of more than 63 letters.
        except (OSError, UnicodeError) as exc:
            raise self._failure(exc, timeout, error) from exc
        self._check()

    def _failure(
        self, exc: Exception, timeout: type[httpcore.TimeoutException], error: type[Exception]
    ) -> Exception:
        """The error that a failure of the wire becomes."""
        if isinstance(exc, TimeoutError):
            return timeout(str(exc))
        self._check()
        return error(str(exc))

    def _check(self) -> None:
        if self._is_closed:
            raise APIConnectionError(
                "The client was closed while the request was running. Send it again.",
                retryable=False,
            )
        if self._pid != os.getpid():
            raise forked()

    def is_idle(self) -> bool:
        """Whether it can take a request: the last one was sent, and its response was read whole."""
        parser = self._response
        return (
            self._is_sent
            and parser is not None
            and parser.is_complete
            and parser.is_kept
            and self._pid == os.getpid()
        )

    def rest(self) -> None:
        """Notes that it is idle from now on."""
        self.wire.rest()
        self._response = None
        self._was_kept = True
        self.idle_since = monotonic()

    def interrupt(self) -> None:
        """Ends what it is used for, from any thread; the one who uses it gets an error at once."""
        self._is_closed = True
        # A task that waits must close the socket itself: closed here, its number could belong to
        # another connection at once. A task that begins to wait from now on sees that it is closed.
        if not self._is_waiting:
            self.close()
        elif self._pid == os.getpid():
            # A forked child must leave its parent's connections alone.
            self.wire.interrupt()

    def close(self) -> None:
        """Closes it at once; only for the task that uses it."""
        self._is_sent = False
        self._closer()
