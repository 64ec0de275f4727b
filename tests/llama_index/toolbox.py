"""Tools, and a gateway that calls both."""

from __future__ import annotations

from llama_index.core.tools import FunctionTool

from tests.gateway import Gateway, Json, Sse, completion, tool_chunks
from tests.gateway import call as tool_call


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"Rain in {city}."


ADD = FunctionTool.from_defaults(add)
WEATHER = FunctionTool.from_defaults(weather)
TOOLS = [ADD, WEATHER]
TWO_CALLS = (
    tool_call("add", {"a": 2, "b": 3}, id="call_a"),
    tool_call("weather", {"city": "Hue"}, id="call_b"),
)


def call_both(gateway: Gateway) -> None:
    gateway.reply(Json(completion(None, tool_calls=list(TWO_CALLS))), Sse(tool_chunks(*TWO_CALLS)))
