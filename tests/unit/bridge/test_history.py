"""Messages of a history in neutral form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ramclouds.bridge.history import (
    arguments_text,
    as_content,
    assistant_message,
    result_part,
    said_part,
    wire_call,
)
from tests.harness import each_row
from tests.harness.rows import in_row

TEXT = {"type": "text", "text": "a"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}


@each_row(
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
    spoken = {"audio": {"transcript": "Hi"}, "images": [IMAGE]}
    parts = [TEXT, {"type": "text", "text": "[image: https://example.org/a.png]"}]
    assert assistant_message([TEXT], [], attached=spoken)["content"] == [
        *parts,
        {"type": "text", "text": "Hi"},
    ]


@each_row(
    ("arguments", "text"),
    [
        ('{"a', '{"a'),
        ({"city": "Hà Nội"}, '{"city": "Hà Nội"}'),
        ({"day": date(2026, 1, 2), "n": Decimal("1.5")}, '{"day":"2026-01-02","n":"1.5"}'),
        ({"x": float("nan")}, '{"x":null}'),
        ({"x": "\ud83d"}, '{"x": "\ufffd"}'),
        ({"x": b"a"}, '{"x":"a"}'),
        ({"x": b"\xff\xfe"}, '{"x":"__4="}'),
    ],
)
def test_arguments_are_json_whatever_they_hold(arguments: Any, text: str) -> None:
    assert arguments_text(arguments) == text


MEDIA: list[tuple[dict[str, Any], str]] = [
    ({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:,x"}}, "[file: a.pdf]"),
    ({"type": "document", "source": {"url": "https://a.test/b.pdf"}}, "[file: https://a.test/b.pdf]"),
    ({"type": "resource_link", "uri": "https://a.test", "name": "b"}, "[file: b]"),
    ({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}, "[image]"),
    ({"type": "image_url", "image_url": {"url": "https://a.test/" + "b" * 300}},
     "[image: https://a.test/" + "b" * 185 + "]"),
    ({"type": "video_url", "video_url": {"url": "https://a.test"}}, "[video: https://a.test]"),
    ({"type": "input_audio", "input_audio": {"data": "AA"}}, "[audio]"),
    ({"type": "file", "file": 7}, "[file]"),
]  # fmt: skip


def test_media_that_a_model_wrote_are_words() -> None:
    assert said_part({"type": "refusal", "refusal": "No."}) == {"type": "refusal", "refusal": "No."}
    for part, text in MEDIA:
        with in_row(part):
            assert said_part(part) == {"type": "text", "text": text}


def test_call_has_the_form_of_the_wire() -> None:
    assert wire_call("call_1", "add", "{}", extra=1) == {
        "extra": 1,
        "id": "call_1",
        "type": "function",
        "function": {"name": "add", "arguments": "{}"},
    }


def test_part_of_a_result_without_a_form_is_its_name_or_its_json() -> None:
    for value, text in [
        ({"type": "file", "file": {"filename": "a.pdf"}}, "[file: a.pdf]"),
        ({"a": 1}, '{"a":1}'),
        (7, "7"),
    ]:
        with in_row(value):
            assert result_part(value) == {"type": "text", "text": text}
