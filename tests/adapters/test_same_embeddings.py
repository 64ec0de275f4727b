"""Odd responses with vectors through both adapters, sync and async: the same vectors, or error."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import ramclouds
from langchain_ramclouds import RamCloudsEmbeddings
from langchain_ramclouds._connection import CLIENTS
from llama_index_ramclouds import RamCloudsEmbedding
from tests.gateway import Body, Gateway, Json, embedded, error
from tests.gateway.embeddings import to_base64
from tests.gateway.responses import Response
from tests.harness import EACH_TWIN, Twin, each_row

pytestmark = EACH_TWIN

TEXTS = ["a", "b"]
FIRST, SECOND = [0.5, 0.25], [-1.0, 2.0]
Embed = Callable[..., Any]
METHODS = {
    "langchain": (RamCloudsEmbeddings, "embed_documents"),
    "llama_index": (RamCloudsEmbedding, "get_text_embedding_batch"),
}


@pytest.fixture(params=METHODS)
def embed(request: pytest.FixtureRequest, gateway: Gateway, twin: Twin) -> Iterator[Embed]:
    """Embeds texts with the model of either framework."""
    CLIENTS.clear()  # what an earlier test may have left
    build, method = METHODS[request.param]
    models: list[Any] = []

    def call(texts: list[Any] = TEXTS, **settings: Any) -> Any:
        defaults = {"api_key": "test-key", "base_url": gateway.base_url, "max_retries": 0}
        models.append(build(**{**defaults, **settings}))
        return twin.call(models[-1], method, texts)

    yield call
    # LlamaIndex's models have clients of their own, those of LangChain share theirs: with other
    # tests too, whose clients of the other kind are not this twin's.
    kind = ramclouds.AsyncClient if twin.is_async else ramclouds.Client
    shared = [one for one in CLIENTS.clear() if isinstance(one, kind)]
    for one in [model for model in models if hasattr(model, "close")] + shared:
        twin.call(one, "close")


READ: dict[str, Response] = {
    "wrong_order": Json(embedded([SECOND, FIRST], indexes=[1, 0])),
    "no_index": Json({"data": [{"embedding": FIRST}, {"embedding": SECOND}]}),
    "index_always_0": Json(embedded([FIRST, SECOND], indexes=[0, 0])),
    "index_as_text": Json(embedded([SECOND, FIRST], indexes=["1", "0"])),
    "base64": Json(embedded([to_base64(FIRST), to_base64(SECOND)])),
    "floats_for_base64": Json(embedded([FIRST, SECOND])),
    "base64_and_floats": Json(embedded([to_base64(FIRST), SECOND])),
    "gzip": Body(
        gzip.compress(json.dumps(embedded([FIRST, SECOND])).encode()),
        headers={"Content-Encoding": "gzip"},
    ),
    "no_usage": Json({**embedded([FIRST, SECOND]), "usage": None}),
}


@each_row("kind", READ)
def test_odd_vectors_are_read(gateway: Gateway, embed: Embed, kind: str) -> None:
    gateway.reply(READ[kind])
    assert embed() == [FIRST, SECOND]


REFUSED: dict[str, tuple[Response, type[Exception], str]] = {
    "fewer": (Json(embedded([FIRST])), ramclouds.ResponseError, "1 vectors for 2 texts"),
    "index_twice": (
        Json(embedded([FIRST, SECOND], indexes=[1, 1])),
        ramclouds.ResponseError,
        "no vector for the text at index 0",
    ),
    "lengths": (
        Json(embedded([FIRST, [1.0]])),
        ramclouds.ResponseError,
        "at index 1 has 1 numbers",
    ),
    "nan": (
        Json(embedded([FIRST, [float("nan"), 1.0]])),
        ramclouds.ResponseError,
        "at index 1 holds a number that is not finite",
    ),
    "null": (
        Json(embedded([FIRST, [None, 1.0]])),
        ramclouds.ResponseError,
        "at index 1 is neither numbers nor base64",
    ),
    "error_in_200": (Json(error("Upstream failed")), ramclouds.ServerError, "Upstream failed"),
    "wrong_key": (
        Json(error("Invalid token"), 401),
        ramclouds.AuthenticationError,
        "RAMCLOUDS_API_KEY",
    ),
}


@each_row("kind", REFUSED)
def test_what_holds_no_vectors_is_the_same_error(gateway: Gateway, embed: Embed, kind: str) -> None:
    answer, cls, message = REFUSED[kind]
    gateway.reply(answer)
    with pytest.raises(cls, match=message):
        embed()


UNSENT: dict[str, tuple[list[Any], str]] = {
    "empty": (["a", "b", "c", "d", "e", "f", "g", "", "i"], r"texts\[7\] is empty"),
    "only_empty": ([""], r"texts\[0\] is empty"),
    "bytes": (["a", b"b"], r"texts\[1\] must be a text, not bytes"),
    "number": ([1], r"texts\[0\] must be a text, not int"),
    "too_long": (["a", "word " * 9000], r"texts\[1\] has about 11,250 tokens"),
}


@each_row("kind", UNSENT)
def test_text_that_no_model_takes_is_named_before_sending(
    gateway: Gateway, embed: Embed, kind: str
) -> None:
    texts, message = UNSENT[kind]
    with pytest.raises(ramclouds.ConfigurationError, match=message):
        embed(texts)
    assert gateway.connections == 0


@each_row(("on_too_long", "parts"), [("truncate", 1), ("average", 2)])
def test_long_text_is_cut_or_averaged(
    gateway: Gateway, embed: Embed, on_too_long: str, parts: int
) -> None:
    assert len(embed(["word " * 9000], on_too_long=on_too_long)) == 1
    assert len(gateway.last.json["input"]) == parts
