"""Structured output: how an object is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.types import Model, PydanticProgramMode

from llama_index_ramclouds._fields import Fields
from llama_index_ramclouds._messages import with_instructions
from llama_index_ramclouds._output import OutputSpec
from llama_index_ramclouds._request import prompted_mode, structured_ways
from llama_index_ramclouds._tools import to_wire_choice
from ramclouds import APIStatusError
from ramclouds.bridge.outcome import is_native_refused
from ramclouds.bridge.tools import safe_name, with_parameters

_INSTRUCTIONS = (
    "\n\nAnswer with one JSON object that fits this JSON schema, and with nothing else; do not"
    " repeat the schema.\n{schema}"
)


def modes(llm: Any, llm_kwargs: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    """The modes to ask in, in order; None leaves it to core's programs of that mode."""
    program_mode = llm.pydantic_program_mode
    if program_mode is PydanticProgramMode.FUNCTION:
        return ("function_calling",)
    if program_mode is PydanticProgramMode.LLM:
        return ("text",)
    if program_mode is not PydanticProgramMode.DEFAULT:
        return None
    if llm.structured_output_mode != "auto":
        return (llm.structured_output_mode,)
    if prompted_mode(llm, llm_kwargs or {}):
        # The client puts the schema into the prompt; a grammar holds the model to it besides.
        return ("json_schema",)
    first = structured_ways(llm, llm_kwargs or {})[0]
    if first == "tool":
        return ("function_calling", "text") if llm.is_function_calling_model else ("text",)
    return ("json_schema", "text")


@dataclass(frozen=True, slots=True)
class Attempt(Generic[Model]):
    """One request for an object, and the modes that are left for others."""

    llm: Fields
    modes: tuple[str, ...]
    output_cls: type[Model]
    messages: Sequence[ChatMessage]
    llm_kwargs: Mapping[str, Any]

    @property
    def spec(self) -> OutputSpec[Model]:
        """What the completion should hold."""
        return OutputSpec(self.output_cls, self.modes[0], self.llm.model)

    def after(self, error: APIStatusError) -> Attempt[Model]:
        """The attempt in the next mode; the error, where this one did not fail for its mode."""
        if len(self.modes) > 1 and is_native_refused(error):
            return replace(self, modes=self.modes[1:])
        raise error

    def to_kwargs(self) -> dict[str, Any]:
        """The keywords of `chat` that ask for the object."""
        kwargs = dict(self.llm_kwargs)
        # Core's programs take these out of the kwargs: they are about tools, whatever the mode.
        choice = kwargs.pop("tool_choice", None)
        required = kwargs.pop("tool_required", True)
        kwargs.pop("allow_parallel_tool_calls", None)
        schema = self.output_cls.model_json_schema()
        name = safe_name(schema.get("title", self.output_cls.__name__))
        if self.modes[0] != "function_calling":
            return {**kwargs, **self._response_format(name, schema)}
        tools = [_tool(name, schema)]
        if choice is None and required:
            choice = name
        wire_choice = to_wire_choice(choice, tools, required=False)
        forced = {} if wire_choice is None else {"tool_choice": wire_choice}
        return {**kwargs, "messages": list(self.messages), "tools": tools, **forced}

    def _response_format(self, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        text = _INSTRUCTIONS.format(schema=json.dumps(schema, ensure_ascii=False))
        instructed = {"messages": with_instructions(self.messages, text)}
        if self.modes[0] == "text":
            return instructed
        if self.modes[0] == "json_mode":
            return {**instructed, "response_format": {"type": "json_object"}}
        way = prompted_mode(self.llm, self.llm_kwargs)
        sent = schema if way == "prompted" else _strict(schema)
        wire = {"name": name, "schema": sent, "strict": True}
        response_format = {"type": "json_schema", "json_schema": wire}
        return {"messages": list(self.messages), "response_format": response_format}


def _tool(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    description = schema.get("description") or "Give the answer in this form."
    parameters = {
        key: value for key, value in schema.items() if key not in ("title", "description")
    }
    function = {"name": name, "description": description, "parameters": parameters}
    return with_parameters({"type": "function", "function": function})


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
