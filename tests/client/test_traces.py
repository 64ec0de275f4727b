"""Spans and metrics of OpenTelemetry, read back from the SDK's own exporters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.context import attach, detach, set_value
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ramclouds import AsyncClient, RamCloudsError
from ramclouds._observers import NOBODY
from tests.gateway import (
    REQUEST_ID,
    Gateway,
    Hang,
    Json,
    Sse,
    Stall,
    call,
    completion,
    embedded,
    error,
    text_chunks,
    usage,
)
from tests.harness import ASK, EACH_TWIN, Calls, Twin

Connect = Callable[..., Calls]
BUSY = Json(error("busy: Secret text", code="do_request_failed"), 503)
USED = usage(100, 20, cached_tokens=40, cache_creation_tokens=8, reasoning_tokens=7)
CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Finished spans, of a provider set up as a user does; it can be set once in a process."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield exporter
    provider.shutdown()


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], dict[str, Any]]]:
    """The points of each metric by its name."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    monkeypatch.setattr("opentelemetry.metrics._internal._METER_PROVIDER", provider)

    def points() -> dict[str, Any]:
        data = reader.get_metrics_data()
        scopes = data.resource_metrics[0].scope_metrics if data is not None else []
        return {metric.name: metric.data.data_points for s in scopes for metric in s.metrics}

    yield points
    provider.shutdown()


def only(exported: InMemorySpanExporter) -> ReadableSpan:
    (span,) = exported.get_finished_spans()
    return span


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def port(gateway: Gateway) -> int:
    return int(gateway.base_url.rsplit(":", 1)[1].split("/")[0])


def test_completion_that_names_no_model_and_no_usage(
    gateway: Gateway,
    calls: Calls,
    exported: InMemorySpanExporter,
    measured: Callable[[], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(CONTENT, "true")
    gateway.reply(Json({**completion("", reasoning_content="Hm.", usage=None), "model": None}))
    calls.complete()
    found = attributes(only(exported))
    assert not found.keys() & {"gen_ai.response.model", "gen_ai.usage.input_tokens"}
    assert json.loads(found["gen_ai.output.messages"])[0]["parts"] == [
        {"type": "reasoning", "content": "Hm."}
    ]
    assert "gen_ai.client.token.usage" not in measured()


@EACH_TWIN
def test_completion_is_a_span(
    gateway: Gateway, calls: Calls, exported: InMemorySpanExporter
) -> None:
    gateway.reply(Json(completion("Hi", usage=USED)))
    calls.complete(temperature=0.5, max_tokens=9, stop=["."], n=2, seed=3)
    span = only(exported)
    assert (span.name, span.kind) == ("chat gpt-5", trace.SpanKind.CLIENT)
    assert span.status.is_unset
    assert span.events == ()
    assert attributes(span) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "ramclouds",
        "gen_ai.request.model": "gpt-5",
        "server.address": "127.0.0.1",
        "server.port": port(gateway),
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.stop_sequences": (".",),
        "gen_ai.request.choice.count": 2,
        "gen_ai.request.seed": 3,
        "gen_ai.response.model": "gpt-5.1",
        "gen_ai.response.id": "chatcmpl-test1",
        "gen_ai.response.finish_reasons": ("stop",),
        "ramclouds.request_id": REQUEST_ID,
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 40,
        "gen_ai.usage.cache_creation.input_tokens": 8,
        "gen_ai.usage.reasoning.output_tokens": 7,
    }


@EACH_TWIN
def test_stream_is_a_span_until_its_end(
    gateway: Gateway, calls: Calls, exported: InMemorySpanExporter
) -> None:
    gateway.reply(Sse(text_chunks("Hello world", usage=USED)))
    calls.stream(response_format={"type": "json_object"})
    found = attributes(only(exported))
    assert found["gen_ai.request.stream"] is True
    assert found["gen_ai.output.type"] == "json"
    assert found["gen_ai.response.time_to_first_chunk"] > 0
    assert found["gen_ai.response.finish_reasons"] == ("stop",)
    assert found["gen_ai.usage.output_tokens"] == 20


@EACH_TWIN
def test_stream_that_is_left_ends_its_span(
    gateway: Gateway, calls: Calls, exported: InMemorySpanExporter, twin: Twin
) -> None:
    gateway.reply(Sse([*text_chunks("Hello world")[:2], Stall()]))
    twin.first(calls.client, "stream", **ASK)
    span = only(exported)
    assert [event.name for event in span.events] == ["ramclouds.left"]
    assert span.status.is_unset
    assert attributes(span)["gen_ai.response.id"] == "chatcmpl-test1"


def test_stream_that_is_dropped_ends_its_span(
    gateway: Gateway, calls: Calls, exported: InMemorySpanExporter
) -> None:
    gateway.reply(Sse([*text_chunks("Hello world")[:2], Stall()]))
    stream = calls.client.stream(**ASK)
    next(stream)  # type: ignore[arg-type]
    del stream
    assert only(exported).events[0].name == "ramclouds.left"


@EACH_TWIN
def test_stream_that_nobody_reads_is_no_span(
    gateway: Gateway, calls: Calls, exported: InMemorySpanExporter
) -> None:
    calls.client.stream(**ASK)
    assert exported.get_finished_spans() == ()


@EACH_TWIN
def test_embeddings_are_a_span(
    gateway: Gateway, calls: Calls, exported: InMemorySpanExporter
) -> None:
    gateway.reply(Json(embedded([[1.0], [2.0], [3.0]])))
    calls.embed(dimensions=1)
    span, found = only(exported), attributes(only(exported))
    assert span.name == "embeddings text-embedding-3-small"
    assert found["gen_ai.operation.name"] == "embeddings"
    assert found["gen_ai.embeddings.dimension.count"] == 1
    assert found["gen_ai.request.encoding_formats"] == ("base64",)
    assert found["gen_ai.usage.input_tokens"] > 0


@EACH_TWIN
def test_retries_are_events_and_the_last_error_is_a_type(
    gateway: Gateway, connect: Connect, exported: InMemorySpanExporter, waits: list[float]
) -> None:
    gateway.handler = lambda _: BUSY
    with pytest.raises(RamCloudsError):
        connect(max_retries=1).complete()
    span = only(exported)
    (event,) = span.events
    assert (event.name, dict(event.attributes or {})) == (
        "ramclouds.retry",
        {"error.type": "ServerError", "ramclouds.delay": waits[0]},
    )
    found = attributes(span)
    assert (found["error.type"], found["http.response.status_code"]) == ("ServerError", 503)
    assert found["ramclouds.request_id"] == REQUEST_ID
    assert (span.status.status_code, span.status.description) == (trace.StatusCode.ERROR, None)


def test_waits_and_fallbacks_are_events(
    gateway: Gateway, connect: Connect, exported: InMemorySpanExporter, waits: list[float]
) -> None:
    slow = Json(error("slow down", code="rate_limit_exceeded"), 429, {"Retry-After": "0"})
    gateway.reply(slow, *[BUSY] * 2, Json(completion("Hi", model="gpt-5.2")))
    calls = connect(max_retries=1, fallback_models=["gpt-5.2"])
    calls.complete()
    span = only(exported)
    first, *_, last = [(event.name, dict(event.attributes or {})) for event in span.events]
    assert first[0] == "ramclouds.wait"
    assert first[1]["ramclouds.seconds"] == 0.0
    facts = {"error.type": "ServerError", "gen_ai.request.model": "gpt-5"}
    assert last == ("ramclouds.fallback", {**facts, "ramclouds.next_model": "gpt-5.2"})
    found = attributes(span)
    assert (found["gen_ai.request.model"], found["gen_ai.response.model"]) == ("gpt-5", "gpt-5.2")


def test_cancelled_call_ends_its_span(gateway: Gateway, exported: InMemorySpanExporter) -> None:
    gateway.reply(Hang("headers"))

    async def ask() -> None:
        async with AsyncClient(api_key="test-key", base_url=gateway.base_url) as client:
            task = asyncio.create_task(client.complete(**ASK))
            await asyncio.to_thread(gateway.wait_requests, 1)
            task.cancel()
            await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(ask())
    assert attributes(only(exported))["error.type"] == "CancelledError"


def test_parent_is_the_span_of_the_task_or_thread(
    gateway: Gateway, calls: Calls, exported: InMemorySpanExporter
) -> None:
    tracer = trace.get_tracer("test")

    async def under(name: str, client: AsyncClient) -> None:
        with tracer.start_as_current_span(name):
            await asyncio.gather(client.complete(**ASK), asyncio.sleep(0))

    async def both() -> None:
        async with AsyncClient(api_key="test-key", base_url=gateway.base_url) as client:
            await asyncio.gather(under("a", client), under("b", client))

    asyncio.run(both())
    with tracer.start_as_current_span("threads"):
        calls.embed_many(["a", "b"], chunk_size=1, max_concurrency=2)
        # Its parent is where it was made, not where it is read.
        stream = calls.client.stream(**ASK)
    with tracer.start_as_current_span("elsewhere"):
        list(stream)  # type: ignore[arg-type]

    spans = exported.get_finished_spans()
    names = {span.context.span_id: span.name for span in spans if span.context is not None}
    ours = [(span.name, names[span.parent.span_id]) for span in spans if span.parent is not None]
    assert sorted(ours) == [
        ("chat gpt-5", "a"),
        ("chat gpt-5", "b"),
        ("chat gpt-5", "threads"),
        ("embeddings text-embedding-3-small", "threads"),
        ("embeddings text-embedding-3-small", "threads"),
    ]


@pytest.mark.parametrize(
    ("marks", "has_usage"),
    [
        ({"langfuse.observation.type": "generation"}, False),
        ({"gen_ai.operation.name": "chat"}, False),
        ({"gen_ai.operation.name": "invoke_agent"}, True),
        ({}, True),
    ],
)
def test_tokens_are_on_one_of_two_spans_of_a_call(
    gateway: Gateway,
    calls: Calls,
    exported: InMemorySpanExporter,
    marks: dict[str, str],
    has_usage: bool,
) -> None:
    """Backends add up what they find: a call would cost twice as much."""
    gateway.reply(Json(completion("Hi", usage=USED)))
    with trace.get_tracer("test").start_as_current_span("outer", attributes=marks):
        calls.complete()
    ours, _ = exported.get_finished_spans()
    assert ("gen_ai.usage.input_tokens" in attributes(ours)) is has_usage


MESSAGES: list[Any] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Secret text"}, {"type": "image_url",
     "image_url": {"url": "data:image/png;base64,AAAA"}}]},
    {"role": "assistant", "content": None, "tool_calls": [call("f", '{"a": 1}', id="c1")]},
    {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
]  # fmt: skip
CALL = call("f", '{"b": 2}', id="c2")
BROKEN = call("f", '{"b":', id="c3")
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def test_no_content_and_no_key_unless_asked_for(
    gateway: Gateway, connect: Connect, exported: InMemorySpanExporter
) -> None:
    gateway.reply(Json(completion("Secret text")), BUSY)
    calls = connect(api_key="sk-c4narybird", default_headers={"X-Api-Key": "c4narybird"})
    calls.complete(messages=MESSAGES, tools=[TOOL], user="me", extra_body={"metadata": {"a": "b"}})
    with pytest.raises(RamCloudsError):
        calls.complete(messages=MESSAGES)
    text = "".join(span.to_json() for span in exported.get_finished_spans())
    assert "Secret text" not in text
    assert "c4narybird" not in text
    assert "Be brief" not in text
    assert "sunny" not in text


def test_content_that_is_no_unicode_can_be_exported(
    calls: Calls, exported: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONTENT, "true")
    calls.complete(messages=[{"role": "user", "content": "half \ud83d"}])
    assert "half ?" in attributes(only(exported))["gen_ai.input.messages"]


@pytest.mark.parametrize("setting", ["true", "SPAN_ONLY"])
def test_content_that_is_asked_for(
    gateway: Gateway,
    connect: Connect,
    exported: InMemorySpanExporter,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
) -> None:
    monkeypatch.setenv(CONTENT, setting)
    answer = completion("Well.", reasoning_content="Hm", tool_calls=[CALL, BROKEN])
    gateway.reply(Json(answer), BUSY)
    calls = connect(api_key="sk-c4narybird")
    calls.complete(messages=MESSAGES, tools=[TOOL])
    with pytest.raises(RamCloudsError):
        calls.complete(messages=MESSAGES)
    first, second = exported.get_finished_spans()
    found = attributes(first)
    assert json.loads(found["gen_ai.input.messages"]) == [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {
            "role": "user",
            "parts": [{"type": "text", "content": "Secret text"}, {"type": "image_url"}],
        },
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}],
        },
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "c1", "response": "sunny"}],
        },
    ]
    assert json.loads(found["gen_ai.output.messages"]) == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hm"},
                {"type": "text", "content": "Well."},
                {"type": "tool_call", "id": "c2", "name": "f", "arguments": {"b": 2}},
                {"type": "tool_call", "id": "c3", "name": "f", "arguments": '{"b":'},
            ],
            "finish_reason": "tool_calls",
        }
    ]
    assert json.loads(found["gen_ai.tool.definitions"])[0]["name"] == "f"
    assert "busy: Secret text" in (second.status.description or "")
    assert "c4narybird" not in first.to_json() + second.to_json()


def test_metrics(gateway: Gateway, calls: Calls, measured: Callable[[], dict[str, Any]]) -> None:
    gateway.reply(
        Json(completion("Hi", usage=USED)), Sse(text_chunks("Hello world", usage=USED)), BUSY
    )
    calls.complete()
    calls.stream()
    with pytest.raises(RamCloudsError):
        calls.complete()
    points = measured()
    shared = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "ramclouds",
        "gen_ai.request.model": "gpt-5",
        "server.address": "127.0.0.1",
        "server.port": port(gateway),
    }
    answered = shared | {"gen_ai.response.model": "gpt-5.1"}

    def counted(name: str) -> list[tuple[dict[str, Any], int]]:
        return [(dict(point.attributes), point.count) for point in points[name]]

    assert counted("gen_ai.client.operation.duration") == [
        (answered, 2),
        (shared | {"error.type": "ServerError"}, 1),
    ]
    assert counted("gen_ai.client.operation.time_to_first_chunk") == [(shared, 1)]
    tokens = points["gen_ai.client.token.usage"]
    assert [(point.attributes["gen_ai.token.type"], point.sum) for point in tokens] == [
        ("input", 200),
        ("output", 40),
    ]
    assert tokens[0].explicit_bounds[:3] == (1, 4, 16)


@pytest.mark.parametrize("how", ["disabled", "suppressed", "not set up"])
def test_tracing_is_off(
    gateway: Gateway,
    calls: Calls,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    token = None
    client = calls.client
    if how != "not set up":
        request.getfixturevalue("exported")
    if how == "disabled":
        monkeypatch.setenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "requests, ramclouds")
    if how == "suppressed":
        token = attach(set_value("suppress_instrumentation", True))
    try:
        attempts = client._chat_attempts(client._whole_request, "gpt-5", ASK["messages"], None, {})
    finally:
        if token is not None:
            detach(token)
    assert attempts.watch is NOBODY
