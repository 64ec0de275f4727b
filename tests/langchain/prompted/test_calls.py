"""Calls through the prompt: streamed, chosen, parallel, in histories, broken."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from ramclouds import ConfigurationError
from tests.gateway import Gateway, Json, Sse, completion, text_chunks
from tests.harness import each_row
from tests.langchain.conftest import Chat
from tests.langchain.recording import total
from tests.langchain.tools import BOTH, add, get_weather


def test_stream_adds_up_to_what_invoke_returns(asking: Chat) -> None:
    model = asking().bind_tools([get_weather, add])
    whole, parts = model.invoke([BOTH]), list(model.stream([BOTH]))
    streamed = total(parts)
    assert [(call["name"], call["args"]) for call in whole.tool_calls] == [
        ("get_weather", {"city": "Huế"}),
        ("add", {"a": 2, "b": 3}),
    ]
    assert [(c["name"], c["args"]) for c in streamed.tool_calls] == [
        (c["name"], c["args"]) for c in whole.tool_calls
    ]
    assert whole.content == streamed.content == ""
    assert streamed.usage_metadata is not None
    for message in (whole, streamed):
        assert message.response_metadata["finish_reason"] == "tool_calls"
        assert message.response_metadata["tool_calling"] == "prompted"


@each_row(
    ("choice", "called"),
    [
        ("any", ["get_weather"]),
        ("add", ["add"]),
        ("none", []),
        ("auto", []),
        ({"type": "tool", "name": "add"}, ["add"]),
    ],
)
async def test_tool_choice_is_obeyed(asking: Chat, choice: Any, called: list[str]) -> None:
    model = asking().bind_tools([get_weather, add], tool_choice=choice)
    answers = [model.invoke("Say exactly: 1 2"), await model.ainvoke("Say exactly: 1 2")]
    assert [[call["name"] for call in answer.tool_calls] for answer in answers] == [called] * 2


def test_one_call_at_a_time_is_asked_for(asking: Chat) -> None:
    model = asking().bind_tools([get_weather, add], parallel_tool_calls=False)
    assert [call["name"] for call in model.invoke([BOTH]).tool_calls] == ["get_weather"]


def test_history_of_calls_goes_through_the_prompt(gateway: Gateway, asking: Chat) -> None:
    history = [
        SystemMessage("Be brief."),
        HumanMessage("Weather?"),
        AIMessage(
            [{"type": "text", "text": "Let me look."}],
            tool_calls=[{"name": "get_weather", "args": {"city": "Huế"}, "id": "a"}],
            additional_kwargs={"reasoning_content": "Hm"},
        ),
        ToolMessage("Sunny", tool_call_id="a"),
        AIMessage("Sunny."),
        HumanMessage([{"type": "text", "text": "Say exactly: thanks"}], name="Lan"),
    ]
    asking().invoke(history)
    assert gateway.last.json["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": 'Let me look.\n<tool_call>\n{"name": "get_weather", "arguments": '
            '{"city": "Huế"}}\n</tool_call>',
        },
        {
            "role": "user",
            "content": '<tool_response name="get_weather">\nSunny\n</tool_response>',
        },
        {"role": "assistant", "content": "Sunny."},
        {"role": "user", "content": "Say exactly: thanks"},
    ]


def test_call_with_broken_arguments_is_an_invalid_call(gateway: Gateway, asking: Chat) -> None:
    text = '<tool_call>\n{"name": "add", "arguments": {"a": 2, "b" 3}}\n</tool_call>'
    gateway.reply(Json(completion(text)), Sse(text_chunks(text)))
    model = asking(on_invalid_tool_calls="return").bind_tools([add])
    whole, parts = model.invoke("2 + 3"), list(model.stream("2 + 3"))
    streamed = total(parts)
    assert [call["args"] for call in whole.invalid_tool_calls] == ['{"a": 2, "b" 3}']
    for message in (whole, streamed):
        assert [call["name"] for call in message.invalid_tool_calls] == ["add"]
        assert message.tool_calls == []


def test_image_cannot_go_through_the_prompt(asking: Chat) -> None:
    image = {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}
    with pytest.raises(ConfigurationError, match="tool_calling"):
        asking().invoke([HumanMessage([image])])


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
async def test_stream_events_tell_the_call_as_it_comes(asking: Chat) -> None:
    model = asking().bind_tools([add])
    stream = model.stream_events("add(2, 3)", version="v3")
    fragments = [fragment["args"] for fragment in stream.tool_calls]
    assert "".join(fragments) == '{"a": 2, "b": 3}'
    assert list(stream.text) == []
    named = [event["event"] async for event in model.astream_events("Hi", version="v2")]
    assert named[-1] == "on_chat_model_end"
