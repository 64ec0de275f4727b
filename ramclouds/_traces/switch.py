"""Whether operations are traced: OpenTelemetry is loaded by whoever sets it up, never from here."""

from __future__ import annotations

import sys

from ramclouds._observers import Observer

_TRACE = "opentelemetry.trace"
_METRICS = "opentelemetry.metrics"


def tracing() -> tuple[Observer, ...]:
    """The observer that traces; none unless OpenTelemetry's SDK is set up in this process."""
    if _TRACE not in sys.modules and _METRICS not in sys.modules:
        return ()
    from ramclouds._traces.observer import observers

    return observers()
