"""LlamaIndex's agents run on it, streaming and not, with tools, memory and several agents."""

from __future__ import annotations

import asyncio
import json

import pytest
from llama_index.core.agent.workflow import (
    AgentOutput,
    AgentStream,
    AgentWorkflow,
    CodeActAgent,
    FunctionAgent,
    ReActAgent,
    ToolCallResult,
)
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock, ThinkingBlock
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import Context
from pydantic import BaseModel

from llama_index_ramclouds import MissingToolCallError, RamClouds
from tests.gateway import Gateway
from tests.llama_index.conversing import PNG
from tests.llama_index.running import AGENT_MARKS, deltas, run, says
from tests.llama_index.toolbox import add, weather

pytestmark = AGENT_MARKS


async def test_function_agent_calls_two_tools_and_remembers(
    gateway: Gateway, llm: RamClouds, streaming: bool
) -> None:
    agent = FunctionAgent(tools=[add, weather], llm=llm, streaming=streaming)
    memory = ChatMemoryBuffer.from_defaults(token_limit=40_000)

    result, events = await run(agent, llm, 'Please: add(2, 3) and weather("Hue")', memory=memory)
    again, _ = await run(agent, llm, "my name is Lan", memory=memory)
    named, _ = await run(agent, llm, "What is my name?", memory=memory)

    assert str(result) == "The result is: 5; Rain in Hue."
    called = [event.tool_name for event in events if isinstance(event, ToolCallResult)]
    assert sorted(called) == ["add", "weather"]
    if streaming:
        assert deltas(events) == str(result)
    assert str(named) == "Your name is Lan."
    roles = [message["role"] for message in gateway.last.json["messages"]]
    assert roles == [
        "user",
        "assistant",
        "tool",
        "tool",
        "assistant",
        *["user", "assistant"],
        "user",
    ]
    assert again.raw["usage"]["prompt_tokens"] > 0


async def test_function_agent_on_a_model_that_wants_its_reasoning_back(
    gateway: Gateway, streaming: bool
) -> None:
    llm = RamClouds(model="kimi-k2-thinking", api_key="test-key", base_url=gateway.base_url)
    agent = FunctionAgent(tools=[add], llm=llm, streaming=streaming)

    result, events = await run(agent, llm, "Please add(2, 3)")

    assert str(result) == "The result is: 5"
    if streaming:
        thoughts = [event.thinking_delta for event in events if isinstance(event, AgentStream)]
        assert "".join(thought or "" for thought in thoughts).startswith("Thinking about")


async def test_return_direct_ends_the_turn_and_the_next_one_is_accepted(
    gateway: Gateway, llm: RamClouds, streaming: bool
) -> None:
    direct = FunctionTool.from_defaults(add, return_direct=True)
    agent = FunctionAgent(tools=[direct, weather], llm=llm, streaming=streaming)
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)

    result, _ = await run(agent, llm, 'Please: add(2, 3) and weather("Hue")', memory=memory)
    after, _ = await run(agent, llm, "Say exactly: fine", memory=memory)

    assert str(result) == "5"
    assert str(after) == "fine"
    assert all(
        message.keys() <= {"role", "content", "tool_calls", "tool_call_id"}
        for message in gateway.last.json["messages"]
    )


async def test_initial_tool_choice_is_forced_on_the_first_turn_alone(
    gateway: Gateway, llm: RamClouds, streaming: bool
) -> None:
    agent = FunctionAgent(
        tools=[add, weather], llm=llm, streaming=streaming, initial_tool_choice="weather"
    )

    result, _ = await run(agent, llm, "Hello in Hue")

    assert str(result).startswith("The result is: Rain in")
    choices = [body.get("tool_choice") for body in gateway.bodies]  # type: ignore[attr-defined]
    assert choices == [{"type": "function", "function": {"name": "weather"}}, None]


async def test_a_forced_call_that_never_comes_fails_therun(
    gateway: Gateway, llm: RamClouds, streaming: bool
) -> None:
    gateway.handler = says("I would rather talk.")
    agent = FunctionAgent(tools=[add], llm=llm, streaming=streaming, initial_tool_choice="add")

    with pytest.raises(MissingToolCallError, match="I would rather talk"):
        await run(agent, llm, "Hello")


async def test_calls_one_at_a_time(gateway: Gateway, llm: RamClouds, streaming: bool) -> None:
    agent = FunctionAgent(
        tools=[add, weather], llm=llm, streaming=streaming, allow_parallel_tool_calls=False
    )

    _, events = await run(agent, llm, 'Please: add(2, 3) and weather("Hue")')

    # The last output repeats the calls of the whole run.
    outputs = [event for event in events if isinstance(event, AgentOutput)][:-1]
    assert [len(output.tool_calls) for output in outputs] == [1, 1]


async def test_a_tool_that_returns_an_image(
    gateway: Gateway, llm: RamClouds, streaming: bool
) -> None:
    def draw(subject: str) -> list[TextBlock | ImageBlock]:
        """Draw a picture of a subject."""
        return [TextBlock(text="Done."), ImageBlock(image=PNG)]

    agent = FunctionAgent(tools=[draw], llm=llm, streaming=streaming)
    await run(agent, llm, 'Please draw("a river")')

    tool, picture = gateway.last.json["messages"][-2:]
    assert tool["content"] == "Done.\n(The tool's media follow in the next message.)"
    assert [part["type"] for part in picture["content"]] == ["text", "image_url"]


async def test_an_agent_with_an_output_class(
    gateway: Gateway, llm: RamClouds, streaming: bool
) -> None:
    class Sum(BaseModel):
        total: int

    agent = FunctionAgent(tools=[add], llm=llm, streaming=streaming, output_cls=Sum)

    result, _ = await run(agent, llm, "Please add(2, 3)")

    assert isinstance(result.get_pydantic_model(Sum), Sum)
    assert isinstance(gateway.last.json["messages"][-1]["content"], str)


async def test_react_agent(gateway: Gateway, llm: RamClouds, streaming: bool) -> None:
    gateway.handler = says(
        'Thought: I add.\nAction: add\nAction Input: {"a": 2, "b": 3}',
        "Thought: I know.\nAnswer: It is 5.",
    )
    agent = ReActAgent(tools=[add], llm=llm, streaming=streaming)

    result, events = await run(agent, llm, "Add 2 and 3")

    assert str(result) == "It is 5."
    assert [event.tool_name for event in events if isinstance(event, ToolCallResult)] == ["add"]
    assert "tools" not in gateway.last.json


async def test_code_act_agent(gateway: Gateway, llm: RamClouds, streaming: bool) -> None:
    gateway.handler = says("<execute>\nprint(add(2, 3))\n</execute>", "It is 5.")
    ran: list[str] = []

    async def execute(code: str) -> str:
        ran.append(code.strip())
        return "5"

    agent = CodeActAgent(code_execute_fn=execute, tools=[add], llm=llm, streaming=streaming)

    result, _ = await run(agent, llm, "Add 2 and 3")

    assert str(result) == "It is 5."
    assert ran == ["print(add(2, 3))"]


async def test_workflow_of_two_agents_hands_off(
    gateway: Gateway, llm: RamClouds, streaming: bool
) -> None:
    clerk = FunctionAgent(
        name="clerk",
        description="Takes questions.",
        llm=llm,
        can_handoff_to=["counter"],
        streaming=streaming,
    )
    counter = FunctionAgent(
        name="counter", description="Adds numbers.", tools=[add], llm=llm, streaming=streaming
    )
    workflow = AgentWorkflow(agents=[clerk, counter], root_agent="clerk")

    _, events = await run(
        workflow, llm, 'handoff({"to_agent": "counter", "reason": "add"}) then add(2, 3)'
    )

    results = [event for event in events if isinstance(event, ToolCallResult)]
    assert [result.tool_name for result in results] == ["handoff", "add"]
    assert results[-1].tool_output.content == "5"
    names = {event.current_agent_name for event in events if isinstance(event, AgentOutput)}
    assert names == {"clerk", "counter"}


async def test_workflow_chooses_the_function_agent(llm: RamClouds, streaming: bool) -> None:
    workflow = AgentWorkflow.from_tools_or_functions([add], llm=llm)
    textual = AgentWorkflow.from_tools_or_functions(
        [add], llm=llm.model_copy(update={"is_function_calling_model": False})
    )

    assert type(workflow.agents["Agent"]) is FunctionAgent
    assert type(textual.agents["Agent"]) is ReActAgent


async def test_a_run_can_be_stored_and_taken_up_again(gateway: Gateway, streaming: bool) -> None:
    llm = RamClouds(model="kimi-k2-thinking", api_key="test-key", base_url=gateway.base_url)
    agent = FunctionAgent(tools=[add], llm=llm, streaming=streaming)
    ctx = Context(agent)
    memory = ChatMemoryBuffer.from_defaults(token_limit=40_000)

    await run(agent, llm, "Please add(2, 3)", ctx=ctx, memory=memory)
    history = [message.model_dump(mode="json") for message in memory.get_all()]
    stored = json.dumps([ctx.to_dict(), history])
    ctx = Context.from_dict(agent, json.loads(stored)[0])
    memory = ChatMemoryBuffer.from_defaults(
        chat_history=[ChatMessage.model_validate(message) for message in json.loads(stored)[1]]
    )
    result, _ = await run(agent, llm, "Say exactly: fine", ctx=ctx, memory=memory)

    assert str(result) == "fine"
    roles = [message["role"] for message in gateway.last.json["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user"]
    assert "test-key" not in stored


async def test_stopping_an_agent_frees_the_connection(
    gateway: Gateway, llm: RamClouds, streaming: bool
) -> None:
    agent = FunctionAgent(tools=[add], llm=llm, streaming=streaming)
    handler = agent.run("Please add(2, 3)")
    async for _ in handler.stream_events():
        break
    await handler.cancel_run()
    await asyncio.gather(handler, return_exceptions=True)
    await llm.aclose()

    await asyncio.to_thread(gateway.wait_closed)


async def test_thinking_survives_chat_memory(
    gateway: Gateway, llm: RamClouds, streaming: bool
) -> None:
    memory = ChatMemoryBuffer.from_defaults(token_limit=10_000)
    blocks = [ThinkingBlock(content="Hm."), TextBlock(text="Yes.")]
    memory.put(ChatMessage(role="assistant", blocks=blocks))
    agent = FunctionAgent(tools=[add], llm=llm, streaming=streaming)

    await run(agent, llm, "Say exactly: fine", memory=memory)

    assert gateway.last.json["messages"][0] == {"role": "assistant", "content": "Yes."}
