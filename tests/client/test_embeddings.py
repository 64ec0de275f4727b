"""Embeddings over a socket: fallback, retries, many requests at once, leaving early."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from ramclouds import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ContextLengthError,
    ModelUnavailableError,
    RamCloudsError,
    ResponseError,
    ServerError,
    Usage,
)
from tests.gateway import REQUEST_ID, Body, Gateway, Json, Pause, Request, embedded, error, head
from tests.gateway.embeddings import embeddings_of, to_base64, vector_of
from tests.gateway.responses import Raw, Response
from tests.harness import EACH_TWIN, EMBED, Calls, each_row, in_row

VECTORS = [[0.5, 0.25], [-1.0, 2.0], [0.0, 8.0]]
TEXTS = [f"text {number}" for number in range(10)]
MADE = [vector_of(text) for text in TEXTS]
NO_BASE64 = error("Unsupported parameter: encoding_format", "invalid_request_error", None)
TOO_MANY = error("batch size is invalid, it should not be larger than 4.", "x", "InvalidParameter")


@EACH_TWIN
def test_one_request_gives_the_vectors(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(Json(embedded([to_base64(vector) for vector in VECTORS])))
    found = calls.embed(user="me")
    assert gateway.last.path == "/v1/embeddings"
    assert gateway.last.json == {**EMBED, "encoding_format": "base64", "user": "me"}
    assert (found.vectors, found.model) == (VECTORS, EMBED["model"])
    assert (found.request_id, found.usage and found.usage.total_tokens) == (REQUEST_ID, 7)


@EACH_TWIN
@each_row("encoding", ["gzip", "identity"])
def test_response_may_be_compressed(gateway: Gateway, calls: Calls, encoding: str) -> None:
    body = json.dumps(embedded(VECTORS)).encode()
    content = gzip.compress(body) if encoding == "gzip" else body
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    gateway.reply(Body(content, headers=headers))
    assert calls.embed().vectors == VECTORS


@EACH_TWIN
def test_refused_encoding_is_left_out_and_remembered_for_its_model(
    gateway: Gateway, calls: Calls
) -> None:
    gateway.reply(Json(NO_BASE64, 400))
    assert calls.embed().vectors == [vector_of(text) for text in "abc"]
    calls.embed()
    calls.embed(model="text-embedding-3-large")
    sent = [body.get("encoding_format") for body in bodies(gateway)]
    assert sent == ["base64", None, None, "base64"]


@EACH_TWIN
def test_encoding_that_was_asked_for_is_not_left_out(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(Json(NO_BASE64, 400))
    with pytest.raises(BadRequestError):
        calls.embed(encoding_format="base64")
    assert len(gateway.requests) == 1


ODD: dict[str, tuple[Response, type[RamCloudsError], bool, str]] = {
    "fewer": (Json(embedded(VECTORS[:2])), ResponseError, False, "2 vectors for 3 texts"),
    "none": (Json(embedded([])), ResponseError, True, "0 vectors for 3 texts"),
    "lengths": (Json(embedded([*VECTORS[:2], [1.0]])), ResponseError, False, "at index 2"),
    "nan": (Body(b'{"data": [{"embedding": [NaN]}, {"embedding": [1.0]}, {"embedding": [1.0]}]}'),
            ResponseError, False, "at index 0"),
    "page": (Body(b"<!doctype html>"), ResponseError, False, "web page.*ends in /v1"),
    "no_json": (Body(b"soon"), ResponseError, False, "not what was asked for"),
    "empty": (Body(b""), ResponseError, True, "is empty"),
    "list": (Json([1]), ResponseError, False, "not what was asked for"),
    "error_in_200": (Json(error("Upstream failed")), ServerError, True, "Upstream failed"),
    "key": (Json(error("Invalid token"), 401), AuthenticationError, False, "RAMCLOUDS_API_KEY"),
    "model": (Json(error("No channel", "new_api_error", "model_not_found"), 503),
              ModelUnavailableError, False, "model"),
    "tokens_for_gemini": (
        Json(error("input is empty", "new_api_error", "convert_request_failed"), 500),
        BadRequestError, False, "input is empty"),
}  # fmt: skip


def test_response_without_all_vectors_is_an_error(gateway: Gateway, calls: Calls) -> None:
    for kind in ODD:
        with in_row(kind):
            gateway.forget()
            answer, cls, is_retryable, message = ODD[kind]
            gateway.reply(answer)
            with pytest.raises(cls, match=message) as caught:
                calls.embed()
            assert type(caught.value) is cls
            assert (caught.value.retryable, caught.value.request_id) == (is_retryable, REQUEST_ID)
            assert caught.value.partial is None


@EACH_TWIN
def test_failure_is_retried_as_any_other(
    gateway: Gateway, connect: Callable[..., Calls], waits: list[float]
) -> None:
    gateway.reply(Json(error(), 503, {"Retry-After": "7"}), Json(embedded([])))
    calls = connect(max_retries=2)
    assert calls.embed().vectors == [vector_of(text) for text in "abc"]
    assert (7.7 <= waits[0] <= 8.75, len(waits)) == (True, 2)


@EACH_TWIN
def test_body_that_breaks_off_is_not_asked_for_again(
    gateway: Gateway, connect: Callable[..., Calls]
) -> None:
    whole = head(200, {"Content-Length": "500"}) + b'{"object":"list","data":[{"embedding":[0.5'
    gateway.reply(Raw(whole))
    with pytest.raises(ConnectionError) as caught:
        connect(max_retries=2).embed()
    assert len(gateway.requests) == 1
    assert isinstance(caught.value, RamCloudsError)
    assert caught.value.partial is None


def test_wrong_argument_is_found_before_sending(gateway: Gateway, calls: Calls) -> None:
    with pytest.raises(ConfigurationError, match=r"input\[1\] is empty"):
        calls.embed(input=["a", ""])
    with pytest.raises(ConfigurationError, match=r"texts\[3\] is empty"):
        calls.embed_many(["a", "b", "c", ""])
    assert gateway.connections == 0


@EACH_TWIN
def test_numpy_array_holds_the_same(gateway: Gateway, calls: Calls) -> None:
    found = calls.embed_many(TEXTS, chunk_size=3, as_numpy=True).vectors
    assert (found.dtype, found.tolist()) == ("float32", MADE)


@EACH_TWIN
def test_many_texts_come_in_order_with_their_usage(gateway: Gateway, calls: Calls) -> None:
    found = calls.embed_many(TEXTS, chunk_size=3)
    assert found.vectors == MADE
    assert sorted(len(body["input"]) for body in bodies(gateway)) == [1, 3, 3, 3]
    assert (found.usage and found.usage.total_tokens, found.request_id) == (20, REQUEST_ID)


def test_usage_that_no_response_had_is_none(gateway: Gateway, calls: Calls) -> None:
    untold = {name: value for name, value in embedded(VECTORS[:1]).items() if name != "usage"}
    gateway.reply(*[Json(untold)] * 2)
    assert calls.embed_many(TEXTS[:2], chunk_size=1).usage is None


@EACH_TWIN
def test_no_texts_send_nothing(gateway: Gateway, calls: Calls) -> None:
    assert calls.embed_many([]).vectors == []
    array = calls.embed_many([], as_numpy=True).vectors
    assert (len(array), array.dtype) == (0, "float32")
    assert gateway.connections == 0


@EACH_TWIN
@each_row(("max_concurrency", "at_once"), [(1, 1), (3, 3)])
def test_requests_go_side_by_side_and_no_more_than_allowed(
    gateway: Gateway, calls: Calls, max_concurrency: int, at_once: int
) -> None:
    calls.embed_many(TEXTS, chunk_size=1, max_concurrency=max_concurrency)
    assert gateway.connections <= at_once


@EACH_TWIN
def test_requests_are_under_way_together(gateway: Gateway, calls: Calls) -> None:
    # Each is answered only when all three have come.
    gateway.handler = lambda request: Meeting(gateway, 3, embeddings_of(request, ()))
    assert calls.embed_many(TEXTS[:3], chunk_size=1, max_concurrency=3).vectors == MADE[:3]
    assert gateway.connections == 3


class Meeting(Response):
    """Another answer, once so many requests have come."""

    def __init__(self, gateway: Gateway, count: int, answer: Response) -> None:
        self._gateway, self._count, self._answer = gateway, count, answer

    def steps(self) -> Any:
        while len(self._gateway.requests) < self._count:
            yield Pause(0.001)
        yield from self._answer.steps()


def limited(request: Request) -> Response:
    """A channel that takes four texts at most."""
    if len(request.json["input"]) > 4:
        return Json(TOO_MANY, 400)
    return embeddings_of(request, ())


@EACH_TWIN
def test_batch_that_is_too_large_is_halved_and_the_size_remembered(
    gateway: Gateway, calls: Calls
) -> None:
    gateway.handler = limited
    assert calls.embed_many(TEXTS, max_concurrency=1).vectors == MADE
    assert [len(body["input"]) for body in bodies(gateway)] == [10, 5, 3, 2, 3, 2]
    gateway.forget()
    assert calls.embed_many(TEXTS, max_concurrency=1).vectors == MADE
    assert [len(body["input"]) for body in bodies(gateway)] == [3, 3, 3, 1]


@EACH_TWIN
def test_what_arrived_is_on_the_error(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(
        Json(embedded(VECTORS)), Json(error("context_length", "x", "context_length_exceeded"), 400)
    )
    with pytest.raises(ContextLengthError, match=r"texts\[3\]") as caught:
        calls.embed_many(TEXTS[:4], chunk_size=3, max_concurrency=1)
    partial: Any = caught.value.partial
    assert partial.vectors == [*VECTORS, None]
    assert partial.usage == Usage(
        prompt_tokens=7, total_tokens=7, raw={"prompt_tokens": 7, "total_tokens": 7}
    )


@EACH_TWIN
def test_failed_request_is_retried_alone(
    gateway: Gateway, connect: Callable[..., Calls], waits: list[float]
) -> None:
    gateway.reply(Json(error("busy"), 503))
    found = connect(max_retries=1).embed_many(TEXTS, chunk_size=3)
    assert (found.vectors, len(waits)) == (MADE, 1)
    assert len(gateway.requests) == 5


@EACH_TWIN
def test_failure_ends_the_others_after_what_is_under_way(gateway: Gateway, calls: Calls) -> None:
    # To all: while one failure travels, a quick other one could ask for the rest.
    gateway.handler = lambda _: Json(error("Invalid token"), 401)
    with pytest.raises(AuthenticationError):
        calls.embed_many(TEXTS, chunk_size=1, max_concurrency=2)
    assert len(gateway.requests) <= 2


@EACH_TWIN
def test_progress_is_reported_as_batches_come(gateway: Gateway, calls: Calls) -> None:
    done: list[int] = []
    calls.embed_many(TEXTS, chunk_size=4, on_progress=done.append)
    assert sorted(done) == [2, 4, 4]


@EACH_TWIN
def test_broken_progress_is_raised_as_it_is(gateway: Gateway, calls: Calls) -> None:
    def broken(done: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        calls.embed_many(TEXTS, chunk_size=4, on_progress=broken)


def bodies(gateway: Gateway) -> list[Any]:
    return [request.json for request in gateway.requests]
