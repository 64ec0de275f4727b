"""JSON of any shape to the client's values, one field at a time."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds import Usage
from ramclouds._json.parsing import MalformedError
from ramclouds._wire.chat.message import reasoning_of, refusal_of
from ramclouds._wire.fields import (
    as_arguments,
    as_count,
    as_index,
    as_list,
    as_name,
    as_object,
    as_text,
    is_no_arguments,
)
from ramclouds._wire.usage import to_usage, usage_of
from tests.harness import each_row, in_row


def test_text_of_each_shape_of_content() -> None:
    for value, text in [
        ("a", "a"),
        ("", ""),
        (None, ""),
        ([], ""),
        ([{"type": "text", "text": "a"}, "b", {"text": None}, None], "ab"),
        ({"type": "text", "text": "a"}, "a"),
        ({"text": {"text": "a"}}, "a"),
        ({"type": "thinking", "text": "a"}, ""),
        ({"type": "reasoning", "text": "a"}, ""),
        ({"type": "redacted_thinking", "text": "a"}, ""),
        ({"type": "reasoning.text", "text": "a"}, ""),
        ({"type": "refusal", "refusal": "a"}, ""),
        ({"refusal": "a"}, ""),
        ({"inlineData": {"data": "a"}}, ""),
        ({}, ""),
    ]:
        with in_row(value):
            assert as_text(value) == text


@pytest.mark.parametrize(
    ("value", "kind"),
    [(1, "int"), (True, "bool"), (1.5, "float"), ({"a": 1}, "dict"), ([{"a": 1}], "dict")],
)
def test_text_that_is_none_raises(value: Any, kind: str) -> None:
    with pytest.raises(MalformedError, match=rf"^a text is {kind}$"):
        as_text(value)


def test_reasoning_is_read_from_the_first_field_that_holds_any() -> None:
    for message, reasoning in [
        ({}, ""),
        ({"reasoning_content": "a"}, "a"),
        ({"reasoning": "a"}, "a"),
        ({"reasoning_content": "a", "reasoning": "b"}, "a"),
        ({"reasoning_content": "", "reasoning": "b"}, "b"),
        ({"reasoning_content": None, "reasoning": None}, ""),
        ({"reasoning": {"text": "a"}}, "a"),
        ({"reasoning": {"thinking": "a"}}, "a"),
        ({"reasoning": {"summary": "a"}}, "a"),
        ({"reasoning": {"content": "a"}}, "a"),
        ({"reasoning": {"reasoning": "a"}}, "a"),
        ({"reasoning": {"text": "", "summary": ["a", {"text": "b"}]}}, "ab"),
        ({"reasoning": {"other": "a"}}, ""),
        ({"reasoning": 7}, ""),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "a"}]}, "a"),
        ({"reasoning_details": [{"type": "reasoning.summary", "summary": "a"}]}, "a"),
        ({"reasoning_details": [{"type": "reasoning", "text": t} for t in "ab"]}, "ab"),
        ({"reasoning_details": [{"type": "other", "text": "a"}, "b"]}, ""),
        ({"reasoning_details": {"type": "reasoning.text", "text": "a"}}, ""),
        ({"content": [{"type": "thinking", "thinking": "a"}, {"type": "text", "text": "b"}]}, "a"),
        (
            {
                "reasoning_details": [{"type": "other"}],
                "content": [{"type": "thinking", "thinking": "a"}],
            },
            "a",
        ),
        ({"content": "a"}, ""),
    ]:
        with in_row(message):
            assert reasoning_of(message) == reasoning


@each_row(
    ("value", "arguments"),
    [('{"a": 1}', '{"a": 1}'), ("", ""), (None, ""), ({"a": "é"}, '{"a":"é"}'), ([1], "[1]")],
)
def test_arguments_become_json_text(value: Any, arguments: str) -> None:
    assert as_arguments(value) == arguments


def test_empty_texts_are_no_arguments() -> None:
    texts = ["", "null", "{}", " {} \n", "{ }", '{"a": 1}', "nothing"]
    assert [is_no_arguments(text) for text in texts] == [True] * 4 + [False] * 3


def test_count_is_a_number_of_at_most_18_digits_or_0() -> None:
    for value, count in [
        (7, 7),
        (0, 0),
        (7.0, 7),
        (7.9, 7),
        ("7", 7),
        ("9" * 19, int("9" * 19)),
        ("9" * 20, 0),
        ("x", 0),
        ("-7", 0),
        (-7, 0),
        (True, 0),
        (None, 0),
        ([], 0),
        (1e18, 0),
        (999_999_999_999_999_999, 999_999_999_999_999_999),
        (float("nan"), 0),
        (float("inf"), 0),
    ]:
        with in_row(value):
            assert as_count(value) == count


def test_index_is_a_small_number_or_none() -> None:
    for value, index in [
        (0, 0),
        (-1, -1),
        ("2", 2),
        ("9" * 9, 999_999_999),
        ("9" * 10, None),
        ("x", None),
        (True, None),
        (1.0, None),
        (None, None),
    ]:
        with in_row(value):
            assert as_index(value) == index


@each_row(
    ("value", "name"), [("a", "a"), ("", None), (None, None), (7, "7"), (True, None), ([], None)]
)
def test_name_is_text_or_none(value: Any, name: str | None) -> None:
    assert as_name(value) == name


def test_other_types_are_empty_containers() -> None:
    values: list[Any] = [{"a": 1}, {}, [1], [], None, "a", 1]
    assert [as_object(value) for value in values] == [{"a": 1}, {}, {}, {}, {}, {}, {}]
    assert [as_list(value) for value in values] == [[{"a": 1}], [{}], [1], [], [], [], []]


@each_row("value", [None, {}, [], "7", 7, True])
def test_usage_of_another_type_is_none(value: Any) -> None:
    assert to_usage(value) is None


COUNTS = (
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "cached_tokens",
    "cache_creation_tokens",
    "reasoning_tokens",
    "prompt_audio_tokens",
    "completion_audio_tokens",
)


def test_usage_is_counted_from_each_spelling() -> None:
    for sent, counts in [
        ({"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 13}, (5, 7, 13)),
        ({"prompt_tokens": 5, "completion_tokens": 7}, (5, 7, 12)),
        ({"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 0}, (5, 7, 12)),
        ({"input_tokens": 5, "output_tokens": 7}, (5, 7, 12)),
        (
            {"prompt_tokens": 5, "completion_tokens": 7, "input_tokens": 0, "output_tokens": 0},
            (5, 7, 12),
        ),
        (
            {"prompt_tokens": 5, "completion_tokens": 7, "input_tokens": 1, "output_tokens": 2},
            (5, 7, 12),
        ),
        ({"prompt_tokens_details": {"cached_tokens": 3}}, (0, 0, 0, 3)),
        ({"input_tokens_details": {"cached_tokens": 3}}, (0, 0, 0, 3)),
        ({"prompt_tokens_details": {}, "input_tokens_details": {"cached_tokens": 3}}, (0, 0, 0, 3)),
        ({"prompt_cache_hit_tokens": 3}, (0, 0, 0, 3)),
        ({"cached_tokens": 3}, (0, 0, 0, 3)),
        ({"cache_read_input_tokens": 3}, (0, 0, 0, 3)),
        (
            {"prompt_tokens_details": {"cached_tokens": 3}, "prompt_cache_hit_tokens": 4},
            (0, 0, 0, 3),
        ),
        ({"prompt_tokens_details": {"cached_creation_tokens": 4}}, (0, 0, 0, 0, 4)),
        ({"prompt_tokens_details": {"cache_creation_tokens": 4}}, (0, 0, 0, 0, 4)),
        ({"cache_creation_input_tokens": 4}, (0, 0, 0, 0, 4)),
        ({"claude_cache_creation_5_m_tokens": 4}, (0, 0, 0, 0, 4)),
        ({"claude_cache_creation_1_h_tokens": 4}, (0, 0, 0, 0, 4)),
        (
            {"claude_cache_creation_5_m_tokens": 3, "claude_cache_creation_1_h_tokens": 4},
            (0, 0, 0, 0, 7),
        ),
        (
            {"cache_creation_input_tokens": 7, "claude_cache_creation_5_m_tokens": 3},
            (0, 0, 0, 0, 7),
        ),
        ({"completion_tokens_details": {"reasoning_tokens": 6}}, (0, 0, 0, 0, 0, 6)),
        ({"output_tokens_details": {"reasoning_tokens": 6}}, (0, 0, 0, 0, 0, 6)),
        ({"reasoning_tokens": 6}, (0, 0, 0, 0, 0, 6)),
        (
            {"completion_tokens_details": {"reasoning_tokens": 6}, "reasoning_tokens": 5},
            (0, 0, 0, 0, 0, 6),
        ),
        ({"prompt_tokens_details": {"audio_tokens": 8}}, (0, 0, 0, 0, 0, 0, 8)),
        ({"completion_tokens_details": {"audio_tokens": 9}}, (0, 0, 0, 0, 0, 0, 0, 9)),
        ({"prompt_tokens_details": None, "completion_tokens_details": 7}, (0,)),
    ]:
        with in_row(sent):
            filled = (*counts, *[0] * len(COUNTS))
            expected = dict(zip(COUNTS, filled, strict=False))
            assert to_usage(sent) == Usage(**expected, raw=sent)


@each_row(
    ("message", "refusal"),
    [
        ({}, ""),
        ({"refusal": "no"}, "no"),
        ({"refusal": False, "content": "x"}, ""),
        (
            {
                "content": [
                    {"refusal": "I "},
                    "x",
                    {"type": "text", "text": "y"},
                    {"refusal": "won't"},
                ]
            },
            "I won't",
        ),
        ({"refusal": "", "content": [{"type": "refusal", "refusal": "no"}]}, "no"),
    ],
)
def test_refusal_of_a_model_is_text(message: dict[str, Any], refusal: str) -> None:
    assert refusal_of(message) == refusal


def test_usage_beside_the_choices_comes_before_that_in_one() -> None:
    inner = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    outer = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    choices = ["x", {"usage": None}, {"usage": inner}]
    assert usage_of({"choices": choices}, None) == to_usage(inner)
    assert usage_of({"choices": choices, "usage": outer}, None) == to_usage(outer)
    assert usage_of({"choices": [{}]}, None) is None
    assert usage_of({}, None) is None
