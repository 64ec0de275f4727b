"""Streams: every fact once, in chunks that add up to what `invoke` returns."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from langchain_ramclouds._chunks import text_chunk
from tests.gateway import (
    Gate,
    Gateway,
    Json,
    Sse,
    call,
    chunk,
    completion,
    text_chunks,
    tool_chunks,
)
from tests.langchain.conftest import Chat
from tests.langchain.recording import COUNTED, USAGE, total


def test_text_chunk_equals_a_validated_one() -> None:
    validated = ChatGenerationChunk(
        message=AIMessageChunk(content="hi", response_metadata={"model_provider": "ramclouds"})
    )
    assert text_chunk("hi") == validated
    assert text_chunk("hi").__dict__.keys() == validated.__dict__.keys()
    assert text_chunk("hi").message.__dict__ == validated.message.__dict__


def test_text_chunks_share_nothing() -> None:
    one, other = text_chunk("a").message, text_chunk("a").message
    one.additional_kwargs["x"] = 1
    one.response_metadata["x"] = 1
    assert other == text_chunk("a").message


def test_stream_adds_up_to_what_invoke_returns(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion("Hello world", reasoning_content="Hm hm", usage=USAGE)))
    gateway.reply(Sse(text_chunks("Hello world", reasoning="Hm hm", usage=USAGE)))
    whole = chat().invoke("Hi")
    streamed = total(list(chat().stream("Hi")))
    for message in (whole, streamed):
        message.response_metadata.pop("request_id")
        message.response_metadata.pop("id")
    assert (streamed.content, streamed.additional_kwargs) == (
        "Hello world",
        {"reasoning_content": "Hm hm"},
    )
    assert (whole.content, whole.additional_kwargs) == (
        streamed.content,
        streamed.additional_kwargs,
    )
    assert whole.usage_metadata == streamed.usage_metadata == COUNTED
    assert whole.response_metadata == streamed.response_metadata
    assert whole.response_metadata == {
        "model_provider": "ramclouds",
        "model_name": "gpt-5.1",
        "finish_reason": "stop",
        "token_usage": USAGE,
    }
    assert whole.content_blocks == streamed.content_blocks
    assert whole.content_blocks == [
        {"type": "reasoning", "reasoning": "Hm hm"},
        {"type": "text", "text": "Hello world"},
    ]


def test_only_the_last_chunk_says_that_it_is_the_last(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Sse(text_chunks("one two", usage=USAGE)))
    chunks = list(chat().stream("Hi"))
    assert [(c.text, c.chunk_position, c.usage_metadata) for c in chunks] == [
        ("one", None, None),
        (" two", None, None),
        ("", "last", COUNTED),
    ]


def test_request_id_and_completion_id_come_once(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Sse(text_chunks("one two three", id="chatcmpl-9")))
    found = [
        {
            key: c.response_metadata[key]
            for key in ("id", "model_name")
            if key in c.response_metadata
        }
        for c in chat().stream("Hi")
    ]
    assert [one for one in found if one] == [{"id": "chatcmpl-9", "model_name": "gpt-5.1"}]


def test_message_id_is_not_the_completions(gateway: Gateway, chat: Chat) -> None:
    """Gateways repeat ids, and LangGraph replaces a message by another of the same id."""
    gateway.reply(Json(completion("a")), Json(completion("b")))
    first, second = chat().invoke("Hi"), chat().invoke("Hi")
    assert first.response_metadata["id"] == second.response_metadata["id"]
    assert first.id != second.id


@pytest.mark.parametrize("version", ["v0", "v1"])
def test_streamed_tool_calls_add_up(gateway: Gateway, chat: Chat, version: str) -> None:
    calls = [call("f", {"city": "Hà Nội"}, id="a"), call("g", {}, id="b")]
    gateway.reply(Sse(tool_chunks(*calls, text="I look.")))
    summed = total(list(chat(output_version=version).stream("Hi")))
    assert summed.tool_calls == [
        {"name": "f", "args": {"city": "Hà Nội"}, "id": "a", "type": "tool_call"},
        {"name": "g", "args": {}, "id": "b", "type": "tool_call"},
    ]
    assert [(block["type"], block.get("args")) for block in summed.content_blocks] == [
        ("text", None),
        ("tool_call", {"city": "Hà Nội"}),
        ("tool_call", {}),
    ]


def test_tool_call_in_the_chunk_that_finishes_is_whole(gateway: Gateway, chat: Chat) -> None:
    function = {"name": "f", "arguments": '{"a": 1}'}
    delta = {"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": function}]}
    gateway.reply(Sse([chunk({"role": "assistant", "content": "x"}), chunk(delta, "tool_calls")]))
    chunks = list(chat(output_version="v1").stream("Hi"))
    assert chunks[-1].tool_call_chunks == []
    assert total(chunks).tool_calls == [
        {"name": "f", "args": {"a": 1}, "id": "a", "type": "tool_call"}
    ]


def test_interleaved_reasoning_and_text_stay_two_blocks(gateway: Gateway, chat: Chat) -> None:
    deltas: list[dict[str, Any]] = [
        {"reasoning_content": "r1"},
        {"content": "t1"},
        {"reasoning_content": "r2", "content": "t2"},
        {"content": "t3"},
    ]
    gateway.reply(Sse([*(chunk(delta) for delta in deltas), chunk({}, "stop")]))
    summed = total(list(chat(output_version="v1").stream("Hi")))
    assert summed.content == [
        {"type": "reasoning", "reasoning": "r1r2", "index": "lc_reasoning"},
        {"type": "text", "text": "t1t2t3", "index": "lc_text"},
    ]


def test_first_token_arrives_before_the_rest_is_sent(gateway: Gateway, chat: Chat) -> None:
    gate = Gate()
    gateway.reply(Sse([chunk({"content": "a"}), gate, chunk({"content": "b"}), chunk({}, "stop")]))
    stream = chat().stream("Hi")
    assert next(stream).content == "a"
    gate.open()
    assert "".join(c.text for c in stream) == "b"


def test_closing_a_stream_closes_the_connection(gateway: Gateway, chat: Chat) -> None:
    gate = Gate()
    gateway.reply(Sse([chunk({"content": "a"}), gate]))
    stream = chat().stream("Hi")
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    gateway.wait_closed()
    gate.open()


def test_streaming_true_streams_in_invoke(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Sse(text_chunks("Hello world")))
    assert chat(streaming=True).invoke("Hi").content == "Hello world"
    assert gateway.last.json["stream"] is True


def test_streaming_false_does_not_stream(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion("Hello world")))
    assert [c.content for c in chat(streaming=False).stream("Hi")] == ["Hello world"]


def test_usage_is_asked_for_unless_switched_off(gateway: Gateway, chat: Chat) -> None:
    list(chat().stream("Hi"))
    list(chat(stream_usage=False).stream("Hi"))
    list(chat().stream("Hi", stream_usage=False))
    assert [body.get("stream_options") for body in gateway.bodies] == [
        {"include_usage": True},
        None,
        None,
    ]


def test_model_name_is_the_asked_one_where_the_gateway_names_none(
    gateway: Gateway, chat: Chat
) -> None:
    gateway.reply(Json({**completion("Hi"), "model": ""}), Sse(text_chunks("Hi", model="")))
    names = [
        chat().invoke("x").response_metadata["model_name"],
        total(list(chat().stream("x"))).response_metadata["model_name"],
    ]
    assert names == ["gpt-5", "gpt-5"]


def test_refusal_is_a_block_of_its_own(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion(None, refusal="I won't.")))
    gateway.reply(Sse([chunk({"refusal": "I "}), chunk({"refusal": "won't."}), chunk({}, "stop")]))
    whole, streamed = chat().invoke("x"), total(list(chat().stream("x")))
    assert whole.additional_kwargs == streamed.additional_kwargs == {"refusal": "I won't."}
    (block,) = whole.content_blocks
    assert streamed.content_blocks == [block]
    # A standard block since langchain-core 1.7.5.
    assert block.get("value", block) == {"type": "refusal", "refusal": "I won't."}
