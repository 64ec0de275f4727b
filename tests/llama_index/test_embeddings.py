"""`RamCloudsEmbedding`: LlamaIndex's six methods, its indexes and events, what is stored of it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import llama_index.core.instrumentation as instrument
import pytest
from llama_index.core import Document, Settings, VectorStoreIndex
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.node_parser import SemanticSplitterNodeParser, SentenceSplitter
from llama_index.core.storage.kvstore import SimpleKVStore

import ramclouds
from llama_index_ramclouds import RamClouds, RamCloudsEmbedding
from ramclouds import AuthenticationError, ConfigurationError
from tests.gateway import Gateway, Json, error, vector_of
from tests.harness import EACH_TWIN, Twin, each_row

TEXTS = ["Compost is ready after nine months.", "Feed the starter once a day.", "Neap tides."]
VECTORS = [vector_of(text) for text in TEXTS]
Embed = Callable[..., RamCloudsEmbedding]


@pytest.fixture
def embed(gateway: Gateway) -> Iterator[Embed]:
    """Builds a model that talks to the gateway."""
    with ExitStack() as stack:

        def build(**settings: Any) -> RamCloudsEmbedding:
            defaults = {"api_key": "test-key", "base_url": gateway.base_url, "max_retries": 0}
            return stack.enter_context(RamCloudsEmbedding(**{**defaults, **settings}))

        yield build


@EACH_TWIN
def test_each_method_gives_vectors(gateway: Gateway, embed: Embed, twin: Twin) -> None:
    model = embed()
    assert twin.call(model, "get_query_embedding", TEXTS[0]) == VECTORS[0]
    assert twin.call(model, "get_text_embedding", TEXTS[1]) == VECTORS[1]
    assert twin.call(model, "get_text_embedding_batch", TEXTS) == VECTORS
    assert [body["input"] for body in gateway.bodies] == [[TEXTS[0]], [TEXTS[1]], TEXTS]


def test_settings_are_sent(gateway: Gateway, embed: Embed) -> None:
    model = embed(model="m", dimensions=32, user="me", extra_body={"input_type": "query"})
    assert (model.model, model.model_name) == ("m", "m")
    assert model.get_text_embedding("a") == vector_of("a", 32)
    assert gateway.last.json == {
        "model": "m",
        "input": ["a"],
        "encoding_format": "base64",
        "dimensions": 32,
        "user": "me",
        "input_type": "query",
    }


@EACH_TWIN
def test_batches_keep_their_order(gateway: Gateway, embed: Embed, twin: Twin) -> None:
    texts = [f"text {number}" for number in range(9)]
    model = embed(embed_batch_size=2, num_workers=3)
    assert twin.call(model, "get_text_embedding_batch", texts) == list(map(vector_of, texts))
    assert sorted(len(body["input"]) for body in gateway.bodies) == [1, 2, 2, 2, 2]


class Seen(BaseEventHandler):
    """The embedding events of one place."""

    names: list[str]

    @classmethod
    def class_name(cls) -> str:
        return "Seen"

    def handle(self, event: Any, **_: Any) -> None:
        if event.class_name().startswith("Embedding"):
            self.names.append(event.class_name())


@EACH_TWIN
def test_each_batch_has_its_events_once(embed: Embed, twin: Twin) -> None:
    counter = TokenCountingHandler(tokenizer=str.split)
    model = embed(embed_batch_size=2, callback_manager=CallbackManager([counter]))
    seen = Seen(names=[])
    root = instrument.get_dispatcher()
    root.add_event_handler(seen)
    try:
        twin.call(model, "get_text_embedding_batch", TEXTS)
    finally:
        root.event_handlers.remove(seen)
    assert sorted(seen.names) == ["EmbeddingEndEvent"] * 2 + ["EmbeddingStartEvent"] * 2
    assert counter.total_embedding_token_count == sum(len(text.split()) for text in TEXTS)


@EACH_TWIN
def test_failure_of_one_batch_is_raised(gateway: Gateway, embed: Embed, twin: Twin) -> None:
    gateway.handler = lambda request: Json(error("Invalid token"), 401)
    with pytest.raises(AuthenticationError):
        twin.call(embed(embed_batch_size=1), "get_text_embedding_batch", TEXTS)


@EACH_TWIN
def test_long_text_is_averaged_where_asked_for(gateway: Gateway, embed: Embed, twin: Twin) -> None:
    twin.call(embed(on_too_long="average"), "get_text_embedding", "word " * 8192)
    assert len(gateway.last.json["input"]) == 2


def test_cache_is_asked_first(gateway: Gateway, embed: Embed) -> None:
    model = embed(embeddings_cache=SimpleKVStore())
    assert model.get_text_embedding(TEXTS[0]) == VECTORS[0]
    assert model.get_text_embedding_batch(TEXTS[:2]) == VECTORS[:2]
    assert [body["input"] for body in gateway.bodies] == [[TEXTS[0]], [TEXTS[1]]]


@EACH_TWIN
def test_index_retrieves_what_is_near(embed: Embed, twin: Twin) -> None:
    index = VectorStoreIndex.from_documents(
        [Document(text=text) for text in TEXTS], embed_model=embed()
    )
    retriever = index.as_retriever(similarity_top_k=1)
    (found,) = twin.call(retriever, "retrieve", "When is compost ready?")
    assert found.text == TEXTS[0]


def test_query_engine_answers_from_the_settings(
    gateway: Gateway, embed: Embed, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm = RamClouds(model="gpt-5", api_key="test-key", base_url=gateway.base_url)
    monkeypatch.setattr(Settings, "_embed_model", embed())
    monkeypatch.setattr(Settings, "_llm", llm)
    index = VectorStoreIndex.from_documents([Document(text=text) for text in TEXTS])
    with llm:
        index.as_query_engine(similarity_top_k=1).query("When is compost ready?")
    assert TEXTS[0] in str(gateway.last.json["messages"])


def test_pipeline_asks_again_only_for_what_is_new(gateway: Gateway, embed: Embed) -> None:
    pipeline = IngestionPipeline(transformations=[SentenceSplitter(), embed()])
    documents = [Document(text=text, doc_id=text) for text in TEXTS[:2]]
    first = pipeline.run(documents=documents)
    again = pipeline.run(documents=documents)
    assert [node.embedding for node in first] == VECTORS[:2]
    assert [node.embedding for node in again] == VECTORS[:2]
    assert len(gateway.requests) == 1


def test_semantic_splitter_splits_between_subjects(embed: Embed) -> None:
    splitter = SemanticSplitterNodeParser(embed_model=embed(), breakpoint_percentile_threshold=50)
    text = "Tides rise. Tides fall. Compost heats. Compost cools."
    nodes = splitter.get_nodes_from_documents([Document(text=text)])
    assert len(nodes) > 1
    assert "".join(node.text for node in nodes) == text


def test_what_is_stored_holds_no_key(embed: Embed, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"X-Team": "a", "Authorization": "Bearer sk-ramclouds-test-hidden"}
    model = embed(api_key="sk-ramclouds-test-hidden", default_headers=headers, dimensions=32)
    stored = [model.to_json(), repr(model), str(model), str(model.to_payload())]
    assert not [text for text in stored if "hidden" in text]
    assert b"hidden" not in pickle.dumps(model)
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "another-key")
    for again in (RamCloudsEmbedding.from_dict(model.to_dict()), pickle.loads(pickle.dumps(model))):
        assert (again.dimensions, again.default_headers) == (32, {"X-Team": "a"})
        assert again.get_text_embedding("a") == vector_of("a", 32)
        again.close()


def test_copies_have_connections_of_their_own(gateway: Gateway, embed: Embed) -> None:
    model = embed()
    assert model.get_text_embedding("a") == vector_of("a")
    for copied in (copy.copy(model), copy.deepcopy(model), model.model_copy()):
        with copied:
            assert copied.get_text_embedding("a") == vector_of("a")
    assert gateway.connections >= 3


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no_key": ({"api_key": None}, ConfigurationError, "RAMCLOUDS_API_KEY"),
    "base_url": ({"base_url": "ftp://x"}, ConfigurationError, "http or https"),
    "embed_batch_size": ({"embed_batch_size": 0}, ValueError, "embed_batch_size"),
    "on_too_long": ({"on_too_long": "split"}, ValueError, "on_too_long"),
    "typo": ({"dimension": 5}, TypeError, "RamCloudsEmbedding has no .* Did you mean 'dimensions'"),
}


@each_row("kind", WRONG)
@pytest.mark.usefixtures("no_environment")
def test_wrong_setting_is_named(embed: Embed, kind: str) -> None:
    settings, cls, message = WRONG[kind]
    with pytest.raises(cls, match=message):
        embed(**settings)


def test_error_is_the_clients(gateway: Gateway, embed: Embed) -> None:
    with pytest.raises(ramclouds.ConfigurationError, match=r"texts\[1\] is empty"):
        embed().get_text_embedding_batch(["a", ""])
    assert gateway.connections == 0


def test_events_name_the_model_and_no_key(embed: Embed) -> None:
    assert embed().to_payload() == {
        "class_name": "RamClouds_Embedding",
        "model_name": "text-embedding-3-small",
        "embed_batch_size": 512,
    }
