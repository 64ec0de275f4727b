"""What makes a body ask for a stream, and whether its response brings the usage."""

from __future__ import annotations

from typing import Any

from ramclouds._wire.chat.request_body import gets_usage, make_streamed
from tests.harness import each_row

USAGE = {"include_usage": True}


@each_row(
    ("body", "stream_usage", "refused", "streamed", "optional"),
    [
        ({}, None, (), {"stream": True, "stream_options": USAGE}, "stream_options"),
        ({}, True, (), {"stream": True, "stream_options": USAGE}, None),
        ({}, False, (), {"stream": True}, None),
        ({}, None, ("stream_options",), {"stream": True}, None),
        ({}, True, ("stream_options",), {"stream": True, "stream_options": USAGE}, None),
        ({"stream_options": {}}, None, (), {"stream": True, "stream_options": {}}, None),
    ],
)
def test_streamed_body_asks_for_usage_unless_it_was_refused(
    body: dict[str, Any],
    stream_usage: bool | None,
    refused: tuple[str, ...],
    streamed: dict[str, Any],
    optional: str | None,
) -> None:
    made = dict(body)
    assert make_streamed(made, stream_usage=stream_usage, refused=refused) == optional
    assert made == streamed


@each_row(
    ("body", "expected"),
    [
        ({}, True),
        ({"stream": True, "stream_options": USAGE}, True),
        ({"stream": True, "stream_options": {"include_usage": False}}, False),
        ({"stream": True, "stream_options": None}, False),
        ({"stream": True}, False),
    ],
)
def test_response_brings_usage(body: dict[str, Any], expected: bool) -> None:
    assert gets_usage(body) is expected
