"""What proves that a response is whole, on each kind of channel: streamed and whole."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from ramclouds import (
    Chunk,
    Completion,
    ContentFilterError,
    EmptyResponseError,
    RamCloudsError,
    RateLimitError,
    ServerError,
    StreamError,
    StreamTruncatedError,
)
from ramclouds._complete import Body, completion_from
from ramclouds._wire.chat.ending import Reading
from tests.unit.offline import head, read_stream

MADE = "chatcmpl-r1"
"""The id that the gateway makes of the request id."""
ROLE = {"role": "assistant", "content": ""}
CALL = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
NO_INPUT_TOKENS = {"prompt_tokens": 50, "completion_tokens": 4, "input_tokens": 0}
INPUT_TOKENS = {"prompt_tokens": 12, "completion_tokens": 7, "input_tokens": 12}


def event(delta: dict[str, Any], finish: str | None = None, id: str = MADE, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, **more.pop("choice", {})}
    return written({"id": id, "model": "m", "choices": [choice], **more})


def usage(counts: dict[str, Any], id: str = MADE) -> bytes:
    return written({"id": id, "model": "", "choices": [], "usage": counts})


def written(value: dict[str, Any]) -> bytes:
    return b"data: %s\n\n" % json.dumps(value).encode()


DONE = b"data: [DONE]\n\n"


def read(*events: bytes, reading: Reading | None = None) -> list[Chunk]:
    return list(read_stream([*events, DONE], reading=reading))


def failure_of(*events: bytes, reading: Reading | None = None) -> RamCloudsError:
    with pytest.raises(RamCloudsError) as caught:
        read(*events, reading=reading)
    return caught.value


def read_body(body: dict[str, Any], reading: Reading) -> Completion:
    found = Body(httpx.Response(200))
    found.add(json.dumps(body).encode())
    return completion_from(head(), found, reading)


def body_of(
    message: dict[str, Any], finish: str, counts: dict[str, Any] | None = None, **choice: Any
) -> dict[str, Any]:
    choices = [{"index": 0, "message": message, "finish_reason": finish, **choice}]
    return {"id": MADE, "model": "m", "choices": choices, "usage": counts}


HALF = [event(ROLE), event({"content": "Half"}), event({}, "stop"), usage(NO_INPUT_TOKENS)]
WHOLE = [event(ROLE), event({"content": "Hi"}), event({}, "stop"), usage(INPUT_TOKENS)]


class TestConvertedChannels:
    """The gateway invents their finish reason; only input_tokens show that the end came."""

    def test_response_without_input_tokens_is_unproven_at_first(self) -> None:
        chunks = read(*HALF, reading=Reading(model="m"))
        assert [chunk.unproven for chunk in chunks] == [False, True]

    def test_response_without_input_tokens_is_cut_once_its_model_has_sent_some(self) -> None:
        reading = Reading(model="m")
        assert read(*WHOLE, reading=reading)[-1].unproven is False
        error = failure_of(*HALF, reading=reading)
        assert type(error) is StreamTruncatedError
        assert error.partial is not None
        assert error.partial.text == "Half"
        assert error.retryable is False

    def test_what_one_model_sent_proves_nothing_for_another(self) -> None:
        counting: set[str] = set()
        read(*WHOLE, reading=Reading(model="m", counting=counting))
        chunks = read(*HALF, reading=Reading(model="n", counting=counting))
        assert chunks[-1].unproven is True

    def test_no_usage_at_all_is_a_cut_where_it_was_asked_for(self) -> None:
        counting = {"m"}
        error = failure_of(*HALF[:-1], reading=Reading(model="m", counting=counting))
        assert type(error) is StreamTruncatedError
        unasked = Reading(model="m", has_usage=False, counting=counting)
        assert read(*HALF[:-1], reading=unasked)[-1].unproven is True

    def test_whole_response_follows_the_same_rule(self) -> None:
        reading = Reading(model="m")
        message = {"role": "assistant", "content": "Hi"}
        assert read_body(body_of(message, "stop", NO_INPUT_TOKENS), reading).unproven is True
        assert read_body(body_of(message, "stop", INPUT_TOKENS), reading).unproven is False
        with pytest.raises(StreamTruncatedError) as caught:
            read_body(body_of(message, "stop", NO_INPUT_TOKENS), reading)
        assert caught.value.partial is not None
        assert caught.value.partial.text == "Hi"

    @pytest.mark.parametrize(
        ("model", "id"), [("gemini-2.5-flash", MADE), ("m", "chatcmpl-other"), ("m", "msg_1")]
    )
    def test_other_channels_need_no_proof(self, model: str, id: str) -> None:
        reading = Reading(model=model, counting={model})
        stop = event({"content": "Hi"}, "stop", id=id)
        assert read(stop, usage(NO_INPUT_TOKENS, id), reading=reading)[-1].unproven is False


class TestGeminiCalls:
    """A call behind the first event carries a finish reason itself."""

    ON_CALL = event({"tool_calls": [CALL]}, "tool_calls")

    def test_cut_behind_such_a_call_is_a_truncation(self) -> None:
        error = failure_of(event(ROLE), event({"content": "Hi"}), self.ON_CALL)
        assert type(error) is StreamTruncatedError

    @pytest.mark.parametrize("reason", ["stop", "tool_calls"])
    def test_later_finish_reason_ends_it(self, reason: str) -> None:
        chunks = read(event(ROLE), self.ON_CALL, event({}, reason))
        assert chunks[-1].finish_reason == "tool_calls"

    @pytest.mark.parametrize("reason", ["length", "content_filter"])
    def test_later_finish_reason_that_says_more_counts(self, reason: str) -> None:
        chunks = read(event(ROLE), self.ON_CALL, event({"content": ""}, reason))
        assert chunks[-1].finish_reason == reason

    def test_cut_behind_a_second_call_is_a_truncation(self) -> None:
        # As sent by all builds: a call in the first event, and another one in a later event.
        opened = {**CALL, "id": "b", "function": {"name": "g", "arguments": ""}}
        rest = {"index": 0, "type": None, "function": {"arguments": '{"a": 1}'}}
        first = [event({**ROLE, "tool_calls": [opened]}), event({"tool_calls": [rest]})]
        second = event({"tool_calls": [{**CALL, "index": 1}]}, "tool_calls")
        assert type(failure_of(*first, second)) is StreamTruncatedError
        assert read(*first, second, event({}, "tool_calls"))[-1].finish_reason == "tool_calls"

    def test_call_of_the_first_event_needs_no_more(self) -> None:
        opened = {**CALL, "function": {"name": "f", "arguments": ""}}
        rest = {"index": 0, "function": {"arguments": "{}"}}
        first = event({**ROLE, "tool_calls": [opened]})
        assert read(first, event({"tool_calls": [rest]}, "tool_calls"))[-1].finish_reason

    def test_other_channels_may_end_on_the_call(self) -> None:
        on_call = event({"tool_calls": [CALL]}, "tool_calls", id="a")
        assert read(event(ROLE, id="a"), on_call)[-1].finish_reason == "tool_calls"
        assert read(event(ROLE), event({"tool_calls": [CALL]}, "stop"))[-1].finish_reason == "stop"


class TestSecondResponse:
    """A role with nothing else, behind deltas without a role, begins another response."""

    @pytest.mark.parametrize(
        ("first", "second"), [("msg_1", "msg_2"), (MADE, MADE)], ids=["other_id", "made_id"]
    )
    @pytest.mark.parametrize("delta", [{"content": "Half"}, {"tool_calls": [CALL]}])
    def test_second_response_is_an_error_with_the_first_part(
        self, first: str, second: str, delta: dict[str, Any]
    ) -> None:
        again = [event(ROLE, id=second), event({"content": "Hello"}, "stop", id=second)]
        error = failure_of(event(ROLE, id=first), event(delta, id=first), *again)
        assert type(error) is StreamError
        assert error.retryable is False
        assert error.partial is not None
        assert error.partial.text == delta.get("content", "")

    def test_role_in_each_chunk_is_one_response(self) -> None:
        deltas = [{"role": "assistant", "content": text} for text in ("A", "", "B")]
        chunks = read(*(event(delta) for delta in deltas), event(ROLE, "stop"))
        assert "".join(chunk.text for chunk in chunks) == "AB"

    def test_stray_role_of_a_provider_is_one_response(self) -> None:
        events = [event({"content": "A"}, id="a"), event(ROLE, id="a")]
        chunks = read(event(ROLE, id="a"), *events, event({"content": "B"}, "stop", id="a"))
        assert "".join(chunk.text for chunk in chunks) == "AB"

    def test_role_with_more_in_its_delta_is_one_response(self) -> None:
        events = [event({"content": "A"}), event({"role": "assistant", "content": "B"})]
        chunks = read(event(ROLE), *events, event({}, "stop"))
        assert "".join(chunk.text for chunk in chunks) == "AB"

    def test_channel_that_failed_before_its_first_word_is_forgotten(self) -> None:
        events = [event({"content": "A"}, id="two"), event({"content": "B"}, "stop", id="two")]
        chunks = read(event(ROLE, id="one"), event(ROLE, id="two"), *events)
        assert "".join(chunk.text for chunk in chunks) == "AB"
        assert chunks[0].id == "two"


FAILED = ["error", "network_error", "insufficient_system_resource"]


class TestFailedResponses:
    """Providers write their own failures into the choice."""

    @pytest.mark.parametrize("reason", FAILED)
    def test_finish_reason_of_a_failure_is_a_truncation(self, reason: str) -> None:
        error = failure_of(event({"content": "Half"}), event({"content": "."}, reason))
        assert type(error) is StreamTruncatedError
        assert reason in error.message
        assert error.partial is not None
        assert error.partial.text == "Half."

    @pytest.mark.parametrize("reason", FAILED)
    def test_whole_response_with_such_a_reason_is_a_truncation(self, reason: str) -> None:
        with pytest.raises(StreamTruncatedError, match=reason) as caught:
            read_body(body_of({"content": "Half"}, reason), Reading())
        assert caught.value.partial is not None
        assert caught.value.partial.text == "Half"

    def test_error_in_a_choice_is_raised_as_its_code_says(self) -> None:
        told = {"error": {"code": "rate_limit_exceeded", "message": "Slow down"}}
        error = failure_of(event({"content": "Half"}), event({}, "error", choice=told))
        assert type(error) is RateLimitError
        assert error.partial is not None
        assert error.partial.text == "Half"
        with pytest.raises(RateLimitError, match="Slow down"):
            read_body(body_of({"content": ""}, "error", **told), Reading())

    def test_server_error_in_a_choice_before_the_first_word_is_a_server_error(self) -> None:
        told = {"error": {"code": 502, "message": "Upstream error from DeepInfra"}}
        error = failure_of(event(ROLE), event({}, "error", choice=told))
        assert type(error) is ServerError
        assert error.retryable is True

    def test_failure_before_the_first_word_may_be_retried(self) -> None:
        assert failure_of(event(ROLE), event({}, "network_error")).retryable is True


class TestEmptyResponses:
    """Nothing was delivered: the reason is named as far as it is known."""

    def test_blocked_prompt_in_a_stream_names_the_filter(self) -> None:
        nothing = written({"id": MADE, "model": "m", "choices": [], "usage": None})
        error = failure_of(event(ROLE), nothing, usage(NO_INPUT_TOKENS))
        assert type(error) is EmptyResponseError
        assert "filter" in error.message
        assert error.retryable is True

    def test_only_a_count_of_tokens_is_an_empty_response(self) -> None:
        error = failure_of(usage(NO_INPUT_TOKENS, id=""))
        assert type(error) is EmptyResponseError
        assert "complete()" in error.message

    def test_gemini_filter_behind_offered_tools_may_be_a_malformed_call(self) -> None:
        reading = Reading(model="gemini-2.5-flash", has_tools=True)
        error = failure_of(event(ROLE), event({}, "content_filter"), reading=reading)
        assert type(error) is ContentFilterError
        assert "malformed tool call" in error.message
        assert error.retryable is True
        with pytest.raises(ContentFilterError):
            read_body(body_of({"content": ""}, "content_filter"), reading)

    @pytest.mark.parametrize(
        "reading", [Reading(model="gemini-2.5-flash"), Reading(model="gpt-5", has_tools=True)]
    )
    def test_other_filtered_responses_are_returned_as_they_are(self, reading: Reading) -> None:
        chunks = read(event(ROLE, id="a"), event({}, "content_filter", id="a"), reading=reading)
        assert chunks[-1].finish_reason == "content_filter"

    def test_text_that_was_filtered_is_returned_with_its_reason(self) -> None:
        reading = Reading(model="gemini-2.5-flash", has_tools=True)
        chunks = read(event({"content": "Mix"}), event({}, "content_filter"), reading=reading)
        assert [chunk.text for chunk in chunks] == ["Mix", ""]


def test_made_up_usage_chunk_overwrites_nothing() -> None:
    made_up = written({"id": "", "model": "", "created": 0, "choices": [], "usage": INPUT_TOKENS})
    first, last = read(event({"content": "Hi"}, id="a"), event({}, "stop", id="a"), made_up)
    assert (first.id, first.model) == ("a", "m")
    assert (last.id, last.model) == (None, None)
    assert last.usage is not None
