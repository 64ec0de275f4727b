"""Tool choices in every vendor's form, and what tools need."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds import ConfigurationError
from ramclouds.bridge.tools import is_forced, to_tool_choice, with_parameters

FORCED = {"type": "function", "function": {"name": "search"}}
ALLOWED = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}
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
    (ALLOWED_REQUIRED, ALLOWED_REQUIRED, True),
]


@pytest.mark.parametrize(("choice", "wire", "forced"), CHOICES, ids=repr)
def test_choice_means_the_same_before_and_after_it_is_put_into_the_wires_form(
    choice: Any, wire: Any, forced: bool
) -> None:
    assert to_tool_choice(choice, ["search", "add"]) == wire
    assert (is_forced(choice), is_forced(wire)) == (forced, forced)


def test_no_choice_forces_nothing() -> None:
    assert not is_forced(None)


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


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [
        (None, {"type": "object", "properties": {}}),
        ({}, {"type": "object", "properties": {}}),
        ({"type": "object"}, {"type": "object", "properties": {}}),
        (
            {"properties": {"a": {}}, "required": ["a"]},
            {"type": "object", "properties": {"a": {}}, "required": ["a"]},
        ),
    ],
    ids=repr,
)
def test_tool_always_has_parameters(parameters: Any, sent: Any) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    assert with_parameters(tool)["function"] == {"name": "f", "parameters": sent}
    assert tool["function"]["parameters"] is parameters  # type: ignore[index]
