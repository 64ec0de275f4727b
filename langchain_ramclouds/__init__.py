"""RamClouds in LangChain: `ChatRamClouds`, `RamCloudsEmbeddings`, and the errors that it raises."""

try:
    import langchain_core  # noqa: F401
except ModuleNotFoundError as exc:
    if exc.name != "langchain_core":
        raise
    raise ImportError(
        "langchain_ramclouds needs LangChain, which is not installed. "
        'Run: pip install "ramclouds[langchain]"'
    ) from exc

from langchain_ramclouds._errors import (
    EmptyAnswerError,
    InvalidToolCallError,
    MissingToolCallError,
    RefusalError,
    StructuredOutputError,
)
from langchain_ramclouds.chat_models import ChatRamClouds
from langchain_ramclouds.embeddings import RamCloudsEmbeddings

__all__ = [
    "ChatRamClouds",
    "EmptyAnswerError",
    "InvalidToolCallError",
    "MissingToolCallError",
    "RamCloudsEmbeddings",
    "RefusalError",
    "StructuredOutputError",
]
