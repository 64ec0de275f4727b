"""The shared client of RamClouds: completions, plain and streamed, sync and async."""

from importlib import import_module
from typing import TYPE_CHECKING

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
    from ramclouds._account import Balance, GatewayStatus
    from ramclouds._client import AsyncClient, Client
    from ramclouds._stream.accumulator import accumulate
    from ramclouds.prices import Price, Prices, UsageMeter, cost_of, price_of, set_prices
else:
    # Loaded on first use. httpx comes with the clients: it is most of the import time, and a model
    # that has made no request needs none of it. No plain call needs the others.
    _LATE = {
        "_account": ("Balance", "GatewayStatus"),
        "_client": ("AsyncClient", "Client"),
        "_stream.accumulator": ("accumulate",),
        "prices": ("Price", "Prices", "UsageMeter", "cost_of", "price_of", "set_prices"),
    }

    def __getattr__(name):
        if name == "prices":
            return import_module("ramclouds.prices")
        for module, names in _LATE.items():
            if name in names:
                globals()[name] = found = getattr(import_module(f"ramclouds.{module}"), name)
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

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
