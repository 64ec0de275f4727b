"""Agents and graphs run unchanged through the prompt."""

from __future__ import annotations

from typing import Any

from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage

from tests.gateway import Gateway
from tests.harness import each_row
from tests.langchain.conftest import Chat
from tests.langchain.tools import BOTH, Report, add, converse, get_weather

_MODELS = ["gpt-5", "glm-4.6", "claude-opus-4-5", "kimi-k2-thinking", "deepseek-v3.2"]


def _results(messages: list[Any]) -> list[Any]:
    return [message.content for message in messages if isinstance(message, ToolMessage)]


@each_row("model", _MODELS)
def test_agent_calls_two_tools_and_answers(gateway: Gateway, asking: Chat, model: str) -> None:
    agent = create_agent(asking(model=model), tools=[get_weather, add], system_prompt="Be brief.")
    messages = agent.invoke({"messages": [BOTH]})["messages"]
    assert _results(messages) == ["Sunny in Huế", "5"]
    assert messages[-1].text == "The result is: Sunny in Huế; 5"
    assert len(gateway.bodies) == 2
    assert gateway.bodies[0]["messages"][0]["content"].startswith("Be brief.\n\n")


async def test_async_agent_calls_two_tools_and_answers(asking: Chat) -> None:
    agent = create_agent(asking(), tools=[get_weather, add])
    messages = (await agent.ainvoke({"messages": [BOTH]}))["messages"]
    assert _results(messages) == ["Sunny in Huế", "5"]


def test_agent_streams_its_tokens(asking: Chat) -> None:
    agent = create_agent(asking(), tools=[get_weather, add])
    parts = list(agent.stream({"messages": [BOTH]}, stream_mode="messages"))
    assert _texts(parts)[-7:] == ["The", " result", " is:", " Sunny", " in", " Huế;", " 5"]
    assert "tool_call" not in "".join(_texts(parts))


async def test_async_agent_streams_its_tokens(asking: Chat) -> None:
    agent = create_agent(asking(), tools=[get_weather, add])
    stream = agent.astream({"messages": [BOTH]}, stream_mode="messages")
    assert "".join(_texts([part async for part in stream])) == "The result is: Sunny in Huế; 5"


def _texts(parts: list[Any]) -> list[str]:
    return [str(part.text) for part, _ in parts if isinstance(part, AIMessageChunk) and part.text]


def test_graph_with_a_checkpointer_remembers(asking: Chat) -> None:
    weather, name = converse(asking())
    assert weather["messages"][-1].text == "The result is: Sunny in Huế"
    assert name["messages"][-1].text == "Your name is Lan."


@each_row("strategy", [Report, ToolStrategy(Report), ProviderStrategy(Report)])
@each_row("tools", [[], [get_weather]])
@each_row("streaming", [True, False])
def test_agent_answers_in_a_response_format(
    asking: Chat, strategy: Any, tools: list[Any], streaming: bool
) -> None:
    agent = create_agent(asking(streaming=streaming), tools=tools, response_format=strategy)
    result = agent.invoke({"messages": [HumanMessage('Report on "Huế". get_weather("Huế")')]})
    assert result["structured_response"] == Report(city="Huế", sunny=True)
    assert _results(result["messages"])[: len(tools)] == ["Sunny in Huế"] * len(tools)
