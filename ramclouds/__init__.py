"""The shared client of RamClouds: completions, plain and streamed, sync and async."""

from typing import TYPE_CHECKING

from ramclouds._version import __version__
from ramclouds.bridge.late_names import late_names
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

if TYPE_CHECKING:
    from ramclouds._account import Balance, GatewayStatus
    from ramclouds._client import AsyncClient, Client
    from ramclouds._stream.accumulator import accumulate
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
else:
    # httpx comes with the clients: it is most of the import time, and a model that has made no
    # request needs none of it.
    __getattr__ = late_names(
        __name__,
        {
            "ramclouds._account": ("Balance", "GatewayStatus"),
            "ramclouds._client": ("AsyncClient", "Client"),
            "ramclouds._stream.accumulator": ("accumulate",),
            "ramclouds.models": (
                "EmbeddingFacts",
                "ModelFacts",
                "embedding_facts",
                "known_models",
                "model_facts",
            ),
            "ramclouds.prices": (
                "Price",
                "Prices",
                "UsageMeter",
                "cost_of",
                "price_of",
                "set_prices",
            ),
            "ramclouds.types": (
                "Choice",
                "Chunk",
                "Completion",
                "Embeddings",
                "InvalidToolCall",
                "KeyStatus",
                "Model",
                "ToolCall",
                "ToolCallDelta",
                "Usage",
            ),
        },
    )

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
