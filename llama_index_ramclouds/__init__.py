"""RamClouds models for LlamaIndex."""

from importlib import import_module
from typing import TYPE_CHECKING

try:
    import llama_index.core  # noqa: F401
except ImportError as exc:
    raise ImportError(
        "llama_index_ramclouds needs LlamaIndex, which is not installed. "
        'Run: pip install "ramclouds[llama-index]"'
    ) from exc

from llama_index_ramclouds._errors import (
    EmptyAnswerError,
    InvalidToolCallError,
    MissingToolCallError,
    StructuredOutputError,
)
from llama_index_ramclouds.llm import RamClouds

if TYPE_CHECKING:
    from llama_index_ramclouds.embeddings import RamCloudsEmbedding
else:

    def __getattr__(name):
        # Loaded on first use: a process that chats embeds nothing.
        if name not in ("RamCloudsEmbedding", "embeddings"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        embeddings = import_module("llama_index_ramclouds.embeddings")
        globals()["RamCloudsEmbedding"] = embeddings.RamCloudsEmbedding
        return globals()[name]

    def __dir__():
        return sorted({*globals(), *__all__})


__all__ = [
    "EmptyAnswerError",
    "InvalidToolCallError",
    "MissingToolCallError",
    "RamClouds",
    "RamCloudsEmbedding",
    "StructuredOutputError",
]
