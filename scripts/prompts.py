"""What servers are asked, short enough for a small model."""

from __future__ import annotations

from typing import Any

GREETING = "Say hello."
COUNTING = "Count from one to nine in digits: 1 2 3 4 5 6 7 8 9"
ENDS = [".", "!", ","]
"""Where a greeting ends early."""
WEATHER = "What is the weather in Hanoi?"
EMBEDDING_MODEL = "text-embedding-3-small"
TEXTS = ["Compost is ready after nine months.", "Neap tides."]
"""What is embedded."""
CITY = "Name the capital of Vietnam as JSON."

WEATHER_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The current weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}

CITY_FORMAT: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
            "additionalProperties": False,
        },
    },
}


def user(content: Any) -> dict[str, Any]:
    """A user's message."""
    return {"role": "user", "content": content}
