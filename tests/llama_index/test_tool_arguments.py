"""Calls as they arrive: ids, arguments, and what is read of them on the way."""

from __future__ import annotations

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ToolCallBlock,
)
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.program.utils import process_streaming_objects
from pydantic import BaseModel

from llama_index_ramclouds import RamClouds
from llama_index_ramclouds._results import ArrivingCall
from ramclouds import ToolCallDelta
from tests.gateway import Gateway, Sse, tool_chunks
from tests.gateway import call as tool_call
from tests.harness import Twin
from tests.llama_index.toolbox import (
    TOOLS,
    TWO_CALLS,
)


def test_calls_grow_chunk_by_chunk(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    gateway.reply(Sse(tool_chunks(tool_call("weather", {"city": "Hue"}), text="Wait.", size=4)))

    chunks = twin.call(llm, "stream_chat_with_tools", TOOLS, user_msg="Weather?")
    selected = [
        llm.get_tool_calls_from_response(one, error_on_no_tool_call=False) for one in chunks
    ]

    assert selected[0] == []
    assert {len(one) for one in selected[1:]} == {1}
    cities = [one[0].tool_kwargs.get("city") for one in selected if one]
    assert list(dict.fromkeys(cities)) == [None, "Hu", "Hue"]
    assert selected[-1][0].tool_kwargs == {"city": "Hue"}
    assert {one[0].tool_id for one in selected if one} == {"call_1"}
    # Lists and dicts of one chunk are not another's.
    kwargs = [one.message.additional_kwargs["tool_calls"] for one in chunks[1:]]
    assert len({id(one) for one in kwargs}) == len(kwargs)
    assert kwargs[0][0]["function"]["arguments"] == ""


def test_long_arguments_are_whole_at_the_end(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    city = "x" * 9000
    gateway.reply(Sse(tool_chunks(tool_call("weather", {"city": city}), size=50)))

    last = (twin.call(llm, "stream_chat_with_tools", TOOLS, user_msg="Weather?"))[-1]

    assert llm.get_tool_calls_from_response(last)[0].tool_kwargs == {"city": city}


def test_arriving_arguments_are_parsed_only_as_they_grow() -> None:
    arriving = ArrivingCall("call_1", "weather")
    arriving.add(ToolCallDelta(0, arguments='{"city": "' + "x" * 5000))
    before = arriving.so_far()
    arriving.add(ToolCallDelta(0, arguments="yy"))

    assert arriving.so_far() == before
    assert arriving.so_far() is not before


def test_calls_are_read_from_either_form(llm: RamClouds) -> None:
    listed = ChatMessage(role="assistant", additional_kwargs={"tool_calls": [TWO_CALLS[0]]})
    block = ToolCallBlock(tool_call_id=None, tool_name="add", tool_kwargs='{"a": 2, "b": 3}')
    expected = {"tool_name": "add", "tool_kwargs": {"a": 2, "b": 3}}

    (from_list,) = llm.get_tool_calls_from_response(ChatResponse(message=listed))
    (from_block,) = llm.get_tool_calls_from_response(
        ChatResponse(message=ChatMessage(role="assistant", blocks=[block]))
    )

    assert from_list == ToolSelection(tool_id="call_a", **expected)
    assert from_block == ToolSelection(tool_id="", **expected)


def test_made_up_ids_are_stable_within_a_stream_and_differ_between_calls(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    events = tool_chunks(*({**one, "id": ""} for one in TWO_CALLS))
    gateway.reply(Sse(events))

    chunks = twin.call(
        llm, "stream_chat_with_tools", TOOLS, user_msg="Both", allow_parallel_tool_calls=True
    )

    selected = [
        llm.get_tool_calls_from_response(one, error_on_no_tool_call=False) for one in chunks
    ]
    ids = [one.tool_id for one in selected[-1]]
    assert len(set(ids)) == 2
    assert all(ids)
    assert {one[0].tool_id for one in selected if one} == {ids[0]}


def test_streams_feed_cores_streaming_objects(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    class City(BaseModel):
        city: str

    gateway.reply(Sse(tool_chunks(tool_call("weather", {"city": "Hue"}))))

    chunks = twin.call(llm, "stream_chat_with_tools", TOOLS, user_msg="Weather?")

    assert process_streaming_objects(chunks[-1], City, llm=llm) == City(city="Hue")
