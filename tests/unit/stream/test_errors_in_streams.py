"""Errors after the status is out: in each way they come in, and in the shapes of many providers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ramclouds import (
    BadRequestError,
    ContextLengthError,
    InsufficientQuotaError,
    ModelUnavailableError,
    ProviderAccountError,
    RamCloudsError,
    RateLimitError,
    RequestTooLargeError,
    ResponseError,
    ServerError,
    StreamError,
)
from tests.gateway import (
    Json,
    OfflineGateway,
    Sse,
    chunk,
    completion,
    error,
    text_chunks,
    usage_chunk,
)
from tests.harness import Calls, each_row, in_row, read

PART = text_chunks("Part one", finish_reason=None, usage=None)
LATE = error("The server is busy", "server_error", "server_error")
ERRORS: dict[str, Any] = {
    "openai": LATE,
    "error_as_text": {"error": "The server is busy"},
    "message_only": {"error": {"message": "The server is busy"}},
    "success_false": {"success": False, "message": "The server is busy"},
    "anthropic": {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "The server is busy"},
    },
    "code_number": error("The server is busy", "upstream_error", 500),
    "code_null": error("The server is busy", "upstream_error", None),
    "with_empty_choices": {"choices": [], **LATE},
    "with_choices": {
        **chunk({"content": ""}, "error"),
        "error": {"code": 502, "message": "The server is busy"},
    },
    "with_metadata": error("The server is busy", "x", 502, metadata={"provider_name": "x"}),
    "message_beside": {"error": True, "message": "The server is busy"},
    "object_error": {"object": "error", "message": "The server is busy", "code": 500},
}


def carried(body: Any) -> dict[str, list[Any]]:
    """The ways in which an error comes in a stream."""
    text = json.dumps(body)
    return {
        "data": [f"data: {text}\n\n"],
        "data_then_done": [f"data: {text}\n\n", usage_chunk(), "data: [DONE]\n\n"],
        "event_error": [f"event: error\ndata: {text}\n\n"],
        "bare": [text],
        "bare_with_newline": [text + "\n"],
        "bare_pretty": [json.dumps(body, indent=2)],
        "bare_then_done": [text + "\n\n", "data: [DONE]\n\n"],
        "bare_and_a_ping_on_its_line": [text, ": PING\n\n"],
        "bare_and_done_on_its_line": [text, "data: [DONE]\n\n"],
        "bare_twice_on_one_line": [text, text],
    }


CARRIERS = list(carried(LATE))
# Each carrier with one shape, each shape in one carrier: the shapes are read in one place.
CARRIED = [*((carrier, "openai") for carrier in CARRIERS), *(("data", kind) for kind in ERRORS)]


def test_error_after_a_part(gateway: OfflineGateway, calls: Calls) -> None:
    for carrier, kind in CARRIED:
        with in_row(carrier):
            gateway.forget()
            gateway.reply(Sse([*PART, *carried(ERRORS[kind])[carrier]], done=False))
            with pytest.raises(StreamError) as caught:
                calls.stream()
            raised = caught.value
            assert type(raised) is StreamError
            assert "The server is busy" in str(raised)
            assert raised.retryable is False
            assert read(raised.partial)["text"] == "Part one"
            assert read(calls.arrived)["text"] == "Part one"


@each_row("start", [[], [": PING\n\n", ": PING\n\n"], [chunk({"role": "assistant"})]])
@each_row("carrier", ["data", "bare"])
def test_error_before_any_part_may_be_retried(
    gateway: OfflineGateway, calls: Calls, start: list[Any], carrier: str
) -> None:
    gateway.reply(Sse([*start, *carried(LATE)[carrier]], done=False))
    # Bare JSON is a response that came late, behind pings or a role chunk: it keeps its class.
    with pytest.raises(ServerError if carrier == "bare" else StreamError) as caught:
        calls.stream()
    assert caught.value.retryable is True


CLASSES = {
    "context_length_exceeded": ContextLengthError,
    "insufficient_user_quota": InsufficientQuotaError,
    "insufficient_quota": ProviderAccountError,
    "rate_limit_exceeded": RateLimitError,
    "model_not_found": ModelUnavailableError,
    "invalid_request_error": BadRequestError,
    "request_too_large": RequestTooLargeError,
}


def test_code_that_says_a_class_gives_it(gateway: OfflineGateway, calls: Calls) -> None:
    for code in CLASSES:
        with in_row(code):
            gateway.forget()
            gateway.reply(Sse([*PART, error("no", "x", code)], done=False))
            with pytest.raises(RamCloudsError) as caught:
                calls.stream()
            assert type(caught.value) is CLASSES[code]
            assert (caught.value.code, caught.value.retryable) == (code, False)
            assert read(caught.value.partial)["text"] == "Part one"


def test_fault_of_the_request_behind_pings_is_not_sent_again(
    gateway: OfflineGateway, calls: Calls
) -> None:
    for carrier in CARRIERS:
        with in_row(carrier):
            gateway.forget()
            body = error("prompt is too long: 9 tokens > 8 maximum", "invalid_request_error", None)
            gateway.reply(Sse([": PING\n\n", *carried(body)[carrier]], done=False))
            with pytest.raises(ContextLengthError) as caught:
                calls.stream()
            assert caught.value.retryable is False


@pytest.mark.parametrize("finish_reason", [None, "stop"])
def test_error_after_the_finish_reason_is_still_one(
    gateway: OfflineGateway, calls: Calls, finish_reason: str | None
) -> None:
    events = text_chunks("Part one", finish_reason=finish_reason, usage=None)
    gateway.reply(Sse([*events, LATE]))
    with pytest.raises(StreamError):
        calls.stream()


@each_row("null", [None, {}, "", False])
def test_error_key_without_an_error_is_none(
    gateway: OfflineGateway, calls: Calls, null: Any
) -> None:
    events = [{**event, "error": null} for event in text_chunks("Fine")]
    gateway.reply(Sse(events))
    assert read(calls.stream())["text"] == "Fine"


def test_error_event_that_is_no_json(gateway: OfflineGateway, calls: Calls) -> None:
    gateway.reply(Sse([*PART, "event: error\ndata: upstream went away\n\n"]))
    with pytest.raises(StreamError, match="upstream went away"):
        calls.stream()


def test_lines_that_are_no_json_each(gateway: OfflineGateway, calls: Calls) -> None:
    gateway.reply(Sse([*PART, "data: {broken\ndata: {too\n\n"]))
    with pytest.raises(StreamError, match="broken"):
        calls.stream()


def test_second_answer_behind_the_first_is_no_answer(gateway: OfflineGateway, calls: Calls) -> None:
    second = text_chunks("Whole other answer", id="chatcmpl-other")
    gateway.reply(Sse([*PART, *second]))
    with pytest.raises(StreamError) as caught:
        calls.stream()
    assert read(caught.value.partial)["text"] == "Part one"
    assert caught.value.retryable is False


def test_second_answer_behind_a_finished_one_is_not_added(
    gateway: OfflineGateway, calls: Calls
) -> None:
    events = [*text_chunks("First", usage=None), *text_chunks("Second", id="chatcmpl-other")]
    gateway.reply(Sse(events))
    try:
        found = read(calls.stream())["text"]
    except StreamError as exc:
        found = read(exc.partial)["text"]
    assert found == "First"


def test_role_repeated_in_every_chunk_is_one_answer(gateway: OfflineGateway, calls: Calls) -> None:
    deltas = [chunk({"role": "assistant", "content": word}) for word in ("a", "b", "c")]
    gateway.reply(Sse([*deltas, chunk({}, "stop")]))
    assert read(calls.stream())["text"] == "abc"


def test_changing_ids_without_a_role_are_one_answer(gateway: OfflineGateway, calls: Calls) -> None:
    deltas = [chunk({"content": word}, id=f"chatcmpl-{word}") for word in ("a", "b", "c")]
    gateway.reply(Sse([*deltas, chunk({}, "stop")]))
    assert read(calls.stream())["text"] == "abc"


BODIES: dict[str, tuple[Any, type[RamCloudsError]]] = {
    "error": (LATE, RamCloudsError),
    "error_text": ({"error": "The server is busy"}, RamCloudsError),
    "success_false": ({"success": False, "message": "The server is busy"}, RamCloudsError),
    "error_with_usage": ({**LATE, "usage": {}}, RamCloudsError),
    "error_with_empty_choices": ({**LATE, "choices": []}, RamCloudsError),
    "error_with_null_choices": ({**LATE, "choices": None}, RamCloudsError),
    "quota": (error("no", "x", "insufficient_quota"), ProviderAccountError),
    "context": (error("no", "x", "context_length_exceeded"), ContextLengthError),
    "choices_empty": (completion(choices=[]), ResponseError),
    "choices_null": ({**completion(), "choices": None}, ResponseError),
    "choices_missing": ({"id": "x"}, ResponseError),
    "empty_object": ({}, ResponseError),
    "openai_type": (error("no", "invalid_request_error", None), BadRequestError),
    "responses": (
        {"type": "response.failed", "response": {"error": error("no", "x", "rate_limit_exceeded")}},
        RateLimitError,
    ),
    "content_a_number": (completion(5), RamCloudsError),  # type: ignore[arg-type]
    "list": ([], ResponseError),
    "text": ("hello", ResponseError),
    "null": (None, ResponseError),
    "choice_null": (completion(choices=[None]), ResponseError),  # type: ignore[list-item]
}


def test_200_that_is_no_completion(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in BODIES:
        for streamed in [False, True]:
            with in_row(kind, streamed):
                gateway.forget()
                body, expected = BODIES[kind]
                gateway.reply(Json(body))
                with pytest.raises(expected) as caught:
                    (calls.stream if streamed else calls.complete)()
                assert caught.value.status_code == 200
                if "busy" in str(body):
                    assert "The server is busy" in str(caught.value)
