"""Structured output as it is read from a response, whole or as it arrives."""

from __future__ import annotations

from typing import Any, Generic, cast

from llama_index.core.base.llms.types import ChatResponse
from llama_index.core.types import Model

from llama_index_ramclouds._errors import (
    StructuredOutputError,
    facts_of,
    invalid_calls,
    outcome_of,
)
from llama_index_ramclouds._structured import Attempt
from llama_index_ramclouds._tools import selections
from ramclouds.bridge.json_text import partial_object
from ramclouds.bridge.shapes import class_shape
from ramclouds.bridge.structured import UnfitError, Written, begun_value, read_value


def to_object(response: ChatResponse, attempt: Attempt[Model]) -> Model:
    """Read and validate the object: from a tool call, or else from the text."""
    message, mode = response.message, attempt.modes[0]
    calls = message.additional_kwargs.get("tool_calls") or []
    written = Written(
        text=message.content or "",
        arguments=[call["function"]["arguments"] for call in calls],
        invalid=[call.arguments for call in invalid_calls(message)],
        outcome=outcome_of(response, attempt.llm.model),
    )
    asked = {"text": None, "function_calling": "`tools`"}
    asked_by = asked.get(mode, "`response_format`")
    try:
        return read_value(written, class_shape(attempt.output_cls), asked_by=asked_by)
    except UnfitError as error:
        is_retryable = written.outcome.stopped is None
        raise StructuredOutputError(
            str(error), **facts_of(response), retryable=is_retryable
        ) from error.__cause__


class ArrivingObject(Generic[Model]):
    """An object as it arrives: partial ones as often as they change, the whole one at the end."""

    def __init__(self, attempt: Attempt[Model]) -> None:
        # Imported here because core's programs load much of core.
        from llama_index.core.program.utils import create_flexible_model

        self._attempt = attempt
        self._shape = class_shape(attempt.output_cls)
        # Core makes this class anew for every chunk, a millisecond each time.
        self._partial_cls = create_flexible_model(attempt.output_cls)
        self._last: Any = None
        self._parsed = 0
        self._response: ChatResponse | None = None
        self._yielded: Any = None

    def to_partial(self, response: ChatResponse) -> list[Any]:
        """The object so far, if this chunk changed it."""
        self._response = response
        begun = self._begun(response)
        if begun is None or begun == self._last:
            return []
        self._last = begun
        for fit in (self._shape.fit, self._partial_cls.model_validate):
            try:
                self._yielded = fit(begun)
            except Exception:  # noqa: BLE001 - a user's validator may raise anything for a part
                continue
            return [self._yielded]
        return []

    def to_rest(self) -> list[Model]:
        """The whole object, validated, unless the last partial one was the whole already."""
        # A stream without a last chunk raises, so there has been one.
        whole = to_object(cast(ChatResponse, self._response), self._attempt)
        return [] if whole == self._yielded else [whole]

    def _begun(self, response: ChatResponse) -> Any:
        if calls := selections(response.message):
            return begun_value(calls[0].tool_kwargs, self._shape)
        text = response.message.content or ""
        # Parsed again only when it has grown by a tenth: parsing each time is quadratic.
        if len(text) - self._parsed < self._parsed // 10:
            return self._last
        self._parsed = len(text)
        return begun_value(partial_object(text), self._shape)
