"""Bytes to JSON values: lone surrogates, what stands behind a value, and previews of the rest."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds._json.parsing import BAD_BYTE, MalformedError, parse, parse_first, preview
from ramclouds._json.repair import repaired
from tests.harness import each_row, in_row

SCHEMA = {"properties": {"a": {"type": "object"}, "b": {"type": "integer"}}}


@each_row(
    ("text", "value"),
    [
        ("{'a': {'x': 1}, b: 2,}", {"a": {"x": 1}, "b": 2}),
        ('{"a": {"x": 1, "b": 2}', None),  # either reading fits
        ('{"a": {"x": 3 + 4}}', None),
        ('{"a": {"x": "b"; "c"}}', None),
        ('"a', None),
        (f"{{'a': {{}},{' ' * 40_000}}}", None),
    ],
    ids=lambda given: repr(given)[:30],
)
def test_repair_takes_punctuation_alone(text: str, value: Any) -> None:
    assert repaired(text, SCHEMA) == value


def test_payload_is_parsed_with_lone_halves_replaced() -> None:
    for payload, value in [
        (b'{"a": [1, null, "\xc3\xa9"]}', {"a": [1, None, "é"]}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": ["\\ud83d", "x\\ude00"]}', {"a": ["�", "x�"]}),
        (b'{"a": "\\uD83D"}', {"a": "�"}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        (b'["\\ud83d", 1]', ["�", 1]),
        (b'{"\\ud83d": 1}', {"�": 1}),
        (b'"\\ude00"', "�"),
        (
            b'{"a\xff": [{"arguments": "\xff"}, "\xff\\ud83d"]}',
            {"a�": [{"arguments": BAD_BYTE}, "��"]},
        ),
    ]:
        with in_row(payload):
            assert parse(payload) == value


@each_row("payload", [b"", b"{", b"nothing", b'{"a": "\\ud83d"', b"[" * 100_000, b"\xef\xbb\xbf"])
def test_payload_that_is_no_json_raises(payload: bytes) -> None:
    with pytest.raises(MalformedError, match=r"^not JSON$") as caught:
        parse(payload)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@each_row(
    ("payload", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'{"a": "\xc3\xa9"}: PING', {"a": "é"}),
        (b'{"a": "\\ud83d"}data: [DONE]', {"a": "�"}),
        (b'{"a": 1}\xff', {"a": 1}),
        (b'{"a": "\xc3\xa9"}{"b": 2}', {"a": "é"}),
    ],
)
def test_value_in_front_of_something_else_is_parsed(payload: bytes, value: Any) -> None:
    assert parse_first(payload) == value


@each_row("payload", [b"", b"{", b"x{}", b"[" * 100_000, b'{"a": 1: PING'])
def test_payload_that_begins_with_no_json_raises(payload: bytes) -> None:
    with pytest.raises(MalformedError, match=r"^not JSON$") as caught:
        parse_first(payload)
    assert caught.value.__suppress_context__


def test_preview_shows_200_characters_of_one_line() -> None:
    for payload, shown in [
        (b"short", "short"),
        (b"  two\r\n lines\t", "two lines"),
        (b"a" * 200, "a" * 200),
        (b"a" * 201, "a" * 200 + "…"),
        ("é".encode() * 200, "é" * 200),
        ("🐏".encode() * 200, "🐏" * 200),
        ("🐏".encode() * 201, "🐏" * 200 + "…"),
        (b"a\xff", "a�"),
        (b"", ""),
    ]:
        with in_row(payload):
            assert preview(payload) == shown
