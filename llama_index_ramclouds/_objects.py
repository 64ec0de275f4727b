"""Structured output: how an object is read from an answer, whole or as it arrives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, cast

from llama_index.core.base.llms.types import ChatResponse
from llama_index.core.bridge.pydantic import ValidationError
from llama_index.core.types import Model
from pydantic_core import from_json

from llama_index_ramclouds._errors import StructuredOutputError, facts_of, shown
from llama_index_ramclouds._tools import selections
from ramclouds import prompted
from ramclouds.prompted import unsupported_message

_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_FENCED = re.compile(r"```[a-zA-Z]*\s*\n?(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class OutputSpec(Generic[Model]):
    """What an answer should hold, and how it was asked for."""

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
    text = _THOUGHT.sub("", response.message.content or "").strip()
    whole = [*_arguments(response), *([text] if text else [])]
    yield from whole
    # A part of an answer that was cut off may fit a class whose fields are optional.
    if _is_cut_off(response):
        return
    for fenced in _FENCED.finditer(text):
        yield fenced[1]
    yield from _objects_in(text)
    # Trailing commas, single quotes.
    yield from map(prompted.json_text, whole)


def _arguments(response: ChatResponse) -> list[str]:
    calls = response.message.additional_kwargs.get("tool_calls") or []
    return [call["function"]["arguments"] for call in calls]


def _is_cut_off(response: ChatResponse) -> bool:
    return bool(response.additional_kwargs.get("finish_reason") == "length")


def _objects_in(text: str) -> Iterator[str]:
    """The JSON values that stand in prose, in order."""
    decoder = json.JSONDecoder()
    place = _next_opening(text, 0)
    while place >= 0:
        try:
            _, end = decoder.raw_decode(text, place)
        except ValueError:
            end = place + 1
        else:
            yield text[place:end]
        place = _next_opening(text, end)


def _next_opening(text: str, start: int) -> int:
    found = re.compile(r"[{\[]").search(text, start)
    return found.start() if found else -1


def _is_no_json(problem: ValidationError) -> bool:
    return problem.errors()[0]["type"] == "json_invalid"


def _no_object(
    response: ChatResponse, spec: OutputSpec[Any], problem: ValidationError | None
) -> StructuredOutputError:
    text = response.message.content or "".join(_arguments(response))
    why = f": {problem}" if problem is not None else "."
    hint = _hint(response, spec, is_json=problem is not None and not _is_no_json(problem))
    return StructuredOutputError(
        f"The answer holds no {spec.output_cls.__name__}, but {shown(text)}{why}\n{hint}",
        **facts_of(response),
    )


def _hint(response: ChatResponse, spec: OutputSpec[Any], *, is_json: bool) -> str:
    if _is_cut_off(response):
        return "The answer was cut off at its token limit: raise max_tokens."
    if is_json:
        return "Describe the fields in the class, or use another model."
    way = response.additional_kwargs.get("tool_calling")
    if way is not None:
        return f"It was asked for through the prompt (tool_calling={way!r}): use another model."
    if spec.mode == "text":
        return "It was asked for through the prompt: use another model."
    what = "`tools`" if spec.mode == "function_calling" else "`response_format`"
    return unsupported_message(what, spec.model)


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
        start = text.find("{")
        # Parsed again only when it has grown by a tenth: parsing each time is quadratic.
        if start < 0 or len(text) - self._parsed < self._parsed // 10:
            return self._last
        self._parsed = len(text)
        try:
            begun = from_json(text[start:], allow_partial="trailing-strings")
        except ValueError:
            # Something stands behind the object, such as the end of its fence.
            return self._last
        return begun if isinstance(begun, dict) else self._last
