"""The shared client of RamClouds: completions, plain and streamed, sync and async."""

from typing import TYPE_CHECKING

from ramclouds._account import Balance, GatewayStatus
from ramclouds._version import __version__
from ramclouds.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    BlockedError,
    ConfigurationError,
    ContentFilterError,
    ContextLengthError,
    EmptyResponseError,
    GatewayTimeoutError,
    InsufficientQuotaError,
    ModelUnavailableError,
    NotFoundError,
    PermissionDeniedError,
    ProviderAccountError,
    RamCloudsError,
    RateLimitError,
    RequestTooLargeError,
    ResponseError,
    ServerError,
    StreamError,
    StreamTruncatedError,
)
from ramclouds.models import (
    EmbeddingFacts,
    ModelFacts,
    embedding_facts,
    known_models,
    model_facts,
)
from ramclouds.prices import Price, Prices, UsageMeter, cost_of, price_of, set_prices
from ramclouds.types import (
    Choice,
    Chunk,
    Completion,
    Embeddings,
    InvalidToolCall,
    KeyStatus,
    Model,
    ToolCall,
    ToolCallDelta,
    Usage,
)

if TYPE_CHECKING:
    from ramclouds._client import AsyncClient, Client
    from ramclouds._stream.accumulator import accumulate
else:

    def __getattr__(name):
        # Loaded on first use, because httpx comes with the clients: it is most of the import time,
        # and a model that has made no request needs none of it.
        if name not in ("AsyncClient", "Client", "accumulate"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from ramclouds import _client
        from ramclouds._stream.accumulator import accumulate

        globals().update(
            AsyncClient=_client.AsyncClient, Client=_client.Client, accumulate=accumulate
        )
        return globals()[name]

    def __dir__():
        return sorted({*globals(), *__all__})


__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncClient",
    "AuthenticationError",
    "BadRequestError",
    "Balance",
    "BlockedError",
    "Choice",
    "Chunk",
    "Client",
    "Completion",
    "ConfigurationError",
    "ContentFilterError",
    "ContextLengthError",
    "EmbeddingFacts",
    "Embeddings",
    "EmptyResponseError",
    "GatewayStatus",
    "GatewayTimeoutError",
    "InsufficientQuotaError",
    "InvalidToolCall",
    "KeyStatus",
    "Model",
    "ModelFacts",
    "ModelUnavailableError",
    "NotFoundError",
    "PermissionDeniedError",
    "Price",
    "Prices",
    "ProviderAccountError",
    "RamCloudsError",
    "RateLimitError",
    "RequestTooLargeError",
    "ResponseError",
    "ServerError",
    "StreamError",
    "StreamTruncatedError",
    "ToolCall",
    "ToolCallDelta",
    "Usage",
    "UsageMeter",
    "__version__",
    "accumulate",
    "cost_of",
    "embedding_facts",
    "known_models",
    "model_facts",
    "price_of",
    "set_prices",
]
