"""RamClouds in LangChain: `ChatRamClouds`, `RamCloudsEmbeddings`, and the errors that it raises."""

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
from ramclouds.bridge.late_names import late_names

if TYPE_CHECKING:
    from langchain_ramclouds.embeddings import RamCloudsEmbeddings
else:
    # A process that chats embeds nothing.
    __getattr__ = late_names(__name__, {"langchain_ramclouds.embeddings": ("RamCloudsEmbeddings",)})

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
