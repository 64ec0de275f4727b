"""The gateway's own prices: asked for once, and what costs go by from then on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ramclouds import (
    AuthenticationError,
    Completion,
    NotFoundError,
    PermissionDeniedError,
    RamCloudsError,
    ResponseError,
    StreamTruncatedError,
)
from tests.gateway import Body, Gateway, Json, Sse, completion, embedded, text_chunks, usage
from tests.harness import EACH_TWIN, Calls, in_row

Connect = Callable[..., Calls]
ENTRY = {
    "model_name": "gpt-5",
    "quota_type": 0,
    "model_ratio": 0.5,
    "completion_ratio": 4,
    "enable_groups": ["default", "vip"],
}
LIST = Json({"success": True, "data": [ENTRY], "group_ratio": {"default": 1, "vip": 0.5}})
# gpt-5 by ENTRY: 1 dollar and 4 dollars. By the vendor's list: 1.25 and 10.
USED = usage(1_000_000, 100_000)


@EACH_TWIN
def test_prices_are_asked_at_the_root_without_the_key(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(LIST)
    assert calls.prices()["gpt-5"].input == 1.0
    (request,) = gateway.requests
    assert (request.method, request.path) == ("GET", "/api/pricing")
    assert "authorization" not in request.headers


@EACH_TWIN
def test_prices_are_kept_for_all_clients_of_a_gateway(gateway: Gateway, connect: Connect) -> None:
    gateway.handler = lambda _: LIST
    first = connect().prices()
    assert connect().prices() is first
    assert len(gateway.requests) == 1
    assert connect().prices(group="vip")["gpt-5"].input == 0.5
    connect().prices(group="vip", max_age=0.0)
    assert len(gateway.requests) == 3


@EACH_TWIN
def test_costs_go_by_the_gateways_prices(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(
        Json(completion("Hi", usage=USED)),
        LIST,
        Json(completion("Hi", usage=USED)),
        Sse(text_chunks("Hi", usage=USED)),
    )
    before = calls.complete()
    assert before.cost == pytest.approx(1.25 + 1.0)
    calls.prices()
    found, chunks = calls.complete(), calls.stream()
    assert before.cost == found.cost == pytest.approx(1.4)
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.cost == found.cost
    assert found.usage is not None
    assert found.usage.price is not None
    assert found.usage.price.source == "gateway"
    assert len(gateway.requests) == 4


def test_model_that_was_asked_has_the_price(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(Json(completion("Hi", model="gpt-4.1", usage=USED)))
    assert calls.complete(model="claude-haiku-4-5").cost == pytest.approx(1.0 + 0.5)


def test_cost_of_embeddings(gateway: Gateway, calls: Calls) -> None:
    one = Json({**embedded([[1.0]]), "usage": {"prompt_tokens": 500_000, "total_tokens": 500_000}})
    gateway.handler = lambda _: one
    assert calls.embed(input=["a"]).cost == pytest.approx(0.01)
    many = calls.embed_many(["a", "b"], chunk_size=1, max_concurrency=1)
    assert many.cost == pytest.approx(0.02)


def test_cost_of_what_arrived_before_an_error(gateway: Gateway, calls: Calls) -> None:
    events = text_chunks("Hello world", usage=USED)
    gateway.reply(Sse([events[0], events[1], events[-1]], ending="rst"))
    with pytest.raises(StreamTruncatedError) as info:
        calls.stream()
    assert isinstance(info.value.partial, Completion)
    assert info.value.partial.cost == pytest.approx(2.25)


def test_unknown_cost_is_none(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(Json(completion("Hi", usage=None)), Json(completion("Hi", usage=USED)))
    assert calls.complete().cost is None
    assert calls.complete(model="my-own-model").cost is None


@EACH_TWIN
def test_hidden_prices_are_an_error_that_says_what_to_do(gateway: Gateway, calls: Calls) -> None:
    for answer, error in [
        # B, where the operator asks for a login.
        (
            Json({"message": "Unauthorized, not logged in", "success": False}, 401),
            AuthenticationError,
        ),
        # B, where the operator has switched the page off.
        (Json({"message": "Module is disabled", "success": False}, 403), PermissionDeniedError),
        (Body("404 page not found", 404), NotFoundError),
        (Json({"message": "No access", "success": False}), RamCloudsError),
    ]:
        with in_row(answer):
            gateway.forget()
            gateway.reply(answer)
            with pytest.raises(error, match=r"ramclouds\.set_prices"):
                calls.prices()


def test_other_response_is_no_list_of_prices(gateway: Gateway, calls: Calls) -> None:
    for answer in [Json({}), Json([]), Body("<html>"), Body("")]:
        with in_row(answer):
            gateway.forget()
            gateway.reply(answer)
            with pytest.raises(ResponseError):
                calls.prices()
