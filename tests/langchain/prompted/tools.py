"""Two tools, and a shape."""

from __future__ import annotations

from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from pydantic import BaseModel


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
