"""RamClouds in LangChain: `ChatRamClouds`, `RamCloudsEmbeddings`, and the errors that it raises."""

from importlib import import_module
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from langchain_ramclouds.embeddings import RamCloudsEmbeddings
else:

    def __getattr__(name):
        # Loaded on first use: a process that chats embeds nothing.
        if name not in ("RamCloudsEmbeddings", "embeddings"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        embeddings = import_module("langchain_ramclouds.embeddings")
        globals()["RamCloudsEmbeddings"] = embeddings.RamCloudsEmbeddings
        return globals()[name]

    def __dir__():
        return sorted({*globals(), *__all__})


__all__ = [
    "ChatRamClouds",
    "EmptyAnswerError",
    "InvalidToolCallError",
    "MissingToolCallError",
    "RamCloudsEmbeddings",
    "RefusalError",
    "StructuredOutputError",
]
