"""Messages of a history in neutral form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ramclouds.bridge.history import arguments_text, as_content, assistant_message, wire_call

TEXT = {"type": "text", "text": "a"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}


@pytest.mark.parametrize(
    ("parts", "content"),
    [
        ([], ""),
        ([TEXT], "a"),
        ([TEXT, TEXT], "a-a"),
        ([TEXT, IMAGE], [TEXT, IMAGE]),
        ([{**TEXT, "cache_control": {"type": "ephemeral"}}], None),
    ],
)
def test_parts_that_are_plain_text_are_one_string(parts: list[Any], content: Any) -> None:
    assert as_content(parts, between="-") == (parts if content is None else content)


def test_message_of_a_model_holds_all_that_came_with_it() -> None:
    call = wire_call("c1", "f", "{}", extra_content={"s": 1})
    assert assistant_message("", [call], author="m", reasoning="Hm.", reasoning_field="r") == {
        "role": "assistant",
        "content": None,
        "tool_calls": [call],
        "model": "m",
        "r": "Hm.",
    }
    assert assistant_message("Hi", []) == {"role": "assistant", "content": "Hi"}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"a', '{"a'),
        ({"city": "Hà Nội"}, '{"city": "Hà Nội"}'),
        ({"day": date(2026, 1, 2), "n": Decimal("1.5")}, '{"day":"2026-01-02","n":"1.5"}'),
        ({"x": float("nan")}, '{"x":null}'),
        ({"x": "\ud83d"}, '{"x": "\ufffd"}'),
    ],
)
def test_arguments_are_json_whatever_they_hold(arguments: Any, text: str) -> None:
    assert arguments_text(arguments) == text
