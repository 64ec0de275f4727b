"""Many texts as requests, without a wire: what is sent together, halved, averaged and joined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import hypot
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramclouds import (
    BadRequestError,
    ConfigurationError,
    ContextLengthError,
    Embeddings,
    RamCloudsError,
    RateLimitError,
    Usage,
    embedding_facts,
)
from ramclouds._batching import Batching, most_tokens
from tests.harness import each_row, in_row

SMALL = embedding_facts("text-embedding-3-small")
TINY = replace(SMALL, max_input_tokens=4, max_request_tokens=10)
TOO_MANY = BadRequestError(
    "batch size is invalid, it should not be larger than 10.", status_code=400
)
TOO_LONG = ContextLengthError("This model's maximum context length is 8192 tokens", status_code=400)


def batching(texts: Any, facts: Any = SMALL, **settings: Any) -> Batching:
    return Batching(texts, facts, settings.pop("most_texts", {}), **settings)


def vector_for(text: str) -> list[float]:
    return [float(len(text)), 1.0]


def answer(texts: list[str]) -> Embeddings:
    used = Usage(prompt_tokens=len(texts), total_tokens=len(texts))
    return Embeddings([vector_for(text) for text in texts], "m", used, "id", {"model": "m"})


def work(
    under_way: Batching, refuse: Callable[[list[str]], Exception | None] = lambda texts: None
) -> list[list[str]]:
    """What one worker sends, until there is no more to send."""
    sent = []
    while (batch := under_way.take()) is not None:
        texts = [piece.text for piece in batch]
        sent.append(texts)
        error = refuse(texts)
        if error is None:
            under_way.put(batch, answer(texts))
        else:
            under_way.fail(batch, error)
    return sent


def test_texts_are_split_by_count() -> None:
    under_way = batching(["a", "b", "c", "d", "e"], chunk_size=2)
    assert work(under_way) == [["a", "b"], ["c", "d"], ["e"]]


def test_texts_are_split_by_tokens_of_a_request() -> None:
    under_way = batching(["x" * 16, "y" * 16, "z" * 8, "w" * 4], TINY)
    assert work(under_way) == [["x" * 16, "y" * 16, "z" * 8], ["w" * 4]]


def test_no_texts_need_no_request() -> None:
    under_way = batching([])
    assert (under_way.workers, work(under_way)) == (0, [])
    assert under_way.embeddings() == Embeddings([])


def test_there_are_no_more_workers_than_batches() -> None:
    texts = ["a"] * 6
    assert batching(texts, chunk_size=2, max_concurrency=8).workers == 3
    assert batching(texts, chunk_size=2, max_concurrency=2).workers == 2


def test_vectors_keep_the_order_whatever_comes_first() -> None:
    under_way = batching(["a", "bb", "ccc"], chunk_size=1)
    batches = [under_way.take() for _ in range(3)]
    for batch in reversed(batches):
        assert batch is not None
        under_way.put(batch, answer([piece.text for piece in batch]))
    assert under_way.embeddings() == Embeddings(
        [[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]],
        "m",
        Usage(prompt_tokens=3, total_tokens=3),
        "id",
        {"model": "m"},
    )


def test_vectors_become_one_numpy_array() -> None:
    under_way = batching(["a", "bb"], chunk_size=1, as_numpy=True)
    work(under_way)
    found: Any = under_way.embeddings().vectors
    assert (found.dtype, found.tolist()) == ("float32", [[1.0, 1.0], [2.0, 1.0]])


def test_text_that_is_too_long_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"texts\[1\] has about 5 tokens, .* takes 4\."):
        batching(["a", "x" * 20], TINY)


def test_text_that_is_too_long_is_cut() -> None:
    under_way = batching(["a", "x" * 20], TINY, on_too_long="truncate")
    assert work(under_way) == [["a", "x" * 14]]


def test_text_that_is_too_long_is_averaged_by_length() -> None:
    under_way = batching(["x" * 24], TINY, on_too_long="average")
    assert work(under_way) == [["x" * 14, "x" * 10]]
    (vector,) = under_way.embeddings().vectors
    # 4 and 3 tokens: the mean of [14, 1] and [10, 1], of length 1.
    mean = [(14 * 4 + 10 * 3) / 7, 1.0]
    assert vector == pytest.approx([value / hypot(*mean) for value in mean])


def test_text_of_an_unknown_model_has_no_limit_of_ours() -> None:
    assert work(batching(["x" * 100_000], embedding_facts("bge-m3"))) == [["x" * 100_000]]


def test_batch_with_too_many_texts_is_halved_and_the_others_come_smaller() -> None:
    learned: dict[str, int] = {}
    under_way = batching(list("abcdefgh"), chunk_size=4, most_texts=learned)
    sent = work(under_way, lambda texts: TOO_MANY if len(texts) > 2 else None)
    assert sent == [list("abcd"), list("ab"), list("cd"), list("ef"), list("gh")]
    assert learned == {SMALL.name: 2}
    assert work(batching(list("abc"), most_texts=learned)) == [["a", "b"], ["c"]]


def test_batch_with_a_text_that_the_gateway_finds_too_long_names_it() -> None:
    under_way = batching(list("abcd"))
    sent = work(under_way, lambda texts: TOO_LONG if "c" in texts else None)
    assert sent == [list("abcd"), list("ab"), list("cd"), list("c")]
    with pytest.raises(ContextLengthError, match=r"^texts\[2\] is too long\.") as caught:
        under_way.embeddings()
    assert caught.value.status_code == 400
    assert caught.value.partial is not None
    assert caught.value.partial.vectors == [[1.0, 1.0], [1.0, 1.0], None, None]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("on_too_long", "sent"),
    [
        ("truncate", [["x" * 8], ["x" * 4], ["x" * 2]]),
        (
            "average",
            [["x" * 8], ["x" * 4, "x" * 4], ["x" * 4], ["xx", "xx"], ["x" * 4], ["xx", "xx"]],
        ),
    ],
)
def test_the_gateways_word_counts_more_than_the_estimate(on_too_long: Any, sent: Any) -> None:
    under_way = batching(["x" * 8], on_too_long=on_too_long)
    assert work(under_way, lambda texts: TOO_LONG if len(texts[0]) > 2 else None) == sent
    assert None not in under_way.embeddings().vectors


TOO_LARGE = {
    "openai_count": "'input' array must be 2048 items or less",
    "openai_tokens": "Invalid 'input': maximum request size is 300000 tokens per request.",
    "siliconflow": "input batch size 100 > maximum allowed batch size 32",
    "google": "at most 100 requests can be in one batch",
    "llama_cpp": "input (601 tokens) is too large to process. increase the physical batch size",
}


@each_row("kind", TOO_LARGE)
def test_refusal_of_a_large_batch_is_known_by_its_words(kind: str) -> None:
    under_way = batching(["a", "b"])
    refusal = BadRequestError(TOO_LARGE[kind], status_code=400)
    assert work(under_way, lambda texts: refusal if len(texts) > 1 else None) == [
        ["a", "b"],
        ["a"],
        ["b"],
    ]


@pytest.mark.parametrize(
    "error", [RateLimitError("Slow down", status_code=429), RuntimeError("a defect")]
)
def test_other_failure_ends_the_whole(error: Exception) -> None:
    under_way = batching(["a", "b", "c"], chunk_size=1)
    assert work(under_way, lambda texts: error if texts == ["b"] else None) == [["a"], ["b"]]
    with pytest.raises(type(error)) as caught:
        under_way.embeddings()
    assert caught.value is error


def test_first_failure_is_the_one_that_is_raised() -> None:
    under_way = batching(["a", "b"], chunk_size=1)
    batches = [under_way.take(), under_way.take()]
    for batch, error in zip(
        batches, [RamCloudsError("first"), RamCloudsError("second")], strict=True
    ):
        assert batch is not None
        under_way.fail(batch, error)
    with pytest.raises(RamCloudsError, match="first"):
        under_way.embeddings()


def test_progress_counts_texts_and_not_their_parts() -> None:
    seen: list[int] = []
    under_way = batching(
        ["a", "x" * 60, "b"], TINY, on_too_long="average", on_progress=seen.append, chunk_size=2
    )
    work(under_way)
    assert sum(seen) == 3


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "chunk_size": ({"chunk_size": 0}, "chunk_size must be"),
    "chunk_size_beyond": ({"chunk_size": 2049}, "chunk_size must be"),
    "max_concurrency": ({"max_concurrency": 0}, "max_concurrency must be"),
    "on_too_long": ({"on_too_long": "split"}, "on_too_long must be 'raise', 'truncate' or"),
    "one_text": ({"texts": "abc"}, "texts must be a list"),
    "number": ({"texts": ["a", 5]}, r"texts\[1\] must be a text, not int"),
    "tokens": ({"texts": ["a", [5]]}, r"texts\[1\] must be a text, not list"),
    "empty": ({"texts": ["a", "b", ""]}, r"texts\[2\] is empty"),
}


def test_wrong_argument_is_named() -> None:
    for kind in WRONG:
        with in_row(kind):
            settings, message = WRONG[kind]
            with pytest.raises(ConfigurationError, match=message):
                batching(**{"texts": ["a"], **settings})


@given(
    st.lists(st.text(min_size=1, max_size=60), max_size=20),
    st.integers(1, 5),
    st.sampled_from(["truncate", "average"]),
)
def test_each_text_gets_one_vector_within_the_limits(
    texts: list[str], chunk_size: int, on_too_long: Any
) -> None:
    under_way = batching(texts, TINY, chunk_size=chunk_size, on_too_long=on_too_long)
    sent = work(under_way)
    assert all(len(batch) <= chunk_size for batch in sent)
    assert all(sum(map(most_tokens, batch)) <= 10 for batch in sent)
    assert all(most_tokens(text) <= 4 for batch in sent for text in batch)
    vectors = under_way.embeddings().vectors
    assert len(vectors) == len(texts)
    assert all(vector is not None for vector in vectors)
    short = [place for place, text in enumerate(texts) if most_tokens(text) <= 4]
    assert [vectors[place] for place in short] == [vector_for(texts[place]) for place in short]


def test_tokens_are_estimated_by_length() -> None:
    for text, tokens in [
        ("", 0),
        ("a", 1),
        ("abcd", 1),
        ("abcde", 2),
        ("Hà Nội", 3),
        ("河内", 2),
        ("a河", 2),
    ]:
        with in_row(text):
            assert most_tokens(text) == tokens
