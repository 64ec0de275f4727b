"""Streams of responses that free their connection as soon as the caller leaves them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from typing import Any, TypeVar

from llama_index.core.base.llms.types import ChatResponseAsyncGen, ChatResponseGen

from llama_index_ramclouds._errors import as_expected, asks_again
from ramclouds.bridge.expectation import Expectation

S = TypeVar("S")
T = TypeVar("T")


def each(items: Generator[S, None, None], convert: Callable[[S], T]) -> Generator[T, None, None]:
    """Convert each item of a stream as it comes."""
    with closing(items):
        for item in items:
            yield convert(item)


async def aeach(
    items: AsyncGenerator[S, None], convert: Callable[[S], T]
) -> AsyncGenerator[T, None]:
    """Convert each item of a stream as it comes."""
    async with aclosing(items):
        async for item in items:
            yield convert(item)


# A stream without a last response raises, so in each of these there is one.


def expecting(
    responses: ChatResponseGen, expectation: Expectation, again: Callable[[], Any]
) -> ChatResponseGen:
    """Ask again after an empty response; raise at the end if the last one is not as expected."""
    while True:
        with closing(responses):
            for last in responses:
                yield last
        if not asks_again(last, expectation):
            break
        responses = again()
    as_expected(last, expectation)


async def aexpecting(
    responses: ChatResponseAsyncGen, expectation: Expectation, again: Callable[[], Any]
) -> ChatResponseAsyncGen:
    """Ask again after an empty response; raise at the end if the last one is not as expected."""
    while True:
        async with aclosing(responses):
            async for last in responses:
                yield last
        if not asks_again(last, expectation):
            break
        responses = await again()
    as_expected(last, expectation)


async def with_events(
    decorator: Callable[..., Any],
    open_stream: Callable[..., AsyncGenerator[T, None]],
    llm: Any,
    asked: Any,
    **kwargs: Any,
) -> AsyncGenerator[T, None]:
    """Open a stream under core's callback decorator, and return one that closes it.

    Closing the decorator's generator leaves the one inside it open, and the connection with it,
    until the event loop finalizes it. So the inner one is kept here, and closed.
    https://github.com/run-llama/llama_index/blob/v0.14.0/llama-index-core/llama_index/core/llms/callbacks.py
    """
    opened: list[AsyncGenerator[T, None]] = []

    async def open_inner(_llm: Any, asked: Any, **kwargs: Any) -> AsyncGenerator[T, None]:
        opened.append(open_stream(asked, **kwargs))
        return opened[0]

    outer = await decorator()(open_inner)(llm, asked, **kwargs)
    return _closing_both(outer, opened[0])


async def _closing_both(
    outer: AsyncGenerator[T, None], inner: AsyncGenerator[T, None]
) -> AsyncGenerator[T, None]:
    async with aclosing(inner), aclosing(outer):
        async for item in outer:
            yield item
