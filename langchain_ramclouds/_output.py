"""Structured output as it is read from a message, whole or as it arrives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.utils.pydantic import is_basemodel_subclass
from pydantic import BaseModel

from langchain_ramclouds._errors import RefusalError, StructuredOutputError, invalid_calls
from langchain_ramclouds._tools import to_tool
from ramclouds.bridge.json_text import begun_object, partial_object
from ramclouds.bridge.outcome import Outcome
from ramclouds.bridge.shapes import class_shape, schema_shape
from ramclouds.bridge.structured import Shape, UnfitError, Written, begun_value, read_value


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """What was asked for."""

    schema: Any
    """As the user gave it; None: any JSON object."""
    shape: Shape[Any]
    by_tool_call: bool = False
    others: frozenset[str] = frozenset()
    """Tools that the model may call instead."""


def to_shape(schema: Any, name: str) -> Shape[Any]:
    """The shape of a schema as LangChain's users give them."""
    if schema is None:
        return schema_shape({"type": "object"}, name)
    if not (isinstance(schema, type) and is_basemodel_subclass(schema)):
        return schema_shape(to_tool(schema)["function"]["parameters"], name)
    if issubclass(schema, BaseModel):
        return class_shape(schema, name)
    old: Any = schema  # a model of pydantic.v1
    keys = {name for field in old.__fields__.values() for name in (field.name, field.alias)}
    return Shape(name, old.parse_obj, frozenset(keys))


def parse_output(message: AIMessage, spec: OutputSpec) -> Any:
    """The structured output of a message; an error that says why there is none.

    None is the output where the model called one of the other tools.
    """
    outcome = _outcome(message)
    if outcome.refusal:
        raise RefusalError(
            f"The model refused to answer in the shape of {spec.shape.name}: {outcome.refusal}",
            raw_message=message,
        )
    text = str(message.text)
    arguments, invalid = _arguments(message, spec) if spec.by_tool_call else ((), ())
    written = Written(text, arguments, invalid, outcome)
    asked_by = "`tools`" if spec.by_tool_call else "`response_format`"
    try:
        return read_value(written, spec.shape, asked_by=asked_by)
    except UnfitError as error:
        if any(call["name"] in spec.others for call in message.tool_calls):
            return None
        raise StructuredOutputError(
            str(error), llm_output=text, retryable=outcome.stopped is None
        ) from error.__cause__


def parse_partial(message: AIMessage, spec: OutputSpec) -> Any:
    """The structured output so far; None where it does not fit yet."""
    arguments, _ = _arguments(message, spec) if spec.by_tool_call else ((), ())
    begun = begun_object(arguments[0]) if arguments else partial_object(str(message.text))
    value = begun_value(begun, spec.shape)
    if value is None or not isinstance(spec.schema, type) or not is_basemodel_subclass(spec.schema):
        return value
    try:
        return spec.shape.fit(value)
    except Exception:  # noqa: BLE001 - a user's validator may raise anything for a part
        return None


def _arguments(message: AIMessage, spec: OutputSpec) -> tuple[Sequence[str], Sequence[str]]:
    """The arguments as written: of the calls that hold the output, and of those not to run."""
    invalid = invalid_calls(message)
    not_to_run = [call.arguments for call in invalid if call.name == spec.shape.name]
    if isinstance(message, AIMessageChunk):
        # LangChain completes arguments that were cut off, in a sum of chunks.
        ids = {call.id for call in invalid}
        chunks = [one for one in message.tool_call_chunks if one["id"] not in ids]
        return [one["args"] or "" for one in chunks if one["name"] == spec.shape.name], not_to_run
    calls = [call["args"] for call in message.tool_calls if call["name"] == spec.shape.name]
    return [json.dumps(args) for args in calls], not_to_run


def _outcome(message: AIMessage) -> Outcome:
    about = message.response_metadata
    return Outcome(
        model=about.get("model_name", ""),
        finish_reason=about.get("finish_reason"),
        refusal=message.additional_kwargs.get("refusal", ""),
        tool_calling=about.get("tool_calling"),
        token_limit=about.get("token_limit"),
    )
