"""Agents, graphs and structured output in words: on three roles and string content alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from pydantic import BaseModel

from langchain_ramclouds import MissingToolCallError, StructuredOutputError
from ramclouds import ConfigurationError
from tests.gateway import Gateway, Json, Sse, completion, text_chunks
from tests.langchain_ramclouds.conftest import Chat

_DOCUMENTED = {
    "model",
    "messages",
    "stream",
    "temperature",
    "max_tokens",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "stop",
}


def is_documented(body: dict[str, Any]) -> bool:
    return body.keys() <= _DOCUMENTED and all(
        message.keys() == {"role", "content"}
        and message["role"] in {"system", "user", "assistant"}
        and isinstance(message["content"], str)
        for message in body["messages"]
    )


@pytest.fixture(autouse=True)
def _documented_requests_only(gateway: Gateway) -> Iterator[None]:
    """The channel drops the other fields, and no test here sends one."""
    gateway.model.dropped = frozenset({"tools", "tool_choice", "response_format"})
    yield
    assert [body for body in gateway.bodies if not is_documented(body)] == []


@pytest.fixture
def asking(chat: Chat) -> Chat:
    def build(**settings: Any) -> Any:
        return chat(**{"tool_calling": "prompted", **settings})

    return build


@tool
def get_weather(city: str) -> str:
    """Weather of a city."""
    return f"Sunny in {city}"


@tool
def add(a: int, b: int) -> int:
    """Sum of two numbers."""
    return a + b


class Report(BaseModel):
    """A weather report."""

    city: str
    sunny: bool


_BOTH = HumanMessage('Do get_weather({"city": "Huế"}) and add({"a": 2, "b": 3}).')
_MODELS = ["gpt-5", "glm-4.6", "claude-opus-4-5", "kimi-k2-thinking", "deepseek-v3.2"]


def _results(messages: list[Any]) -> list[Any]:
    return [message.content for message in messages if isinstance(message, ToolMessage)]


# --- agents and graphs ---


@pytest.mark.parametrize("model", _MODELS)
def test_agent_calls_two_tools_and_answers(gateway: Gateway, asking: Chat, model: str) -> None:
    agent = create_agent(asking(model=model), tools=[get_weather, add], system_prompt="Be brief.")
    messages = agent.invoke({"messages": [_BOTH]})["messages"]
    assert _results(messages) == ["Sunny in Huế", "5"]
    assert messages[-1].text == "The result is: Sunny in Huế; 5"
    assert len(gateway.bodies) == 2
    assert gateway.bodies[0]["messages"][0]["content"].startswith("Be brief.\n\n")


async def test_async_agent_calls_two_tools_and_answers(asking: Chat) -> None:
    agent = create_agent(asking(), tools=[get_weather, add])
    messages = (await agent.ainvoke({"messages": [_BOTH]}))["messages"]
    assert _results(messages) == ["Sunny in Huế", "5"]


def test_agent_streams_its_tokens(asking: Chat) -> None:
    agent = create_agent(asking(), tools=[get_weather, add])
    parts = list(agent.stream({"messages": [_BOTH]}, stream_mode="messages"))
    assert _texts(parts)[-7:] == ["The", " result", " is:", " Sunny", " in", " Huế;", " 5"]
    assert "tool_call" not in "".join(_texts(parts))


async def test_async_agent_streams_its_tokens(asking: Chat) -> None:
    agent = create_agent(asking(), tools=[get_weather, add])
    stream = agent.astream({"messages": [_BOTH]}, stream_mode="messages")
    assert "".join(_texts([part async for part in stream])) == "The result is: Sunny in Huế; 5"


def _texts(parts: list[Any]) -> list[str]:
    return [str(part.text) for part, _ in parts if isinstance(part, AIMessageChunk) and part.text]


def test_graph_with_a_checkpointer_remembers(asking: Chat) -> None:
    model = asking().bind_tools([get_weather])

    def answer(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("answer", answer)
    graph.add_node("tools", ToolNode([get_weather]))
    graph.add_edge(START, "answer")
    graph.add_conditional_edges("answer", tools_condition)
    graph.add_edge("tools", "answer")
    app = graph.compile(checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "1"}}
    app.invoke({"messages": [HumanMessage("Hi, my name is Lan.")]}, thread)
    weather = app.invoke({"messages": [HumanMessage('get_weather("Huế")')]}, thread)
    name = app.invoke({"messages": [HumanMessage("What is my name?")]}, thread)
    assert weather["messages"][-1].text == "The result is: Sunny in Huế"
    assert name["messages"][-1].text == "Your name is Lan."


@pytest.mark.parametrize("strategy", [Report, ToolStrategy(Report), ProviderStrategy(Report)])
@pytest.mark.parametrize("tools", [[], [get_weather]])
@pytest.mark.parametrize("streaming", [True, False])
def test_agent_answers_in_a_response_format(
    asking: Chat, strategy: Any, tools: list[Any], streaming: bool
) -> None:
    agent = create_agent(asking(streaming=streaming), tools=tools, response_format=strategy)
    result = agent.invoke({"messages": [HumanMessage('Report on "Huế". get_weather("Huế")')]})
    assert result["structured_response"] == Report(city="Huế", sunny=True)
    assert _results(result["messages"])[: len(tools)] == ["Sunny in Huế"] * len(tools)


# --- calls ---


def test_stream_adds_up_to_what_invoke_returns(asking: Chat) -> None:
    model = asking().bind_tools([get_weather, add])
    whole, parts = model.invoke([_BOTH]), list(model.stream([_BOTH]))
    streamed = parts[0]
    for part in parts[1:]:
        streamed += part
    assert isinstance(streamed, AIMessageChunk)
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


@pytest.mark.parametrize(
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
    assert [call["name"] for call in model.invoke([_BOTH]).tool_calls] == ["get_weather"]


def test_history_of_calls_is_told_in_words(gateway: Gateway, asking: Chat) -> None:
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
    model = asking().bind_tools([add])
    whole, parts = model.invoke("2 + 3"), list(model.stream("2 + 3"))
    streamed = parts[0]
    for part in parts[1:]:
        streamed += part
    for message in (whole, streamed):
        (invalid,) = message.invalid_tool_calls
        assert (invalid["name"], invalid["args"]) == ("add", '{"a": 2, "b" 3}')


def test_image_cannot_be_told_in_words(asking: Chat) -> None:
    image = {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}
    with pytest.raises(ConfigurationError, match="tool_calling"):
        asking().invoke([HumanMessage([image])])


# --- structured output ---


@pytest.mark.parametrize("method", ["function_calling", "json_schema", "json_mode"])
@pytest.mark.parametrize("model", ["gpt-5", "claude-opus-4-5"])
async def test_every_method_gives_the_object(asking: Chat, method: Any, model: str) -> None:
    structured = asking(model=model).with_structured_output(_SCHEMA, method=method)
    question = "Report on Huế, as JSON with the keys 'city' and 'sunny'."
    answers = [
        structured.invoke(question),
        await structured.ainvoke(question),
        list(structured.stream(question))[-1],
        [part async for part in structured.astream(question)][-1],
    ]
    assert [answer.keys() for answer in answers] == [{"city", "sunny"}] * 4


_SCHEMA = {**Report.model_json_schema(), "title": "Report"}


# --- answers that do not follow ---


async def test_forced_call_that_never_came_names_the_way(gateway: Gateway, asking: Chat) -> None:
    gateway.handler = lambda request: _prose(request.json)
    model = asking().bind_tools([add], tool_choice="any")
    with pytest.raises(MissingToolCallError, match=r"in words \(tool_calling='prompted'\)"):
        model.invoke("2 + 3")
    with pytest.raises(MissingToolCallError, match="use another model"):
        [part async for part in model.astream("2 + 3")]
    assert len(gateway.bodies) == 2


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_prose_names_the_way(gateway: Gateway, asking: Chat, method: Any) -> None:
    gateway.handler = lambda request: _prose(request.json)
    structured = asking().with_structured_output(Report, method=method)
    with pytest.raises(StructuredOutputError, match=r"in words \(tool_calling='prompted'\)"):
        structured.invoke("Report")
    with pytest.raises(StructuredOutputError, match="use another model"):
        list(structured.stream("Report"))


def _prose(body: dict[str, Any]) -> Any:
    text = "I would rather talk."
    return Sse(text_chunks(text)) if body.get("stream") else Json(completion(text))
