"""`RamCloudsEmbeddings`: what LangChain asks of it, its settings, what is stored of it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.exceptions import ModelAuthenticationError, ModelInvalidRequestError
from langchain_core.load import dumpd, dumps, load
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_tests.unit_tests import EmbeddingsUnitTests

import ramclouds
from langchain_ramclouds import RamCloudsEmbeddings
from tests.gateway import Gateway, Json, error, vector_of
from tests.harness import EACH_TWIN, Twin

TEXTS = ["Compost is ready after nine months.", "Feed the starter once a day.", "Neap tides."]
VECTORS = [vector_of(text) for text in TEXTS]
Embed = Callable[..., RamCloudsEmbeddings]


class TestStandardUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return RamCloudsEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": "text-embedding-3-small", "api_key": "test-key"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return (
            {"RAMCLOUDS_API_KEY": "test-key", "RAMCLOUDS_BASE_URL": "http://127.0.0.1:1/v1"},
            {},
            {"api_key": "test-key", "base_url": "http://127.0.0.1:1/v1"},
        )


@pytest.fixture
def embed(gateway: Gateway) -> Embed:
    """Builds a model that talks to the gateway."""

    def build(**settings: Any) -> RamCloudsEmbeddings:
        defaults = {"api_key": "test-key", "base_url": gateway.base_url, "max_retries": 0}
        return RamCloudsEmbeddings(**{**defaults, **settings})

    return build


@EACH_TWIN
def test_documents_have_vectors_in_their_order(gateway: Gateway, embed: Embed, twin: Twin) -> None:
    assert twin.call(embed(chunk_size=2), "embed_documents", TEXTS) == VECTORS
    assert sorted(len(body["input"]) for body in gateway.bodies) == [1, 2]


@EACH_TWIN
def test_query_has_a_vector(gateway: Gateway, embed: Embed, twin: Twin) -> None:
    model = embed(dimensions=32, user="me", extra_body={"input_type": "query"})
    assert twin.call(model, "embed_query", TEXTS[0]) == vector_of(TEXTS[0], 32)
    assert gateway.last.json == {
        "model": "text-embedding-3-small",
        "input": [TEXTS[0]],
        "encoding_format": "base64",
        "dimensions": 32,
        "user": "me",
        "input_type": "query",
    }


@EACH_TWIN
def test_no_documents_need_no_request(gateway: Gateway, embed: Embed, twin: Twin) -> None:
    assert twin.call(embed(), "embed_documents", []) == []
    assert gateway.connections == 0


@EACH_TWIN
def test_error_is_of_both_families(gateway: Gateway, embed: Embed, twin: Twin) -> None:
    gateway.reply(*[Json(error("Invalid token"), 401)] * 2)
    for method, given in (("embed_query", "a"), ("embed_documents", ["a"])):
        with pytest.raises(ModelAuthenticationError) as caught:
            twin.call(embed(), method, given)
        assert isinstance(caught.value, ramclouds.AuthenticationError)
    with pytest.raises(ModelInvalidRequestError, match=r"texts\[1\] is empty"):
        twin.call(embed(), "embed_documents", ["a", ""])


@EACH_TWIN
def test_long_text_is_averaged_where_asked_for(gateway: Gateway, embed: Embed, twin: Twin) -> None:
    model = embed(on_too_long="average")
    assert len(twin.call(model, "embed_documents", ["word " * 8192])) == 1
    assert len(gateway.last.json["input"]) == 2


def test_progress_bar_counts_texts(embed: Embed, capsys: pytest.CaptureFixture[str]) -> None:
    embed(show_progress_bar=True, chunk_size=1).embed_documents(TEXTS)
    assert "3/3" in capsys.readouterr().err


@EACH_TWIN
def test_vector_store_finds_what_is_near(embed: Embed, twin: Twin) -> None:
    store = InMemoryVectorStore(embed())
    twin.call(store, "add_documents", [Document(text) for text in TEXTS])
    (found,) = twin.call(store, "similarity_search", "When is compost ready?", k=1)
    assert found.page_content == TEXTS[0]


@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
def test_serialized_model_names_the_key_and_holds_none(
    embed: Embed, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = embed(api_key="sk-ramclouds-test-hidden", default_headers={"X-Team": "a"})
    assert "hidden" not in dumps(model) + repr(model) + str(model)
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "another-key")
    again = load(
        dumpd(model),
        valid_namespaces=["langchain_ramclouds"],
        allowed_objects=[RamCloudsEmbeddings],
        secrets_from_env=True,
    )
    assert (type(again), again.model) == (RamCloudsEmbeddings, model.model)
    assert again.api_key.get_secret_value() == "another-key"


def test_pickle_holds_no_key(embed: Embed, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"X-Team": "a", "Authorization": "Bearer sk-ramclouds-test-hidden"}
    pickled = pickle.dumps(embed(api_key="sk-ramclouds-test-hidden", default_headers=headers))
    assert b"hidden" not in pickled
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "another-key")
    again = pickle.loads(pickled)
    assert again.api_key.get_secret_value() == "another-key"
    assert again.default_headers == {"X-Team": "a"}


def test_copies_work(gateway: Gateway, embed: Embed) -> None:
    model = embed()
    for copied in (copy.copy(model), copy.deepcopy(model), model.model_copy(deep=True)):
        assert copied.embed_query(TEXTS[0]) == VECTORS[0]
    assert gateway.connections == 1


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no_key": ({"api_key": ""}, ramclouds.ConfigurationError, "RAMCLOUDS_API_KEY"),
    "base_url": ({"base_url": "ftp://x"}, ramclouds.ConfigurationError, "http or https"),
    "chunk_size": ({"chunk_size": 0}, ValueError, "chunk_size"),
    "on_too_long": ({"on_too_long": "split"}, ValueError, "on_too_long"),
    "typo": ({"dimension": 5}, TypeError, "Did you mean 'dimensions'"),
    "twice": ({"model": "a", "model_name": "b"}, TypeError, "are one setting"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_setting_is_named(embed: Embed, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAMCLOUDS_API_KEY", raising=False)
    settings, cls, message = WRONG[kind]
    with pytest.raises(cls, match=message):
        embed(**settings)
