"""Structured output as it is read from a response, whole or as it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, cast

from llama_index.core.base.llms.types import ChatResponse
from llama_index.core.bridge.pydantic import ValidationError
from llama_index.core.types import Model

from llama_index_ramclouds._errors import (
    StructuredOutputError,
    facts_of,
    invalid_calls,
    outcome_of,
)
from llama_index_ramclouds._tools import selections
from ramclouds import prompted
from ramclouds.bridge.json_text import json_values, partial_object, spoken
from ramclouds.bridge.outcome import is_cut_off, shown


@dataclass(frozen=True, slots=True)
class OutputSpec(Generic[Model]):
    """What a completion should hold, and how it was asked for."""

    output_cls: type[Model]
    mode: str
    model: str


def to_object(response: ChatResponse, spec: OutputSpec[Model]) -> Model:
    """Read and validate the object: from a tool call, or else from the text."""
    problem: ValidationError | None = None
    for candidate in _candidates(response):
        try:
            return spec.output_cls.model_validate_json(candidate)
        except ValidationError as error:
            if problem is None or _is_no_json(problem):
                problem = error
    raise _no_object(response, spec, problem) from problem


def _candidates(response: ChatResponse) -> Iterator[str]:
    """What may be the object, the likeliest first."""
    text = response.message.content or ""
    outside = "".join(text[start:end] for start, end in spoken(text)).strip()
    whole = [*_arguments(response), *([outside] if outside else [])]
    yield from whole
    # A part of a completion that was cut off may fit a class whose fields are optional.
    if is_cut_off(response.additional_kwargs.get("finish_reason")):
        return
    values = json_values(text)
    yield from (value.text for value in values if value.is_whole)
    # Trailing commas, single quotes.
    broken = (value.text for value in values if not value.is_whole)
    yield from map(prompted.json_text, (*_arguments(response), *broken))


def _arguments(response: ChatResponse) -> list[str]:
    calls = response.message.additional_kwargs.get("tool_calls") or []
    return [call["function"]["arguments"] for call in calls]


def _is_no_json(problem: ValidationError) -> bool:
    return problem.errors()[0]["type"] == "json_invalid"


def _no_object(
    response: ChatResponse, spec: OutputSpec[Any], problem: ValidationError | None
) -> StructuredOutputError:
    invalid = [call.arguments for call in invalid_calls(response.message)]
    text = response.message.content or "".join([*_arguments(response), *invalid])
    why = f": {problem}" if problem is not None else "."
    is_json = problem is not None and not _is_no_json(problem)
    return StructuredOutputError(
        f"The completion holds no {spec.output_cls.__name__}, but {shown(text)}{why}\n"
        f"{_advice(response, spec, is_json=is_json)}",
        **facts_of(response),
    )


def _advice(response: ChatResponse, spec: OutputSpec[Any], *, is_json: bool) -> str:
    outcome = outcome_of(response, spec.model)
    if is_json:
        return outcome.without_fit()
    if invalid_calls(response.message):
        return outcome.stopped or "The call's arguments are not one JSON object. Ask again."
    asked = {"text": None, "function_calling": "`tools`"}
    return outcome.without_json(asked.get(spec.mode, "`response_format`"))


class ArrivingObject(Generic[Model]):
    """An object as it arrives: partial ones as often as they change, the whole one at the end."""

    def __init__(self, spec: OutputSpec[Model]) -> None:
        # Not at import: programs load much of core.
        from llama_index.core.program.utils import create_flexible_model

        self._spec = spec
        # Core makes this class anew for every chunk, a millisecond each time.
        self._partial_cls = create_flexible_model(spec.output_cls)
        self._last: dict[str, Any] = {}
        self._parsed = 0
        self._response: ChatResponse | None = None
        self._yielded: Any = None

    def to_partial(self, response: ChatResponse) -> list[Any]:
        """The object so far, if this chunk changed it."""
        self._response = response
        begun = self._begun(response)
        if not begun or begun == self._last:
            return []
        self._last = begun
        try:
            self._yielded = self._spec.output_cls.model_validate(begun)
        except ValidationError:
            self._yielded = self._partial_cls.model_validate(begun)
        return [self._yielded]

    def to_rest(self) -> list[Model]:
        """The whole object, validated, if the last partial one was not yet it."""
        # A stream without a last chunk raises, so there has been one.
        whole = to_object(cast(ChatResponse, self._response), self._spec)
        return [] if whole == self._yielded else [whole]

    def _begun(self, response: ChatResponse) -> dict[str, Any]:
        if calls := selections(response.message):
            return calls[0].tool_kwargs
        text = response.message.content or ""
        # Parsed again only when it has grown by a tenth: parsing each time is quadratic.
        if len(text) - self._parsed < self._parsed // 10:
            return self._last
        self._parsed = len(text)
        return partial_object(text) or self._last
