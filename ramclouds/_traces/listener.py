"""One operation as a span and as metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.context import Context

from ramclouds._observers import Listener, Operation
from ramclouds._traces import attributes, content
from ramclouds.types import Completion, Embeddings


@dataclass(frozen=True, slots=True)
class Instruments:
    """The metrics."""

    tokens: metrics.Histogram
    duration: metrics.Histogram
    first_chunk: metrics.Histogram


class Tracing(Listener):
    """Traces one operation; its parent is the span that was current where it was made."""

    def __init__(
        self,
        operation: Operation,
        tracer: trace.Tracer,
        instruments: Instruments | None,
        parent: Context,
    ) -> None:
        self._operation = operation
        self._tracer = tracer
        self._instruments = instruments
        self._parent = parent
        self._shared = attributes.of_operation(operation)

    def begin(self) -> None:
        operation = self._operation
        self._has_content = content.is_wanted()
        self._started = perf_counter()
        self._span = self._tracer.start_span(
            f"{operation.name} {operation.model}",
            context=self._parent,
            kind=trace.SpanKind.CLIENT,
            attributes=self._shared | attributes.of_request(operation),
        )
        if self._has_content and self._span.is_recording():
            self._span.set_attributes(content.of_request(operation))

    def retry(self, error: Exception, delay: float) -> None:
        facts: dict[str, Any] = {"error.type": type(error).__name__, "ramclouds.delay": delay}
        self._span.add_event("ramclouds.retry", facts)

    def wait(self, seconds: float | None, reason: str) -> None:
        known = {} if seconds is None else {"ramclouds.seconds": seconds}
        self._span.add_event("ramclouds.wait", {**known, "ramclouds.reason": reason})

    def fallback(self, model: str, next_model: str, error: Exception) -> None:
        facts = {"error.type": type(error).__name__, "gen_ai.request.model": model}
        self._span.add_event("ramclouds.fallback", {**facts, "ramclouds.next_model": next_model})

    def first_token(self) -> None:
        seconds = perf_counter() - self._started
        self._span.set_attribute("gen_ai.response.time_to_first_chunk", seconds)
        if self._instruments is not None:
            self._instruments.first_chunk.record(seconds, self._shared)

    def end(self, value: Completion | Embeddings) -> None:
        self._end(value, {})

    def closed_early(self, partial: Completion | None) -> None:
        self._span.add_event("ramclouds.left")
        self._end(partial, {})

    def failed(self, error: BaseException, partial: Any) -> None:
        kind = type(error).__name__
        # The error's text may quote the request or the response.
        message = str(error) if self._has_content else None
        self._span.set_status(trace.StatusCode.ERROR, message)
        facts = {"error.type": kind}
        status, request_id = (getattr(error, name, None) for name in ("status_code", "request_id"))
        more = {"http.response.status_code": status, "ramclouds.request_id": request_id}
        self._span.set_attributes({name: one for name, one in more.items() if one is not None})
        self._end(partial, facts)

    def _end(self, value: Any, facts: dict[str, Any]) -> None:
        span = self._span
        if isinstance(value, (Completion, Embeddings)):
            # Else a sum over the spans counts the tokens twice.
            has_usage = not attributes.counts_tokens(self._attributes_of_parent())
            span.set_attributes(attributes.of_value(value, has_usage=has_usage))
            if self._has_content and isinstance(value, Completion):
                span.set_attributes(content.of_completion(value))
        span.set_attributes(facts)
        if self._instruments is not None:
            self._measure(self._instruments, value, facts)
        span.end()

    def _attributes_of_parent(self) -> Mapping[str, Any]:
        # Spans of the bare API have no attributes.
        parent = trace.get_current_span(self._parent)
        return getattr(parent, "attributes", None) or {}

    def _measure(self, instruments: Instruments, value: Any, facts: dict[str, Any]) -> None:
        shared = self._shared | facts
        if isinstance(value, (Completion, Embeddings)):
            if value.model:
                shared["gen_ai.response.model"] = value.model
            if value.usage is not None:
                counts = {
                    "input": value.usage.prompt_tokens,
                    "output": value.usage.completion_tokens,
                }
                for kind, count in counts.items():
                    if count:
                        instruments.tokens.record(count, {**shared, "gen_ai.token.type": kind})
        instruments.duration.record(perf_counter() - self._started, shared)
