"""Which errors may pass by themselves, and which refusals are about tools."""

from __future__ import annotations

from typing import Any

from ramclouds import errors as e
from ramclouds.bridge.outcome import is_native_refused, may_succeed
from ramclouds.types import Completion
from tests.harness import in_row

PART: dict[str, Any] = {"partial": Completion(), "retryable": False}
NEVER: dict[str, Any] = {"retryable": False}


def test_whether_the_same_request_may_succeed() -> None:
    for error, may in [
        (e.StreamTruncatedError("cut", **PART), True),
        (e.APIConnectionError("broke", **PART), True),
        (e.RateLimitError("in a stream", **PART), True),
        (e.ServerError("in a stream", **PART), True),
        (e.GatewayTimeoutError("524"), True),
        (e.APITimeoutError("silent", **NEVER), True),
        (e.EmptyResponseError("empty"), True),
        (e.RateLimitError("429"), True),
        (e.APIConnectionError("certificate", **NEVER), False),
        (e.RateLimitError("above the limit of a minute", **NEVER), False),
        (e.ServerError("not implemented", **NEVER), False),
        (e.ContextLengthError("too long"), False),
        (e.ContentFilterError("filtered"), False),
        (e.AuthenticationError("no key"), False),
        (e.ConfigurationError("wrong"), False),
        (e.ResponseError("a web page"), False),
    ]:
        with in_row(error):
            assert may_succeed(error) is may


PANIC = "Panic detected, error: interface conversion: interface {} is []interface {}, not string."


def test_refusal_of_tools() -> None:
    for error, is_refused in [
        (e.NotFoundError("No endpoints found that support tool use."), True),
        (e.ServerError(PANIC), True),
        (e.BadRequestError("`tools` is not supported"), True),
        (e.BadRequestError("does not support function calling"), True),
        (e.BadRequestError("Unsupported parameter", param="tool_choice"), True),
        (e.ContextLengthError("8000 in the messages, 500 in the functions"), False),
        (e.ContentFilterError("the tools were filtered"), False),
        (e.BadRequestError("Function tools with reasoning_effort are not supported"), False),
        (e.BadRequestError("max_tokens is too large"), False),
        (e.APIConnectionError("tools"), False),
    ]:
        with in_row(error):
            assert is_native_refused(error) is is_refused
