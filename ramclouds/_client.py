"""All I/O: the two clients open, read, sleep and close, and decide nothing.

The twins differ by `async`, `await` and a-names alone; a test compares their syntax trees.
"""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Generator,
    Iterator,
    Sequence,
)
from functools import partial
from threading import Lock
from types import TracebackType
from typing import Any
from weakref import finalize

import httpx
from typing_extensions import Self, Unpack

from ramclouds._account import Balance, GatewayStatus
from ramclouds._attempts import Attempts
from ramclouds._base_client import BaseClient, T, ToValue
from ramclouds._batching import (
    DEFAULT_CHUNK_SIZE,
    DEFAULT_MAX_CONCURRENCY,
    Batching,
    OnTooLong,
)
from ramclouds._http.bodies import (
    abody_of,
    aclose,
    adrain,
    asleep,
    body_of,
    close,
    drain,
    sleep,
)
from ramclouds._http.clients import AsyncPools, sync_client
from ramclouds._pace.turn import aenter, enter
from ramclouds._prices.price import Prices
from ramclouds._side_by_side import aside_by_side, side_by_side
from ramclouds._stream.reader import Step
from ramclouds._wire.account import (
    BILLING_LIMIT,
    BILLING_USED,
    KEY_STATUS,
    STATUS,
    balance_of_key,
    balance_of_user,
)
from ramclouds._wire.chat.request_body import Message, Params
from ramclouds._wire.embeddings.request_body import EmbedParams, Encoding, Input
from ramclouds.models import KnownEmbeddingModel, KnownModel
from ramclouds.types import Chunk, Completion, Embeddings, KeyStatus, Model


class Client(BaseClient):
    """Talks to RamClouds; one object serves any number of threads.

    Args are settings: each falls back to its environment variable, then to its default. `timeout`
    is in seconds, one number for every phase or an `httpx.Timeout`; by default connecting may take
    10 s and silence 600 s. `stall_timeout` ends a stream that gives nothing but comments for so
    many seconds, and `total_timeout` a call with all its retries; None is no limit. An
    `http_client` handed in, of httpx or httpx2, is used as it is, and not closed.

    Raises:
        ConfigurationError: a setting is missing or unusable.

    Examples:
        >>> with Client() as client:
        ...     messages = [{"role": "user", "content": "Hi"}]
        ...     print(client.complete(model="gpt-5", messages=messages).text)
    """

    _http_class = httpx.Client
    _http_client: httpx.Client | None
    _pool: httpx.Client | None
    _closer: Callable[[], object]

    def complete(
        self,
        *,
        model: KnownModel | str,
        messages: Sequence[Message],
        timeout: float | httpx.Timeout | None = None,
        **params: Unpack[Params],
    ) -> Completion:
        """Asks for a completion and waits for all of it.

        Raises:
            ConfigurationError: an argument is out of range; nothing was sent.
            RamCloudsError: anything else; see `ramclouds.errors`.
        """
        attempts = self._complete_attempts(model, messages, timeout, params)
        del messages, params  # An error keeps the variables of this frame.
        return self._ask(attempts, self._to_completion)

    def stream(
        self,
        *,
        model: KnownModel | str,
        messages: Sequence[Message],
        timeout: float | httpx.Timeout | None = None,
        **params: Unpack[Params],
    ) -> Generator[Chunk, None, None]:
        """Asks for a completion and gives its chunks as they come.

        Arguments are checked at once; the request is sent when the first chunk is asked for.
        Closing the generator closes the response.

        Raises:
            ConfigurationError: an argument is out of range; nothing was sent.
            RamCloudsError: anything else, from the generator; what had arrived is its `partial`.
        """
        return self._chunks(self._stream_attempts(model, messages, timeout, params))

    def embed(
        self,
        *,
        model: KnownEmbeddingModel | str,
        input: Input,
        encoding_format: Encoding | None = None,
        as_numpy: bool = False,
        timeout: float | httpx.Timeout | None = None,
        **params: Unpack[EmbedParams],
    ) -> Embeddings:
        """Asks for the vectors of texts, or of lists of tokens, by one request.

        Raises:
            ConfigurationError: an argument is out of range; nothing was sent.
            RamCloudsError: anything else; see `ramclouds.errors`.
        """
        attempts = self._embed_attempts(model, input, encoding_format, timeout, params)
        to_value = self._to_embeddings(input, as_numpy=as_numpy)
        del input, params  # An error keeps the variables of this frame.
        return self._ask(attempts, to_value)

    def embed_many(
        self,
        texts: Sequence[str],
        *,
        model: KnownEmbeddingModel | str,
        chunk_size: int = DEFAULT_CHUNK_SIZE,
        max_concurrency: int = DEFAULT_MAX_CONCURRENCY,
        on_too_long: OnTooLong = "raise",
        on_progress: Callable[[int], object] | None = None,
        encoding_format: Encoding | None = None,
        as_numpy: bool = False,
        timeout: float | httpx.Timeout | None = None,
        **params: Unpack[EmbedParams],
    ) -> Embeddings:
        """Asks for the vectors of any number of texts, by several requests at once.

        A request holds `chunk_size` texts at most, and is halved where the gateway finds it too
        large. Texts that are too long for the model are an error, or cut (`truncate`), or split
        and the vectors of their parts averaged (`average`). `on_progress` is called with the
        number of texts that are done since its last call.

        Raises:
            ConfigurationError: an argument is out of range; nothing was sent.
            RamCloudsError: anything else; the vectors that had arrived are its `partial`.
        """
        batching = self._batching(
            texts,
            model,
            chunk_size=chunk_size,
            max_concurrency=max_concurrency,
            on_too_long=on_too_long,
            on_progress=on_progress,
            as_numpy=as_numpy,
        )
        embed = partial(
            self.embed,
            model=model,
            encoding_format=encoding_format,
            as_numpy=as_numpy,
            timeout=timeout,
            **params,
        )
        work = partial(self._embed_batches, batching, embed)
        side_by_side(batching.workers, work, batching.stop)
        return batching.embeddings()

    def models(self, *, timeout: float | httpx.Timeout | None = None) -> list[Model]:
        """The models that this key may use, in the gateway's order.

        Raises:
            RamCloudsError: see `ramclouds.errors`.
        """
        return self._ask(self._models_attempts(timeout), self._to_models)

    def prices(
        self,
        *,
        group: str | None = None,
        max_age: float = 3600.0,
        timeout: float | httpx.Timeout | None = None,
    ) -> Prices:
        """The gateway's own prices, which `usage.cost` goes by from then on.

        `group` is the group of the key, where it is not the usual one; its factor is in the prices.
        All clients of one gateway share them; it is asked again after `max_age` seconds.

        Raises:
            AuthenticationError, PermissionDeniedError, NotFoundError: it shows no prices.
            ConfigurationError: it shows no such group.
            RamCloudsError: see `ramclouds.errors`.
        """
        known = self._known_prices(group, max_age)
        if known is not None:
            return known
        return self._ask(self._prices_attempts(timeout), self._to_prices(group))

    def key_status(self, *, timeout: float | httpx.Timeout | None = None) -> KeyStatus:
        """What the gateway says about this key, its quota and expiry, even if it is spent.

        Raises:
            AuthenticationError: the key is unknown or disabled.
            RamCloudsError: see `ramclouds.errors`.
        """
        return self._ask(self._root_attempts(KEY_STATUS, timeout), self._to_key_status)

    def gateway_status(self, *, timeout: float | httpx.Timeout | None = None) -> GatewayStatus:
        """What the gateway says about itself: its version, and the unit of amounts.

        Raises:
            RamCloudsError: see `ramclouds.errors`.
        """
        return self._ask(self._root_attempts(STATUS, timeout), self._to_gateway_status)

    def balance(self, *, timeout: float | httpx.Timeout | None = None) -> Balance:
        """What is left to spend with this key, in the unit that the operator shows.

        It is the quota of the key, or, where the key has none, the credit of its user, as far as
        the operator shows it.

        Raises:
            AuthenticationError: the key is unknown or disabled.
            RamCloudsError: see `ramclouds.errors`.
        """
        gateway = self.gateway_status(timeout=timeout)
        key = self.key_status(timeout=timeout)
        if not key.is_unlimited:
            return balance_of_key(key, gateway)
        limit = self._ask(self._root_attempts(BILLING_LIMIT, timeout), self._to_billed)
        used = self._ask(self._root_attempts(BILLING_USED, timeout), self._to_billed)
        return balance_of_user(key, gateway, limit, used)

    def close(self) -> None:
        """Closes the connections; the next request opens new ones."""
        with self._lock:
            self._pool = None
            self._closer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, attempts: Attempts, to_value: ToValue[T]) -> T:
        """The value of the first response that holds one."""
        with attempts.watch, attempts.turn:
            while True:
                self._open(attempts)
                with attempts:
                    self._read(attempts)
                    return attempts.done(to_value(attempts))
                sleep(attempts.pause())

    def _embed_batches(self, batching: Batching, embed: Callable[..., Any]) -> None:
        while (batch := batching.take()) is not None:
            try:
                batching.put(batch, embed(input=[piece.text for piece in batch]))
            except Exception as exc:  # noqa: BLE001  raised when the others have ended
                batching.fail(batch, exc)

    def _open(self, attempts: Attempts) -> None:
        """Sends until the status of a response is a success; its body is not read."""
        while True:
            with attempts:
                enter(attempts.turn)
                http = self._http()
                # Not in variables: an error would keep them.
                attempts.received(
                    http.send(
                        http.build_request(**attempts.begin()), stream=True, follow_redirects=False
                    )
                )
                if attempts.response.is_success:
                    return
                self._read(attempts)
            sleep(attempts.pause())

    def _read(self, attempts: Attempts) -> None:
        """Reads the whole body, and closes the response."""
        body = body_of(attempts.response)
        try:
            for part in body:
                if not attempts.add(part):
                    break
        finally:
            close(attempts.response, body)

    def _chunks(self, attempts: Attempts) -> Generator[Chunk, None, None]:
        with attempts.watch, attempts.turn:
            while True:
                self._open(attempts)
                attempts.reader = self._reader(attempts)
                body = body_of(attempts.response)
                error = None
                try:
                    while not attempts.reader.is_over:
                        chunks, error = self._step(attempts, body)
                        for chunk in chunks:  # noqa: UP028  as its twin
                            yield chunk
                    if attempts.reader.is_done:
                        drain(attempts.response, body)
                finally:
                    close(attempts.response, body)
                if error is None:
                    return
                sleep(attempts.pause_after(error))

    def _step(self, attempts: Attempts, body: Iterator[bytes]) -> Step:
        """What the next bytes give."""
        try:
            data = next(body, None)
        except Exception as exc:  # noqa: BLE001  it is judged below
            failure = exc
        else:
            return attempts.feed(data)
        step = attempts.broke(failure)
        if step is None:
            raise failure
        return step

    def _http(self) -> httpx.Client:
        if self._http_client is not None:
            return self._http_client
        with self._lock:
            if self._pool is None:
                self._pool = sync_client(self._settings)
                # Frameworks never close a model: the connections go with the last reference.
                self._closer = finalize(self, self._pool.close)
            return self._pool

    def _forget_pool(self) -> None:
        self._lock = Lock()
        self._pool = None
        self._closer = bool


class AsyncClient(BaseClient):
    """`Client` for async code, on asyncio or trio; one object serves any number of event loops.

    Examples:
        >>> async with AsyncClient() as client:
        ...     async for chunk in client.stream(model="gpt-5", messages=messages):
        ...         print(chunk.text, end="")
    """

    _http_class = httpx.AsyncClient
    _http_client: httpx.AsyncClient | None

    async def complete(
        self,
        *,
        model: KnownModel | str,
        messages: Sequence[Message],
        timeout: float | httpx.Timeout | None = None,
        **params: Unpack[Params],
    ) -> Completion:
        """Asks for a completion and waits for all of it.

        Raises:
            ConfigurationError: an argument is out of range; nothing was sent.
            RamCloudsError: anything else; see `ramclouds.errors`.
        """
        attempts = self._complete_attempts(model, messages, timeout, params)
        del messages, params  # An error keeps the variables of this frame.
        return await self._ask(attempts, self._to_completion)

    def stream(
        self,
        *,
        model: KnownModel | str,
        messages: Sequence[Message],
        timeout: float | httpx.Timeout | None = None,
        **params: Unpack[Params],
    ) -> AsyncGenerator[Chunk, None]:
        """Asks for a completion and gives its chunks as they come.

        Arguments are checked at once; the request is sent when the first chunk is asked for.
        Closing the generator closes the response.

        Raises:
            ConfigurationError: an argument is out of range; nothing was sent.
            RamCloudsError: anything else, from the generator; what had arrived is its `partial`.
        """
        return self._chunks(self._stream_attempts(model, messages, timeout, params))

    async def embed(
        self,
        *,
        model: KnownEmbeddingModel | str,
        input: Input,
        encoding_format: Encoding | None = None,
        as_numpy: bool = False,
        timeout: float | httpx.Timeout | None = None,
        **params: Unpack[EmbedParams],
    ) -> Embeddings:
        """Asks for the vectors of texts, or of lists of tokens, by one request.

        Raises:
            ConfigurationError: an argument is out of range; nothing was sent.
            RamCloudsError: anything else; see `ramclouds.errors`.
        """
        attempts = self._embed_attempts(model, input, encoding_format, timeout, params)
        to_value = self._to_embeddings(input, as_numpy=as_numpy)
        del input, params  # An error keeps the variables of this frame.
        return await self._ask(attempts, to_value)

    async def embed_many(
        self,
        texts: Sequence[str],
        *,
        model: KnownEmbeddingModel | str,
        chunk_size: int = DEFAULT_CHUNK_SIZE,
        max_concurrency: int = DEFAULT_MAX_CONCURRENCY,
        on_too_long: OnTooLong = "raise",
        on_progress: Callable[[int], object] | None = None,
        encoding_format: Encoding | None = None,
        as_numpy: bool = False,
        timeout: float | httpx.Timeout | None = None,
        **params: Unpack[EmbedParams],
    ) -> Embeddings:
        """Asks for the vectors of any number of texts, by several requests at once.

        A request holds `chunk_size` texts at most, and is halved where the gateway finds it too
        large. Texts that are too long for the model are an error, or cut (`truncate`), or split
        and the vectors of their parts averaged (`average`). `on_progress` is called with the
        number of texts that are done since its last call.

        Raises:
            ConfigurationError: an argument is out of range; nothing was sent.
            RamCloudsError: anything else; the vectors that had arrived are its `partial`.
        """
        batching = self._batching(
            texts,
            model,
            chunk_size=chunk_size,
            max_concurrency=max_concurrency,
            on_too_long=on_too_long,
            on_progress=on_progress,
            as_numpy=as_numpy,
        )
        embed = partial(
            self.embed,
            model=model,
            encoding_format=encoding_format,
            as_numpy=as_numpy,
            timeout=timeout,
            **params,
        )
        work = partial(self._embed_batches, batching, embed)
        await aside_by_side(batching.workers, work, batching.stop)
        return batching.embeddings()

    async def models(self, *, timeout: float | httpx.Timeout | None = None) -> list[Model]:
        """The models that this key may use, in the gateway's order.

        Raises:
            RamCloudsError: see `ramclouds.errors`.
        """
        return await self._ask(self._models_attempts(timeout), self._to_models)

    async def prices(
        self,
        *,
        group: str | None = None,
        max_age: float = 3600.0,
        timeout: float | httpx.Timeout | None = None,
    ) -> Prices:
        """The gateway's own prices, which `usage.cost` goes by from then on.

        `group` is the group of the key, where it is not the usual one; its factor is in the prices.
        All clients of one gateway share them; it is asked again after `max_age` seconds.

        Raises:
            AuthenticationError, PermissionDeniedError, NotFoundError: it shows no prices.
            ConfigurationError: it shows no such group.
            RamCloudsError: see `ramclouds.errors`.
        """
        known = self._known_prices(group, max_age)
        if known is not None:
            return known
        return await self._ask(self._prices_attempts(timeout), self._to_prices(group))

    async def key_status(self, *, timeout: float | httpx.Timeout | None = None) -> KeyStatus:
        """What the gateway says about this key, its quota and expiry, even if it is spent.

        Raises:
            AuthenticationError: the key is unknown or disabled.
            RamCloudsError: see `ramclouds.errors`.
        """
        return await self._ask(self._root_attempts(KEY_STATUS, timeout), self._to_key_status)

    async def gateway_status(
        self, *, timeout: float | httpx.Timeout | None = None
    ) -> GatewayStatus:
        """What the gateway says about itself: its version, and the unit of amounts.

        Raises:
            RamCloudsError: see `ramclouds.errors`.
        """
        return await self._ask(self._root_attempts(STATUS, timeout), self._to_gateway_status)

    async def balance(self, *, timeout: float | httpx.Timeout | None = None) -> Balance:
        """What is left to spend with this key, in the unit that the operator shows.

        It is the quota of the key, or, where the key has none, the credit of its user, as far as
        the operator shows it.

        Raises:
            AuthenticationError: the key is unknown or disabled.
            RamCloudsError: see `ramclouds.errors`.
        """
        gateway = await self.gateway_status(timeout=timeout)
        key = await self.key_status(timeout=timeout)
        if not key.is_unlimited:
            return balance_of_key(key, gateway)
        limit = await self._ask(self._root_attempts(BILLING_LIMIT, timeout), self._to_billed)
        used = await self._ask(self._root_attempts(BILLING_USED, timeout), self._to_billed)
        return balance_of_user(key, gateway, limit, used)

    async def aclose(self) -> None:
        """Closes the running loop's connections; the next request opens new ones."""
        await self._pools.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _ask(self, attempts: Attempts, to_value: ToValue[T]) -> T:
        """The value of the first response that holds one."""
        with attempts.watch, attempts.turn:
            while True:
                await self._open(attempts)
                with attempts:
                    await self._read(attempts)
                    return attempts.done(to_value(attempts))
                await asleep(attempts.pause())

    async def _embed_batches(self, batching: Batching, embed: Callable[..., Any]) -> None:
        while (batch := batching.take()) is not None:
            try:
                batching.put(batch, await embed(input=[piece.text for piece in batch]))
            except Exception as exc:  # noqa: BLE001  raised when the others have ended
                batching.fail(batch, exc)

    async def _open(self, attempts: Attempts) -> None:
        """Sends until the status of a response is a success; its body is not read."""
        while True:
            with attempts:
                await aenter(attempts.turn)
                http = await self._http()
                # Not in variables: an error would keep them.
                attempts.received(
                    await http.send(
                        http.build_request(**attempts.begin()), stream=True, follow_redirects=False
                    )
                )
                if attempts.response.is_success:
                    return
                await self._read(attempts)
            await asleep(attempts.pause())

    async def _read(self, attempts: Attempts) -> None:
        """Reads the whole body, and closes the response."""
        body = abody_of(attempts.response)
        try:
            async for part in body:
                if not attempts.add(part):
                    break
        finally:
            await aclose(attempts.response, body)

    async def _chunks(self, attempts: Attempts) -> AsyncGenerator[Chunk, None]:
        with attempts.watch, attempts.turn:
            while True:
                await self._open(attempts)
                attempts.reader = self._reader(attempts)
                body = abody_of(attempts.response)
                error = None
                try:
                    while not attempts.reader.is_over:
                        chunks, error = await self._step(attempts, body)
                        for chunk in chunks:
                            yield chunk
                    if attempts.reader.is_done:
                        await adrain(attempts.response, body)
                finally:
                    await aclose(attempts.response, body)
                if error is None:
                    return
                await asleep(attempts.pause_after(error))

    async def _step(self, attempts: Attempts, body: AsyncIterator[bytes]) -> Step:
        """What the next bytes give."""
        try:
            data = await anext(body, None)
        except Exception as exc:  # noqa: BLE001  it is judged below
            failure = exc
        else:
            return attempts.feed(data)
        step = attempts.broke(failure)
        if step is None:
            raise failure
        return step

    async def _http(self) -> httpx.AsyncClient:
        if self._http_client is not None:
            return self._http_client
        return await self._pools.get()

    def _forget_pool(self) -> None:
        self._pools = AsyncPools(self._settings)
