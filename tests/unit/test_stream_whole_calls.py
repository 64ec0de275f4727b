"""Whole calls that are asked as a stream, because the user or the model wants it so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ramclouds import BadRequestError, ToolCall
from tests.gateway import Json, OfflineGateway, Sse, call, chunk, text_chunks, usage_chunk
from tests.harness import Calls

REFUSALS = [
    "Stream must be set to true",
    "parameter.enable_thinking must be set to false for non-streaming calls",
    "This model only support stream mode, please enable the stream parameter",
    "Non-stream requests are not supported by this model",
    "stream=true is required",
    "only streaming is supported",
]


def refusal(message: str) -> Json:
    error = {"message": message, "type": "invalid_request_error", "code": None}
    return Json({"error": error}, status=400)


@pytest.mark.parametrize("message", REFUSALS)
def test_model_that_refuses_whole_calls_is_asked_as_a_stream_from_then_on(
    gateway: OfflineGateway, calls: Calls, message: str
) -> None:
    gateway.reply(refusal(message), *[Sse([*text_chunks("Hello"), usage_chunk()])] * 2)
    assert [calls.complete().text, calls.complete().text] == ["Hello", "Hello"]
    assert ["stream" in request.json for request in gateway.requests] == [False, True, True]
    assert calls.complete(model="another").text
    assert "stream" not in gateway.last.json


def test_setting_asks_each_whole_call_as_a_stream(
    gateway: OfflineGateway, connect: Callable[..., Calls]
) -> None:
    opened = chunk({"tool_calls": [{"index": 0, **call("f", "{}", "c")}]})
    gateway.reply(Sse([opened, chunk({}, "tool_calls"), usage_chunk()]))
    completion = connect(stream_whole_calls=True).complete()
    assert completion.tool_calls == (ToolCall("c", "f", "{}"),)
    assert completion.usage is not None
    assert gateway.last.json["stream"] is True
    assert gateway.last.json["stream_options"] == {"include_usage": True}


def test_several_choices_are_never_asked_as_a_stream(
    gateway: OfflineGateway, connect: Callable[..., Calls]
) -> None:
    connect(stream_whole_calls=True).complete(n=2)
    assert "stream" not in gateway.last.json
    gateway.reply(refusal(REFUSALS[0]))
    with pytest.raises(BadRequestError):
        connect().complete(n=2)


def test_refused_usage_is_left_out_of_the_stream(
    gateway: OfflineGateway, connect: Callable[..., Calls]
) -> None:
    gateway.reply(refusal("Unknown parameter: stream_options"), Sse(text_chunks("Hello")))
    assert connect(stream_whole_calls=True).complete().text == "Hello"
    assert "stream_options" not in gateway.last.json
