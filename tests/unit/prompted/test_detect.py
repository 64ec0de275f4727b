"""Signs that a native request was ignored, and JSON in an answer of words."""

from __future__ import annotations

from typing import Any

from ramclouds import Choice, Completion, ToolCall
from ramclouds.prompted import is_prose, json_text, missing_forced_call, unsupported_message
from tests.harness import in_row

SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
NAMED = {"type": "function", "function": {"name": "search"}}

LIST = {"type": "json_schema", "json_schema": {"schema": {"type": "array"}}}


def answer(
    text: str = "", *names: str, finish_reason: str | None = "stop", **more: Any
) -> Completion:
    calls = tuple(ToolCall(f"c{at}", name, "{}") for at, name in enumerate(names))
    choice = Choice(text=text, tool_calls=calls, finish_reason=finish_reason, **more)
    return Completion(choices=(choice,))


def test_missing_forced_call() -> None:
    for choice, completion, missing in [
        ("required", answer("Hi"), True),
        ("any", answer("Hi"), True),
        (True, answer("Hi"), True),
        (NAMED, answer("Hi"), True),
        ("search", answer("", "get_time"), True),
        ("required", answer("", "search"), False),
        (NAMED, answer("", "get_time", "search"), False),
        ("auto", answer("Hi"), False),
        ("none", answer("Hi"), False),
        (None, answer("Hi"), False),
        (False, answer("Hi"), False),
        ("required", answer("Hi", finish_reason="length"), False),
        ("required", answer("Hi", finish_reason="content_filter"), False),
        ("required", answer(refusal="I will not."), False),
    ]:
        with in_row(choice):
            assert missing_forced_call(choice, completion) is missing


def test_is_prose() -> None:
    for response_format, completion, prose in [
        (SCHEMA, answer("The city is Hanoi."), True),
        ({"type": "json_object"}, answer("It is {hot} there"), True),
        (SCHEMA, answer(""), True),
        (SCHEMA, answer("It is Hanoi [1], not Huế [2]."), True),
        (LIST, answer("It is [1, 2]."), False),
        (SCHEMA, answer('{"a": 1}'), False),
        (SCHEMA, answer('Here:\n```json\n{"a": 1,}\n```'), False),
        (SCHEMA, answer('```json\n{"a": 1}\n```\nSource [1]'), False),
        (SCHEMA, answer('<think>{"a": 1}</think>\nIt is one.'), True),
        (SCHEMA, answer("", "search"), False),
        (SCHEMA, answer("Hi", refusal="No."), False),
        (SCHEMA, answer("Hi", finish_reason="length"), False),
        ({"type": "text"}, answer("Hi"), False),
        (None, answer("Hi"), False),
    ]:
        with in_row(response_format):
            assert is_prose(response_format, completion) is prose


def test_json_text() -> None:
    for text, json in [
        (' {"a": 1}\n', '{"a": 1}'),
        ("3", "3"),
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        ('Sure:\n{"a": [1]}\nDone.', '{"a": [1]}'),
        ("[1, 2] it is", "[1, 2]"),
        ('```json\n{"a": 1}\n```\nSource [1]', '{"a": 1}'),
        ('{"a": 1} or {"a": 2}', '{"a": 1} or {"a": 2}'),
        ('<think>{"a": 1}</think>{"a": 2}', '{"a": 2}'),
        ("{'a': 1, 'b': True,}", '{"a": 1, "b": true}'),
        ("no JSON here", "no JSON here"),
        ("} {", "} {"),
        ('{"sum": 3 + 4}', '{"sum": 3 + 4}'),
        ("{" * 20_000 + "}", "{" * 20_000 + "}"),
    ]:
        with in_row(text):
            assert json_text(text) == json


def test_message_names_the_ways_out() -> None:
    assert unsupported_message("tool_choice", "glm-4.6") == (
        "tool_choice had no effect: the model 'glm-4.6', or the gateway's channel to it, ignored"
        ' it. Use tool_calling="prompted", which asks through the prompt, or'
        ' on_unsupported="fallback", which'
        " changes to it by itself."
    )
