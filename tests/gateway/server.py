"""The loopback gateway: a server in a thread of its own, on raw connections."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import ssl
import struct
import threading
from collections.abc import Callable

from typing_extensions import Self

from tests.gateway.answering import Answering
from tests.gateway.faults import Broken
from tests.gateway.request import read_request
from tests.gateway.responses import Gate, Pause, Response, Stall

_LARGEST_HEAD = 1 << 24


class Gateway(Answering):
    """Listens on 127.0.0.1 as long as the `with` block runs."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.connections = 0
        """Connections accepted so far."""
        self.failures: list[BaseException] = []
        """What went wrong inside the gateway itself; raised when it stops."""
        self._tls = tls
        self._changed = threading.Condition()
        self._open: dict[int, asyncio.StreamWriter] = {}
        self._idle: set[int] = set()
        self._stale: set[int] = set()
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    # -- what tests use

    @property
    def base_url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/v1"

    @property
    def open_connections(self) -> int:
        return len(self._open)

    def wait_closed(self, timeout: float = 5) -> None:
        """Waits until the client has closed all connections, or fails."""
        self._wait(lambda: not self._open, timeout, "connections are still open")

    def wait_idle(self, timeout: float = 5) -> None:
        """Waits until every open connection waits for a request, or fails."""
        self._wait(lambda: self._idle == self._open.keys(), timeout, "a request is still running")

    def wait_requests(self, count: int, timeout: float = 5) -> None:
        """Waits until so many requests have come in, or fails."""
        self._wait(lambda: len(self.requests) >= count, timeout, f"less than {count} requests")

    def close_idle(self) -> None:
        """Closes the connections that wait for a request, as a gateway does after a while."""
        self.wait_idle()
        asyncio.run_coroutine_threadsafe(self._close_idle(), self._loop).result(5)

    def go_stale(self) -> None:
        """Makes every connection of now close at its next request, without an answer."""
        with self._changed:
            self._stale |= self._open.keys()

    # -- running

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(5)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
        if self.failures and error is None:
            raise self.failures[0]

    async def _start(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, limit=_LARGEST_HEAD, ssl=self._tls, backlog=2048
        )
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        # A task that is cancelled before its first step never closes its connection. asyncio takes
        # four rounds from a connection that it accepts to that step.
        for _ in range(5):
            await asyncio.sleep(0)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _close_idle(self) -> None:
        for number in list(self._idle):
            self._open[number].close()

    # -- connections

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._numbers)
        with self._changed:
            self.connections += 1
            self._open[number] = writer
        try:
            while await self._serve_request(number, reader, writer):
                pass
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass
        except Exception as exc:  # noqa: BLE001  ours: kept for the test, which must not pass
            self.failures.append(exc)
        finally:
            await self._gone(number, writer)

    async def _gone(self, number: int, writer: asyncio.StreamWriter) -> None:
        writer.close()
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await writer.wait_closed()
        with self._changed:
            self._open.pop(number, None)
            self._idle.discard(number)
            self._changed.notify_all()

    async def _serve_request(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if self._refuses_to_read():
            return await self._play(self._queue.popleft(), reader, writer)
        self._set_idle(number, True)
        request = await read_request(reader, number)
        self._set_idle(number, False)
        if request is None:
            return False
        if number in self._stale:
            _abort(writer)
            return False
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        answer = self._answer(request)
        wants_close = request.headers.get("connection", "").lower() == "close"
        return await self._play(answer, reader, writer) and not wants_close

    def _refuses_to_read(self) -> bool:
        first = self._queue[0] if self._queue else None
        return isinstance(first, Broken) and first.stage == "accept"

    async def _play(
        self, answer: Response, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Writes an answer; says whether the connection can take another request."""
        for step in answer.steps():
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
                await asyncio.sleep(0)
                _check_open(reader)
            elif isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
            elif isinstance(step, Gate):
                await _until_open(step, reader)
            elif isinstance(step, Stall):
                await _until_closed(reader)
                return False
        if answer.ending == "rst":
            _abort(writer)
        if answer.ending == "half":
            writer.write_eof()
            await _until_closed(reader)
        return answer.ending == "keep"

    def _set_idle(self, number: int, is_idle: bool) -> None:
        with self._changed:
            (self._idle.add if is_idle else self._idle.discard)(number)
            self._changed.notify_all()

    def _wait(self, reached: Callable[[], bool], timeout: float, otherwise: str) -> None:
        with self._changed:
            if not self._changed.wait_for(reached, timeout):
                raise AssertionError(f"after {timeout} s {otherwise}")


async def _until_open(gate: Gate, reader: asyncio.StreamReader) -> None:
    while not gate.is_open:
        await asyncio.sleep(0.002)
        _check_open(reader)


def _check_open(reader: asyncio.StreamReader) -> None:
    if reader.at_eof():
        raise ConnectionAbortedError


async def _until_closed(reader: asyncio.StreamReader) -> None:
    while await reader.read(1 << 16):
        pass


def _abort(writer: asyncio.StreamWriter) -> None:
    """Resets the connection."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
