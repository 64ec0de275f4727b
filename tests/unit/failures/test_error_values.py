"""Errors as values: their tree, pickling, copying."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import ramclouds
from ramclouds import Completion, RamCloudsError, RateLimitError
from tests.gateway import Drop, Json, OfflineGateway, error
from tests.harness import Calls, in_row

TREE: dict[str, tuple[type[BaseException], ...]] = {
    "ConfigurationError": (RamCloudsError, ValueError),
    "APIConnectionError": (RamCloudsError, ConnectionError),
    "APITimeoutError": (ramclouds.APIConnectionError, TimeoutError),
    "APIStatusError": (RamCloudsError,),
    "BadRequestError": (ramclouds.APIStatusError,),
    "ContextLengthError": (ramclouds.BadRequestError,),
    "RequestTooLargeError": (ramclouds.BadRequestError,),
    "ContentFilterError": (ramclouds.BadRequestError,),
    "AuthenticationError": (ramclouds.APIStatusError,),
    "PermissionDeniedError": (ramclouds.APIStatusError,),
    "BlockedError": (ramclouds.APIStatusError,),
    "InsufficientQuotaError": (ramclouds.APIStatusError,),
    "ProviderAccountError": (ramclouds.APIStatusError,),
    "NotFoundError": (ramclouds.APIStatusError,),
    "ModelUnavailableError": (ramclouds.APIStatusError,),
    "RateLimitError": (ramclouds.APIStatusError,),
    "ServerError": (ramclouds.APIStatusError,),
    "GatewayTimeoutError": (ramclouds.ServerError,),
    "ResponseError": (RamCloudsError,),
    "EmptyResponseError": (ramclouds.ResponseError,),
    "StreamError": (RamCloudsError,),
    "StreamTruncatedError": (ramclouds.StreamError,),
}
# Where an answer says nothing else.
RETRYABLE = {"APIConnectionError", "APITimeoutError", "RateLimitError", "ServerError"}


def test_errors_have_the_bases_of_the_tree() -> None:
    assert {name: getattr(ramclouds, name).__bases__ for name in TREE} == TREE


def test_every_error_is_in_the_tree() -> None:
    names = {name for name in ramclouds.__all__ if name.endswith("Error")}
    assert names == {*TREE, "RamCloudsError"}


def test_facts_are_none_unless_known() -> None:
    for name in [*TREE, "RamCloudsError"]:
        with in_row(name):
            raised = getattr(ramclouds, name)("Something happened. Do something.")
            facts = ("retry_after", "request_id", "status_code", "code", "type", "body", "response")
            assert [getattr(raised, fact) for fact in (*facts, "partial")] == [None] * 8
            assert str(raised) == raised.message == "Something happened. Do something."
            assert raised.retryable is (name in RETRYABLE)


@pytest.mark.parametrize(
    "clone", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_error_of_the_gateway_survives_copying(
    gateway: OfflineGateway, calls: Calls, clone: Any
) -> None:
    gateway.reply(Json(error("slow down", code="x"), 429, {"Retry-After": "7"}))
    with pytest.raises(RateLimitError) as caught:
        calls.complete()
    copied, original = clone(caught.value), caught.value
    assert (type(copied), str(copied)) == (RateLimitError, str(original))
    for fact in (
        "retryable",
        "retry_after",
        "request_id",
        "status_code",
        "code",
        "body",
        "partial",
    ):
        assert getattr(copied, fact) == getattr(original, fact)
    assert copied.response.json() == error("slow down", code="x")


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_partial_survives_copying(gateway: OfflineGateway, calls: Calls, clone: Any) -> None:
    gateway.reply(Drop("mid_body", how="fin"))
    with pytest.raises(RamCloudsError) as caught:
        calls.stream()
    partial = clone(caught.value).partial
    assert isinstance(partial, Completion)
    assert (partial, partial.text) == (caught.value.partial, "Hello")
