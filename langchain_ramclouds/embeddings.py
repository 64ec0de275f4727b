"""`RamCloudsEmbeddings`: RamClouds' embedding models in LangChain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.embeddings import Embeddings
from langchain_core.load.serializable import Serializable
from pydantic import AliasChoices, Field
from typing_extensions import Unpack

from langchain_ramclouds._connection import Connection, ConnectionSettings, Stored
from langchain_ramclouds._errors import ConfigurationError, model_errors
from ramclouds.bridge.settings import EmbeddingSettings, construct


class _Settings(EmbeddingSettings, ConnectionSettings, total=False):
    """What `RamCloudsEmbeddings` is built with, other names included, for type checkers."""

    model_kwargs: Mapping[str, Any] | None
    chunk_size: int
    max_concurrency: int
    show_progress_bar: bool


class RamCloudsEmbeddings(Stored, Connection, Serializable, Embeddings):
    """Vectors of texts, from any embedding model of RamClouds.

    The key is `api_key` or the environment's `RAMCLOUDS_API_KEY`. What is None is not sent.

        from langchain_core.vectorstores import InMemoryVectorStore
        from langchain_ramclouds import RamCloudsEmbeddings

        store = InMemoryVectorStore(RamCloudsEmbeddings())
        store.add_texts(["Compost is ready after six months.", "Feed a starter once a day."])
        store.similarity_search("When is compost ready?", k=1)

    Errors are LangChain's `ModelError`s and the client's `RamCloudsError`s at once.
    """

    model: str = Field(
        default="text-embedding-3-small", validation_alias=AliasChoices("model", "model_name")
    )
    """Name of the model, as the gateway lists it."""
    dimensions: int | None = None
    """Length of the vectors, where the model can shorten them."""
    user: str | None = None
    """The end user, for the provider's watch over abuse."""
    extra_body: Mapping[str, Any] | None = Field(
        default=None, validation_alias=AliasChoices("extra_body", "model_kwargs")
    )
    """Anything else for the request's body."""
    chunk_size: int = Field(default=512, ge=1, le=2048)
    """Texts of one request, at most."""
    max_concurrency: int = Field(default=4, ge=1)
    """Requests under way at a time."""
    on_too_long: Literal["raise", "truncate", "average"] = "raise"
    """What becomes of a text that is too long for the model: an error, its beginning, or the
    average of the vectors of its parts."""
    show_progress_bar: bool = False
    """Show how many texts are done; needs tqdm."""

    if TYPE_CHECKING:

        def __init__(self, **settings: Unpack[_Settings]) -> None: ...
    else:

        def __init__(self, **settings: Any) -> None:
            construct(type(self), super().__init__, settings, ConfigurationError)
            with model_errors():
                self._check_clients()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of texts, in their order."""
        with model_errors(), self._progress(len(texts)) as progress:
            found = self._client().embed_many(texts, **self._asked(), on_progress=progress)
        return list(found.vectors)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of texts, in their order."""
        with model_errors(), self._progress(len(texts)) as progress:
            client = self._aclient()
            found = await client.embed_many(texts, **self._asked(), on_progress=progress)
        return list(found.vectors)

    def embed_query(self, text: str) -> list[float]:
        """The vector of a text that is searched for."""
        with model_errors():
            found = self._client().embed_many([text], **self._asked())
        return list(found.vectors[0])

    async def aembed_query(self, text: str) -> list[float]:
        """The vector of a text that is searched for."""
        with model_errors():
            found = await self._aclient().embed_many([text], **self._asked())
        return list(found.vectors[0])

    def _asked(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _ASKED}

    @contextmanager
    def _progress(self, total: int) -> Iterator[Callable[[int], object] | None]:
        if not self.show_progress_bar:
            yield None
            return
        # Imported here because LangChain does not install it.
        from tqdm.auto import tqdm

        with tqdm(total=total, unit="text") as bar:
            yield bar.update


_ASKED = (
    "model",
    "dimensions",
    "user",
    "extra_body",
    "chunk_size",
    "max_concurrency",
    "on_too_long",
)
