"""Structured output as it is read from a message, whole or as it arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.utils.pydantic import is_basemodel_subclass

from langchain_ramclouds._errors import RefusalError, StructuredOutputError
from ramclouds.bridge.json_text import json_values, partial_object
from ramclouds.bridge.outcome import Outcome


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """What was asked for."""

    schema: Any
    """As the user gave it; None: any JSON object."""
    name: str
    required: tuple[str, ...] = ()
    """Keys that a value without a pydantic schema must have."""
    by_tool_call: bool = False
    others: frozenset[str] = frozenset()
    """Tools that the model may call instead."""

    def fit(self, value: Any) -> Any:
        """The value in the schema's type; ValueError where it does not fit."""
        if isinstance(self.schema, type) and is_basemodel_subclass(self.schema):
            # `parse_obj`: a model of pydantic.v1.
            is_current = hasattr(self.schema, "model_validate")
            return getattr(self.schema, "model_validate" if is_current else "parse_obj")(value)
        if not isinstance(value, dict):
            raise ValueError(f"it is a JSON {type(value).__name__}, not an object")
        if missing := [key for key in self.required if key not in value]:
            raise ValueError(f"it lacks {', '.join(missing)}")
        return value


def parse_output(message: AIMessage, spec: OutputSpec) -> Any:
    """The structured output of a message; an error that says why there is none.

    None is the output where the model called one of the other tools.
    """
    if refusal := message.additional_kwargs.get("refusal"):
        raise RefusalError(
            f"The model refused to answer in the shape of {spec.name}: {refusal}",
            raw_message=message,
        )
    reasons: list[ValueError] = []
    for value in _candidates(message, spec):
        try:
            return spec.fit(value)
        except ValueError as exc:
            reasons.append(exc)
    if any(call["name"] in spec.others for call in message.tool_calls):
        return None
    raise _unfit(message, spec, reasons) from (reasons[0] if reasons else None)


def parse_partial(message: AIMessage, spec: OutputSpec) -> Any:
    """The structured output so far; None where it does not fit yet."""
    value = _partial(message, spec)
    if not isinstance(value, dict):
        return None
    if not (isinstance(spec.schema, type) and is_basemodel_subclass(spec.schema)):
        return value
    try:
        return spec.fit(value)
    except ValueError:
        return None


def _partial(message: AIMessage, spec: OutputSpec) -> Any:
    if spec.by_tool_call and message.tool_calls:
        return next((c["args"] for c in message.tool_calls if c["name"] == spec.name), None)
    return partial_object(str(message.text))


def _candidates(message: AIMessage, spec: OutputSpec) -> Iterator[Any]:
    if spec.by_tool_call:
        yield from _arguments(message, spec.name)
    yield from (found.value for found in json_values(str(message.text)) if found.is_whole)


def _arguments(message: AIMessage, name: str) -> Iterator[Any]:
    if not isinstance(message, AIMessageChunk):
        yield from (call["args"] for call in message.tool_calls if call["name"] == name)
        return
    # LangChain completes arguments that were cut off, in a sum of chunks.
    for fragment in message.tool_call_chunks:
        if fragment["name"] == name:
            try:
                yield json.loads(fragment["args"] or "{}", strict=False)
            except ValueError:
                continue


def _unfit(
    message: AIMessage, spec: OutputSpec, reasons: list[ValueError]
) -> StructuredOutputError:
    text = str(message.text)
    return StructuredOutputError(
        f"The completion is not a {spec.name}. {_why(message, spec, reasons)}", llm_output=text
    )


def _why(message: AIMessage, spec: OutputSpec, reasons: list[ValueError]) -> str:
    about = message.response_metadata
    outcome = Outcome(
        model=about.get("model_name", ""),
        finish_reason=about.get("finish_reason"),
        tool_calling=about.get("tool_calling"),
    )
    if reasons:
        return outcome.stopped or f"{reasons[0]}. {outcome.without_fit()}"
    if message.tool_calls or message.invalid_tool_calls:
        wrong = "The call's arguments are not the JSON that was asked for. Ask again."
        return outcome.stopped or wrong
    advice = outcome.without_json("`tools`" if spec.by_tool_call else "`response_format`")
    return outcome.stopped or f"It is text without JSON. {advice}"
