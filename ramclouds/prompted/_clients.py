"""Clients that ask for tools as a mode says, with the answers and streams of the plain ones."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from typing import Any

from ramclouds._client import AsyncClient, Client
from ramclouds.errors import BadRequestError
from ramclouds.prompted._detect import NativeWatch
from ramclouds.prompted._mode import ToolMode
from ramclouds.prompted._reading.parser import PromptedParser
from ramclouds.types import Chunk, Completion


class PromptingClient:
    """A client's `complete` and `stream`, with tools asked for as `mode` says.

    `client` stays the caller's to close. `mode` may be shared: it remembers the models that
    ignored a native request.
    """

    def __init__(self, client: Client, mode: ToolMode) -> None:
        self._client = client
        self._mode = mode

    def complete(self, **params: Any) -> Completion:
        """The answer to keywords of `Client.complete`."""
        request = self._mode.prompted(params)
        if request is not None:
            return request.parse(self._client.complete(**request.params))
        try:
            completion = self._client.complete(**params)
            retry = self._mode.retry(params, completion)
            if retry is None:
                return completion
        except BadRequestError as error:
            retry = self._mode.retry_refused(params, error)
            if retry is None:
                raise
        return retry.parse(self._client.complete(**retry.params))

    def stream(self, **params: Any) -> Generator[Chunk, None, None]:
        """The answer to keywords of `Client.stream`, chunk by chunk."""
        request = self._mode.prompted(params)
        if request is not None:
            return _parsed(self._client.stream(**request.params), request.parser())
        chunks = self._client.stream(**params)
        return self._watched(chunks, params) if self._mode.watches(params) else chunks

    def _watched(
        self, chunks: Generator[Chunk, None, None], params: dict[str, Any]
    ) -> Generator[Chunk, None, None]:
        watch = NativeWatch(params)
        try:
            with closing(chunks):
                for chunk in chunks:
                    yield from watch.feed(chunk)
            retry = self._mode.retry(params, watch.completion)
        except BadRequestError as error:
            retry = self._mode.retry_refused(params, error)
            if retry is None:
                raise
        if retry is not None:
            with closing(_parsed(self._client.stream(**retry.params), retry.parser())) as parsed:
                yield from parsed


class AsyncPromptingClient:
    """An async client's `complete` and `stream`, with tools asked for as `mode` says.

    `client` stays the caller's to close. `mode` may be shared: it remembers the models that
    ignored a native request.
    """

    def __init__(self, client: AsyncClient, mode: ToolMode) -> None:
        self._client = client
        self._mode = mode

    async def complete(self, **params: Any) -> Completion:
        """The answer to keywords of `AsyncClient.complete`."""
        request = self._mode.prompted(params)
        if request is not None:
            return request.parse(await self._client.complete(**request.params))
        try:
            completion = await self._client.complete(**params)
            retry = self._mode.retry(params, completion)
            if retry is None:
                return completion
        except BadRequestError as error:
            retry = self._mode.retry_refused(params, error)
            if retry is None:
                raise
        return retry.parse(await self._client.complete(**retry.params))

    def stream(self, **params: Any) -> AsyncGenerator[Chunk, None]:
        """The answer to keywords of `AsyncClient.stream`, chunk by chunk."""
        request = self._mode.prompted(params)
        if request is not None:
            return _aparsed(self._client.stream(**request.params), request.parser())
        chunks = self._client.stream(**params)
        return self._watched(chunks, params) if self._mode.watches(params) else chunks

    async def _watched(
        self, chunks: AsyncGenerator[Chunk, None], params: dict[str, Any]
    ) -> AsyncGenerator[Chunk, None]:
        watch = NativeWatch(params)
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    for shown in watch.feed(chunk):
                        yield shown
            retry = self._mode.retry(params, watch.completion)
        except BadRequestError as error:
            retry = self._mode.retry_refused(params, error)
            if retry is None:
                raise
        if retry is not None:
            async with aclosing(
                _aparsed(self._client.stream(**retry.params), retry.parser())
            ) as parsed:
                async for chunk in parsed:
                    yield chunk


def _parsed(
    chunks: Generator[Chunk, None, None], parser: PromptedParser
) -> Generator[Chunk, None, None]:
    with closing(chunks):
        for chunk in chunks:
            yield from parser.feed(chunk)


async def _aparsed(
    chunks: AsyncGenerator[Chunk, None], parser: PromptedParser
) -> AsyncGenerator[Chunk, None]:
    async with aclosing(chunks):
        async for chunk in chunks:
            for parsed in parser.feed(chunk):
                yield parsed
