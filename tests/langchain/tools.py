"""Two tools, a shape, and a graph that remembers."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from pydantic import BaseModel

from langchain_ramclouds import ChatRamClouds


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


BOTH = HumanMessage('Do get_weather({"city": "Huế"}) and add({"a": 2, "b": 3}).')


def converse(chat: ChatRamClouds) -> tuple[dict[str, Any], dict[str, Any]]:
    """The states of a graph with a checkpointer: after a tool's call, and after "my name"."""
    model = chat.bind_tools([get_weather])

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
    return weather, name
