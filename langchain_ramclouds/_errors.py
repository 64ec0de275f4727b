"""Our errors as members of LangChain's `ModelError` family: each class is both.

A class has the name of the client's error that it stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import langchain_core.exceptions as core
from langchain_core.messages import AIMessage

import ramclouds as client
from ramclouds import errors
from ramclouds.bridge.outcome import may_succeed

if TYPE_CHECKING:
    # To a type checker each class is the client's, from which it derives.
    from ramclouds.bridge.expectation import Expectation
    from ramclouds.errors import APIConnectionError as APIConnectionError
    from ramclouds.errors import BadRequestError as BadRequestError
    from ramclouds.errors import ConfigurationError as ConfigurationError

INVALID_TOOL_CALLS = "invalid_tool_calls"
"""Key of `additional_kwargs` of a stream: its invalid calls, arguments as the model wrote them."""

# In langchain-core since 1.7.5.
_RefusalFamily: Any = getattr(core, "ModelRefusalError", core.ModelError)

_FAMILIES: dict[type, type[Exception]] = {
    errors.ConfigurationError: core.ModelInvalidRequestError,
    errors.APIConnectionError: core.ModelConnectionError,
    errors.APITimeoutError: core.ModelTimeoutError,
    errors.APIStatusError: core.ModelError,
    errors.BadRequestError: core.ModelInvalidRequestError,
    errors.ContextLengthError: core.ContextOverflowError,
    errors.AuthenticationError: core.ModelAuthenticationError,
    errors.PermissionDeniedError: core.ModelPermissionDeniedError,
    errors.ProviderAccountError: core.ModelPermissionDeniedError,
    errors.BlockedError: core.ModelPermissionDeniedError,
    errors.InsufficientQuotaError: core.ModelPermissionDeniedError,
    errors.NotFoundError: core.ModelNotFoundError,
    errors.ModelUnavailableError: core.ModelNotFoundError,
    errors.RateLimitError: core.ModelRateLimitError,
    errors.ServerError: core.ModelAPIError,
    errors.ResponseError: core.ModelAPIError,
    errors.ContentFilterError: _RefusalFamily,
    errors.StreamError: core.ModelAPIError,
}
"""The client's errors with LangChain's family; a class not listed has its parent's."""


class UnclassifiedError(client.RamCloudsError, core.ModelError):
    """An error of the client that has no class here."""


def _twins() -> Mapping[type, type[client.RamCloudsError]]:
    twins: dict[type, type[client.RamCloudsError]] = {client.RamCloudsError: UnclassifiedError}
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, client.RamCloudsError) and kind not in twins:
            family = next(_FAMILIES[parent] for parent in kind.__mro__ if parent in _FAMILIES)
            described = {"__doc__": kind.__doc__, "__module__": __name__}
            twins[kind] = type(kind.__name__, (kind, family), described)
    return twins


_TWINS = _twins()
# Where pickles and `except` find them.
globals().update({twin.__name__: twin for twin in _TWINS.values()})


# The errors below have no counterpart in the client: a completion came that is not what was asked.


def invalid_calls(message: AIMessage) -> tuple[client.InvalidToolCall, ...]:
    """The calls of a message that no tool may run, with their arguments as the model wrote them."""
    listed = message.additional_kwargs.get(INVALID_TOOL_CALLS, message.invalid_tool_calls)
    named = ((call, call["name"] or "", call["args"] or "") for call in listed)
    return tuple(
        client.InvalidToolCall(call["id"] or "", name, arguments, call["error"] or "")
        for call, name, arguments in named
    )


class _AnswerError(client.RamCloudsError, core.ModelError):
    @property
    def is_retryable(self) -> bool:  # type: ignore[override]
        """Whether the same request may be completed as asked: LangChain's retries look here."""
        return self.retryable


class MissingToolCallError(_AnswerError):
    """A tool call was forced and none came; `partial` is the completion that came instead."""


class EmptyAnswerError(_AnswerError):
    """Tools were offered, and neither text nor a call came; `partial` is the completion."""


class InvalidToolCallError(_AnswerError):
    """The model called tools with arguments that are not whole; `partial` is the completion."""

    partial: client.Completion | None = None

    @property
    def invalid_tool_calls(self) -> tuple[client.InvalidToolCall, ...]:
        """The calls, with their arguments as the model wrote them."""
        return self.partial.invalid_tool_calls if self.partial else ()


class StructuredOutputError(_AnswerError, core.OutputParserException):
    """The completion does not fit the schema; `llm_output` is its text."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message, **facts)
        # OutputParserException adds a link to its args: a second one with each unpickling.
        self.args = (message,)


class RefusalError(client.RamCloudsError, _RefusalFamily):  # type: ignore[misc]
    """The model refused to give the structured output or the forced call it was asked for."""


_KINDS: dict[str, type[client.RamCloudsError]] = {
    "refused": RefusalError,
    "missing_call": MissingToolCallError,
    "invalid_calls": InvalidToolCallError,
    "empty": EmptyAnswerError,
}


def check(completion: client.Completion, expectation: Expectation) -> None:
    """Raise where a completion is not as expected."""
    problem = expectation.problem(completion)
    if problem is not None:
        facts = {"partial": completion, "request_id": completion.request_id}
        raise _KINDS[problem.kind](problem.message, **facts, retryable=problem.retryable)


def to_model_error(error: client.RamCloudsError) -> client.RamCloudsError:
    """The same error, with all its facts, as the class that LangChain knows too."""
    if isinstance(error, core.ModelError):
        return error
    kind = next(filter(None, map(_TWINS.get, type(error).__mro__)))
    twin = kind.__new__(kind, *error.args)
    twin.args = error.args
    twin.__dict__.update(error.__dict__, is_retryable=may_succeed(error))
    return twin


class model_errors:  # used like a function: `with model_errors():`
    """Wraps calls of the client: its errors leave as LangChain's."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, client.RamCloudsError) and not isinstance(error, core.ModelError):
            raise to_model_error(error) from error
