"""Which HTTP transport: one pool for threads, one for each event loop, TLS contexts shared.

httpx's own asyncio pool costs quadratic time in its connections, so asyncio goes through aiohttp
(httpx-aiohttp); other event loops go through httpx's own transport.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache
from http.cookiejar import CookieJar
from typing import Any

import httpcore
import httpx

from ramclouds._config import Settings, proxy_for
from ramclouds.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    RamCloudsError,
    ResponseError,
)

# No cap on connections: httpx's default of 100 would queue the others without saying so. Cloudflare
# closes idle connections after 400 s.
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=60.0)

_PATIENCE = 0.05
"""Seconds to wait behind `[DONE]` for the end of the body, so that the connection can be kept."""

opened_connection: ContextVar[bool] = ContextVar("opened_connection", default=False)
"""Whether the request under way opened a connection, so that it cannot have met a stale one."""


@lru_cache(maxsize=16)
def _default_context(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    # The arguments are what httpx reads from the environment: another file, another context.
    return httpx.create_ssl_context()


@lru_cache(maxsize=16)
def _context_of_file(path: str) -> ssl.SSLContext:
    if os.path.isdir(path):  # noqa: PTH112  `verify` is a str as in httpx
        return ssl.create_default_context(capath=path)
    return ssl.create_default_context(cafile=path)


@lru_cache(maxsize=1)
def _unverified_context() -> ssl.SSLContext:
    return httpx.create_ssl_context(verify=False)


@lru_cache(maxsize=1)
def _unused_context() -> ssl.SSLContext:
    # Plain http needs none, and loading the root certificates takes tens of milliseconds.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def tls_context(settings: Settings) -> ssl.SSLContext:
    """The TLS context for a client's settings, shared with all others of the same ones."""
    verify = settings.verify
    if isinstance(verify, ssl.SSLContext):
        return verify
    if verify is False:
        return _unverified_context()
    try:
        if isinstance(verify, str):
            return _context_of_file(verify)
        if settings.base_url.startswith("http:") and proxy_for(settings.base_url) is None:
            return _unused_context()
        env = os.environ
        return _default_context(env.get("SSL_CERT_FILE"), env.get("SSL_CERT_DIR"))
    except OSError as exc:
        raise ConfigurationError(
            f"The certificates cannot be read ({exc}). Check verify=..., SSL_CERT_FILE and "
            "SSL_CERT_DIR."
        ) from exc


class _NoCookies(CookieJar):
    """Keeps nothing: the gateway copies its providers' cookies onto answers."""

    def extract_cookies(self, *_: Any) -> None:
        pass

    def add_cookie_header(self, *_: Any) -> None:
        pass


class _PatientStream(httpcore.NetworkStream):
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
        return _PatientStream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        opened_connection.set(True)
        return _PatientStream(
            super().connect_tcp(host, port, timeout, local_address, socket_options)
        )


class _SyncTransport(httpx.HTTPTransport):
    def __init__(self, settings: Settings) -> None:
        proxy = proxy_for(settings.base_url)
        super().__init__(verify=tls_context(settings), limits=_LIMITS, proxy=proxy)
        # httpcore takes a backend as an argument, but httpx has none to pass it through.
        self._pool._network_backend = _Backend()


def sync_client(settings: Settings) -> httpx.Client:
    """A new `httpx.Client` for any number of threads."""
    return httpx.Client(
        transport=_checked_proxy(_SyncTransport, settings),
        cookies=_NoCookies(),
        trust_env=False,
        follow_redirects=False,
    )


def _checked_proxy(transport: Any, settings: Settings) -> Any:
    try:
        return transport(settings)
    except (ImportError, ValueError, httpx.InvalidURL) as exc:
        raise ConfigurationError(
            f"The proxy in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY cannot be used: {exc}"
        ) from exc


def _aiohttp_transport(settings: Settings) -> httpx.AsyncBaseTransport:
    # Here, not above: aiohttp takes a tenth of a second to import, and sync users need none of it.
    from ramclouds._aiohttp import LoopTransport

    return LoopTransport(tls_context(settings), proxy_for(settings.base_url), opened_connection)


def _own_async_transport(settings: Settings) -> httpx.AsyncBaseTransport:
    return httpx.AsyncHTTPTransport(
        verify=tls_context(settings), limits=_LIMITS, proxy=proxy_for(settings.base_url)
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
        uses_aiohttp = is_asyncio and not (proxy_for(self._settings.base_url) or "").startswith(
            "socks"
        )
        transport = _checked_proxy(
            _aiohttp_transport if uses_aiohttp else _own_async_transport, self._settings
        )
        client = httpx.AsyncClient(
            transport=transport, cookies=_NoCookies(), trust_env=False, follow_redirects=False
        )
        guard = _closed_with_loop(client)
        self._pools[loop] = (client, guard)
        # Started here, so that it is the running loop which ends it.
        await guard.__anext__()
        return client

    async def aclose(self) -> None:
        """Close the running loop's client; those of other loops close with their loops."""
        loop, _ = _running_loop()
        found = self._pools.pop(loop, None)
        if found is not None:
            await found[1].aclose()


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
    stream = response.extensions.get("network_stream")
    if not isinstance(stream, _PatientStream):
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


sleep = time.sleep


async def asleep(seconds: float) -> None:
    """Sleep on whichever event loop runs."""
    from anyio import sleep

    await sleep(seconds)


def transport_error(exc: Exception, base_url: str) -> RamCloudsError | None:
    """What an HTTP library raised, as an error of ours; None where it is none of theirs.

    httpx-aiohttp maps aiohttp's dropped connections to timeouts, and lets some of aiohttp's errors
    through: so the cause is asked, and its type's home.
    """
    if isinstance(exc, RamCloudsError):
        return exc
    if isinstance(exc, (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)):
        return ConfigurationError(f"The request cannot be sent: {exc}")
    if isinstance(exc, httpx.DecodingError):
        return ResponseError(
            f"The answer's compression is broken ({exc}). Send the request again.", retryable=False
        )
    if isinstance(exc, RuntimeError) and "closed" in str(exc):
        return ConfigurationError("The client is closed. Make a new one.")
    is_theirs = isinstance(
        exc, (httpx.HTTPError, httpx.StreamError, OSError, httpcore.NetworkError)
    )
    if not is_theirs and not type(exc).__module__.startswith(("aiohttp", "httpcore")):
        return None
    if _is_timeout(exc):
        return _timeout_error(exc, base_url)
    return _connection_error(exc, base_url)


def _chain(exc: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = exc
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _is_timeout(exc: Exception) -> bool:
    if not isinstance(exc, (httpx.TimeoutException, TimeoutError)):
        return False
    if isinstance(exc, httpx.ConnectTimeout) and _is_from_aiohttp(exc):
        return any(isinstance(cause, TimeoutError) for cause in _chain(exc))
    return True


def _is_from_aiohttp(exc: Exception) -> bool:
    return any(type(cause).__module__.startswith("aiohttp") for cause in _chain(exc))


def _timeout_error(exc: Exception, base_url: str) -> APITimeoutError:
    if isinstance(exc, (httpx.ConnectTimeout, httpx.PoolTimeout)):
        text = f"No connection to {base_url} in time. Check the network, or raise timeout=..."
        return APITimeoutError(text)
    # The request may be running, and billed: as with a 524, sending it again is the user's choice.
    text = (
        f"{base_url} was silent for longer than the timeout allows. Raise timeout=..., or stream "
        "the answer."
    )
    return APITimeoutError(text, retryable=False)


_OS_ERRORS = (ConnectionRefusedError, ConnectionResetError, BrokenPipeError, OSError)


def _connection_error(exc: Exception, base_url: str) -> APIConnectionError:
    certificate = next(
        (cause for cause in _chain(exc) if isinstance(cause, ssl.SSLCertVerificationError)), None
    )
    if certificate is not None:
        return APIConnectionError(
            f"The certificate of {base_url} is not trusted ({certificate.verify_message}). Where a "
            "company's proxy stands in between, name its root certificate: verify='/path/ca.pem' "
            "or SSL_CERT_FILE.",
            retryable=False,
        )
    # aiohttp's own names: httpx-aiohttp maps all of these to ConnectTimeout.
    names = {type(cause).__name__ for cause in _chain(exc)}
    what = next((str(cause) for cause in _chain(exc) if type(cause) in _OS_ERRORS), str(exc))
    what = (what or type(exc).__name__).rstrip(".")
    if isinstance(exc, httpx.ProxyError) or names & {
        "ClientProxyConnectionError",
        "ClientHttpProxyError",
    }:
        return APIConnectionError(f"The proxy refused: {what}. Check HTTPS_PROXY and NO_PROXY.")
    if isinstance(exc, httpx.ConnectError) or any("Connector" in name for name in names):
        return APIConnectionError(
            f"Cannot connect to {base_url}: {what}. Check base_url (RAMCLOUDS_BASE_URL) and the "
            "network."
        )
    return APIConnectionError(
        f"The connection to {base_url} broke before the answer was complete: {what}. "
        "Send the request again."
    )
