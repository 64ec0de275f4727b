"""The checks of `ramclouds doctor` that ask a model, and so cost something."""

from __future__ import annotations

import json
from typing import Any

from ramclouds._stream.accumulator import accumulate
from ramclouds.bridge.dialects import dialect_for
from ramclouds.cli._amounts import ask_prices
from ramclouds.cli._setup import Found, Setup, State
from ramclouds.errors import ResponseError
from ramclouds.models import model_facts
from ramclouds.prices import cost_of, price_of
from ramclouds.types import Completion, Usage

_GREETING = "Reply with the one word: ready"
_WEATHER = "What is the weather in Hanoi? Use the tool."
_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
_CITY = "Which city is the capital of Vietnam? Reply in JSON, with the key city."
_SCHEMA = {**_TOOL["function"]["parameters"]}  # type: ignore[index]
_FORMATS: dict[str, dict[str, Any]] = {
    "json_schema": {
        "type": "json_schema",
        "json_schema": {"name": "capital", "schema": _SCHEMA, "strict": True},
    },
    "json_object": {"type": "json_object"},
}
# Tokens of the longest request, the one with the tool, roughly counted.
_PROMPT_TOKENS = 100
_CALLS = 4
# A model that thinks can be silent for a while.
_LIMITS: dict[str, Any] = {"dialect": "auto", "timeout": 120.0}


def cost(setup: Setup) -> Found:
    """What the calls to come can cost at most."""
    most = Usage(_PROMPT_TOKENS, _max_tokens(setup))
    tokens = f"{_CALLS * most.prompt_tokens:,} tokens in, {_CALLS * most.completion_tokens:,} out"
    yield (
        "note",
        f"{_CALLS} calls to {setup.model} follow, of at most {tokens}{_dollars(setup, most)}. "
        "--no-calls leaves them out.",
    )


def _dollars(setup: Setup, most: Usage) -> str:
    with setup.client() as client:
        ask_prices(client)
    price = price_of(setup.model, setup.url)
    dollars = cost_of(most, price)
    if price is None or dollars is None:
        return ", at a price that is not known"
    return f": at most ${_CALLS * dollars:.4f} by {_SOURCES[price.source]}"


_SOURCES = {
    "gateway": "the gateway's prices",
    "list": "the vendor's list prices",
    "user": "your prices",
}


def completion(setup: Setup) -> Found:
    """The model completes, and the completion comes whole."""
    found = _ask(setup, _GREETING)
    yield "ok", f"{found.model or setup.model} answered{_counted(found.usage)}."


def stream(setup: Setup) -> Found:
    """The completion comes as a stream, too."""
    with setup.client() as client:
        chunks = list(client.stream(**_request(setup, _GREETING), **_LIMITS))
    found = accumulate(chunks)
    yield "ok", f"The stream came whole, in {len(chunks)} chunks{_counted(found.usage)}."


def tools(setup: Setup) -> Found:
    """The model calls a tool."""
    with setup.client() as client:
        found = client.complete(**tool_request(setup), **_LIMITS)
    if not found.tool_calls and found.finish_reason == "length":
        yield _cut(setup)
    elif not found.tool_calls:
        raise ResponseError(f"{setup.model} was asked to call a tool, and wrote a text instead.")
    else:
        yield "ok", f"{setup.model} called the tool with {found.tool_calls[0].arguments}."


def response_format(setup: Setup) -> Found:
    """The model heeds `response_format`, where it is asked so for structured output."""
    way = dialect_for(setup.model).structured[0]
    if way not in _FORMATS:
        how = "a tool" if way == "tool" else "the prompt"
        yield "ok", f"Not asked for: {setup.model} is asked by {how} for structured output."
        return
    found = _ask(setup, _CITY, response_format=_FORMATS[way])
    if found.finish_reason == "length":
        yield _cut(setup)
        return
    try:
        value = json.loads(found.text)
    except ValueError:
        value = None
    if not isinstance(value, dict) or "city" not in value:
        raise ResponseError(f"{setup.model} was asked for JSON ({way}), and wrote other text.")
    yield "ok", f"{setup.model} answered in the JSON that was asked for ({way})."


def _cut(setup: Setup) -> tuple[State, str]:
    return "note", f"Not known: {setup.model} wrote {_max_tokens(setup)} tokens and was cut off."


def tool_request(setup: Setup) -> dict[str, Any]:
    """A request that makes the model call a tool."""
    return {**_request(setup, _WEATHER), "tools": [_TOOL], "tool_choice": "required"}


def _ask(setup: Setup, text: str, **params: Any) -> Completion:
    with setup.client() as client:
        return client.complete(**_request(setup, text), **params, **_LIMITS)


def _request(setup: Setup, text: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"model": setup.model, "messages": messages, "max_tokens": _max_tokens(setup)}


def _max_tokens(setup: Setup) -> int:
    facts = model_facts(setup.model)
    # Reasoning counts, too.
    return 64 if facts.known and not facts.reasoning else 1024


def _counted(usage: Usage | None) -> str:
    if usage is None:
        return ""
    return f" ({usage.prompt_tokens} tokens in, {usage.completion_tokens} out)"
