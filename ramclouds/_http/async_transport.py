"""The transport for asyncio: httpx-aiohttp with a session for many long responses.

Private attributes used here: `AiohttpResponseStream.CHUNK_SIZE` of httpx-aiohttp; of aiohttp
`ResponseHandler._payload`, `BaseConnector._factory`, `._conns`, `._loop`, `._create_connection`,
and `ClientSession._retry_connection`. A test fails if one of them changes.
"""

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

# aiohttp warns about a body of more than 1 MiB in one piece, because it blocks the event loop:
# https://github.com/aio-libs/aiohttp/blob/master/aiohttp/payload.py (`TOO_LARGE_BYTES_BODY`)
_PIECE = 256 * 1024
# About five events of a stream; a framework needs 0.25 ms for them.
_TURN = 1024


class _Pieces(httpx.AsyncByteStream):
    """A large request body in pieces; the event loop runs other tasks between them."""

    def __init__(self, body: bytes) -> None:
        self._body = memoryview(body)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), _PIECE):
            yield bytes(self._body[start : start + _PIECE])


class _InTurns(httpx.AsyncByteStream):
    """The body of a response in pieces; the event loop runs other tasks between them.

    aiohttp returns bytes that have already arrived without yielding to the loop, so a stream that
    arrives faster than it is used would block all others.
    """

    def __init__(self, body: Any) -> None:
        # https://github.com/karpetrosyan/httpx-aiohttp/blob/main/httpx_aiohttp/transport.py
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

    In that case aiohttp closes the connection and stops the read timeout, but passes the error only
    to a reader of the head, so a reader of the body would wait for ever. See `set_exception` in
    https://github.com/aio-libs/aiohttp/blob/master/aiohttp/client_proto.py
    """

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        super().set_exception(exc, *cause)
        payload = self._payload
        if payload is None or payload.is_eof() or payload.exception() is not None:
            return
        # aiohttp itself passes a timeout to both readers.
        if not isinstance(exc, TimeoutError):
            payload.set_exception(aiohttp.ClientPayloadError(f"broken body: {exc}"))


class _Response(aiohttp.ClientResponse):
    """Replaces what UTF-8 cannot encode in the reason: httpx-aiohttp encodes it, and would raise.

    https://github.com/karpetrosyan/httpx-aiohttp/blob/main/httpx_aiohttp/transport.py
    """

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        await super().start(connection)
        if self.reason:
            self.reason = self.reason.encode(errors="replace").decode()
        return self


class _Connector(aiohttp.TCPConnector):
    """Sets `opened` when it opens a connection; aiohttp's tracing would take ten times as long.

    https://github.com/aio-libs/aiohttp/blob/master/aiohttp/connector.py
    """

    def __init__(self, opened: ContextVar[bool], **settings: Any) -> None:
        super().__init__(**settings)
        self._opened = opened
        self._factory: Any = partial(_Handler, loop=asyncio.get_running_loop())

    async def _create_connection(self, *args: Any, **kwargs: Any) -> ResponseHandler:
        self._opened.set(True)
        return await super()._create_connection(*args, **kwargs)

    def __del__(self, *args: Any) -> None:
        if self._loop.is_closed():
            self._conns.clear()  # else aiohttp logs an error; asyncio has closed the sockets
        super().__del__(*args)


class LoopTransport(AiohttpTransport):
    """The transport of one event loop; sets `opened` when it opens a connection."""

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
            # 0 is no limit; the session that httpx-aiohttp makes has aiohttp's limit of 100.
            connector=_Connector(self._opened, limit=0, ssl=context, keepalive_timeout=60.0),
            response_class=_Response,
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=65_536,
            max_field_size=65_536,
        )
        # aiohttp repeats a GET whose connection drops, and we count the retries:
        # https://github.com/aio-libs/aiohttp/issues/10790
        session._retry_connection = False
        return session

    def __del__(self) -> None:
        # A loop that was closed before its generators were shut down can close nothing.
        session = getattr(self, "client", None)  # not set if the proxy was refused
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
            # Before 0.2, httpx-aiohttp passes headers as text, which httpx cannot encode again.
            raise httpx.RemoteProtocolError("illegal header line") from exc
        response.stream = _InTurns(response.stream)
        return response


def _proxy_from(url: str) -> httpx.Proxy:
    """A proxy with its password in a header, since aiohttp deprecates the `BasicAuth` argument."""
    proxy = httpx.Proxy(url)
    if proxy.raw_auth is None:
        return proxy
    credentials = b64encode(b":".join(proxy.raw_auth)).decode()
    # aiohttp makes Proxy-Authorization of it, for tunnels and for plain requests.
    return httpx.Proxy(proxy.url, headers={"Authorization": f"Basic {credentials}"})
