"""Sockets that never block, and how a thread waits for them; `loop_wires` does so on event loops.

All have the same methods, so `Connection` is written once. Those of `BlockingWire` never suspend:
`run` takes such a coroutine to its end without an event loop.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from math import inf
from time import monotonic
from typing import Any, TypeVar

from ramclouds._http.timeouts import earlier

T = TypeVar("T")
Address = tuple[Any, ...]

READ, WRITE = 1, 4  # poll's
_READ_BYTES = 64 * 1024
# A lost SYN is sent again after 1 s: an address that has not replied by then is given up, unless it
# is the last one. https://www.rfc-editor.org/rfc/rfc6298#section-2
_ADDRESS_PATIENCE = 1.0
LOOK = 1.0
"""Seconds of one `poll`: a Ctrl-C that comes just before it takes effect when it ends."""
_BLOCKED = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

# As langchain-openai sets them: a peer that vanished is noticed after about two minutes, and a NAT
# does not forget a connection on which a model thinks for long.
_OPTIONS = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
]
for _name, _value in {
    "TCP_KEEPIDLE": 60,
    "TCP_KEEPINTVL": 10,
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 120_000,
}.items():
    if hasattr(socket, _name):
        _OPTIONS.append((socket.IPPROTO_TCP, getattr(socket, _name), _value))
SOCKET_OPTIONS = tuple(_OPTIONS)


def run(steps: Coroutine[Any, Any, T]) -> T:
    """The value of a coroutine that waits on blocking wires only."""
    try:
        steps.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    raise RuntimeError("a blocking wire has suspended")


class Wire:
    """A connected socket, plain or with TLS."""

    def __init__(self) -> None:
        self._socket: Any = None
        self.is_patient = True
        """Whether connecting gives the event loop a turn, even if it takes no time."""

    async def addresses(self, host: str, port: int, until: float | None) -> Sequence[Address]:
        """What a host's name stands for."""
        raise NotImplementedError

    async def ready(self, events: int, until: float | None) -> None:
        """Waits for one of the events, or an error of the socket; raises TimeoutError."""
        raise NotImplementedError

    async def recv(self, until: float | None) -> bytes:
        """The next bytes; empty at the end. Raises OSError."""
        while True:
            await self.ready(READ, until)
            data = self.recv_now()
            if data is not None:
                return data

    async def connect(self, addresses: Sequence[Address], until: float | None) -> None:
        """Connects to the first address that takes it."""
        error: OSError = OSError("no address")
        for place, address in enumerate(addresses, 1):
            end = until
            if place < len(addresses):
                end = earlier(until, monotonic() + _ADDRESS_PATIENCE)
            try:
                await self._connect(address, end)
                return
            except OSError as exc:
                error = exc
                self.close()
        raise error

    async def _connect(self, address: Address, until: float | None) -> None:
        family, kind, protocol, _, where = address
        self._socket = made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        for option in SOCKET_OPTIONS:
            with suppress(OSError):
                made.setsockopt(*option)
        try:
            made.connect(where)
        except BlockingIOError:
            if self.is_patient or not _polled(made, WRITE, 0.0):
                await self.ready(WRITE, until)
            number = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if number:
                raise OSError(number, os.strerror(number)) from None

    async def start_tls(self, context: ssl.SSLContext, host: str, until: float | None) -> None:
        """Puts TLS on the connection."""
        self._socket = context.wrap_socket(
            self._socket, server_hostname=host, do_handshake_on_connect=False
        )
        while True:
            try:
                self._socket.do_handshake()
                return
            except ssl.SSLWantReadError:
                await self.ready(READ, until)
            except ssl.SSLWantWriteError:
                await self.ready(WRITE, until)

    def send(self, data: memoryview) -> int:
        """Sends what the socket takes at once; 0 if nothing."""
        try:
            sent: int = self._socket.send(data)
        except _BLOCKED:
            return 0
        return sent

    def recv_now(self) -> bytes | None:
        """The bytes that have arrived; None if there are none yet."""
        try:
            data: bytes = self._socket.recv(_READ_BYTES)
        except _BLOCKED:
            return None
        return data

    def has_arrived(self) -> bool:
        """Whether bytes, or the end, have arrived."""
        return bool(_polled(self._socket, READ, 0.0))

    def rest(self) -> None:
        """Nobody waits from now on, until it is used again."""

    def interrupt(self) -> None:
        """Wakes the task that waits for it, in any thread; only the task that uses it closes it."""
        with suppress(OSError, AttributeError):
            # SSLSocket's own `shutdown` first forgets its TLS.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Closes the socket at once."""
        if self._socket is not None:
            self._socket.close()


class BlockingWire(Wire):
    """Waits in the calling thread."""

    async def addresses(self, host: str, port: int, until: float | None) -> Sequence[Address]:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)

    async def ready(self, events: int, until: float | None) -> None:
        while True:
            left = inf if until is None else max(until - monotonic(), 0.0)
            if _polled(self._socket, events, min(left, LOOK)):
                return
            if left <= LOOK:
                raise TimeoutError


def _polled(sock: Any, events: int, seconds: float) -> bool:
    if not hasattr(select, "poll"):  # Windows
        wanted = [sock] if events & READ else [], [sock] if events & WRITE else []
        return any(select.select(*wanted, wanted[1], seconds))
    poll = select.poll()
    poll.register(sock, events)
    return bool(poll.poll(seconds * 1000))
