"""Tokens and cost of calls through both adapters: by a meter, and by the frameworks' handlers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.messages import HumanMessage
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined]

from langchain_ramclouds import ChatRamClouds, RamCloudsEmbeddings
from langchain_ramclouds.callbacks import UsageHandler
from llama_index_ramclouds import RamClouds, RamCloudsEmbedding
from llama_index_ramclouds.callbacks import UsageHandler as LlamaIndexUsageHandler
from ramclouds import Price, Prices, RamCloudsError, Usage, UsageMeter
from ramclouds._prices import known
from tests.adapters.asking import Way
from tests.gateway import Gateway, Json, Sse, Stall, completion, error, text_chunks, usage
from tests.gateway.request import Request
from tests.gateway.responses import Response

USED = usage(1_000_000, 100_000, cached_tokens=400_000, reasoning_tokens=7)
COUNTED = Usage(1_000_000, 100_000, 1_100_000, 400_000, 0, 7)
COST = 0.6 * 1.25 + 0.4 * 0.125 + 1.0
Chat = Callable[..., ChatRamClouds]
Llm = Callable[..., RamClouds]


def answer(request: Request) -> Response:
    if request.json.get("stream"):
        return Sse(text_chunks("Hi there", usage=USED))
    return Json(completion("Hi there", usage=USED))


@pytest.fixture(autouse=True)
def _no_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """No prices of another test's gateway."""
    monkeypatch.setattr(known, "_of_gateways", {})


@pytest.fixture
def gateway(gateway: Gateway) -> Gateway:
    gateway.handler = answer
    return gateway


@pytest.fixture
def handler() -> Iterator[LlamaIndexUsageHandler]:
    """A handler of all of LlamaIndex's events."""
    handler = LlamaIndexUsageHandler()
    handlers = get_dispatcher().event_handlers
    handlers.append(handler)
    yield handler
    handlers.remove(handler)


async def test_meter_counts_both_adapters(gateway: Gateway, chat: Chat, llm: Llm, way: Way) -> None:
    with UsageMeter() as meter:
        await way.langchain(chat(), [HumanMessage("Hi")])
    assert (meter.total.calls, meter.total.usage) == (1, COUNTED)
    assert meter.cost == pytest.approx(COST)
    with UsageMeter() as meter:
        await way.llama_index(llm(), [ChatMessage("Hi")])
    assert (meter.total.calls, meter.total.usage) == (1, COUNTED)


async def test_handler_of_langchain(gateway: Gateway, chat: Chat, way: Way) -> None:
    handler = UsageHandler()
    await way.langchain(chat(callbacks=[handler]), [HumanMessage("Hi")])
    await way.langchain(chat(), [HumanMessage("Hi")])
    assert (handler.meter.total.calls, handler.meter.total.usage) == (1, COUNTED)
    assert list(handler.meter.by_model) == ["gpt-5"]
    assert handler.meter.cost == pytest.approx(COST)


async def test_completion_without_usage_is_uncounted(
    gateway: Gateway, chat: Chat, llm: Llm, handler: LlamaIndexUsageHandler
) -> None:
    gateway.handler = lambda _: Json(completion("Hi", usage=None))
    ours = UsageHandler()
    chat(callbacks=[ours]).invoke("Hi")
    llm().chat([ChatMessage("Hi")])
    for total in (ours.meter.total, handler.meter.total):
        assert (total.calls, total.uncounted_calls, total.failed_calls) == (1, 1, 0)
    assert repr(ours.meter) == f"UsageMeter({ours.meter.total})"


async def test_handler_of_llama_index(
    gateway: Gateway, llm: Llm, way: Way, handler: LlamaIndexUsageHandler
) -> None:
    await way.llama_index(llm(), [ChatMessage("Hi")])
    assert (handler.meter.total.calls, handler.meter.total.usage) == (1, COUNTED)
    assert list(handler.meter.by_model) == ["gpt-5"]
    assert handler.meter.cost == pytest.approx(COST)


async def test_failed_call_counts_what_it_used(
    gateway: Gateway, chat: Chat, llm: Llm, way: Way, handler: LlamaIndexUsageHandler
) -> None:
    def broken(request: Request) -> Response:
        events = text_chunks("Hello world", usage=USED)
        if request.json.get("stream"):
            return Sse([events[0], events[1], events[-1]], ending="rst")
        return Json(error("no", "", ""), 500)

    gateway.handler = broken
    ours = UsageHandler()
    used = 1_000_000 if way.is_streamed else 0
    with UsageMeter() as meter:
        with pytest.raises(RamCloudsError):
            await way.langchain(chat(callbacks=[ours]), [HumanMessage("Hi")])
        with pytest.raises(RamCloudsError):
            await way.llama_index(llm(), [ChatMessage("Hi")])
    assert (meter.total.calls, meter.total.failed_calls) == (2, 2)
    assert meter.total.usage.prompt_tokens == 2 * used
    for total in (ours.meter.total, handler.meter.total):
        assert (total.calls, total.failed_calls, total.usage.prompt_tokens) == (1, 1, used)


def test_stream_that_is_left_is_uncounted(
    gateway: Gateway, chat: Chat, llm: Llm, handler: LlamaIndexUsageHandler
) -> None:
    gateway.handler = lambda _: Sse([*text_chunks("Hello world")[:3], Stall()])
    ours, built = UsageHandler(), llm()
    with UsageMeter() as meter:
        for stream in (
            chat(callbacks=[ours]).stream("Hi"),
            built.stream_chat([ChatMessage("Hi")]),
        ):
            next(stream)
            stream.close()  # type: ignore[union-attr]
    assert (meter.total.calls, meter.total.failed_calls, meter.total.uncounted_calls) == (2, 0, 2)
    for total in (ours.meter.total, handler.meter.total):
        assert (total.calls, total.failed_calls, total.uncounted_calls) == (1, 0, 1)


def test_batches_and_embeddings_count(gateway: Gateway, chat: Chat) -> None:
    settings: dict[str, Any] = {"api_key": "test-key", "base_url": gateway.base_url}
    with UsageMeter() as meter:
        chat().batch(["a", "b", "c"])
        gateway.handler = None
        RamCloudsEmbeddings(model="text-embedding-3-small", **settings).embed_documents(["a", "b"])
        RamCloudsEmbedding(model="text-embedding-3-small", **settings).get_text_embedding("a")
    assert meter.by_model["gpt-5"].calls == 3
    assert meter.by_model["text-embedding-3-small"].calls == 2


def test_completion_of_a_cache_costs_nothing(gateway: Gateway, chat: Chat) -> None:
    handler, cache = UsageHandler(), InMemoryCache()
    model = chat(callbacks=[handler], cache=cache)
    for _ in range(2):
        model.invoke("Hi")
    assert (handler.meter.total.calls, len(gateway.requests)) == (1, 1)


def test_prompted_calls_count_each_request(gateway: Gateway, chat: Chat) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    with UsageMeter() as meter:
        chat(tool_calling="prompted").bind_tools([tool]).invoke("Hi")
    assert meter.total.calls == len(gateway.requests)
    assert meter.total.usage.prompt_tokens == 1_000_000 * len(gateway.requests)


def test_handlers_go_by_the_prices_of_a_gateway(gateway: Gateway, chat: Chat) -> None:
    known.remember_prices("https://other.test/v1", Prices({}), 0.0)
    known.remember_prices(gateway.base_url, Prices({"gpt-5": Price(per_call=3.0)}), 0.0)
    handler = UsageHandler(base_url=gateway.base_url)
    chat(callbacks=[handler]).invoke("Hi")
    assert handler.meter.cost == 3.0
