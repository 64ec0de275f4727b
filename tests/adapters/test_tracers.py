"""What tools that trace the frameworks show of a call: provider, model and tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import langsmith
import pytest
from langchain_core.messages import HumanMessage
from langchain_core.tracers import LangChainTracer
from llama_index.core.base.llms.types import ChatMessage
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from tests.adapters.asking import WAYS, Way
from tests.gateway import Gateway, Json, Sse, completion, text_chunks, usage
from tests.gateway.request import Request
from tests.gateway.responses import Response

USED = usage(10, 5, cached_tokens=4)
ASYNC = pytest.mark.parametrize("way", [way for way in WAYS if way.is_async], ids=str)
# `get_type_hints` of OpenInference looks at modules of LangChain that warn.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def answer(request: Request) -> Response:
    if request.path.startswith("/langsmith"):
        return Json({})
    if request.json.get("stream"):
        return Sse(text_chunks("Hi there", usage=USED))
    return Json(completion("Hi there", usage=USED))


@ASYNC
async def test_langsmith(gateway: Gateway, chat: Callable[..., ChatRamClouds], way: Way) -> None:
    gateway.handler = answer
    url = gateway.base_url.removesuffix("/v1") + "/langsmith"
    client = langsmith.Client(api_url=url, api_key="ls-test", auto_batch_tracing=False)
    tracer = LangChainTracer(client=client, project_name="test")
    await way.langchain(chat(callbacks=[tracer]), [HumanMessage("Hi")])
    tracer.wait_for_futures()
    (run,) = [json.loads(request.body) for request in gateway.requests if request.method == "PATCH"]
    about = run["extra"]["metadata"]
    assert (about["ls_provider"], about["ls_model_name"]) == ("ramclouds", "gpt-5")
    assert about["usage_metadata"] == {
        "input_tokens": 10,
        "output_tokens": 5,
        "total_tokens": 15,
        "input_token_details": {"cache_read": 4},
    }


def instrumented(module: str, name: str) -> tuple[Any, InMemorySpanExporter]:
    """An instrumentation of OpenInference, which is switched on, and where its spans go."""
    instrumentor = getattr(pytest.importorskip(module), name)()
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor.instrument(tracer_provider=provider)
    return instrumentor, exporter


def shown(exporter: InMemorySpanExporter) -> dict[str, Any]:
    (span,) = exporter.get_finished_spans()
    names = ["llm.provider", *TOKENS]
    assert span.attributes is not None
    assert span.attributes["llm.model_name"] in ("gpt-5", "gpt-5.1")
    return {name: span.attributes[name] for name in names if name in span.attributes}


TOKENS = {
    "llm.token_count.prompt": 10,
    "llm.token_count.completion": 5,
    "llm.token_count.prompt_details.cache_read": 4,
}


@ASYNC
async def test_openinference_of_langchain(
    gateway: Gateway, chat: Callable[..., ChatRamClouds], way: Way
) -> None:
    gateway.handler = answer
    tool, exporter = instrumented(
        "openinference.instrumentation.langchain", "LangChainInstrumentor"
    )
    try:
        await way.langchain(chat(), [HumanMessage("Hi")])
    finally:
        tool.uninstrument()
    assert shown(exporter) == {"llm.provider": "ramclouds", **TOKENS}


@ASYNC
async def test_openinference_of_llama_index(
    gateway: Gateway, llm: Callable[..., RamClouds], way: Way
) -> None:
    gateway.handler = answer
    tool, exporter = instrumented(
        "openinference.instrumentation.llama_index", "LlamaIndexInstrumentor"
    )
    try:
        await way.llama_index(llm(), [ChatMessage("Hi")])
    finally:
        tool.uninstrument()
    # It knows providers by the names of LlamaIndex's own classes.
    assert shown(exporter) == TOKENS
