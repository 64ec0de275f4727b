"""The transport under asyncio: httpx-aiohttp, with a session set up for many long answers."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import aclosing
from contextvars import ContextVar
from functools import partial
from typing import Any

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler
from httpx_aiohttp import AiohttpTransport

# aiohttp warns of larger bodies given in one piece: they would hold up the event loop.
_PIECE = 256 * 1024
# Some five events of a stream, which a framework takes a quarter of a millisecond for.
_TURN = 1024


class _Pieces(httpx.AsyncByteStream):
    """A large request body, in pieces between which the event loop gets its turn."""

    def __init__(self, body: bytes) -> None:
        self._body = memoryview(body)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), _PIECE):
            yield bytes(self._body[start : start + _PIECE])


class _InTurns(httpx.AsyncByteStream):
    """The body of an answer, in pieces between which the event loop gets its turn.

    What has arrived is read without waiting: else a stream that arrives faster than it is used
    would hold up all the others.
    """

    def __init__(self, body: Any) -> None:
        body.CHUNK_SIZE = _TURN
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async with aclosing(aiter(self._body)) as pieces:
            async for piece in pieces:
                yield piece
                if len(piece) == _TURN:
                    await asyncio.sleep(0)

    async def aclose(self) -> None:
        await self._body.aclose()


class _Handler(ResponseHandler):
    """Ends a body whose framing is broken.

    aiohttp then closes the connection and stops its read timeout, but tells only who waits for a
    head: who waits for more of a body waits for ever.
    """

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        super().set_exception(exc, *cause)
        payload = self._payload
        if payload is None or payload.is_eof() or payload.exception() is not None:
            return
        # A timeout is told to both by aiohttp itself.
        if not isinstance(exc, TimeoutError):
            payload.set_exception(aiohttp.ClientPayloadError(f"broken body: {exc}"))


class _Response(aiohttp.ClientResponse):
    """Tells a reason that can be encoded; over another httpx-aiohttp would lose the answer."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        await super().start(connection)
        if self.reason:
            self.reason = self.reason.encode(errors="replace").decode()
        return self


class _Connector(aiohttp.TCPConnector):
    """Sets `opened` in a call that opens a connection; tracing would take ten times as long."""

    def __init__(self, opened: ContextVar[bool], **settings: Any) -> None:
        super().__init__(**settings)
        self._opened = opened
        self._factory: Any = partial(_Handler, loop=asyncio.get_running_loop())

    async def _create_connection(self, *args: Any, **kwargs: Any) -> ResponseHandler:
        self._opened.set(True)
        return await super()._create_connection(*args, **kwargs)

    def __del__(self, *args: Any) -> None:
        if self._loop.is_closed():
            self._conns.clear()  # asyncio closes their sockets; aiohttp would log an error
        super().__del__(*args)


class LoopTransport(AiohttpTransport):
    """One event loop's transport; sets `opened` in a call that opens a connection."""

    def __init__(
        self, context: ssl.SSLContext, proxy: str | None, opened: ContextVar[bool]
    ) -> None:
        self._opened = opened
        self._loop = asyncio.get_running_loop()
        super().__init__(
            verify=context,
            proxy=_proxy_from(proxy) if proxy else None,
            client=lambda: self._session(context),
        )

    def _session(self, context: ssl.SSLContext) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            # 0: no cap. The transport's own session would cap at aiohttp's default of 100.
            connector=_Connector(self._opened, limit=0, ssl=context, keepalive_timeout=60.0),
            response_class=_Response,
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=65_536,
            max_field_size=65_536,
        )
        # aiohttp sends a GET twice by itself when the connection drops; retries are ours to count.
        session._retry_connection = False
        return session

    def __del__(self) -> None:
        # Nothing can be closed in a loop that was closed before its generators were shut down.
        session = getattr(self, "client", None)  # not there where the proxy was refused
        if self._loop.is_closed() and isinstance(session, aiohttp.ClientSession):
            session.detach()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if len(request.content) > _PIECE:
            request = httpx.Request(
                request.method,
                request.url,
                headers=request.headers,
                stream=_Pieces(request.content),
                extensions=request.extensions,
            )
        try:
            response = await super().handle_async_request(request)
        except UnicodeError as exc:
            # Before 0.2, httpx-aiohttp passes headers on as text, which httpx cannot encode again.
            raise httpx.RemoteProtocolError("illegal header line") from exc
        response.stream = _InTurns(response.stream)
        return response


def _proxy_from(url: str) -> httpx.Proxy:
    """A proxy whose password is in a header: the way httpx-aiohttp passes it on is deprecated."""
    proxy = httpx.Proxy(url)
    if proxy.raw_auth is None:
        return proxy
    credentials = b64encode(b":".join(proxy.raw_auth)).decode()
    # aiohttp makes Proxy-Authorization of it, for tunnels and for plain requests.
    return httpx.Proxy(proxy.url, headers={"Authorization": f"Basic {credentials}"})
