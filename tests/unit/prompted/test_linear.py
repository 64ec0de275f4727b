"""The work for an answer grows with its length, whatever stands in it: steps are counted."""

from __future__ import annotations

import sys
from typing import Any

from tests.harness import in_row
from tests.unit.prompted.reading import parsed

HOSTILE = {
    "words": "word ",
    "openers": "<{[`",
    "tags": "<tool_call>",
    "tags_and_names": "<tool_call>search ",
    "broken_strings": '<tool_call>{"a</tool_call>',
    "broken_calls": '<tool_call>{"name": "search", "arguments": {"query": "a "b}}</tool_call>',
    "broken_lines": '{"name": "search", x\n\n',
    "broken_blocks": '```json\n{"name": "search" x}\n```\n',
    "calls": '{"name": "get_time"}\n',
    "elements": '<invoke name="search">',
    "parameters": "<function=search><parameter=query>",
    "thoughts": "<think>",
    "responses": '<tool_call>{"name": "get_time"}</tool_call><tool_response>',
    "wrappers": '{"calls": ',
    "ticks": "`",
    "half_tags": "<tool_call",
}
SIZE = 600


def steps(text: str, piece: int) -> int:
    """The calls of functions, and the times that a generator goes on, until the text is read."""
    count = 0

    def add(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    pieces = [text[at : at + piece] for at in range(0, len(text), piece)]
    sys.setprofile(add)
    try:
        parsed(pieces, "length")
    finally:
        sys.setprofile(None)
    return count


def test_twice_the_text_takes_twice_the_steps() -> None:
    for piece in [7, 1 << 20]:
        for name, unit in HOSTILE.items():
            with in_row(name, piece):
                once = steps(unit * (SIZE // len(unit)), piece)
                twice = steps(unit * (SIZE // len(unit)) * 2, piece)
                assert twice <= 2.6 * once + 200
