"""LlamaIndex's agents, programs and engines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock, ToolCallBlock
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool

from tests.agents import tasks

Make = Callable[..., FunctionCallingLLM]
Scenario = Callable[[Make], Awaitable[None]]

WEATHER = FunctionTool.from_defaults(tasks.get_weather)
CLOCK = FunctionTool.from_defaults(tasks.clock)
SILENT = FunctionTool.from_defaults(tasks.silent)


def picture() -> list[TextBlock | ImageBlock]:
    """A picture of the sky."""
    image = ImageBlock(image=tasks.PICTURE.encode(), image_mimetype="image/png")
    return [TextBlock(text="A blue sky."), image]


def memory() -> ChatMemoryBuffer:
    return ChatMemoryBuffer.from_defaults(token_limit=100_000)


async def run(agent: Any, question: str, *wanted: str, **kwargs: Any) -> None:
    # Core's own memory is a database that nobody closes.
    handler = agent.run(question, **{"memory": memory(), **kwargs})
    async for _ in handler.stream_events():
        pass
    tasks.check_text(str(await handler), *wanted)


async def function_agent(make: Make) -> None:
    agent = FunctionAgent(tools=[WEATHER, CLOCK], llm=make(), streaming=False)
    await run(agent, tasks.WEATHER, "Sunny in Hanoi.", "Sunny in Hue.")


async def tool_without_arguments(make: Make) -> None:
    llm = make(temperature=0.5, max_tokens=2_000, stop=["###"])
    await run(FunctionAgent(tools=[CLOCK], llm=llm), tasks.CLOCK, "Half past nine.")


async def turns_of_a_memory(make: Make) -> None:
    agent, turns = FunctionAgent(tools=[WEATHER, CLOCK], llm=make()), memory()
    await run(agent, tasks.WEATHER, "Sunny in Hanoi.", "Sunny in Hue.", memory=turns)
    await run(agent, tasks.CLOCK, "Half past nine.", memory=turns)
    await run(agent, tasks.WEATHER, "Sunny in Hanoi.", memory=turns)


async def hand_over(make: Make) -> None:
    first = FunctionAgent(
        name="alice", description="Knows Bob", llm=make(), can_handoff_to=["bob"], tools=[]
    )
    second = FunctionAgent(
        name="bob", description="Has a clock", llm=make(), can_handoff_to=[], tools=[CLOCK]
    )
    workflow = AgentWorkflow(agents=[first, second], root_agent="alice")
    question = f'Call handoff("bob", "He has a clock"). Bob will then {tasks.CLOCK}'
    await run(workflow, question, "Half past nine.")


async def hand_over_of_a_memory(make: Make) -> None:
    turns = memory()
    first = FunctionAgent(tools=[WEATHER], llm=make())
    await run(first, f"{tasks.WEATHER} {tasks.CLOCK}", memory=turns)
    second = FunctionAgent(tools=[CLOCK], llm=make())
    state = await second.run(chat_history=turns.get_all(), memory=memory())
    tasks.check_text(str(state))


async def results_of_other_kinds(make: Make) -> None:
    tools = [FunctionTool.from_defaults(picture), SILENT]
    agent, turns = FunctionAgent(tools=tools, llm=make()), memory()
    await run(agent, f"Call picture(). {tasks.REPEAT}", memory=turns)
    await run(agent, tasks.SILENT, memory=turns)


async def structured_output(make: Make) -> None:
    prompt = PromptTemplate(tasks.REPORT)
    tasks.check_report(await make().astructured_predict(tasks.Report, prompt))
    tasks.check_report(make().as_structured_llm(tasks.Report).complete(tasks.REPORT).raw)
    *_, last = make().as_structured_llm(tasks.Report).stream_chat([ChatMessage(tasks.REPORT)])
    tasks.check_report(last.raw)


async def forced_tool(make: Make) -> None:
    llm = make()
    response = llm.chat_with_tools([WEATHER], user_msg=tasks.WEATHER, tool_required=True)
    (first, *_) = llm.get_tool_calls_from_response(response)
    assert (first.tool_name, first.tool_kwargs) == ("get_weather", {"city": "Hanoi"})


async def chat_engine(make: Make) -> None:
    engine = SimpleChatEngine.from_defaults(llm=make(), memory=memory(), system_prompt="Be brief.")
    tasks.check_text(engine.chat("My name is Anna. Say hello.").response)
    tasks.check_text((await engine.achat("What is my name?")).response, "Anna")


async def odd_histories(make: Make) -> None:
    for history in _HISTORIES:
        response = await make().achat_with_tools([WEATHER], chat_history=list(history))
        assert response.message.blocks, response


def _message(role: str, *blocks: Any, **more: Any) -> ChatMessage:
    texts = [TextBlock(text=block) if isinstance(block, str) else block for block in blocks]
    return ChatMessage(role=role, blocks=texts, additional_kwargs=more)


_ID = "functions.get_weather:0"
_CALL = ToolCallBlock(tool_call_id=_ID, tool_name="get_weather", tool_kwargs={"city": "Hanoi"})
_ASKED = _message("user", "How is Hanoi?")
_CALLED = _message("assistant", " \n", _CALL)
_FOUND = _message("tool", "Sunny in Hanoi.", tool_call_id=_ID)
_HISTORIES: Sequence[Sequence[ChatMessage]] = (
    [_ASKED, _CALLED, _FOUND, _message("assistant", "Sunny."), _ASKED, _CALLED, _FOUND],
    [_message("system", ""), _ASKED, _message("assistant"), _ASKED, _message("assistant", " ")],
    [_ASKED, _CALLED, _message("user", "Never mind. Say hello.")],
    [_ASKED, _message("assistant", "Bob will look.")],
)

SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        function_agent,
        tool_without_arguments,
        turns_of_a_memory,
        hand_over,
        hand_over_of_a_memory,
        results_of_other_kinds,
        structured_output,
        forced_tool,
        chat_engine,
        odd_histories,
    )
}


async def change_of_model(makes: Sequence[Make]) -> None:
    """One memory whose turns are those of several models, and of the first one again."""
    turns = memory()
    for make in (*makes, makes[0]):
        agent = FunctionAgent(tools=[WEATHER, CLOCK], llm=make())
        await run(agent, tasks.WEATHER, "Sunny in Hue.", memory=turns)
        await run(agent, tasks.CLOCK, "Half past nine.", memory=turns)
