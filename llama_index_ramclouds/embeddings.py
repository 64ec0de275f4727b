"""`RamCloudsEmbedding`: RamClouds' embedding models as LlamaIndex calls them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Literal

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import ConfigDict, Field
from pydantic import AliasChoices
from typing_extensions import Unpack

from llama_index_ramclouds._connection import Connection, ConnectionSettings
from ramclouds.bridge.settings import EmbeddingSettings


class _Settings(EmbeddingSettings, ConnectionSettings, total=False):
    """What `RamCloudsEmbedding` is built with, for type checkers."""

    embed_batch_size: int
    num_workers: int | None
    # LlamaIndex's own.
    callback_manager: Any
    embeddings_cache: Any
    rate_limiter: Any


class RamCloudsEmbedding(Connection, BaseEmbedding):
    """An embedding model behind the RamClouds gateway.

    >>> from llama_index.core import Settings
    >>> from llama_index_ramclouds import RamCloudsEmbedding
    >>> Settings.embed_model = RamCloudsEmbedding()  # the key from RAMCLOUDS_API_KEY
    """

    # Built at the first use rather than at import.
    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        extra="forbid",
        defer_build=True,
        protected_namespaces=("pydantic_model_",),
    )

    model_name: str = Field(
        default="text-embedding-3-small", validation_alias=AliasChoices("model_name", "model")
    )
    """Model to ask, by the name the gateway lists it under."""
    dimensions: int | None = None
    """Length of the vectors, where the model can shorten them."""
    user: str | None = None
    """The end user, for the provider's watch over abuse."""
    extra_body: dict[str, Any] = Field(default_factory=dict)
    """Keys of every request's body, sent unchecked."""
    embed_batch_size: int = Field(default=512, gt=0, le=2048)
    """Texts of one request, at most."""
    num_workers: int | None = Field(default=4, gt=0)
    """Requests under way at a time; None is one."""
    on_too_long: Literal["raise", "truncate", "average"] = "raise"
    """What becomes of a text that is too long for the model: an error, its beginning, or the
    average of the vectors of its parts."""

    if TYPE_CHECKING:

        def __init__(self, **settings: Unpack[_Settings]) -> None: ...
    else:

        def __init__(self, **settings: Any) -> None:
            self._restore(settings)
            self._client()  # says what is wrong with the key, the URL and the like

    @classmethod
    def class_name(cls) -> str:
        """The name under which core stores the model."""
        return "RamClouds_Embedding"

    @property
    def model(self) -> str:
        """The name that the constructor takes too."""
        return self.model_name

    def get_text_embedding_batch(
        self, texts: list[str], show_progress: bool = False, **kwargs: Any
    ) -> list[list[float]]:
        """The vectors of texts, `num_workers` batches at a time."""
        embed = super().get_text_embedding_batch
        size = self.embed_batch_size
        batches = [texts[start : start + size] for start in range(0, len(texts), size)]
        workers = min(self.num_workers or 1, len(batches))
        if workers < 2 or show_progress:
            return embed(texts, show_progress, **kwargs)
        # Core sends its batches one after the other, unless it is awaited.
        with ThreadPoolExecutor(workers) as pool:
            asked = [pool.submit(copy_context().run, embed, batch) for batch in batches]
            try:
                return [vector for batch in asked for vector in batch.result()]
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embeddings([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return (await self._aget_text_embeddings([query]))[0]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return (await self._aget_text_embeddings([text]))[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return list(self._client().embed_many(texts, **self._asked()).vectors)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        found = await self._async_client().embed_many(texts, **self._asked())
        return list(found.vectors)

    def _asked(self) -> dict[str, Any]:
        return {
            "model": self.model_name,
            "dimensions": self.dimensions,
            "user": self.user,
            "extra_body": self.extra_body,
            "chunk_size": self.embed_batch_size,
            "max_concurrency": self.num_workers or 1,
            "on_too_long": self.on_too_long,
        }
