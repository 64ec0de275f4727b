"""LlamaIndex on a real model: what streams from llama.cpp's server, end to end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core import Document, Settings
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.callbacks import CallbackManager
from llama_index.core.callbacks.token_counting import TokenCountingHandler
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.prompts import PromptTemplate
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.retrievers.bm25 import BM25Retriever
from pydantic import BaseModel

from llama_index_ramclouds import RamClouds
from ramclouds.local import LocalServer

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")

DOCUMENTS = [
    Document(text="The ferry to Con Dao leaves at seven from the eastern pier."),
    Document(text="The lighthouse was built by a baker and is painted green."),
]


@pytest.fixture
def local(local_server: LocalServer) -> Iterator[RamClouds]:
    settings: dict[str, Any] = {"api_key": local_server.api_key, "base_url": local_server.base_url}
    with RamClouds(
        model=local_server.model, context_window=4096, temperature=0, max_tokens=8, **settings
    ) as llm:
        yield llm


async def test_the_four_methods(local: RamClouds) -> None:
    ask = [ChatMessage("Say hello.")]

    answer = local.chat(ask)
    texts = list(local.stream_complete("Say hello."))
    async with local:
        chunks = [chunk async for chunk in await local.astream_chat(ask)]
        text = await local.acomplete("Say hello.")

    assert answer.message.content
    assert "".join(one.delta for one in chunks) == chunks[-1].message.content
    assert "".join(one.delta for one in texts) == texts[-1].text
    assert text.raw["usage"]["completion_tokens"] > 0
    assert chunks[-1].raw["usage"]["completion_tokens"] > 0


async def test_rag_streams_and_shows_its_sources(
    local: RamClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = TokenCountingHandler(tokenizer=lambda text: [0] * 100_000)
    # Synthesizers give the LLM the manager of the settings.
    monkeypatch.setattr(Settings, "_callback_manager", CallbackManager([counter]))
    nodes = SentenceSplitter().get_nodes_from_documents(DOCUMENTS)
    retriever = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=1)
    engine = RetrieverQueryEngine.from_args(retriever, llm=local, streaming=True)

    async with local:
        response: Any = await engine.aquery("Who built the lighthouse?")
        tokens = [token async for token in response.async_response_gen()]

    assert [node.node.get_content() for node in response.source_nodes] == [DOCUMENTS[1].text]
    assert len(tokens) > 1
    assert 0 < counter.total_llm_token_count < 2000


async def test_a_grammar_holds_the_model_to_the_schema(local: RamClouds) -> None:
    class City(BaseModel):
        name: str
        is_capital: bool

    local.structured_output_mode = "json_schema"
    local.max_tokens = 200
    prompt = PromptTemplate("Hanoi is the capital of Vietnam. Describe {city} in JSON.")

    assert isinstance(local.structured_predict(City, prompt, city="Hanoi"), City)
    async with local:
        stream = await local.astream_structured_predict(City, prompt, city="Hanoi")
        streamed = [one async for one in stream]
    assert isinstance(streamed[-1], City)
