"""Reading, closing and waiting, once for threads and once for event loops."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import suppress
from typing import Any

import httpx

_PATIENCE = 0.05
"""Seconds to wait after `[DONE]` for the end of the body, so that the connection can be reused."""


def body_of(response: httpx.Response) -> Iterator[bytes]:
    """The bytes of a body as they arrive, without httpx's wrappers if nothing needs decoding."""
    if "content-encoding" in response.headers or response.is_stream_consumed:
        return response.iter_bytes()
    assert isinstance(response.stream, httpx.SyncByteStream)
    return iter(response.stream)


def abody_of(response: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes of a body as they arrive, without httpx's wrappers if nothing needs decoding."""
    if "content-encoding" in response.headers or response.is_stream_consumed:
        return response.aiter_bytes()
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return aiter(response.stream)


def close(response: httpx.Response, body: Iterator[bytes]) -> None:
    """Closes a response, read to its end or not."""
    if isinstance(body, Generator):
        body.close()
    response.close()


async def aclose(response: httpx.Response, body: AsyncIterator[bytes]) -> None:
    """Closes a response, read to its end or not."""
    # trio warns about async generators that the garbage collector has to close:
    # https://trio.readthedocs.io/en/stable/reference-core.html#finalization
    if isinstance(body, AsyncGenerator):
        await body.aclose()
    await response.aclose()


def drain(response: httpx.Response, body: Iterator[bytes]) -> None:
    """Reads the few bytes after `[DONE]`, so that the connection can be used again."""
    if _has_short_patience(response):
        with suppress(httpx.HTTPError, OSError):
            next(body, None)


async def adrain(response: httpx.Response, body: AsyncIterator[bytes]) -> None:
    """Reads the few bytes after `[DONE]`, so that the connection can be used again."""
    from anyio import move_on_after

    seconds = None if _has_short_patience(response) else _PATIENCE
    with move_on_after(seconds), suppress(httpx.HTTPError, OSError):
        await anext(body, None)


def _has_short_patience(response: httpx.Response) -> bool:
    """Lets our transports wait for a short time only; httpx's own have no such thing."""
    timeouts = response.extensions.get("timeouts")
    if timeouts is None:
        return False
    timeouts.deadline = time.monotonic() + _PATIENCE
    return True


def sleep(seconds: float) -> None:
    """Sleeps in this thread."""
    time.sleep(seconds)


async def asleep(seconds: float) -> None:
    """Sleeps on the running event loop, asyncio's or trio's."""
    if running_loop()[1]:
        await asyncio.sleep(seconds)
    else:
        from anyio import sleep

        await sleep(seconds)


def running_loop() -> tuple[Any, bool]:
    """The running event loop, and whether it is asyncio's."""
    try:
        return asyncio.get_running_loop(), True
    except RuntimeError:
        import trio

        return trio.lowlevel.current_trio_token(), False
