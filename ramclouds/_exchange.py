"""All I/O: one request is opened, read and closed, and slept between its attempts.

The twins differ by `async`, `await` and a-names alone; a test compares their syntax trees.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from threading import Lock
from time import sleep
from typing import TypeAlias
from weakref import finalize

import httpx
from typing_extensions import Self

from ramclouds._attempts import Attempts
from ramclouds._base_client import BaseClient, T, ToValue
from ramclouds._http.bodies import abody_of, aclose, adrain, asleep, body_of, close, drain
from ramclouds._http.clients import AsyncPools, sync_client
from ramclouds._pace.turn import aenter, enter
from ramclouds._stream.reader import Step, StreamReader
from ramclouds.types import Chunk

ToReader: TypeAlias = Callable[[Attempts], StreamReader]


class Exchange(BaseClient):
    """The connections of a sync client, and what goes over them."""

    _http_class = httpx.Client
    _http_client: httpx.Client | None
    _pool: httpx.Client | None
    _closer: Callable[[], object]

    def close(self) -> None:
        """Closes the connections; the next request opens new ones."""
        with self._lock:
            self._pool = None
            self._closer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, attempts: Attempts, to_value: ToValue[T]) -> T:
        """The value of the first response that holds one."""
        with attempts.turn:
            while True:
                with attempts:
                    self._send(attempts)
                    self._read(attempts)
                    if attempts.response.is_success:
                        return attempts.done(to_value(attempts))
                sleep(attempts.pause())

    def _send(self, attempts: Attempts) -> None:
        """Sends the request at its turn, and reads the head of the response."""
        enter(attempts.turn)
        http = self._http()
        # A traceback keeps local variables, and the headers hold the key.
        attempts.received(
            http.send(http.build_request(**attempts.begin()), stream=True, follow_redirects=False)
        )

    def _open(self, attempts: Attempts) -> None:
        """Sends until the status of a response is a success; its body is not read."""
        while True:
            with attempts:
                self._send(attempts)
                if attempts.response.is_success:
                    return
                self._read(attempts)
            sleep(attempts.pause())

    def _read(self, attempts: Attempts) -> None:
        """Reads the whole body, and closes the response."""
        body = body_of(attempts.response)
        try:
            for part in body:
                if not attempts.add(part):
                    break
        finally:
            close(attempts.response, body)

    def _chunks(self, attempts: Attempts, to_reader: ToReader) -> Generator[Chunk, None, None]:
        """The chunks of the first response that gives some."""
        with attempts.turn:
            while True:
                self._open(attempts)
                attempts.reader = to_reader(attempts)
                body = body_of(attempts.response)
                error = None
                try:
                    while not attempts.reader.is_over:
                        chunks, error = self._step(attempts, body)
                        for chunk in chunks:  # noqa: UP028  a loop, as in the async twin
                            yield chunk
                    if attempts.reader.is_done:
                        drain(attempts.response, body)
                finally:
                    close(attempts.response, body)
                if error is None:
                    return
                sleep(attempts.pause_after(error))

    def _step(self, attempts: Attempts, body: Iterator[bytes]) -> Step:
        """What the next bytes give."""
        try:
            data = next(body, None)
        except Exception as exc:  # noqa: BLE001  it is handled below
            failure = exc
        else:
            return attempts.feed(data)
        step = attempts.broke(failure)
        if step is None:
            raise failure
        return step

    def _http(self) -> httpx.Client:
        if self._http_client is not None:
            return self._http_client
        with self._lock:
            if self._pool is None:
                self._pool = sync_client(self._settings)
                # Frameworks never close a model: the connections go with the last reference.
                self._closer = finalize(self, self._pool.close)
            return self._pool

    def _forget_pool(self) -> None:
        self._lock = Lock()
        self._pool = None
        # Nothing is open: `bool()` does nothing.
        self._closer = bool


class AsyncExchange(BaseClient):
    """The connections of an async client, and what goes over them."""

    _http_class = httpx.AsyncClient
    _http_client: httpx.AsyncClient | None

    async def aclose(self) -> None:
        """Closes the running loop's connections; the next request opens new ones."""
        await self._pools.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _ask(self, attempts: Attempts, to_value: ToValue[T]) -> T:
        """The value of the first response that holds one."""
        with attempts.turn:
            while True:
                with attempts:
                    await self._send(attempts)
                    await self._read(attempts)
                    if attempts.response.is_success:
                        return attempts.done(to_value(attempts))
                await asleep(attempts.pause())

    async def _send(self, attempts: Attempts) -> None:
        """Sends the request at its turn, and reads the head of the response."""
        await aenter(attempts.turn)
        http = await self._http()
        # A traceback keeps local variables, and the headers hold the key.
        attempts.received(
            await http.send(
                http.build_request(**attempts.begin()), stream=True, follow_redirects=False
            )
        )

    async def _open(self, attempts: Attempts) -> None:
        """Sends until the status of a response is a success; its body is not read."""
        while True:
            with attempts:
                await self._send(attempts)
                if attempts.response.is_success:
                    return
                await self._read(attempts)
            await asleep(attempts.pause())

    async def _read(self, attempts: Attempts) -> None:
        """Reads the whole body, and closes the response."""
        body = abody_of(attempts.response)
        try:
            async for part in body:
                if not attempts.add(part):
                    break
        finally:
            await aclose(attempts.response, body)

    async def _chunks(self, attempts: Attempts, to_reader: ToReader) -> AsyncGenerator[Chunk, None]:
        """The chunks of the first response that gives some."""
        with attempts.turn:
            while True:
                await self._open(attempts)
                attempts.reader = to_reader(attempts)
                body = abody_of(attempts.response)
                error = None
                try:
                    while not attempts.reader.is_over:
                        chunks, error = await self._step(attempts, body)
                        for chunk in chunks:
                            yield chunk
                    if attempts.reader.is_done:
                        await adrain(attempts.response, body)
                finally:
                    await aclose(attempts.response, body)
                if error is None:
                    return
                await asleep(attempts.pause_after(error))

    async def _step(self, attempts: Attempts, body: AsyncIterator[bytes]) -> Step:
        """What the next bytes give."""
        try:
            data = await anext(body, None)
        except Exception as exc:  # noqa: BLE001  it is handled below
            failure = exc
        else:
            return attempts.feed(data)
        step = attempts.broke(failure)
        if step is None:
            raise failure
        return step

    async def _http(self) -> httpx.AsyncClient:
        if self._http_client is not None:
            return self._http_client
        return await self._pools.get()

    def _forget_pool(self) -> None:
        self._pools = AsyncPools(self._settings)
