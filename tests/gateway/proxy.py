"""A forward proxy on loopback: absolute URLs for http, CONNECT for https."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from urllib.parse import urlsplit

from typing_extensions import Self

from tests.gateway.request import Request, read_request


class Proxy:
    """Passes everything on, and remembers what for."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        """`METHOD target` of each request to the proxy."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(5)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await read_request(reader, 1)
            if request is not None:
                self.seen.append(f"{request.method} {request.path}")
                await _pass_on(request, reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            await _close(writer)


async def _pass_on(
    request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    from_upstream, to_upstream = await asyncio.open_connection(*_address(request))
    try:
        if request.method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            to_upstream.write(_direct(request))
        pipes = [_pipe(reader, to_upstream), _pipe(from_upstream, writer)]
        await asyncio.gather(*pipes)
    finally:
        await _close(to_upstream)


def _address(request: Request) -> tuple[str, int]:
    url = urlsplit(request.path if "://" in request.path else f"//{request.path}")
    return str(url.hostname), int(url.port or 80)


def _direct(request: Request) -> bytes:
    """The request as the server itself gets it."""
    # One request a connection: what follows would be for the proxy again.
    lines = [f"{request.method} {urlsplit(request.path).path} HTTP/1.1", "connection: close"]
    lines += [f"{n}: {v}" for n, v in request.headers.pairs if n.lower() != "connection"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(Exception, asyncio.CancelledError):
        await writer.wait_closed()
