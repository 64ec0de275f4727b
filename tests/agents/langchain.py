"""LangChain's agents and chains."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolCall,
    ToolMessage,
)
from langchain_core.tools import StructuredTool, tool
from langgraph.checkpoint.memory import InMemorySaver

from tests.agents import tasks

Make = Callable[..., BaseChatModel]
Scenario = Callable[[Make], Awaitable[None]]

WEATHER = StructuredTool.from_function(tasks.get_weather)
CLOCK = StructuredTool.from_function(tasks.clock)
SILENT = StructuredTool.from_function(tasks.silent)
CALL = ToolCall(name="get_weather", args={"city": "Hanoi"}, id="functions.get_weather:0")
THREAD: Any = {"configurable": {"thread_id": "1"}}


@tool
def picture() -> list[dict[str, str]]:
    """A picture of the sky."""
    image = {"type": "image", "base64": tasks.PICTURE, "mime_type": "image/png"}
    return [{"type": "text", "text": "A blue sky."}, image]


def ask(question: str) -> Any:
    return {"messages": [HumanMessage(question)]}


def check(state: Any, *wanted: str) -> None:
    tasks.check_text(str(state["messages"][-1].text), *wanted)


async def tool_without_arguments(make: Make) -> None:
    model = make(temperature=0.5, max_tokens=2_000, stop=["###"])
    check(create_agent(model, [CLOCK]).invoke(ask(tasks.CLOCK)), "Half past nine.")


async def turns_of_a_thread(make: Make) -> None:
    saver = InMemorySaver()
    agent = create_agent(make(), [WEATHER, CLOCK], checkpointer=saver, system_prompt="Be brief.")
    check(agent.invoke(ask(tasks.WEATHER), THREAD), "Sunny in Hanoi.", "Sunny in Hue.")
    check(await agent.ainvoke(ask(tasks.CLOCK), THREAD), "Half past nine.")
    states = [
        state async for state in agent.astream(ask(tasks.WEATHER), THREAD, stream_mode="values")
    ]
    check(states[-1], "Sunny in Hanoi.", "Sunny in Hue.")


async def hand_over(make: Make) -> None:
    first = create_agent(make(), [WEATHER], name="alice", system_prompt="You are Alice.")
    second = create_agent(make(), [CLOCK], name="bob", system_prompt="You are Bob.")
    state: Any = await first.ainvoke(ask(f"{tasks.WEATHER} {tasks.CLOCK}"))
    check(await second.ainvoke(state))


async def results_of_other_kinds(make: Make) -> None:
    agent = create_agent(make(), [picture, SILENT], checkpointer=InMemorySaver())
    check(await agent.ainvoke(ask(f"Call picture(). {tasks.REPEAT}"), THREAD))
    check(await agent.ainvoke(ask(tasks.SILENT), THREAD))


async def response_formats(make: Make) -> None:
    for wanted in (tasks.Report, ToolStrategy(tasks.Report), ProviderStrategy(tasks.Report)):
        agent = create_agent(make(), [WEATHER], response_format=wanted)
        tasks.check_report((await agent.ainvoke(ask(tasks.REPORT)))["structured_response"])


async def structured_output(make: Make) -> None:
    ways: Any = ({}, {"method": "function_calling"}, {"method": "json_schema"})
    for way in ways:
        chain = make().with_structured_output(tasks.Report, **way)
        tasks.check_report(await chain.ainvoke(tasks.REPORT))


async def odd_histories(make: Make) -> None:
    for history in _HISTORIES:
        for offered in ([WEATHER], []):
            model = make().bind_tools(offered) if offered else make()
            answer = await model.ainvoke(history)
            assert str(answer.text).strip() or answer.tool_calls, answer


_SYSTEM = SystemMessage("Be brief.")
_ASKED = HumanMessage("How is Hanoi?")
_CALLED = AIMessage(" \n", tool_calls=[CALL])
_FOUND = ToolMessage("Sunny in Hanoi.", tool_call_id="functions.get_weather:0")
_HISTORIES: Sequence[list[BaseMessage]] = (
    # The same id again, as models that count from zero write it; text of white space beside calls.
    [_SYSTEM, _ASKED, _CALLED, _FOUND, AIMessage("Sunny."), _ASKED, _CALLED, _FOUND],
    # Empty turns, and two of a role in a row.
    [SystemMessage(""), HumanMessage("Hi."), AIMessage(""), _ASKED, AIMessage(" "), _ASKED],
    # A run that was stopped before its result, and a late system message.
    [_ASKED, _CALLED, HumanMessage("Never mind. Say hello."), SystemMessage("In French.")],
    # The turn of another agent stands last.
    [_ASKED, AIMessage("Bob will look.")],
)

SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        tool_without_arguments,
        turns_of_a_thread,
        hand_over,
        results_of_other_kinds,
        response_formats,
        structured_output,
        odd_histories,
    )
}


async def change_of_model(makes: Sequence[Make]) -> None:
    """One thread whose turns are those of several models, and of the first one again."""
    saver = InMemorySaver()
    for make in (*makes, makes[0]):
        agent = create_agent(make(), [WEATHER, CLOCK], checkpointer=saver)
        check(await agent.ainvoke(ask(tasks.WEATHER), THREAD), "Sunny in Hue.")
        check(await agent.ainvoke(ask(tasks.CLOCK), THREAD), "Half past nine.")
