"""Which operations are traced, and with which tracer and instruments."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from opentelemetry import context, metrics, trace

from ramclouds._observers import Listener, Observer, Operation
from ramclouds._traces.listener import Instruments, Tracing
from ramclouds._version import __version__

_NAME = "ramclouds"
# What OpenTelemetry's own instrumentations read.
_DISABLED = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
_SUPPRESS = "suppress_instrumentation"
# https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
_SECONDS = tuple(0.01 * 2**step for step in range(14))
_TOKENS = tuple(float(4**step) for step in range(14))
_APIS = ("opentelemetry.trace", "opentelemetry.metrics")


def observers() -> tuple[Observer, ...]:
    """The observer that traces; none unless OpenTelemetry's SDK is set up."""
    is_set_up = _is_set_up(trace.get_tracer_provider()) or _is_set_up(metrics.get_meter_provider())
    return (_traced,) if is_set_up and not _is_off() else ()


def _traced(operation: Operation) -> Listener:
    made = _made_from(trace.get_tracer_provider(), metrics.get_meter_provider())
    return Tracing(operation, *made, context.get_current())


def _is_set_up(provider: Any) -> bool:
    # Until somebody sets one, the API gives a proxy of its own.
    return not type(provider).__module__.startswith(_APIS)


def _is_off() -> bool:
    disabled = os.environ.get(_DISABLED, "")
    is_disabled = bool(disabled) and {_NAME, "*"} & {name.strip() for name in disabled.split(",")}
    return bool(is_disabled or context.get_value(_SUPPRESS))


@lru_cache(maxsize=1)
def _made_from(tracers: Any, meters: Any) -> tuple[trace.Tracer, Instruments | None]:
    """What was made from the providers of now."""
    meter = metrics.get_meter(_NAME, __version__, meters)
    tracer = trace.get_tracer(_NAME, __version__, tracers)
    return tracer, _instruments(meter) if _is_set_up(meters) else None


def _instruments(meter: metrics.Meter) -> Instruments:
    """The histograms, with the buckets of the conventions."""

    def histogram(name: str, unit: str, what: str, buckets: tuple[float, ...]) -> metrics.Histogram:
        return meter.create_histogram(
            name, unit=unit, description=what, explicit_bucket_boundaries_advisory=buckets
        )

    return Instruments(
        tokens=histogram("gen_ai.client.token.usage", "{token}", "Tokens used.", _TOKENS),
        duration=histogram(
            "gen_ai.client.operation.duration", "s", "Duration of operations.", _SECONDS
        ),
        first_chunk=histogram(
            "gen_ai.client.operation.time_to_first_chunk",
            "s",
            "Time until the first chunk of a stream.",
            _SECONDS,
        ),
    )
