"""Spans and metrics of OpenTelemetry, by its conventions for generative AI."""
