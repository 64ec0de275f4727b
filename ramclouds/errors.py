"""The errors of the client, all of them.

RamCloudsError
├── ConfigurationError            also ValueError: a setting or an argument, found before sending
├── APIConnectionError            also ConnectionError: no answer, or one that broke off
│   └── APITimeoutError           also TimeoutError
├── APIStatusError                the gateway, or Cloudflare before it, refused
│   ├── BadRequestError
│   │   └── ContextLengthError
│   ├── AuthenticationError
│   ├── PermissionDeniedError
│   ├── BlockedError              Cloudflare let nothing through
│   ├── InsufficientQuotaError    no credit left: the user's, the key's or the operator's
│   ├── NotFoundError             a wrong path
│   ├── ModelUnavailableError
│   ├── RateLimitError
│   └── ServerError
│       └── GatewayTimeoutError   524: the request may have run, and been billed
├── ResponseError                 a 200 that is no completion
└── StreamError                   an error inside a stream, or bytes that are no stream
    └── StreamTruncatedError      the stream ended before the answer did
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from ramclouds.types import Completion, Embeddings


class RamCloudsError(Exception):
    """Base of all errors: says what happened, then what to do, and never holds a key."""

    retryable: bool = False
    """Whether the same request may succeed later, and no part of an answer was delivered."""
    retry_after: float | None = None
    """Seconds that the answer asked to wait."""
    request_id: str | None = None
    status_code: int | None = None
    code: str | int | None = None
    """The gateway's `error.code`, as sent."""
    type: str | None = None
    """The gateway's `error.type`."""
    param: str | None = None
    """The argument that the gateway's `error.param` names."""
    body: Any = None
    """The answer: parsed where it was JSON, otherwise the beginning of its text."""
    response: httpx.Response | None = None
    """The answer with its body read; its request holds no headers, so no key."""
    partial: Completion | Embeddings | None = None
    """What had arrived before the error; of `embed` and `embed_many` an `Embeddings`."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        # Instance values over the class's defaults: an error is copied into a framework's own
        # class by its __dict__, and pickles by it.
        self.__dict__.update(facts)


class ConfigurationError(RamCloudsError, ValueError):
    """A setting or an argument is missing or out of range; nothing was sent."""


class APIConnectionError(RamCloudsError, ConnectionError):
    """The gateway could not be reached, or the connection broke before the answer was complete."""

    retryable = True


class APITimeoutError(APIConnectionError, TimeoutError):
    """The gateway did not answer in time."""


class APIStatusError(RamCloudsError):
    """The gateway, or Cloudflare before it, answered with an error."""


class BadRequestError(APIStatusError):
    """The request is wrong as it stands: sending it again changes nothing."""


class ContextLengthError(BadRequestError):
    """The messages and the asked-for answer do not fit into the model's context window."""


class AuthenticationError(APIStatusError):
    """The key is missing, unknown, disabled or expired."""


class PermissionDeniedError(APIStatusError):
    """The key is known, but may not do this."""


class BlockedError(APIStatusError):
    """Cloudflare blocked the request before it reached the gateway."""


class InsufficientQuotaError(APIStatusError):
    """Credit is spent: the user's, the key's, or the operator's at the provider."""


class NotFoundError(APIStatusError):
    """The path does not exist at the gateway."""


class ModelUnavailableError(APIStatusError):
    """No channel of the gateway serves this model for this key."""


class RateLimitError(APIStatusError):
    """Too many requests for now."""

    retryable = True


class ServerError(APIStatusError):
    """The gateway or the provider behind it failed."""

    retryable = True


class GatewayTimeoutError(ServerError):
    """Cloudflare gave up waiting (524); the request may have run, so it is not sent again."""

    retryable = False


class ResponseError(RamCloudsError):
    """A 200 that is no completion: a web page, or JSON without an answer."""


class StreamError(RamCloudsError):
    """An error inside a stream, or bytes that are no stream."""


class StreamTruncatedError(StreamError):
    """The stream ended before every choice had a finish reason."""
