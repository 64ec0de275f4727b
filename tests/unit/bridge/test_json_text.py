"""JSON in prose: which values a text holds, and what of an object has arrived."""

from __future__ import annotations

import sys
from typing import Any

from ramclouds.bridge.json_text import json_values, partial_object
from ramclouds.bridge.wrapping import forms
from tests.harness import each_row, in_row

BROKEN = object()


def found_in(text: str) -> list[Any]:
    found = json_values(text)
    assert all(text[value.start : value.end] == value.text for value in found)
    return [value.value if value.is_whole else BROKEN for value in found]


def test_values_of_a_text() -> None:
    for text, values in [
        ("", []),
        ("no JSON here", []),
        ('{"a": 1}', [{"a": 1}]),
        (' \n[1, {"b": []}]\n', [[1, {"b": []}]]),
        ('Sure:\n```json\n{"a": 1}\n```\nSource [1]', [{"a": 1}, [1]]),
        ('{"a": 1} and {"b": 2}', [{"a": 1}, {"b": 2}]),
        ('{"a": "line\nbreak"}', [{"a": "line\nbreak"}]),
        ("the set {x | x > 1}, see [docs](u)", []),
        ('[1 of 2) then {"a": 1}', [{"a": 1}]),
        ('[Note: {"a": 1}]', [{"a": 1}]),
        # What stands inside of something broken is no value of its own.
        ('{"a": {"b": 1}, "c": oops}', [BROKEN]),
        ('[{"a": 1} {"b": 2}]', [BROKEN]),
        ('{"re": "\\d", "tags": ["x"]} {"a": 1}', [BROKEN, {"a": 1}]),
        ("{a: {b: [1]}} [2]", [BROKEN, [2]]),
        ('{"a": {"b": 1}', [BROKEN]),
        ('```\n{"a": "x"y"\n```\n{"b": 2}', [BROKEN, {"b": 2}]),
        # What was thought.
        ('<think>{"a": 1}</think>{"b": 2}', [{"b": 2}]),
        ('[THINK]{"a": 1}[/THINK] {"b": 2}', [{"b": 2}]),
        ('\u25c1think\u25b7{"a": 1}\u25c1/think\u25b7 {"b": 2}', [{"b": 2}]),
        ('{"a": 1}</think>{"b": 2}', [{"b": 2}]),
        ('{"b": 2}\n<thought>{"a": 1}', [{"b": 2}]),
        ('a <think> tag {"a": 1}', [{"a": 1}]),
        ('{"a": "<think>"}', [{"a": "<think>"}]),
    ]:
        with in_row(text):
            assert found_in(text) == values


INNER = {"a": 1}
OWN, FOREIGN = {"name": "P", "parameters": INNER}, {"name": "Q", "parameters": INNER}


@each_row(
    ("value", "keys", "found"),
    [
        (OWN, None, [INNER]),
        (FOREIGN, None, [FOREIGN, INNER]),
        (OWN, {"name", "a"}, [INNER]),
        (OWN, {"name", "parameters"}, [OWN, INNER]),
        ([INNER], {"a"}, [INNER, [INNER]]),
        ({"P": INNER}, {"a"}, [INNER, {"P": INNER}]),
    ],
)
def test_call_in_place_of_an_object_is_what_it_was_given(
    value: Any, keys: set[str] | None, found: list[Any]
) -> None:
    assert list(forms(value, "P", keys, is_object=True)) == found


def test_object_as_far_as_it_has_arrived() -> None:
    for text, begun in [
        ("Sure", None),
        ("{", {}),
        ('{"a": 1, "b": [2, 3', {"a": 1, "b": [2]}),
        ('```json\n{"a": "x', {"a": "x"}),
        ('<think>{"a": 1}</think>\n{"b": "x', {"b": "x"}),
        # What stands behind words may be an example.
        ('Sure: {"a": 1, "b": [2', None),
        ('{"a": 12', {}),
        ('{"a": 12}', {"a": 12}),
        ('{"a": "x', {"a": "x"}),
        ('{"a": 1} {"b": 2', {"a": 1}),
        ('<think>{"a": 1}</think>', None),
        ('[1] {"b": 2', None),
    ]:
        with in_row(text):
            assert partial_object(text) == begun


HOSTILE = [
    *("{" * 20_000, "[" * 20_000, '{"a":' * 20_000, '[{"a": "' * 10_000, '["\\"' * 20_000),
    *('{"\\"' * 20_000, '"\\"' * 20_000, "{a: " * 8_000, "[1 " * 8_000, "<think>" * 10_000),
    *('{"a": x' * 10_000, "{'a': " * 10_000, '{"a": 1} ' * 10_000, '{"a": "\\' * 10_000),
]


def test_runaway_text_neither_raises_nor_takes_quadratic_time() -> None:
    """Quadratic time would meet the limit on a test's time."""
    for text in HOSTILE:
        with in_row(text):
            for value in json_values(text):
                assert text[value.start : value.end] == value.text
            partial_object(text)


def test_deep_value_is_broken_and_not_an_error() -> None:
    depth = sys.getrecursionlimit() * 200
    assert found_in("[" * depth + "]" * depth) == [BROKEN]
