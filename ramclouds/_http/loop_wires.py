"""How event loops wait for sockets: any loop through anyio, and asyncio's with less work."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from ramclouds._http.timeouts import seconds_left
from ramclouds._http.wires import READ, WRITE, Address, Wire


class AnyioWire(Wire):
    """Waits on trio's event loop, and on that of asyncio which has no `add_reader` (Windows)."""

    async def addresses(self, host: str, port: int, until: float | None) -> Sequence[Address]:
        import anyio

        with suppress(socket.gaierror):
            numeric = socket.AI_NUMERICHOST
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=numeric)
        with anyio.fail_after(seconds_left(until)):
            return await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)

    async def ready(self, events: int, until: float | None) -> None:
        import anyio

        with anyio.fail_after(seconds_left(until)):
            if events == READ:
                await anyio.wait_readable(self._socket)
            elif events == WRITE:
                await anyio.wait_writable(self._socket)
            else:
                await self._either()

    async def _either(self) -> None:
        import anyio

        async def wait(until_ready: Callable[[Any], Awaitable[None]]) -> None:
            await until_ready(self._socket)
            group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(wait, anyio.wait_readable)
            group.start_soon(wait, anyio.wait_writable)


class LoopWire(AnyioWire):
    """Waits on the running event loop of asyncio, which knows its socket while it is in use."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._waiter: asyncio.Future[Any] | None = None
        self._is_reading = False
        self._until: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._fires = 0.0

    async def ready(self, events: int, until: float | None) -> None:
        self._stop_reading()
        number = self._socket.fileno()
        if events & READ:
            self._loop.add_reader(number, self._wake)
        if events & WRITE:
            self._loop.add_writer(number, self._wake)
        try:
            await self._begin_waiting(until)
        finally:
            self._waiter = None
            if events & READ:
                self._loop.remove_reader(number)
            if events & WRITE:
                self._loop.remove_writer(number)

    async def recv(self, until: float | None) -> bytes:
        # The reader stays registered between two reads: registering takes longer than reading.
        if not self._is_reading:
            # By its number: for a socket object that is not registered yet, asyncio first builds a
            # text with its addresses,
            # https://github.com/python/cpython/blob/v3.11.7/Lib/selectors.py (`get_key`).
            self._loop.add_reader(self._socket.fileno(), self._read)
            self._is_reading = True
        try:
            data: bytes = await self._begin_waiting(until)
        finally:
            self._waiter = None
        return data

    def _read(self) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done():
            # The reader is slower than the server: the rest waits in the kernel.
            self._stop_reading()
            return
        try:
            data = self.recv_now()
        except OSError as exc:
            waiter.set_exception(exc)
            return
        if data is not None:
            waiter.set_result(data)

    def _stop_reading(self) -> None:
        if self._is_reading:
            self._is_reading = False
            self._loop.remove_reader(self._socket.fileno())

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _begin_waiting(self, until: float | None) -> asyncio.Future[Any]:
        self._waiter = waiter = self._loop.create_future()
        self._until = until
        if until is not None and (self._timer is None or until < self._fires):
            self._arm(until)
        return waiter

    def _arm(self, until: float) -> None:
        """Sets the timer, which is moved only when it fires: most waits are over before."""
        self._disarm()
        self._fires = until
        self._timer = self._loop.call_later(max(until - monotonic(), 0.0), self._fire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        waiter, until = self._waiter, self._until
        if waiter is None or waiter.done() or until is None:
            return
        if monotonic() >= until:
            waiter.set_exception(TimeoutError())
        else:
            self._arm(until)

    def rest(self) -> None:
        self._stop_reading()
        self._disarm()

    def close(self) -> None:
        # A loop belongs to its thread, and the garbage collector runs in any.
        if self._loop.is_closed():
            self._timer = None
        elif self._is_reading and self._thread != threading.get_ident():
            self._loop.call_soon_threadsafe(self.close)
            return
        else:
            self.rest()
        super().close()
