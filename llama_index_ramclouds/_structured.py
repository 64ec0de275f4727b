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
from llama_index_ramclouds._request import models_of, prompted_mode, structured_ways
from llama_index_ramclouds._tools import class_tool, to_wire_choice
from ramclouds import APIStatusError
from ramclouds.bridge.fallback_models import BY_WAY
from ramclouds.bridge.outcome import is_native_refused
from ramclouds.bridge.tools import answer_format

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

    def after(self, error: APIStatusError) -> Attempt[Model]:
        """The attempt in the next mode. Raises the error if the mode was not its cause."""
        if len(self.modes) > 1 and is_native_refused(error):
            return replace(self, modes=self.modes[1:])
        raise error

    def to_kwargs(self) -> dict[str, Any]:
        """The keywords of `chat` that ask for the object: of each model in its own mode."""
        names = models_of(self.llm, self.llm_kwargs)
        all_modes = [modes(self.llm, {**self.llm_kwargs, "model": name}) for name in names]
        first = {each[0] for each in all_modes if each}
        if self.modes[0] == "text" or first != {"function_calling", "json_schema"}:
            return self._kwargs()
        by_tool = replace(self, modes=("function_calling",))._kwargs()
        by_format = replace(self, modes=("json_schema",))._kwargs()
        by_way = {"tool": by_tool, "prompt": by_format, "format": by_format}
        return {**self._kwargs(), BY_WAY: {way: _asked(by_way[way]) for way in by_way}}

    def _kwargs(self) -> dict[str, Any]:
        kwargs = dict(self.llm_kwargs)
        # Core's programs take these out of the kwargs: they are about tools, whatever the mode.
        choice = kwargs.pop("tool_choice", None)
        required = kwargs.pop("tool_required", True)
        kwargs.pop("allow_parallel_tool_calls", None)
        tool = class_tool(self.output_cls)
        if self.modes[0] != "function_calling":
            return {**kwargs, **self._response_format(answer_format(tool))}
        tools = [tool]
        if choice is None and required:
            choice = tool["function"]["name"]
        wire_choice = to_wire_choice(choice, tools, required=False)
        forced = {} if wire_choice is None else {"tool_choice": wire_choice}
        return {**kwargs, "messages": list(self.messages), "tools": tools, **forced}

    def _response_format(self, response_format: Mapping[str, Any]) -> dict[str, Any]:
        if self.modes[0] == "json_schema":
            return {"messages": list(self.messages), "response_format": response_format}
        schema = json.dumps(response_format["json_schema"]["schema"], ensure_ascii=False)
        instructed = with_instructions(self.messages, _INSTRUCTIONS.format(schema=schema))
        if self.modes[0] == "text":
            return {"messages": instructed}
        return {"messages": instructed, "response_format": {"type": "json_object"}}


def _asked(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    names = ("tools", "tool_choice", "response_format")
    return {name: kwargs[name] for name in names if name in kwargs}
