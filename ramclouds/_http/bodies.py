"""Reading, closing and waiting, once for threads and once for event loops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import suppress
from time import monotonic
from typing import Any

import httpx

from ramclouds._http.decoding import Decoder, codings_of

_PATIENCE = 0.05
"""Seconds to wait after `[DONE]` for the end of the body, so that the connection can be reused."""


def body_of(response: httpx.Response) -> Iterator[bytes]:
    """The bytes of a body as they arrive, decoded, without httpx's wrappers."""
    if response.is_stream_consumed:
        return response.iter_bytes()
    assert isinstance(response.stream, httpx.SyncByteStream)
    raw, codings = iter(response.stream), codings_of(response)
    return _decoded(raw, codings) if codings else raw


def _decoded(raw: Iterator[bytes], codings: list[str]) -> Generator[bytes, None, None]:
    try:
        decoder = Decoder(codings)
        for data in raw:
            if decoder.is_over and data:
                return
            for piece in decoder.feed(data):  # noqa: UP028  a loop, to look like the async twin
                yield piece
    finally:
        if isinstance(raw, Generator):
            raw.close()


def abody_of(response: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes of a body as they arrive, decoded, without httpx's wrappers."""
    if response.is_stream_consumed:
        return response.aiter_bytes()
    assert isinstance(response.stream, httpx.AsyncByteStream)
    raw, codings = aiter(response.stream), codings_of(response)
    return _adecoded(raw, codings) if codings else raw


async def _adecoded(raw: AsyncIterator[bytes], codings: list[str]) -> AsyncGenerator[bytes, None]:
    try:
        decoder = Decoder(codings)
        async for data in raw:
            if decoder.is_over and data:
                return
            for piece in decoder.feed(data):
                yield piece
    finally:
        if isinstance(raw, AsyncGenerator):
            await raw.aclose()


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
    if _limit_wait(response):
        with suppress(httpx.HTTPError, OSError):
            next(body, None)


async def adrain(response: httpx.Response, body: AsyncIterator[bytes]) -> None:
    """Reads the few bytes after `[DONE]`, so that the connection can be used again."""
    from anyio import move_on_after

    seconds = None if _limit_wait(response) else _PATIENCE
    with move_on_after(seconds), suppress(httpx.HTTPError, OSError):
        await anext(body, None)


def _limit_wait(response: httpx.Response) -> bool:
    """Sets a deadline of 0.05 s. False: httpx's own transport takes none."""
    timeouts = response.extensions.get("timeouts")
    if timeouts is None:
        return False
    timeouts.deadline = monotonic() + _PATIENCE
    return True


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
