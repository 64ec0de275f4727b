"""Wire messages of a history."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds.bridge.history import (
    as_content,
    reasoning_replayed,
    wire_call,
    without_open_calls,
)

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


@pytest.mark.parametrize(
    ("reasoning", "replay", "changed"),
    [
        ("Hm.", "field", {"reasoning_content": "Hm."}),
        ("", "field", {"reasoning_content": " "}),
        ("Hm.", "inline", {"content": "<think>\nHm.\n</think>\n\nHi"}),
        ("", "inline", {}),
    ],
)
def test_reasoning_goes_back_as_the_model_wants_it(
    reasoning: str, replay: Any, changed: dict[str, Any]
) -> None:
    message = {"role": "assistant", "content": "Hi"}
    assert reasoning_replayed(message, reasoning, replay) == {**message, **changed}


def test_call_without_a_result_goes_where_another_of_its_turn_has_one() -> None:
    first, second = wire_call("c1", "f", "{}"), wire_call("c2", "f", "{}", extra_content={"s": 1})
    calling = {"role": "assistant", "content": None, "tool_calls": [first, second]}
    result = {"role": "tool", "tool_call_id": "c2", "content": "2"}
    assert without_open_calls([calling, result]) == [{**calling, "tool_calls": [second]}, result]
    assert without_open_calls([calling]) == [calling]
