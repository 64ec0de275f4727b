"""Which HTTP transport: one pool for threads, one for each event loop.

httpx's own asyncio pool costs quadratic time in its connections, so asyncio goes through aiohttp
(httpx-aiohttp); other event loops go through httpx's own transport.
"""

from __future__ import annotations

import asyncio
import sys
import time
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import httpx

from ramclouds._http.direct import AsyncDirectClient, DirectClient
from ramclouds._http.tls import tls_context
from ramclouds._settings import LIMITS, Settings, proxy_for
from ramclouds.errors import ConfigurationError

_PATIENCE = 0.05
"""Seconds to wait behind `[DONE]` for the end of the body, so that the connection can be kept."""

opened_connection: ContextVar[bool] = ContextVar("opened_connection", default=False)
"""Whether the request under way opened a connection, so that it cannot have met a stale one."""


def _sync_transport(settings: Settings) -> httpx.BaseTransport:
    # Here, not above: httpcore takes as long to import as the rest of this package.
    from ramclouds._http.sync_pool import PooledTransport

    base_url = settings.base_url
    return PooledTransport(base_url, proxy_for(base_url), tls_context(settings), opened_connection)


def sync_client(settings: Settings) -> httpx.Client:
    """A new client for any number of threads."""
    return DirectClient(_checked_proxy(_sync_transport, settings))


def _checked_proxy(transport: Any, settings: Settings) -> Any:
    try:
        return transport(settings)
    except (ImportError, ValueError, httpx.InvalidURL) as exc:
        raise ConfigurationError(
            f"The proxy in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY cannot be used: {exc}"
        ) from exc


def _aiohttp_transport(settings: Settings) -> httpx.AsyncBaseTransport:
    # Here, not above: aiohttp takes a tenth of a second to import, and sync users need none of it.
    from ramclouds._http.async_transport import LoopTransport

    return LoopTransport(tls_context(settings), proxy_for(settings.base_url), opened_connection)


def _own_async_transport(settings: Settings) -> httpx.AsyncBaseTransport:
    return httpx.AsyncHTTPTransport(
        verify=tls_context(settings), limits=LIMITS, proxy=proxy_for(settings.base_url)
    )


def _running_loop() -> tuple[Any, bool]:
    """The event loop under way, and whether it is asyncio's."""
    try:
        return asyncio.get_running_loop(), True
    except RuntimeError:
        import trio

        return trio.lowlevel.current_trio_token(), False


class AsyncPools:
    """One `httpx.AsyncClient` for each event loop, found at call time and closed with its loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pools: weakref.WeakKeyDictionary[Any, tuple[httpx.AsyncClient, Any]] = (
            weakref.WeakKeyDictionary()
        )

    async def get(self) -> httpx.AsyncClient:
        """The client of the running loop, made at its first call."""
        loop, is_asyncio = _running_loop()
        found = self._pools.get(loop)
        if found is not None and not found[0].is_closed:
            return found[0]
        self._forget_closed_loops()
        uses_aiohttp = is_asyncio and not (proxy_for(self._settings.base_url) or "").startswith(
            "socks"
        )
        transport = _checked_proxy(
            _aiohttp_transport if uses_aiohttp else _own_async_transport, self._settings
        )
        client = AsyncDirectClient(transport)
        guard = _closed_with_loop(client)
        self._pools[loop] = (client, guard)
        # Started here, so that it is the running loop which ends it.
        with _finalizing(loop):
            await guard.__anext__()
        return client

    def _forget_closed_loops(self) -> None:
        """Let go of loops that are over: their guards hold them, so they would stay for ever."""
        for reference in self._pools.keyrefs():
            loop = reference()
            if isinstance(loop, asyncio.AbstractEventLoop) and loop.is_closed():
                self._pools.pop(loop, None)

    async def aclose(self) -> None:
        """Close the running loop's client; those of other loops close with their loops."""
        loop, _ = _running_loop()
        found = self._pools.pop(loop, None)
        if found is not None:
            await found[1].aclose()


@contextmanager
def _finalizing(loop: Any) -> Iterator[None]:
    """Has a loop that finalizes nothing finalize the generators that are begun meanwhile.

    nest_asyncio runs loops so in scripts, and the collector cannot await what closes the client.
    """

    def finalize(generator: AsyncGenerator[Any, None]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(loop.create_task, generator.aclose())

    hooks = sys.get_asyncgen_hooks()
    if hooks.finalizer is None:
        sys.set_asyncgen_hooks(finalizer=finalize)
    try:
        yield
    finally:
        sys.set_asyncgen_hooks(*hooks)


async def _closed_with_loop(client: httpx.AsyncClient) -> AsyncGenerator[None, None]:
    """Closes a client when its event loop shuts down, or when nobody refers to it any more.

    An event loop finalizes the asynchronous generators that were begun in it: `asyncio.run` at its
    end, and any loop when a generator is collected. Connections are closed while the loop still
    runs, and users need not call `aclose` to end without a ResourceWarning.
    """
    try:
        yield
    finally:
        await client.aclose()


def body_of(response: httpx.Response) -> Iterator[bytes]:
    """The bytes of a body as they come; past httpx's wrappers where nothing is to be decoded."""
    if "content-encoding" in response.headers or response.is_stream_consumed:
        return response.iter_bytes()
    assert isinstance(response.stream, httpx.SyncByteStream)
    return iter(response.stream)


def abody_of(response: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes of a body as they come; past httpx's wrappers where nothing is to be decoded."""
    if "content-encoding" in response.headers or response.is_stream_consumed:
        return response.aiter_bytes()
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return aiter(response.stream)


def close(response: httpx.Response, body: Iterator[bytes]) -> None:
    """Let go of a response, read to its end or not."""
    if isinstance(body, Generator):
        body.close()
    response.close()


async def aclose(response: httpx.Response, body: AsyncIterator[bytes]) -> None:
    """Let go of a response, read to its end or not."""
    # Explicitly: trio warns of asynchronous generators that are left to the garbage collector.
    if isinstance(body, AsyncGenerator):
        await body.aclose()
    await response.aclose()


def drain(response: httpx.Response, body: Iterator[bytes]) -> None:
    """Read what little follows the end marker, so that the connection can be used again."""
    from ramclouds._http.sockets import PatientStream

    stream = response.extensions.get("network_stream")
    if not isinstance(stream, PatientStream):
        return
    stream.patience = _PATIENCE
    try:
        with suppress(httpx.HTTPError, OSError):
            next(body, None)
    finally:
        stream.patience = None


async def adrain(response: httpx.Response, body: AsyncIterator[bytes]) -> None:
    """Read what little follows the end marker, so that the connection can be used again."""
    from anyio import move_on_after

    with move_on_after(_PATIENCE), suppress(httpx.HTTPError, OSError):
        await anext(body, None)


def sleep(seconds: float) -> None:
    """Sleep in this thread."""
    time.sleep(seconds)


async def asleep(seconds: float) -> None:
    """Sleep on whichever event loop runs."""
    if _running_loop()[1]:
        await asyncio.sleep(seconds)
    else:
        from anyio import sleep

        await sleep(seconds)
