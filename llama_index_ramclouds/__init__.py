"""RamClouds models for LlamaIndex."""

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
from llama_index_ramclouds.embeddings import RamCloudsEmbedding
from llama_index_ramclouds.llm import RamClouds

__all__ = [
    "EmptyAnswerError",
    "InvalidToolCallError",
    "MissingToolCallError",
    "RamClouds",
    "RamCloudsEmbedding",
    "StructuredOutputError",
]
