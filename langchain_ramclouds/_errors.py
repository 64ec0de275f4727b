"""Our errors as members of LangChain's `ModelError` family: each class is both.

A class has the name of the client's error that it stands for. Three have no counterpart there:
`MissingToolCallError`, `StructuredOutputError` and `RefusalError` are answers, not failed calls.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

import langchain_core.exceptions as core

import ramclouds as client


class ConfigurationError(client.ConfigurationError, core.ModelInvalidRequestError):
    """A setting or an argument is missing or out of range; nothing was sent."""


class APIConnectionError(client.APIConnectionError, core.ModelConnectionError):
    """The gateway could not be reached, or the connection broke before the answer was complete."""


class APITimeoutError(client.APITimeoutError, core.ModelTimeoutError):
    """The gateway did not answer in time."""


class APIStatusError(client.APIStatusError, core.ModelError):
    """The gateway, or Cloudflare before it, answered with an error."""


class BadRequestError(client.BadRequestError, core.ModelInvalidRequestError):
    """The request is wrong as it stands."""


class ContextLengthError(client.ContextLengthError, core.ContextOverflowError):
    """The messages and the asked-for answer do not fit into the model's context window."""


class AuthenticationError(client.AuthenticationError, core.ModelAuthenticationError):
    """The key is missing, unknown, disabled or expired."""


class PermissionDeniedError(client.PermissionDeniedError, core.ModelPermissionDeniedError):
    """The key is known, but may not do this."""


class BlockedError(client.BlockedError, core.ModelPermissionDeniedError):
    """Cloudflare blocked the request before it reached the gateway."""


class InsufficientQuotaError(client.InsufficientQuotaError, core.ModelPermissionDeniedError):
    """Credit is spent: the user's, the key's, or the operator's at the provider."""


class NotFoundError(client.NotFoundError, core.ModelNotFoundError):
    """The path does not exist at the gateway."""


class ModelUnavailableError(client.ModelUnavailableError, core.ModelNotFoundError):
    """No channel of the gateway serves this model for this key."""


class RateLimitError(client.RateLimitError, core.ModelRateLimitError):
    """Too many requests for now."""


class ServerError(client.ServerError, core.ModelAPIError):
    """The gateway or the provider behind it failed."""


class GatewayTimeoutError(client.GatewayTimeoutError, core.ModelAPIError):
    """Cloudflare gave up waiting (524)."""


class ResponseError(client.ResponseError, core.ModelAPIError):
    """A 200 that is no completion."""


class StreamError(client.StreamError, core.ModelAPIError):
    """An error inside a stream, or bytes that are no stream."""


class StreamTruncatedError(client.StreamTruncatedError, core.ModelAPIError):
    """The stream ended before every choice had a finish reason."""


class UnclassifiedError(client.RamCloudsError, core.ModelError):
    """An error of the client that has no class here yet."""


class MissingToolCallError(client.RamCloudsError, core.ModelError):
    """A tool call was forced and none came; `partial` is the answer that came instead."""


class StructuredOutputError(client.RamCloudsError, core.ModelError, core.OutputParserException):
    """The answer does not fit the schema; `llm_output` is its text."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message, **facts)
        # OutputParserException adds a link to its args: a second one with each unpickling.
        self.args = (message,)


# In langchain-core since 1.7.5.
_RefusalFamily: Any = getattr(core, "ModelRefusalError", core.ModelError)


class RefusalError(client.RamCloudsError, _RefusalFamily):  # type: ignore[misc]
    """The model refused to give the structured answer or the forced call it was asked for."""


def to_model_error(error: client.RamCloudsError) -> client.RamCloudsError:
    """The same error, with all its facts, as the class that LangChain knows too."""
    if isinstance(error, core.ModelError):
        return error
    family = next(
        (_FAMILY[kind] for kind in type(error).__mro__ if kind in _FAMILY), UnclassifiedError
    )
    twin = family.__new__(family, *error.args)
    twin.args = error.args
    twin.__dict__.update(error.__dict__, is_retryable=error.retryable)
    return twin


_FAMILY: dict[type, type[client.RamCloudsError]] = {
    client.ConfigurationError: ConfigurationError,
    client.APIConnectionError: APIConnectionError,
    client.APITimeoutError: APITimeoutError,
    client.APIStatusError: APIStatusError,
    client.BadRequestError: BadRequestError,
    client.ContextLengthError: ContextLengthError,
    client.AuthenticationError: AuthenticationError,
    client.PermissionDeniedError: PermissionDeniedError,
    client.BlockedError: BlockedError,
    client.InsufficientQuotaError: InsufficientQuotaError,
    client.NotFoundError: NotFoundError,
    client.ModelUnavailableError: ModelUnavailableError,
    client.RateLimitError: RateLimitError,
    client.ServerError: ServerError,
    client.GatewayTimeoutError: GatewayTimeoutError,
    client.ResponseError: ResponseError,
    client.StreamError: StreamError,
    client.StreamTruncatedError: StreamTruncatedError,
}


class model_errors:  # used like a function: `with model_errors():`
    """Around calls of the client: lets its errors out as LangChain's."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, client.RamCloudsError) and not isinstance(error, core.ModelError):
            raise to_model_error(error) from error
