"""The errors of the client, all of them.

RamCloudsError
├── ConfigurationError            also ValueError: a wrong setting or argument; nothing was sent
├── APIConnectionError            also ConnectionError: no response, or a part of one
│   └── APITimeoutError           also TimeoutError
├── APIStatusError                an error of the gateway, or of Cloudflare before it
│   ├── BadRequestError
│   │   ├── ContextLengthError
│   │   ├── RequestTooLargeError  too many bytes
│   │   └── ContentFilterError    the gateway's word filter, or the provider's moderation
│   ├── AuthenticationError
│   ├── PermissionDeniedError
│   ├── BlockedError              Cloudflare blocked the request
│   ├── InsufficientQuotaError    no credit left: the user's or the key's
│   ├── ProviderAccountError      the gateway's own key or credit at the provider was refused
│   ├── NotFoundError             a wrong path
│   ├── ModelUnavailableError
│   ├── RateLimitError
│   └── ServerError
│       └── GatewayTimeoutError   524: the request may have run, and been billed
├── ResponseError                 no completion: a web page, a redirect, JSON of another kind
│   └── EmptyResponseError        a completion without any content
└── StreamError                   an error inside a stream, or bytes that are no stream
    └── StreamTruncatedError      the stream ended before the completion did
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ramclouds._escaping import escaped, masked

if TYPE_CHECKING:
    import httpx

    from ramclouds.types import Completion, Embeddings


class RamCloudsError(Exception):
    """Base of all errors; the message says what happened, then what to do, and holds no key."""

    retryable: bool = False
    """Whether the same request may succeed later, and no part of a completion was delivered."""
    retry_after: float | None = None
    """Seconds that the response asks to wait."""
    request_id: str | None = None
    status_code: int | None = None
    code: str | int | None = None
    """The gateway's `error.code`, as sent."""
    type: str | None = None
    """The gateway's `error.type`."""
    param: str | None = None
    """The argument that the gateway's `error.param` names."""
    body: Any = None
    """The response's body: parsed if it was JSON, else the beginning of its text."""
    response: httpx.Response | None = None
    """The response with its body read; its request holds no headers, so no key."""
    from_provider: bool = False
    """Whether a provider behind the gateway sent it, so that another model may work."""
    partial: Completion | Embeddings | None = None
    """What had arrived before the error; of `embed` and `embed_many` an `Embeddings`."""

    def __init__(self, message: str, **facts: Any) -> None:
        message = escaped(message)
        super().__init__(message)
        self.message = message
        # In __dict__, because adapters copy it into their own classes, and pickle uses it.
        self.__dict__.update(facts)


class ConfigurationError(RamCloudsError, ValueError):
    """A setting or an argument is missing or out of range; nothing was sent."""

    def __init__(self, message: str, **facts: Any) -> None:
        # It quotes what it was given, and that may be a key in the wrong place.
        super().__init__(masked(message), **facts)


class APIConnectionError(RamCloudsError, ConnectionError):
    """The gateway was not reached, or the connection broke before the response was complete."""

    retryable = True


class APITimeoutError(APIConnectionError, TimeoutError):
    """The gateway did not respond in time."""


class APIStatusError(RamCloudsError):
    """The gateway, or Cloudflare before it, responded with an error."""


class BadRequestError(APIStatusError):
    """The request is wrong as it stands: sending it again changes nothing."""


class ContextLengthError(BadRequestError):
    """The messages and `max_tokens` do not fit into the model's context window."""


class RequestTooLargeError(BadRequestError):
    """The request has too many bytes; the message says how many, and how many are old media."""


class ContentFilterError(BadRequestError):
    """The gateway's word filter or the provider's moderation blocked the request or completion."""


class AuthenticationError(APIStatusError):
    """The key is missing, unknown, disabled or expired, or (newer gateways) its quota is spent."""


class PermissionDeniedError(APIStatusError):
    """The key is known, but may not do this."""


class BlockedError(APIStatusError):
    """Cloudflare blocked the request before it reached the gateway."""


class InsufficientQuotaError(APIStatusError):
    """The credit of the user or the quota of the key is spent."""


class ProviderAccountError(APIStatusError):
    """The provider refused the gateway's own key or account: the user's key is not the cause.

    Another model may work, so it is a good reason for a fallback.
    """


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
    """A response that is no completion: a web page, a redirect, or JSON of another kind."""


class EmptyResponseError(ResponseError):
    """A completion without any content; it may have been billed, so it is retried once at most."""


class StreamError(RamCloudsError):
    """An error inside a stream, or bytes that are no stream."""


class StreamTruncatedError(StreamError):
    """What came is a part: the stream has no end, or the response shows that it was cut off."""
