"""LlamaIndex's agents through the prompt: every request of theirs holds documented fields only."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.agent.workflow import (
    AgentOutput,
    AgentWorkflow,
    FunctionAgent,
    ReActAgent,
    ToolCallResult,
)
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from llama_index_ramclouds import MissingToolCallError, RamClouds
from tests.gateway import Gateway
from tests.llama_index.running import AGENT_MARKS, MODELS, deltas, run, says
from tests.llama_index.toolbox import add, weather

pytestmark = AGENT_MARKS

BOTH = 'Please: add(2, 3) and weather("Huế")'


def _called(events: list[Any]) -> list[str]:
    return [event.tool_name for event in events if isinstance(event, ToolCallResult)]


async def test_function_agent_calls_two_tools_and_remembers(
    gateway: Gateway, prompted_mode: RamClouds, streaming: bool
) -> None:
    for model in MODELS[streaming::2]:
        prompted_mode.model = model
        await two_tools_and_a_name(gateway, prompted_mode, streaming=streaming)


async def two_tools_and_a_name(
    gateway: Gateway, prompted_mode: RamClouds, *, streaming: bool
) -> None:
    agent = FunctionAgent(
        tools=[add, weather], llm=prompted_mode, streaming=streaming, system_prompt="Be brief."
    )
    memory = ChatMemoryBuffer.from_defaults(token_limit=40_000)

    result, events = await run(agent, prompted_mode, BOTH, memory=memory)
    await run(agent, prompted_mode, "my name is Lan", memory=memory)
    named, _ = await run(agent, prompted_mode, "What is my name?", memory=memory)

    assert str(result) == "The result is: 5; Rain in Huế."
    assert sorted(_called(events)) == ["add", "weather"]
    if streaming:
        assert deltas(events) == str(result)
    assert str(named) == "Your name is Lan."
    roles = [message["role"] for message in gateway.last.json["messages"]]
    assert roles == ["system", *["user", "assistant"] * 3, "user"]
    assert gateway.last.json["messages"][0]["content"].startswith("Be brief.\n\n")


async def test_return_direct_ends_the_turn_and_the_next_one_is_accepted(
    prompted_mode: RamClouds, streaming: bool
) -> None:
    direct = FunctionTool.from_defaults(add, return_direct=True)
    agent = FunctionAgent(tools=[direct, weather], llm=prompted_mode, streaming=streaming)
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)

    result, _ = await run(agent, prompted_mode, BOTH, memory=memory)
    after, _ = await run(agent, prompted_mode, "Say exactly: fine", memory=memory)

    assert (str(result), str(after)) == ("5", "fine")


async def test_calls_one_at_a_time(prompted_mode: RamClouds, streaming: bool) -> None:
    agent = FunctionAgent(
        tools=[add, weather],
        llm=prompted_mode,
        streaming=streaming,
        allow_parallel_tool_calls=False,
    )

    _, events = await run(agent, prompted_mode, BOTH)

    outputs = [event for event in events if isinstance(event, AgentOutput)][:-1]
    assert [len(output.tool_calls) for output in outputs] == [1, 1]


async def test_initial_tool_choice_is_obeyed(prompted_mode: RamClouds, streaming: bool) -> None:
    agent = FunctionAgent(
        tools=[add, weather], llm=prompted_mode, streaming=streaming, initial_tool_choice="weather"
    )

    result, events = await run(agent, prompted_mode, "Hello in Huế")

    assert _called(events) == ["weather"]
    assert str(result).startswith("The result is: Rain in")


async def test_a_forced_call_that_never_comes_fails_therun(
    gateway: Gateway, prompted_mode: RamClouds, streaming: bool
) -> None:
    gateway.handler = says("I would rather talk.")
    agent = FunctionAgent(
        tools=[add], llm=prompted_mode, streaming=streaming, initial_tool_choice="add"
    )

    with pytest.raises(MissingToolCallError, match="through the prompt"):
        await run(agent, prompted_mode, "Hello")


async def test_the_model_reads_that_a_tool_does_not_exist(
    gateway: Gateway, prompted_mode: RamClouds, streaming: bool
) -> None:
    gateway.handler = says(
        '<tool_call>\n{"name": "divide", "arguments": {"a": 2}}\n</tool_call>', "I cannot divide."
    )
    agent = FunctionAgent(tools=[add], llm=prompted_mode, streaming=streaming)

    result, events = await run(agent, prompted_mode, "Divide 2")

    assert str(result) == "I cannot divide."
    assert _called(events) == ["divide"]
    assert "divide" in gateway.last.json["messages"][-1]["content"]


async def test_an_agent_with_an_output_class(prompted_mode: RamClouds, streaming: bool) -> None:
    class Sum(BaseModel):
        total: int

    agent = FunctionAgent(tools=[add], llm=prompted_mode, streaming=streaming, output_cls=Sum)

    result, _ = await run(agent, prompted_mode, "Please add(2, 3)")

    assert isinstance(result.get_pydantic_model(Sum), Sum)


async def test_react_agent(gateway: Gateway, prompted_mode: RamClouds, streaming: bool) -> None:
    gateway.handler = says(
        'Thought: I add.\nAction: add\nAction Input: {"a": 2, "b": 3}',
        "Thought: I know.\nAnswer: It is 5.",
    )
    agent = ReActAgent(tools=[add], llm=prompted_mode, streaming=streaming)

    result, events = await run(agent, prompted_mode, "Add 2 and 3")

    assert str(result) == "It is 5."
    assert _called(events) == ["add"]


async def test_workflow_of_two_agents_hands_off(prompted_mode: RamClouds, streaming: bool) -> None:
    clerk = FunctionAgent(
        name="clerk",
        description="Takes questions.",
        llm=prompted_mode,
        can_handoff_to=["counter"],
        streaming=streaming,
    )
    counter = FunctionAgent(
        name="counter",
        description="Adds numbers.",
        tools=[add],
        llm=prompted_mode,
        streaming=streaming,
    )
    workflow = AgentWorkflow(agents=[clerk, counter], root_agent="clerk")

    _, events = await run(
        workflow, prompted_mode, 'handoff({"to_agent": "counter", "reason": "add"}) then add(2, 3)'
    )

    results = [event for event in events if isinstance(event, ToolCallResult)]
    assert [result.tool_name for result in results] == ["handoff", "add"]
    assert results[-1].tool_output.content == "5"
