"""Tokens and cost of all calls of LLMs in a process, from LlamaIndex's events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events import BaseEvent
from llama_index.core.instrumentation.events.llm import (
    LLMChatEndEvent,
    LLMChatStartEvent,
    LLMCompletionEndEvent,
    LLMCompletionStartEvent,
)
from pydantic import PrivateAttr

from ramclouds import Usage, UsageMeter

# A stream that failed has an event with the error; a whole call has one with its text alone.
_ERRORS = ("ExceptionEvent", "SpanDropEvent")

_COUNTS = [field.name for field in fields(Usage) if isinstance(field.default, int)]


class UsageHandler(BaseEventHandler):
    """Adds up tokens and cost in its `meter`, for the dispatcher that it is added to.

    It counts threads too that do not copy the context. A `UsageMeter` around the calls counts
    embeddings too, and what failed calls had used.

    Example:
        from llama_index.core.instrumentation import get_dispatcher

        handler = UsageHandler()
        get_dispatcher().add_event_handler(handler)
        llm.chat(messages)
        print(handler.meter.total.usage.total_tokens, handler.meter.cost)
    """

    base_url: str | None = None
    _meter: UsageMeter = PrivateAttr(default_factory=UsageMeter)
    _asked: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def meter(self) -> UsageMeter:
        """What has been counted."""
        return self._meter

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex shows."""
        return "UsageHandler"

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        """Notes the model that is asked, and counts the usage of its response."""
        span = event.span_id or ""
        if isinstance(event, (LLMChatStartEvent, LLMCompletionStartEvent)):
            self._asked[span] = event.model_dict.get("model", "")
        elif event.class_name() in _ERRORS and span in self._asked:
            error = getattr(event, "exception", None)
            self._meter.add_failed(error, self._asked.pop(span, ""), self.base_url)
        elif isinstance(event, (LLMChatEndEvent, LLMCompletionEndEvent)):
            about = event.response.additional_kwargs if event.response is not None else {}
            asked = self._asked.pop(span, "")
            name = about.get("model", asked) if "fallback_from" in about else asked
            self._meter.add(_usage_of(about), name, self.base_url)


def _usage_of(about: Mapping[str, Any]) -> Usage | None:
    counts = {name: about[name] for name in _COUNTS if isinstance(about.get(name), int)}
    return Usage(**counts) if counts else None
