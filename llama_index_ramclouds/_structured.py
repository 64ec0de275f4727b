"""Structured output: how it is asked for, and how an object is read from the answer."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Generic, cast

from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.bridge.pydantic import BaseModel, ValidationError
from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined]
from llama_index.core.instrumentation.events.llm import (
    LLMStructuredPredictEndEvent,
    LLMStructuredPredictInProgressEvent,
    LLMStructuredPredictStartEvent,
)
from llama_index.core.prompts import PromptTemplate
from llama_index.core.types import Model, PydanticProgramMode
from pydantic_core import from_json

from llama_index_ramclouds._errors import StructuredOutputError, said
from llama_index_ramclouds._messages import with_instructions
from llama_index_ramclouds._settings import Settings
from llama_index_ramclouds._tools import selections, to_wire_choice
from ramclouds import BadRequestError

dispatcher = get_dispatcher(__name__)

_INSTRUCTIONS = (
    "\n\nAnswer with one JSON object that fits this JSON schema, and with nothing else; do not"
    " repeat the schema.\n{schema}"
)
_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_FENCED = re.compile(r"```[a-zA-Z]*\s*\n?(.*?)```", re.DOTALL)
_REFUSED = re.compile(r"tool|function|response_format|json_schema", re.IGNORECASE)


def modes(settings: Settings) -> tuple[str, ...] | None:
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
    return ("function_calling", "text") if settings.is_function_calling_model else ("text",)


def is_refusal_of(modes: Sequence[str], error: BadRequestError) -> bool:
    """Whether the request failed for the way of asking, and there is another to try."""
    return len(modes) > 1 and bool(_REFUSED.search(error.message))


def to_ask(
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
        return {**kwargs, "messages": list(messages), "tools": tools, **forced}
    if mode == "json_schema":
        wire = {"name": name, "schema": _strict(schema), "strict": True}
        kwargs["response_format"] = {"type": "json_schema", "json_schema": wire}
        return {**kwargs, "messages": list(messages)}
    if mode == "json_mode":
        kwargs["response_format"] = {"type": "json_object"}
    text = _INSTRUCTIONS.format(schema=json.dumps(schema, ensure_ascii=False))
    return {**kwargs, "messages": with_instructions(messages, text)}


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


def to_object(response: ChatResponse, output_cls: type[Model]) -> Model:
    """Read and validate the object: from a tool call, or else from the text."""
    problem: ValidationError | None = None
    for candidate in _candidates(response):
        try:
            return output_cls.model_validate_json(candidate)
        except ValidationError as error:
            problem = problem or error
    raise _no_object(response, output_cls, problem) from problem


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
    from ramclouds.prompted import json_text  # not at import: few answers need it

    yield from map(json_text, whole)


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


def _no_object(
    response: ChatResponse, output_cls: type[BaseModel], problem: ValidationError | None
) -> StructuredOutputError:
    text = response.message.content or ""
    shown = text or "".join(_arguments(response))
    shown = shown if len(shown) <= 200 else shown[:200] + "..."
    why = f": {problem}" if problem is not None else "."
    hint = (
        "The answer was cut off at its token limit: raise max_tokens."
        if _is_cut_off(response)
        else "Try another structured_output_mode or model: some channels of the gateway ignore"
        " tools or response_format."
    )
    return StructuredOutputError(
        f"The answer holds no {output_cls.__name__}, but {shown!r}{why}\n{hint}",
        partial=said(text),
        body=response.raw,
        request_id=response.additional_kwargs.get("request_id"),
    )


class ArrivingObject(Generic[Model]):
    """An object as it arrives: partial ones as often as they change, the whole one at the end."""

    def __init__(self, output_cls: type[Model]) -> None:
        # Not at import: programs load much of core.
        from llama_index.core.program.utils import create_flexible_model

        self._output_cls = output_cls
        # Core makes this class anew for every chunk, a millisecond each time.
        self._partial_cls = create_flexible_model(output_cls)
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
            self._yielded = self._output_cls.model_validate(begun)
        except ValidationError:
            self._yielded = self._partial_cls.model_validate(begun)
        return [self._yielded]

    def to_rest(self) -> list[Model]:
        """The whole object, validated, if the last partial one was not yet it."""
        # A stream without a last chunk raises, so there has been one.
        whole = to_object(cast(ChatResponse, self._response), self._output_cls)
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


def started(
    output_cls: type[BaseModel], prompt: PromptTemplate, prompt_args: dict[str, Any]
) -> None:
    """Tell core's instrumentation."""
    dispatcher.event(
        LLMStructuredPredictStartEvent(
            output_cls=output_cls, template=prompt, template_args=prompt_args
        )
    )


def ended(output: Model) -> Model:
    """Tell core's instrumentation."""
    dispatcher.event(LLMStructuredPredictEndEvent(output=output))
    return output


async def with_events(
    objects: AsyncGenerator[Any, None],
    output_cls: type[BaseModel],
    prompt: PromptTemplate,
    prompt_args: dict[str, Any],
) -> AsyncGenerator[Any, None]:
    """Pass objects on with core's events, and close their stream when the caller leaves it."""
    started(output_cls, prompt, prompt_args)
    async with aclosing(objects):
        async for arrived in objects:
            dispatcher.event(LLMStructuredPredictInProgressEvent(output=arrived))
            yield arrived
    ended(arrived)
