"""The schema that holds a model to "text or a list of calls"."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ramclouds import Choice, Completion
from ramclouds.prompted import grammar_format, prepare, render
from tests.harness import each_row
from tests.unit.prompted.reading import to_tool

SEARCH = to_tool("search", query="string")
USER = [{"role": "user", "content": "Hi"}]
TIME = {"type": "function", "function": {"name": "get_time"}}


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def call_schema(name: str, arguments: Any) -> dict[str, Any]:
    return closed(name={"type": "string", "enum": [name]}, arguments=arguments)


SEARCH_CALL = call_schema("search", SEARCH["function"]["parameters"])
EMPTY = {"type": "object", "properties": {}, "required": []}
TIME_CALL = call_schema("get_time", EMPTY)
TEXT = closed(text={"type": "string"})


def calls_schema(items: Any, **limits: int) -> dict[str, Any]:
    return closed(tool_calls={"type": "array", "items": items, "minItems": 1, **limits})


@each_row(
    ("settings", "schema"),
    [
        ({}, {"anyOf": [calls_schema({"anyOf": [SEARCH_CALL, TIME_CALL]}, maxItems=1), TEXT]}),
        (
            {"parallel": True, "tool_choice": "required"},
            calls_schema({"anyOf": [SEARCH_CALL, TIME_CALL]}),
        ),
        ({"tool_choice": "search"}, calls_schema(SEARCH_CALL, maxItems=1)),
        (
            {"tool_choice": "auto", "response_format": {"type": "json_object"}},
            {
                "anyOf": [
                    calls_schema({"anyOf": [SEARCH_CALL, TIME_CALL]}, maxItems=1),
                    closed(text={**EMPTY, "additionalProperties": True}),
                ]
            },
        ),
    ],
    ids=["auto", "required", "named", "with_format"],
)
def test_schema_says_what_may_be_answered(settings: dict[str, Any], schema: Any) -> None:
    assert grammar_format([SEARCH, TIME], **settings) == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema},
    }


def test_without_a_tool_to_call_the_own_format_is_sent() -> None:
    own = {"type": "json_object"}
    assert grammar_format([], response_format=own) == own
    assert grammar_format([SEARCH], tool_choice="none", response_format=own) == own
    assert grammar_format([SEARCH], tool_choice="none") is None


def test_references_are_replaced_by_what_they_point_at() -> None:
    tool = to_tool("place")
    tool["function"]["parameters"] = {
        "type": "object",
        "properties": {"at": {"$ref": "#/$defs/Point"}},
        "$defs": {"Point": {"type": "object", "properties": {"x": {"type": "number"}}}},
    }
    own = {"$ref": "#/definitions/Answer", "definitions": {"Answer": {"type": "boolean"}}}
    sent = grammar_format(
        [tool], response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": own}}
    )
    point = {"type": "object", "properties": {"x": {"type": "number"}}, "required": []}
    arguments = {"type": "object", "properties": {"at": point}, "required": []}
    assert sent is not None
    assert sent["json_schema"]["schema"] == {
        "anyOf": [
            calls_schema(call_schema("place", arguments), maxItems=1),
            closed(text={"type": "boolean"}),
        ]
    }


def test_prepared_request_sends_the_schema_and_reads_the_answer() -> None:
    request = prepare({"messages": USER, "tools": [SEARCH], "top_p": 1}, grammar=True)
    assert request.params == {
        "top_p": 1,
        "response_format": grammar_format([SEARCH]),
        "messages": render(USER, [SEARCH], grammar=True),
    }
    answer = Completion(choices=(Choice(text='{"text": "Hello"}', finish_reason="stop"),))
    assert request.parse(answer) == Completion(
        choices=(Choice(text="Hello", finish_reason="stop"),), tool_calling="grammar"
    )


def test_prepared_request_without_tools_sends_no_schema() -> None:
    request = prepare({"messages": USER, "top_p": 1}, grammar=True)
    assert request.params == {"messages": USER, "top_p": 1}
    answer = Completion(choices=(Choice(text='{"text": "Hello"}', finish_reason="stop"),))
    assert request.parse(answer) == replace(answer, tool_calling="grammar")
