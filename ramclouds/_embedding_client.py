"""The embedding methods of both clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from typing_extensions import Unpack

from ramclouds._attempts import Attempts
from ramclouds._base_client import BaseClient, ToValue
from ramclouds._batching import (
    DEFAULT_CHUNK_SIZE,
    DEFAULT_MAX_CONCURRENCY,
    Batching,
    OnTooLong,
)
from ramclouds._embed import embeddings_from
from ramclouds._exchange import AsyncExchange, Exchange
from ramclouds._settings import TimeoutSetting
from ramclouds._side_by_side import aside_by_side, side_by_side
from ramclouds._wire.embeddings.request_body import (
    ENCODING,
    EmbedParams,
    Encoding,
    Input,
    count_of,
    embeddings_body,
)
from ramclouds._wire.embeddings.vectors import require_numpy
from ramclouds.bridge.settings import hide_headers
from ramclouds.models import KnownEmbeddingModel, embedding_facts
from ramclouds.types import Embeddings

_EMBEDDINGS = "/embeddings"


class EmbeddingRequests(BaseClient):
    """What is sent for embeddings, and the values of its responses."""

    def _embed_attempts(
        self,
        model: str,
        texts: Input,
        encoding_format: str | None,
        timeout: TimeoutSetting | None,
        params: Mapping[str, Any],
    ) -> Attempts:
        hide_headers(params)
        request = self._request("POST", _EMBEDDINGS, timeout, params)
        request.body = embeddings_body(model, texts, encoding_format, params)
        memory = self._refused_by_model[model]
        if encoding_format is None:
            # Base64 is a third of the bytes of floats, and quicker to read.
            request.optional_field = ENCODING
            if ENCODING in memory.refused_fields:
                del request.body[ENCODING]
        return self._attempts(request, memory)

    def _batching(self, texts: Sequence[str], model: str, **settings: Any) -> Batching:
        return Batching(texts, embedding_facts(model), self._most_texts, **settings)

    def _to_embeddings(self, texts: Input, *, as_numpy: bool) -> ToValue[Embeddings]:
        if as_numpy:
            require_numpy()
        return partial(self._embeddings_of, count_of(texts), as_numpy)

    def _embeddings_of(self, count: int, as_numpy: bool, attempts: Attempts) -> Embeddings:
        found = embeddings_from(attempts.head(), attempts.body, count, as_numpy=as_numpy)
        if found.usage is not None and attempts.request.body is not None:
            found.usage._billed_as = (self._settings.base_url, attempts.request.body["model"])
        return found


class EmbeddingClient(EmbeddingRequests, Exchange):
    """The methods of `Client` that embed."""

    def embed(
        self,
        *,
        model: KnownEmbeddingModel | str,
        input: Input,
        encoding_format: Encoding | None = None,
        as_numpy: bool = False,
        timeout: TimeoutSetting | None = None,
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
        on_too_long: OnTooLong | None = "raise",
        on_progress: Callable[[int], object] | None = None,
        encoding_format: Encoding | None = None,
        as_numpy: bool = False,
        timeout: TimeoutSetting | None = None,
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

    def _embed_batches(self, batching: Batching, embed: Callable[..., Any]) -> None:
        while (batch := batching.take()) is not None:
            try:
                batching.put(batch, embed(input=[piece.text for piece in batch]))
            except Exception as exc:  # noqa: BLE001  raised when the others have ended
                batching.fail(batch, exc)


class AsyncEmbeddingClient(EmbeddingRequests, AsyncExchange):
    """The methods of `AsyncClient` that embed."""

    async def embed(
        self,
        *,
        model: KnownEmbeddingModel | str,
        input: Input,
        encoding_format: Encoding | None = None,
        as_numpy: bool = False,
        timeout: TimeoutSetting | None = None,
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
        on_too_long: OnTooLong | None = "raise",
        on_progress: Callable[[int], object] | None = None,
        encoding_format: Encoding | None = None,
        as_numpy: bool = False,
        timeout: TimeoutSetting | None = None,
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

    async def _embed_batches(self, batching: Batching, embed: Callable[..., Any]) -> None:
        while (batch := batching.take()) is not None:
            try:
                batching.put(batch, await embed(input=[piece.text for piece in batch]))
            except Exception as exc:  # noqa: BLE001  raised when the others have ended
                batching.fail(batch, exc)
