"""Embedding models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llm.models import EmbeddingModel

from llm_ramclouds._models import KEY, KEY_VARIABLE, as_model_error
from ramclouds import Client


class Embedding(EmbeddingModel):
    """One embedding model of RamClouds."""

    needs_key = KEY
    key_env_var = KEY_VARIABLE
    # As many texts as a request may hold; long ones are divided among requests.
    batch_size = 2048

    def __init__(self, name: str) -> None:
        self.model_id = f"ramclouds/{name}"
        self._name = name

    def embed_batch(
        self, items: Iterable[str | bytes], *, key: str | None = None
    ) -> Iterator[list[float]]:
        """The vectors of texts, in their order."""
        texts = [item for item in items if isinstance(item, str)]
        with as_model_error(), Client(api_key=key) as client:
            embeddings = client.embed_many(texts, model=self._name)
        vectors: list[list[float]] = embeddings.vectors
        return iter(vectors)
