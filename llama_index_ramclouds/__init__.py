"""RamClouds models for LlamaIndex."""

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
from ramclouds.bridge.late_names import late_names

if TYPE_CHECKING:
    from llama_index_ramclouds.embeddings import RamCloudsEmbedding
else:
    # A process that chats embeds nothing.
    __getattr__ = late_names(
        __name__, {"llama_index_ramclouds.embeddings": ("RamCloudsEmbedding",)}
    )

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
