"""Query engines, chat engines, selectors and extraction: it goes where LlamaIndex takes an LLM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core import (
    Document,
    MockEmbedding,
    Settings,
    SummaryIndex,
    VectorStoreIndex,
    get_response_synthesizer,
)
from llama_index.core.callbacks import CallbackManager
from llama_index.core.callbacks.token_counting import TokenCountingHandler
from llama_index.core.chat_engine import CondensePlusContextChatEngine, SimpleChatEngine
from llama_index.core.evaluation import FaithfulnessEvaluator
from llama_index.core.extractors import KeywordExtractor
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.postprocessor import LLMRerank
from llama_index.core.query_engine import (
    RetrieverQueryEngine,
    RouterQueryEngine,
    SubQuestionQueryEngine,
)
from llama_index.core.question_gen import LLMQuestionGenerator
from llama_index.core.response_synthesizers import ResponseMode
from llama_index.core.selectors import LLMSingleSelector, PydanticSingleSelector
from llama_index.core.tools import QueryEngineTool, ToolMetadata
from llama_index.retrievers.bm25 import BM25Retriever
from pydantic import BaseModel

from llama_index_ramclouds import RamClouds
from tests.gateway import Gateway, Json, Request, Response, Sse, completion, text_chunks
from tests.harness import each_row

pytestmark = [
    # Core's own parts call what pydantic 2 deprecates.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning"),
    pytest.mark.usefixtures("core_leaves_open"),
]

DOCUMENTS = [
    Document(text="The ferry to Con Dao leaves at seven from the eastern pier."),
    Document(text="Tickets for the ferry cost nine coins and are sold on board."),
    Document(text="The lighthouse was built by a baker and is painted green."),
]


@pytest.fixture(autouse=True)
def _settings(llm: RamClouds) -> Iterator[None]:
    """Nothing may reach for OpenAI, the default of LlamaIndex."""
    before = (Settings._llm, Settings._embed_model)
    Settings.llm = llm
    Settings.embed_model = MockEmbedding(embed_dim=8)
    yield
    Settings._llm, Settings._embed_model = before


@pytest.fixture
def index() -> VectorStoreIndex:
    return VectorStoreIndex.from_documents(DOCUMENTS)


def _prompt(gateway: Gateway) -> str:
    content = gateway.last.json["messages"][-1]["content"]
    assert isinstance(content, str)
    return content


def test_vector_index_query_engine(gateway: Gateway, index: VectorStoreIndex) -> None:
    response = index.as_query_engine(similarity_top_k=3).query("When does the ferry leave?")

    assert str(response).startswith("Hello! You said:")
    assert response.source_nodes
    assert "eastern pier" in _prompt(gateway)


def test_vector_index_query_engine_streams(gateway: Gateway, index: VectorStoreIndex) -> None:
    response: Any = index.as_query_engine(streaming=True).query("When does the ferry leave?")
    tokens = list(response.response_gen)

    assert len(tokens) > 5
    assert "".join(tokens).startswith("Hello! You said:")
    assert gateway.last.json["stream"] is True


async def test_vector_index_query_engine_async(llm: RamClouds, index: VectorStoreIndex) -> None:
    async with llm:
        response = await index.as_query_engine().aquery("When does the ferry leave?")
        streamed: Any = await index.as_query_engine(streaming=True).aquery(
            "When does the ferry leave?"
        )
        tokens = [token async for token in streamed.async_response_gen()]

    assert str(response) == "".join(tokens)


@each_row("mode", list(ResponseMode))
def test_every_response_mode(llm: RamClouds, index: VectorStoreIndex, mode: ResponseMode) -> None:
    synthesizer = get_response_synthesizer(response_mode=mode, llm=llm)
    engine = RetrieverQueryEngine(index.as_retriever(), response_synthesizer=synthesizer)

    response = engine.query("When does the ferry leave?")

    assert response.source_nodes
    assert str(response) or mode in (ResponseMode.NO_TEXT, ResponseMode.CONTEXT_ONLY)


def test_bm25_retriever_query_engine(gateway: Gateway, llm: RamClouds) -> None:
    nodes = SentenceSplitter().get_nodes_from_documents(DOCUMENTS)
    retriever = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=1)
    engine = RetrieverQueryEngine.from_args(retriever, llm=llm, streaming=True)

    response: Any = engine.query("Who built the lighthouse?")
    text = "".join(response.response_gen)

    assert [node.node.get_content() for node in response.source_nodes] == [DOCUMENTS[2].text]
    assert text.startswith("Hello!")
    assert "baker" in _prompt(gateway)


def test_structured_answer_with_streaming_refine(llm: RamClouds, index: VectorStoreIndex) -> None:
    class Departure(BaseModel):
        hour: int
        pier: str

    response: Any = index.as_query_engine(output_cls=Departure, llm=llm).query("When?")

    assert isinstance(response.response, Departure)


@each_row("mode", ["simple", "context", "condense_question", "condense_plus_context"])
def test_chat_engines_remember(gateway: Gateway, index: VectorStoreIndex, mode: Any) -> None:
    memory = ChatMemoryBuffer.from_defaults(token_limit=4000)
    engine = index.as_chat_engine(chat_mode=mode, memory=memory)

    engine.chat("my name is Lan")
    streamed = engine.stream_chat("What is my name?")
    text = "".join(streamed.response_gen)

    assert text
    assert [message.role.value for message in memory.get_all()] == ["user", "assistant"] * 2
    engine.reset()
    assert memory.get_all() == []


async def test_chat_engine_async_with_memory(gateway: Gateway, llm: RamClouds) -> None:
    async with llm:
        engine = SimpleChatEngine.from_defaults(llm=llm)
        await engine.achat("my name is Lan")
        streamed = await engine.astream_chat("What is my name?")
        text = "".join([token async for token in streamed.async_response_gen()])

    assert text == "Your name is Lan."
    assert [message["role"] for message in gateway.last.json["messages"]] == [
        "user",
        "assistant",
        "user",
    ]


def test_condense_plus_context_with_a_system_prompt(
    gateway: Gateway, llm: RamClouds, index: VectorStoreIndex
) -> None:
    engine = CondensePlusContextChatEngine.from_defaults(
        index.as_retriever(), llm=llm, system_prompt="Be brief."
    )

    engine.chat("When does the ferry leave?")

    assert gateway.last.json["messages"][0]["content"].endswith("Be brief.")


def _tools(index: VectorStoreIndex) -> list[QueryEngineTool]:
    other = SummaryIndex.from_documents(DOCUMENTS[2:])
    engines = [
        ("ferry", "Facts about the ferry", index.as_query_engine()),
        ("lighthouse", "Facts about the lighthouse", other.as_query_engine()),
    ]
    return [
        QueryEngineTool(engine, metadata=ToolMetadata(name=name, description=told))
        for name, told, engine in engines
    ]


@pytest.mark.parametrize("selector", [PydanticSingleSelector, LLMSingleSelector])
def test_router_query_engine(
    gateway: Gateway, llm: RamClouds, index: VectorStoreIndex, selector: Any
) -> None:
    def answer(request: Request) -> Response:
        if request.json.get("tools"):
            return gateway.model.answer(request)
        if "choices" in str(request.json["messages"]):
            return Json(completion('[{"choice": 2, "reason": "It is about the lighthouse."}]'))
        return gateway.model.answer(request)

    gateway.handler = answer
    engine = RouterQueryEngine(
        selector=selector.from_defaults(llm=llm), query_engine_tools=_tools(index), llm=llm
    )

    response = engine.query("Who built the lighthouse?")

    assert response.metadata is not None
    assert str(response)
    assert response.metadata["selector_result"].selections


@pytest.mark.parametrize("use_async", [True, False])
def test_sub_question_query_engine(
    gateway: Gateway, llm: RamClouds, index: VectorStoreIndex, use_async: bool
) -> None:
    questions = (
        '```json\n{"items": [{"sub_question": "When does it leave?", "tool_name": "ferry"},'
        ' {"sub_question": "Who built it?", "tool_name": "lighthouse"}]}\n```'
    )

    def answer(request: Request) -> Response:
        if "sub_question" in str(request.json["messages"]):
            return Json(completion(questions))
        return gateway.model.answer(request)

    gateway.handler = answer
    engine = SubQuestionQueryEngine.from_defaults(
        query_engine_tools=_tools(index),
        llm=llm,
        question_gen=LLMQuestionGenerator.from_defaults(llm=llm),
        use_async=use_async,
        verbose=False,
    )

    response = engine.query("Tell me about the ferry and the lighthouse")

    asked = [node.node.get_content() for node in response.source_nodes][:2]
    assert [text.splitlines()[0] for text in asked] == [
        "Sub question: When does it leave?",
        "Sub question: Who built it?",
    ]


def test_extraction_into_a_model(llm: RamClouds) -> None:
    class Ticket(BaseModel):
        """A ticket of the ferry."""

        price: int
        currency: str

    ticket = llm.as_structured_llm(Ticket).complete("Tickets cost 9 'coins'.")

    assert isinstance(ticket.raw, Ticket)
    assert ticket.raw.price == 9


def test_metadata_extraction_and_reranking(
    gateway: Gateway, llm: RamClouds, index: VectorStoreIndex
) -> None:
    nodes = index.as_retriever().retrieve("ferry")
    keywords = KeywordExtractor(llm=llm, keywords=3, show_progress=False)
    assert keywords.extract([node.node for node in nodes])[0]["excerpt_keywords"]

    gateway.reply(Json(completion("Doc: 1, Relevance: 8")))
    ranked = LLMRerank(llm=llm, top_n=1).postprocess_nodes(nodes, query_str="ferry")
    assert [node.score for node in ranked] == [8.0]


async def test_evaluation(gateway: Gateway, llm: RamClouds) -> None:
    gateway.handler = lambda request: (
        Sse(text_chunks("YES")) if request.json.get("stream") else Json(completion("YES"))
    )
    async with llm:
        judged = await FaithfulnessEvaluator(llm=llm).aevaluate(
            response="At seven.", contexts=[DOCUMENTS[0].text]
        )

    assert judged.passing is True


def test_tokens_of_an_engine_are_those_of_the_wire(
    monkeypatch: pytest.MonkeyPatch, index: VectorStoreIndex
) -> None:
    counter = TokenCountingHandler(tokenizer=lambda text: [0] * 10_000)
    monkeypatch.setattr(Settings, "_callback_manager", CallbackManager([counter]))

    response: Any = index.as_query_engine(streaming=True).query("When does the ferry leave?")
    list(response.response_gen)

    assert 0 < counter.total_llm_token_count < 1000
