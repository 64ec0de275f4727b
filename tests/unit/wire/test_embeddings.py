"""Embeddings without a wire: what is sent, and odd vectors with the bytes as seen."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramclouds import ConfigurationError, Embeddings, Usage
from ramclouds._json.parsing import MalformedError
from ramclouds._wire.embeddings.request_body import embeddings_body
from ramclouds._wire.embeddings.vectors import require_numpy, to_embeddings
from tests.gateway.embeddings import embedded, to_base64
from tests.harness import each_row, in_row

SMALL = "text-embedding-3-small"
FIRST, SECOND, THIRD = [0.5, 0.25], [-1.0, 2.0], [0.0, 8.0]
IN_ORDER = [FIRST, SECOND, THIRD]


def read(body: dict[str, Any], count: int = 3, *, as_numpy: bool = False) -> Embeddings:
    return to_embeddings(body, count, as_numpy=as_numpy, request_id="id")


def test_response_becomes_embeddings_without_the_vectors_in_raw() -> None:
    body = embedded(IN_ORDER)
    assert read(body) == Embeddings(
        vectors=IN_ORDER,
        model=SMALL,
        usage=Usage(prompt_tokens=7, total_tokens=7, raw=body["usage"]),
        request_id="id",
        raw={"object": "list", "model": SMALL, "usage": body["usage"]},
    )


ACCEPTED: dict[str, dict[str, Any]] = {
    "base64": embedded([to_base64(vector) for vector in IN_ORDER]),
    "base64_and_floats": embedded([FIRST, to_base64(SECOND), THIRD]),
    "another_order": embedded([THIRD, FIRST, SECOND], indexes=[2, 0, 1]),
    "indexes_as_text": embedded([THIRD, FIRST, SECOND], indexes=["2", "0", "1"]),
    "no_indexes": {"data": [{"embedding": vector} for vector in IN_ORDER]},
    "index_null": embedded(IN_ORDER, indexes=[None, None, None]),
    "index_0_for_all": embedded(IN_ORDER, indexes=[0, 0, 0]),
    "whole_numbers": embedded([FIRST, [-1, 2], [0, 8]]),
}


def test_vectors_come_in_the_order_of_the_texts() -> None:
    for kind in ACCEPTED:
        for as_numpy in [False, True]:
            with in_row(kind, as_numpy):
                found = read(ACCEPTED[kind], as_numpy=as_numpy).vectors
                assert np.asarray(found).tolist() == IN_ORDER


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "fewer": (embedded([FIRST, SECOND]), "holds 2 vectors for 3 texts"),
    "more": (embedded([*IN_ORDER, FIRST]), "holds 4 vectors for 3 texts"),
    # Gemini's channel, where the provider answered an error with a 200.
    "none": (embedded([]), "holds 0 vectors for 3 texts"),
    "no_data": ({"object": "list"}, "holds 0 vectors for 3 texts"),
    "data_is_text": ({"data": "abc"}, "holds 0 vectors for 3 texts"),
    "entries_are_no_objects": ({"data": [1, 2, 3]}, "holds no objects with vectors"),
    "index_twice": (embedded(IN_ORDER, indexes=[0, 1, 1]), "no vector for the text at index 2"),
    "index_beyond": (embedded(IN_ORDER, indexes=[1, 2, 3]), "no vector for the text at index 0"),
    "index_partly": (embedded(IN_ORDER, indexes=[0, None, 2]), "no vector for .* at index 1"),
    "index_1_for_all": (embedded(IN_ORDER, indexes=[1, 1, 1]), "no vector for .* at index 0"),
    "lengths_differ": (embedded([FIRST, SECOND, [1.0]]), "at index 2 has 1 numbers, .* has 2"),
    "empty": (embedded([FIRST, [], THIRD]), "at index 1 is neither numbers nor base64"),
    "null": (embedded([FIRST, None, THIRD]), "at index 1 is neither numbers nor base64"),
    "texts": (embedded([FIRST, ["1.0", "2.0"], THIRD]), "at index 1 is neither"),
    "booleans": (embedded([FIRST, [True, False], THIRD]), "at index 1 is neither"),
    "nested": (embedded([FIRST, [[1.0, 2.0]], THIRD]), "at index 1 is neither"),
    "no_base64": (embedded([FIRST, "ab!", THIRD]), "at index 1 is neither"),
    "half_a_float": (embedded([FIRST, "AAAAAAAA", THIRD]), "at index 1 is neither"),
    "huge": (embedded([FIRST, [10**400, 1], THIRD]), "at index 1 is neither"),
    "nan": (embedded([FIRST, [float("nan"), 1.0], THIRD]), "at index 1 holds a number"),
    "infinite": (embedded([FIRST, SECOND, [float("inf"), 1.0]]), "at index 2 holds a number"),
    "nan_in_base64": (embedded([to_base64([float("nan"), 1.0]), SECOND, THIRD]), "at index 0"),
}


def test_vectors_that_are_none_are_named() -> None:
    for kind in REFUSED:
        for as_numpy in [False, True]:
            with in_row(kind, as_numpy):
                body, message = REFUSED[kind]
                with pytest.raises(MalformedError, match=message):
                    read(body, as_numpy=as_numpy)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_base64_gives_what_was_packed(vector: list[float]) -> None:
    sent = embedded([to_base64(vector)])
    assert read(sent, 1).vectors == [vector]
    assert read(sent, 1, as_numpy=True).vectors.tolist() == [vector]


def test_base64_is_little_endian_on_any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "byteorder", "big" if sys.byteorder == "little" else "little")
    swapped = "AAAAPw=="  # 0.5 as bytes 00 00 00 3f
    assert read(embedded([swapped]), 1).vectors != [[0.5]]


def test_numpy_array_is_of_float32() -> None:
    found: Any = read(embedded([to_base64(FIRST)]), 1, as_numpy=True).vectors
    assert (found.dtype, found.shape) == (np.float32, (1, 2))


def test_missing_numpy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ramclouds._wire.embeddings.vectors.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="pip install numpy"):
        require_numpy()


def body(texts: Any, encoding: str | None = None, model: Any = SMALL, **params: Any) -> Any:
    return embeddings_body(model, texts, encoding, params)


def test_only_what_was_set_is_sent_and_base64() -> None:
    assert body(["a"], dimensions=None, user=None) == {
        "model": SMALL,
        "input": ["a"],
        "encoding_format": "base64",
    }


def test_all_that_was_set_is_sent() -> None:
    assert body("a", "float", dimensions=256, user="me", extra_body={"input_type": "query"}) == {
        "model": SMALL,
        "input": "a",
        "encoding_format": "float",
        "dimensions": 256,
        "user": "me",
        "input_type": "query",
    }


@each_row("texts", ["a", ["a", "b"], ("a",), [15339, 1917], [[15339], [1917, 5]]])
def test_texts_and_tokens_are_taken(texts: Any) -> None:
    assert body(texts)["input"] == (list(texts) if isinstance(texts, tuple) else texts)


WRONG: dict[str, tuple[Any, str]] = {
    "empty_text": ("", "input is empty"),
    "no_texts": ([], "input is empty"),
    "empty_among_texts": (["a", "", "b"], r"input\[1\] is empty"),
    "none_among_texts": (["a", None], r"input\[1\] must be a text, not NoneType"),
    "number_among_texts": (["a", 5], r"input\[1\] must be a text, not int"),
    "text_among_tokens": ([5, "a"], "input must hold token ids"),
    "negative_token": ([[5], [-1]], r"input\[1\] must hold token ids"),
    "boolean_token": ([[True]], r"input\[0\] must hold token ids"),
    "no_tokens": ([[5], []], r"input\[1\] is empty"),
    "bytes": (b"a", "input must be a text or a list"),
    "byte_array": (bytearray(b"a"), "input must be a text or a list"),
    "bytes_among_texts": (["a", bytearray(b"b")], r"input\[1\] must be a text, not bytearray"),
    "tokens_among_texts": (["a", [5]], r"input\[1\] and input\[0\] are .* requests of their own"),
    "text_among_token_lists": ([[5], "a"], r"input\[1\] and input\[0\] are"),
    "half_a_character": (["a", "é\ud83d"], r"input\[1\] holds a lone surrogate"),
    "number": (5, "input must be a text or a list"),
    "generator": ((text for text in "ab"), "input must be a text or a list"),
    "too_many": (["a"] * 2049, "2,049 texts.*Call embed_many"),
}


def test_wrong_input_is_refused_and_its_place_named() -> None:
    for kind in WRONG:
        with in_row(kind):
            texts, message = WRONG[kind]
            with pytest.raises(ConfigurationError, match=message):
                body(texts)


WRONG_SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "model": ({"model": " "}, "model must be the name"),
    "encoding": ({"encoding": "int8"}, "must be 'float' or 'base64'"),
    "dimensions_0": ({"dimensions": 0}, "dimensions must be a whole number"),
    "dimensions_beyond": ({"dimensions": 1537}, "have 1536"),
    "dimensions_fixed": (
        {"model": "text-embedding-ada-002", "dimensions": 256},
        "cannot shorten its vectors of 1536",
    ),
    "extra_body": ({"extra_body": {"input": "b"}}, "must not hold input"),
}


@each_row("kind", WRONG_SETTINGS)
def test_wrong_setting_is_refused(kind: str) -> None:
    settings, message = WRONG_SETTINGS[kind]
    with pytest.raises(ConfigurationError, match=message):
        body(["a"], **settings)


def test_unknown_argument_points_to_extra_body() -> None:
    with pytest.raises(TypeError, match=r"'input_type'.*extra_body"):
        body(["a"], input_type="query")
