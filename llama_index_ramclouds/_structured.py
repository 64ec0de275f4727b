"""Structured output: how an object is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.bridge.pydantic import BaseModel
from llama_index.core.types import PydanticProgramMode

from llama_index_ramclouds._clients import Connections
from llama_index_ramclouds._expectation import CHECKED_BY_CALLER, Expectation
from llama_index_ramclouds._messages import with_instructions
from llama_index_ramclouds._tools import to_wire_choice
from ramclouds import BadRequestError, model_facts

_INSTRUCTIONS = (
    "\n\nAnswer with one JSON object that fits this JSON schema, and with nothing else; do not"
    " repeat the schema.\n{schema}"
)
_REFUSED = re.compile(r"tool|function|response_format|json_schema", re.IGNORECASE)


def modes(settings: Connections, llm_kwargs: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    """The ways to ask, in order; None leaves it to core's programs of that mode."""
    program_mode = settings.pydantic_program_mode
    if program_mode is PydanticProgramMode.FUNCTION:
        return ("function_calling",)
    if program_mode is PydanticProgramMode.LLM:
        return ("text",)
    if program_mode is not PydanticProgramMode.DEFAULT:
        return None
    if settings.structured_output_mode != "auto":
        return (settings.structured_output_mode,)
    if settings._expectation(llm_kwargs or {}).prompted_mode:
        # The client says the schema through the prompt; a grammar holds the model to it besides.
        return ("json_schema",)
    return ("function_calling", "text") if settings.is_function_calling_model else ("text",)


def is_mode_refused(modes: Sequence[str], error: BadRequestError) -> bool:
    """Whether the request failed for the way of asking, and there is another to try."""
    return len(modes) > 1 and bool(_REFUSED.search(error.message))


def to_ask(
    settings: Connections,
    mode: str,
    output_cls: type[BaseModel],
    messages: Sequence[ChatMessage],
    llm_kwargs: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The keywords of `chat` that ask for the object in one mode."""
    kwargs = dict(llm_kwargs or {})
    # Core's programs take these out of the kwargs: they are about tools, whatever the mode.
    choice = kwargs.pop("tool_choice", None)
    required = kwargs.pop("tool_required", True)
    kwargs.pop("allow_parallel_tool_calls", None)
    schema = output_cls.model_json_schema()
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", schema.get("title", output_cls.__name__))[:64]
    if mode == "function_calling":
        tools = [_tool(name, schema)]
        if choice is None and required:
            choice = name
        wire_choice = to_wire_choice(choice, tools, required=False)
        forced = {} if wire_choice is None else {"tool_choice": wire_choice}
        unjudged = {CHECKED_BY_CALLER: True}
        return {**kwargs, "messages": list(messages), "tools": tools, **forced, **unjudged}
    expectation = settings._expectation(kwargs)
    return {**kwargs, **_response_format(expectation, mode, name, schema, messages)}


def _response_format(
    expectation: Expectation,
    mode: str,
    name: str,
    schema: Mapping[str, Any],
    messages: Sequence[ChatMessage],
) -> dict[str, Any]:
    text = _INSTRUCTIONS.format(schema=json.dumps(schema, ensure_ascii=False))
    prompted_mode = {"messages": with_instructions(messages, text)}
    if mode == "text":
        return prompted_mode
    if mode == "json_mode":
        return {**prompted_mode, "response_format": {"type": "json_object"}}
    way = expectation.prompted_mode
    sent = schema if way == "prompted" else _strict(schema)
    wire = {"name": name, "schema": sent, "strict": True}
    response_format = {"type": "json_schema", "json_schema": wire}
    # The gateway's channels for Claude and GLM drop response_format.
    is_said = way is not None or model_facts(expectation.model).response_format
    heeded = {"messages": list(messages)} if is_said else prompted_mode
    return {**heeded, "response_format": response_format}


def _tool(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    description = schema.get("description") or "Give the answer in this form."
    parameters = {
        key: value for key, value in schema.items() if key not in ("title", "description")
    }
    parameters = {"type": "object", "properties": {}, **parameters}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


def _strict(schema: Any) -> Any:
    """The schema as strict mode wants it: closed objects whose properties are all required."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {
        key: _each_strict(value) if key in ("properties", "$defs") else _strict(value)
        for key, value in schema.items()
        if key != "default"
    }
    if "properties" in closed:
        closed |= {"required": list(closed["properties"]), "additionalProperties": False}
    return closed


def _each_strict(schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _strict(schema) for name, schema in schemas.items()}
