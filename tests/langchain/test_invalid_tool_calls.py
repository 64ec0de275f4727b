"""Calls that no tool may run, in LangChain: whole, in the sum of a stream's chunks, in agents."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, message_chunk_to_message
from langchain_core.utils.json import parse_partial_json

from langchain_ramclouds import ChatRamClouds, InvalidToolCallError, StructuredOutputError
from langchain_ramclouds._chunks import ChunkConverter
from ramclouds import Chunk, InvalidToolCall, ToolCallDelta
from ramclouds.bridge.expectation import Expectation
from ramclouds.bridge.json_text import unparsable_end
from tests.gateway import Gateway, Json, Sse, call, completion, tool_chunks
from tests.harness import each_row
from tests.langchain.conftest import Chat

CUT = '{"path": "/home/data/ol'
ADD = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('a"\\\n{}[]:, é', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"{\\', max_size=3), inner)
    ),
    max_leaves=8,
)


@given(JSON, st.integers(0, 60))
def test_no_partial_parser_takes_arguments_with_their_end(value: Any, length: int) -> None:
    cut = json.dumps(value)[:length]
    assert not isinstance(_parsed(cut + unparsable_end(cut)), dict)


@given(st.text('{}[]":,\\a1 \n', max_size=40))
def test_no_partial_parser_takes_any_text_with_its_end(text: str) -> None:
    assert not isinstance(_parsed(text + unparsable_end(text)), dict)


def _parsed(text: str) -> Any:
    try:
        return parse_partial_json(text)
    except ValueError:
        return None


def summed(*chunks: Chunk) -> list[AIMessageChunk]:
    """The sums of a stream's chunks, from the first to the last."""
    converter = ChunkConverter(Expectation(model="gpt-5"))
    parts = [part.message for chunk in chunks for part in converter.convert(chunk)]
    sums: list[Any] = [parts[0]]
    for part in parts[1:]:
        sums.append(sums[-1] + part)
    return sums


def invalid(arguments: str, index: int | None = 0, id: str = "c1") -> InvalidToolCall:
    return InvalidToolCall(id, "remove", arguments, "The arguments are cut off.", index)


@each_row("cut", [CUT, "", "{", '{"a": 1}', '{"a": "x\\', '{"a": [1, {"b": "', "[1"])
def test_sum_of_a_stream_holds_an_invalid_call_and_its_exact_text(cut: str) -> None:
    *_, before_last, last = summed(
        Chunk(tool_calls=(ToolCallDelta(0, "c1", "remove", cut[:4]),)),
        Chunk(tool_calls=(ToolCallDelta(0, arguments=cut[4:]),)),
        Chunk(finish_reason="length", invalid_tool_calls=(invalid(cut),)),
    )
    for message in (before_last, last, message_chunk_to_message(last)):
        assert isinstance(message, AIMessage)
        assert message.tool_calls == []
        assert [one["id"] for one in message.invalid_tool_calls] == ["c1"]
    (kept,) = last.additional_kwargs["invalid_tool_calls"]
    assert (kept["args"], kept["error"]) == (cut, "The arguments are cut off.")


def test_invalid_call_leaves_the_valid_one_beside_it() -> None:
    last = summed(
        Chunk(tool_calls=(ToolCallDelta(0, "c0", "add", '{"a": 1}'),)),
        Chunk(tool_calls=(ToolCallDelta(1, "c1", "remove", CUT),)),
        Chunk(finish_reason="length", invalid_tool_calls=(invalid(CUT, 1),)),
    )[-1]
    assert [(one["name"], one["args"]) for one in last.tool_calls] == [("add", {"a": 1})]
    assert [one["name"] for one in last.invalid_tool_calls] == ["remove"]


def test_invalid_calls_without_fragments_are_in_the_sum() -> None:
    last = summed(
        Chunk(tool_calls=(ToolCallDelta(0, "c0", "add", '{"a": 1}'),)),
        Chunk(
            finish_reason="stop",
            invalid_tool_calls=(invalid(CUT, None), invalid("{}", None, "c2")),
        ),
    )[-1]
    assert [one["id"] for one in last.tool_calls] == ["c0"]
    assert [one["id"] for one in last.invalid_tool_calls] == ["c1", "c2"]


def test_blocks_of_a_message_hold_its_invalid_calls() -> None:
    last = summed(
        Chunk(tool_calls=(ToolCallDelta(0, "c1", "remove", CUT),)),
        Chunk(finish_reason="length", invalid_tool_calls=(invalid(CUT),)),
    )[-1]
    assert [block["type"] for block in last.content_blocks] == ["invalid_tool_call"]


# --- over the wire ---

MADE = call("add", CUT)


@pytest.fixture
def cutting(gateway: Gateway) -> Gateway:
    """A gateway whose model is cut off in the arguments of its call."""
    gateway.handler = lambda request: (
        Sse(tool_chunks(MADE, finish_reason="length"))
        if request.json.get("stream")
        else Json(completion("I add.", tool_calls=[MADE], finish_reason="length"))
    )
    return gateway


def test_whole_message_holds_the_exact_text_and_the_reason(cutting: Gateway, chat: Chat) -> None:
    message = chat(on_invalid_tool_calls="return").invoke("Add", tools=[ADD])
    assert message.tool_calls == []
    (one,) = message.invalid_tool_calls
    assert (one["name"], one["args"]) == ("add", CUT)
    assert "raise max_tokens" in str(one["error"])


def test_error_names_calls_text_and_what_to_do(cutting: Gateway, chat: Chat) -> None:
    with pytest.raises(InvalidToolCallError) as caught:
        chat().invoke("Add", tools=[ADD])
    assert CUT in str(caught.value)
    assert "I add." in str(caught.value)
    assert "raise max_tokens" in str(caught.value)
    assert [one.arguments for one in caught.value.invalid_tool_calls] == [CUT]


def test_call_may_say_otherwise_than_the_model(cutting: Gateway, chat: Chat) -> None:
    assert chat().invoke("Add", on_invalid_tool_calls="return").invalid_tool_calls
    bound = chat(on_invalid_tool_calls="return").bind(on_invalid_tool_calls="raise")
    with pytest.raises(InvalidToolCallError):
        list(bound.stream("Add"))


async def test_streamed_message_is_returned_as_invalid(cutting: Gateway, chat: Chat) -> None:
    model = chat(on_invalid_tool_calls="return")
    sync = functools.reduce(lambda a, b: a + b, model.stream("Add"))
    later = functools.reduce(lambda a, b: a + b, [part async for part in model.astream("Add")])
    for message in (sync, later):
        assert message.tool_calls == []
        assert [one["name"] for one in message.invalid_tool_calls] == ["add"]


def _structured(model: ChatRamClouds, **settings: Any) -> Any:
    schema = {"title": "add", "type": "object", "properties": {"path": {"type": "string"}}}
    return model.with_structured_output(schema, **settings)


def test_structured_output_is_no_object_of_a_cut_text(cutting: Gateway, chat: Chat) -> None:
    with pytest.raises(StructuredOutputError, match="Raise max_tokens"):
        _structured(chat()).invoke("Add")
    with pytest.raises(StructuredOutputError, match="Raise max_tokens"):
        list(_structured(chat()).stream("Add"))


def test_raw_output_holds_the_message_and_the_error(cutting: Gateway, chat: Chat) -> None:
    output = _structured(chat(), include_raw=True).invoke("Add")
    assert output["parsed"] is None
    assert isinstance(output["parsing_error"], StructuredOutputError)
    assert output["raw"].invalid_tool_calls
