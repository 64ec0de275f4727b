"""The tools of the evaluation: pydantic models, which also check the arguments."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Tool(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class get_weather(_Tool):
    """Get the current weather in a city."""

    city: str


class get_time(_Tool):
    """Get the current time in a city."""

    city: str


class convert_currency(_Tool):
    """Convert an amount of money from one currency to another."""

    amount: float
    source: str = Field(description="Three letters, such as USD")
    target: str = Field(description="Three letters, such as EUR")


class send_email(_Tool):
    """Send an email."""

    to: str
    subject: str
    body: str


class search_web(_Tool):
    """Search the web."""

    query: str


class set_timer(_Tool):
    """Set a timer."""

    minutes: int


class translate(_Tool):
    """Translate a text into another language."""

    text: str
    language: str


class book_table(_Tool):
    """Book a table at a restaurant."""

    restaurant: str
    people: int
    time: str


class get_stock_price(_Tool):
    """Get the price of a stock."""

    symbol: str


class turn_light(_Tool):
    """Turn the light of a room on or off."""

    room: str
    state: Literal["on", "off"]


TOOLS: dict[str, type[BaseModel]] = {tool.__name__: tool for tool in _Tool.__subclasses__()}


def to_wire(name: str) -> dict[str, Any]:
    """Return a tool as `Client.complete` takes it."""
    schema = TOOLS[name].model_json_schema()
    description = schema.pop("description")
    for named in (schema, *schema["properties"].values()):
        named.pop("title")
    function = {"name": name, "description": description, "parameters": schema}
    return {"type": "function", "function": function}
