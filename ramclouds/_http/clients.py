"""The HTTP clients: one pool of connections for all threads, one for each event loop.

Proxies that speak TLS themselves are left to httpx's own transports.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import weakref
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from ramclouds._addresses import proxy_for
from ramclouds._http.bodies import running_loop
from ramclouds._http.direct import AsyncDirectClient, DirectClient
from ramclouds._http.tls import tls_context
from ramclouds._settings import Settings
from ramclouds.errors import ConfigurationError

# httpcore hands out a second response that nobody asked for as that of the next request, so
# there each connection serves one: https://github.com/encode/httpcore/blob/1.0.9/httpcore/_sync/http11.py
# No cap: httpx's default of 100 would queue the others without saying so.
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=0)


def _sync_transport(settings: Settings) -> httpx.BaseTransport:
    # Imported here because httpcore takes as long to import as the rest of this package.
    from ramclouds._http.transports import PooledTransport

    context, proxy = tls_context(settings), proxy_for(settings.base_url)
    if _is_ours(proxy):
        return PooledTransport(settings.base_url, context, proxy)
    return httpx.HTTPTransport(**_settings_of_httpx(context, proxy))


def _async_transport(settings: Settings, loop: Any) -> httpx.AsyncBaseTransport:
    context, proxy = tls_context(settings), proxy_for(settings.base_url)
    if _is_ours(proxy):
        from ramclouds._http.transports import AsyncPooledTransport

        base_url, has_readers = settings.base_url, _has_readers(loop)
        return AsyncPooledTransport(base_url, context, proxy, has_readers=has_readers)
    return httpx.AsyncHTTPTransport(**_settings_of_httpx(context, proxy))


def _is_ours(proxy: str | None) -> bool:
    return proxy is None or proxy.startswith(("http:", "socks"))


def _has_readers(loop: Any) -> bool:
    """Whether it has `add_reader`: trio has none, nor has asyncio's usual loop on Windows."""
    proactor = getattr(asyncio, "ProactorEventLoop", ())
    return isinstance(loop, asyncio.AbstractEventLoop) and not isinstance(loop, proactor)


def _settings_of_httpx(context: ssl.SSLContext, proxy: str | None) -> dict[str, Any]:
    assert proxy is not None
    from ramclouds._http.wires import SOCKET_OPTIONS

    return {
        "verify": context,
        "proxy": httpx.Proxy(proxy, ssl_context=context if proxy.startswith("https") else None),
        "limits": _LIMITS,
        "socket_options": SOCKET_OPTIONS,
    }


def sync_client(settings: Settings) -> httpx.Client:
    """A new client for any number of threads."""
    return DirectClient(_importing(_sync_transport, settings))


def _importing(transport: Any, *args: Any) -> Any:
    try:
        return transport(*args)
    except ImportError as exc:
        name = exc.name or "httptools"
        raise ConfigurationError(
            f"The package {name} is missing or broken. Install it: pip install {name}"
        ) from exc


class AsyncPools:
    """One `httpx.AsyncClient` for each event loop, found at call time and closed with its loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pools: weakref.WeakKeyDictionary[Any, tuple[httpx.AsyncClient, Any]] = (
            weakref.WeakKeyDictionary()
        )

    async def get(self) -> httpx.AsyncClient:
        """The client of the running loop, made at the first call."""
        loop, _ = running_loop()
        found = self._pools.get(loop)
        if found is not None and not found[0].is_closed:
            return found[0]
        self._forget_closed_loops()
        transport = _importing(_async_transport, self._settings, loop)
        client = AsyncDirectClient(transport)
        guard = _closed_with_loop(client)
        self._pools[loop] = (client, guard)
        # Advance the guard inside this loop: the loop then closes it, and the client, at shutdown.
        with _finalizing(loop):
            await guard.__anext__()
        return client

    def _forget_closed_loops(self) -> None:
        """Drops closed loops: their guards refer to them, so the weak dictionary never would."""
        for reference in self._pools.keyrefs():
            loop = reference()
            if isinstance(loop, asyncio.AbstractEventLoop) and loop.is_closed():
                self._pools.pop(loop, None)

    async def aclose(self) -> None:
        """Closes the running loop's client; the others close with their loops."""
        loop, _ = running_loop()
        found = self._pools.pop(loop, None)
        if found is not None:
            await found[1].aclose()


@contextmanager
def _finalizing(loop: Any) -> Iterator[None]:
    """Installs a finalizer for async generators while a guard starts, if the loop has none.

    nest_asyncio's `run_until_complete` sets no such hooks
    (https://github.com/erdewit/nest_asyncio/blob/master/nest_asyncio.py), and the garbage collector
    cannot await the guard that closes the client.
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
    """Closes a client when its event loop shuts down, or when nothing refers to it any more.

    A loop finalizes the async generators that were started in it: `asyncio.run` when it ends, any
    loop when a generator is collected (https://peps.python.org/pep-0525/#finalization). So the
    connections close while the loop still runs, and a user who never calls `aclose` gets no
    ResourceWarning.
    """
    try:
        yield
    finally:
        await client.aclose()
