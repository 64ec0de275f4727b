"""Tool choices in every vendor's form, and what tools need."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds import ConfigurationError
from ramclouds.bridge.tools import (
    Tool,
    answer_format,
    function_tool,
    given_format,
    is_forced,
    offered_tools,
    to_tool,
    to_tool_choice,
)
from tests.harness import each_row, in_row

FORCED = {"type": "function", "function": {"name": "search"}}
ALLOWED = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}
ALLOWED_ADD = {
    "type": "allowed_tools",
    "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "add"}}]},
}
ALLOWED_REQUIRED = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}}

CHOICES: list[tuple[Any, Any, bool]] = [
    ("auto", "auto", False),
    ("none", "none", False),
    ("any", "required", True),
    ("required", "required", True),
    (True, "required", True),
    (False, "none", False),
    ("search", FORCED, True),
    (FORCED, FORCED, True),
    ({"type": "function", "name": "search"}, FORCED, True),
    ({"type": "tool", "name": "search"}, FORCED, True),
    ({"type": "any"}, "required", True),
    ({"type": "auto"}, "auto", False),
    ({"type": "none"}, "none", False),
    (ALLOWED, ALLOWED, False),
    ({"type": "allowed_tools", "tools": [{"name": "add"}]}, ALLOWED_ADD, False),
    (ALLOWED_REQUIRED, ALLOWED_REQUIRED, True),
    ({"type": "allowed_tools", "mode": "required", "tools": []}, ALLOWED_REQUIRED, True),
]


def test_choice_means_the_same_before_and_after_it_is_put_into_the_wires_form() -> None:
    for choice, wire, forced in CHOICES:
        with in_row(choice):
            assert to_tool_choice(choice, ["search", "add"]) == wire
            assert (is_forced(choice), is_forced(wire)) == (forced, forced)


def test_no_choice_forces_nothing() -> None:
    assert not is_forced(None)
    assert not is_forced({})


@pytest.mark.parametrize(
    ("choice", "hint"),
    [
        ("serach", "Did you mean 'search'"),
        ({"type": "tool", "name": "serach"}, "Did you mean 'search'"),
        ("weather", "search, add. Give one of these"),
    ],
)
def test_choice_of_a_tool_that_is_not_offered_names_those_that_are(choice: Any, hint: str) -> None:
    with pytest.raises(ConfigurationError, match=hint):
        to_tool_choice(choice, ["search", "add"])


EMPTY = {"type": "object", "properties": {}}
ADD = {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": EMPTY}}


def test_every_vendors_form_of_a_tool_is_a_function() -> None:
    for given, wire in [
        (ADD, ADD),
        ({"function": ADD["function"]}, ADD),
        ({"type": "function", "name": "add", "description": "Adds.", "parameters": EMPTY}, ADD),
        ({"name": "add", "description": "Adds.", "parameters": EMPTY}, ADD),
        ({"name": "add", "description": "Adds.", "input_schema": EMPTY}, ADD),
        ({"type": "custom", "name": "add", "description": "Adds.", "input_schema": EMPTY}, ADD),
        ({"name": "add", "description": "Adds.", "inputSchema": EMPTY}, ADD),
        ({"name": "add", "description": "Adds.", "schema": EMPTY}, ADD),
        (
            {
                "type": "json_schema",
                "json_schema": {"name": "add", "description": "Adds.", "schema": EMPTY},
            },
            ADD,
        ),
        (
            {
                "toolSpec": {
                    "name": "add",
                    "description": "Adds.",
                    "inputSchema": {"json": EMPTY},
                }
            },
            ADD,
        ),
        ({"title": "add", "description": "Adds.", **EMPTY}, ADD),
        (EMPTY, {"type": "function", "function": {"name": "answer", "parameters": EMPTY}}),
        ({"name": "f"}, {"type": "function", "function": {"name": "f", "parameters": EMPTY}}),
        (
            {"anyOf": [EMPTY]},
            {"type": "function", "function": {"name": "answer", "parameters": {"anyOf": [EMPTY]}}},
        ),
        (
            {"type": "object"},
            {"type": "function", "function": {"name": "answer", "parameters": {"type": "object"}}},
        ),
    ]:
        with in_row(given):
            assert function_tool(given) == wire


@each_row(
    ("given", "hint"),
    [
        ({"type": "web_search"}, "web_search_options"),
        ({"google_search": {}}, "web_search_options"),
        ({"type": "web_search_20250305", "name": "web_search"}, "web_search_options"),
        ({"type": "code_interpreter", "container": {"type": "auto"}}, "write a function"),
        ({"type": "custom", "name": "shell", "format": {"type": "text"}}, "write a function"),
    ],
)
def test_tool_that_is_no_function_is_refused_with_what_there_is_instead(
    given: Any, hint: str
) -> None:
    with pytest.raises(ConfigurationError, match=hint):
        function_tool(given)


@pytest.mark.parametrize("choice", [{"type": "tool"}, ["search"], 5], ids=repr)
def test_choice_that_names_no_tool_is_refused(choice: Any) -> None:
    with pytest.raises(ConfigurationError, match="names no tool"):
        to_tool_choice(choice, ["search"])


def test_prompt_offers_the_allowed_tools_alone() -> None:
    choice = {**ALLOWED_REQUIRED, "allowed_tools": {"mode": "required", "tools": [FORCED]}}
    tools = [function_tool({"name": name}) for name in ("add", "search")]
    assert [tool.name for tool in offered_tools(tools, choice)] == ["search"]


SUM = {
    "type": "function",
    "function": {"name": "sum", "description": "Adds.", "parameters": {"type": "object"}},
}


def test_tool_of_the_wire_is_described_with_all_it_says() -> None:
    assert to_tool(SUM) == Tool("sum", "Adds.", {"type": "object"})


def test_tool_that_is_no_function_has_no_description_in_a_prompt() -> None:
    with pytest.raises(ConfigurationError, match=r"only function tools can\. Leave it out"):
        to_tool({"type": "web_search"})


def test_format_asks_for_what_a_call_would_hold() -> None:
    assert answer_format(SUM) == {
        "type": "json_schema",
        "json_schema": {
            "name": "sum",
            "schema": {"description": "Adds.", "type": "object"},
            "strict": True,
        },
    }


def test_format_of_the_wire_is_distinguished_from_schemas_and_classes() -> None:
    for asked, wire in [
        ({"type": "json_object"}, {"type": "json_object"}),
        ({"type": "object", "title": "Joke"}, None),
        (int, None),
    ]:
        with in_row(asked):
            assert given_format(asked) == wire
