"""When a request is sent again, how often, and after how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ramclouds import (
    APIConnectionError,
    BadRequestError,
    RamCloudsError,
    ServerError,
    StreamError,
)
from tests.gateway import Drop, Gateway, Json, Sse, WireCase, completion, error, text_chunks
from tests.gateway.responses import Response
from tests.harness import EACH_TWIN, Calls, in_row, read

Connect = Callable[..., Calls]
BUSY = Json(error("busy"), 503)
OK = Json(completion("Hi"))
CALLS = pytest.mark.parametrize("method", ["complete", "stream", "models"])


@EACH_TWIN
@CALLS
def test_two_retries_by_default(
    gateway: Gateway, connect: Connect, waits: list[float], method: str
) -> None:
    gateway.handler = lambda _: BUSY
    with pytest.raises(ServerError):
        getattr(connect(max_retries=None), method)()
    assert len(gateway.requests) == 3
    assert len(waits) == 2


@pytest.mark.parametrize("count", [0, 1, 5])
def test_as_many_retries_as_asked_for(
    gateway: Gateway, connect: Connect, waits: list[float], count: int
) -> None:
    gateway.handler = lambda _: BUSY
    with pytest.raises(ServerError):
        connect(max_retries=count).complete()
    assert len(gateway.requests) == count + 1


RETRIED: dict[str, Response] = {
    "rate_limit": Json(error("slow", code="rate_limit_exceeded"), 429),
    "empty_429": WireCase("error_429_empty_body"),
    "edge_502": WireCase("error_502_plain_text"),
    "channels": Json(error("x", code="get_channel_failed"), 500),
    "upstream": WireCase("error_500_do_request_failed"),
    "reset_before_the_answer": Drop("headers"),
    "closed_before_the_answer": Drop("headers", how="fin"),
    "reset_inside_the_headers": Drop("mid_headers", how="fin"),
    "no_choices": WireCase("json_empty_choices"),
    "error_in_200": WireCase("json_200_error_object"),
}


def test_answer_after_a_retry(gateway: Gateway, connect: Connect, waits: list[float]) -> None:
    for kind in RETRIED:
        with in_row(kind):
            gateway.forget()
            gateway.reply(RETRIED[kind], OK)
            assert connect(max_retries=1).complete().text == "Hi"
            assert len(gateway.requests) == 2
            assert gateway.bodies[0] == gateway.bodies[1]


STREAM_RETRIED: dict[str, Response] = {
    "rate_limit": Json(error("slow"), 429),
    "error_first": WireCase("stream_error_first_event"),
    "pings_then_nothing": WireCase("stream_only_pings_then_eof"),
    "nothing": WireCase("stream_empty_body"),
    "reset_before_the_answer": Drop("headers"),
    "closed_behind_the_headers": Drop("body", how="fin"),
}


def test_stream_after_a_retry(gateway: Gateway, connect: Connect, waits: list[float]) -> None:
    for kind in STREAM_RETRIED:
        with in_row(kind):
            gateway.forget()
            gateway.reply(STREAM_RETRIED[kind], Sse(text_chunks("Hi")))
            assert read(connect(max_retries=1).stream())["text"] == "Hi"
            assert len(gateway.requests) == 2


NOT_RETRIED: dict[str, Response] = {
    "bad_request": Json(error("x"), 400),
    "malformed": Json(error("x", code="invalid_request"), 500),
    "unknown_model": WireCase("error_503_no_available_channel"),
    "spent": WireCase("error_403_insufficient_user_quota"),
    "operator_spent": WireCase("error_429_insufficient_quota"),
    "key": WireCase("error_401_invalid_key"),
    "blocked": WireCase("error_403_cf_challenge_html"),
    "edge_timeout": WireCase("error_524_html"),
    "web_page": WireCase("json_html_200"),
}


def test_what_cannot_help_is_not_retried(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    for kind in NOT_RETRIED:
        with in_row(kind):
            gateway.forget()
            gateway.reply(NOT_RETRIED[kind])
            with pytest.raises(RamCloudsError) as caught:
                connect(max_retries=5).complete()
            assert caught.value.retryable is False
            assert len(gateway.requests) == 1


@EACH_TWIN
def test_stream_is_never_retried_after_its_first_chunk(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    for answer in [
        Drop("mid_body", how="fin"),
        WireCase("stream_error_mid"),
        WireCase("stream_truncated_abrupt"),
        WireCase("stream_malformed_json_event"),
        WireCase("stream_done_without_finish_reason"),
    ]:
        with in_row(answer):
            gateway.forget()
            gateway.reply(answer)
            with pytest.raises((StreamError, APIConnectionError)):
                connect(max_retries=5).stream()
            assert (len(gateway.requests), waits) == (1, [])


@pytest.mark.parametrize("code", ["get_channel_failed", "bad_response_body"])
def test_what_the_gateway_retried_itself_is_retried_once(
    gateway: Gateway, connect: Connect, waits: list[float], code: str
) -> None:
    gateway.handler = lambda _: Json(error("x", code=code), 500)
    with pytest.raises(ServerError):
        connect(max_retries=5).complete()
    assert len(gateway.requests) == 2


@EACH_TWIN
@CALLS
def test_stale_connection_is_replaced_free_of_charge(
    gateway: Gateway, connect: Connect, waits: list[float], method: str
) -> None:
    calls = connect(max_retries=0)
    calls.models()
    gateway.go_stale()
    assert getattr(calls, method)()
    assert (gateway.connections, sum(waits)) == (2, 0)


@EACH_TWIN
def test_connection_closed_while_idle_is_replaced(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    calls = connect(max_retries=0)
    calls.complete()
    gateway.close_idle()
    assert calls.complete().text
    assert sum(waits) == 0


@EACH_TWIN
def test_whole_answer_is_never_retried_after_its_first_byte(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    for method in ["complete", "models"]:
        with in_row(method):
            gateway.forget()
            gateway.reply(Drop("mid_body", Json(completion()), how="fin"))
            with pytest.raises(APIConnectionError):
                getattr(connect(max_retries=5), method)()
            assert len(gateway.requests) == 1


def test_model_list_that_says_busy_is_asked_for_again(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    gateway.reply(Json({"success": False, "message": "busy"}))
    assert connect(max_retries=1).models()
    assert len(gateway.requests) == 2


@EACH_TWIN
def test_fresh_connection_that_breaks_is_not_free(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    gateway.reply(Drop("headers"))
    with pytest.raises(APIConnectionError):
        connect(max_retries=0).complete()
    assert len(gateway.requests) == 1


@EACH_TWIN
def test_stale_connection_is_replaced_once(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    calls = connect(max_retries=0)
    calls.models()
    gateway.go_stale()
    gateway.reply(Drop("headers"))
    with pytest.raises(APIConnectionError):
        calls.complete()
    assert (gateway.connections, len(gateway.requests)) == (2, 2)


REFUSED_FIELD = error("Unknown parameter: 'stream_options'", "invalid_request_error", None)


def test_stream_options_that_are_refused_are_left_out_from_then_on(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    calls = connect(max_retries=0)
    gateway.reply(Json(REFUSED_FIELD, 400), Sse(text_chunks("a")), Sse(text_chunks("b")))
    assert [read(calls.stream())["text"] for _ in range(2)] == ["a", "b"]
    assert ["stream_options" in body for body in gateway.bodies] == [True, False, False]  # type: ignore[operator]
    assert sum(waits) == 0


@pytest.mark.parametrize(
    "params", [{"stream_usage": True}, {"extra_body": {"stream_options": {"include_usage": True}}}]
)
def test_stream_options_that_the_caller_asked_for_are_not_left_out(
    gateway: Gateway, connect: Connect, params: dict[str, Any]
) -> None:
    gateway.reply(Json(REFUSED_FIELD, 400))
    with pytest.raises(BadRequestError):
        connect(max_retries=2).stream(**params)
    assert len(gateway.requests) == 1


def test_refusal_of_another_field_is_an_error(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(Json(error("Unknown parameter: 'seed'", "invalid_request_error", None), 400))
    with pytest.raises(BadRequestError):
        connect(max_retries=2).stream(seed=1)
    assert len(gateway.requests) == 1
