"""JSON in text that should have been JSON: whole, in part, and as it streams."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ramclouds.bridge.only_json import JsonStream, only_json
from tests.harness import each_row

SCHEMA = {"name": "Thing", "schema": {"properties": {"a": {}, "c": {}}}}
_OBJECT = '{"a": {"b": "}"}, "c": ["{", "\\""]}'

_WRAPPED = {
    _OBJECT: _OBJECT,
    f"  {_OBJECT}\n": _OBJECT,
    f"```json\n{_OBJECT}\n```": _OBJECT,
    f"```\n{_OBJECT}```": _OBJECT,
    f"Here:\n```json\n{_OBJECT}\n```\nBye.": _OBJECT,
    f"Use {{x}} and {_OBJECT}": _OBJECT,
    "No JSON, {only} braces": "No JSON, {only} braces",
    "[1, 2]": "[1, 2]",
    "": "",
    f"{_OBJECT} or {_OBJECT}": _OBJECT,
    f'{_OBJECT} or {{"a": 2}}': f'{_OBJECT} or {{"a": 2}}',
    "{x} is a placeholder": "{x} is a placeholder",
    '{"a": 1': '{"a": 1',
}


@each_row(("text", "json_"), _WRAPPED.items())
def test_only_json_drops_fences_and_prose_around_one_object(text: str, json_: str) -> None:
    assert only_json(text, SCHEMA, "gpt-5") == json_


def _streamed(pieces: list[str]) -> str:
    stream = JsonStream(SCHEMA, "gpt-5")
    return "".join([stream.feed(piece) for piece in pieces] + [stream.finish()])


@given(st.sampled_from(sorted(_WRAPPED)), st.data())
def test_any_split_of_a_stream_gives_the_same(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert _streamed(pieces) == _streamed([text])


@each_row(("text", "json_"), _WRAPPED.items())
def test_stream_gives_what_the_whole_gives(text: str, json_: str) -> None:
    assert _streamed(list(text)).strip() == json_.strip()


def test_json_streams_as_it_comes() -> None:
    stream = JsonStream(SCHEMA, "gpt-5")
    assert [stream.feed(piece) for piece in ["``", "`json\n", '{"a"', ": 1}", "\n```"]] == [
        "",
        "",
        '{"a"',
        ": 1}",
        "",
    ]
    assert stream.finish() == ""


def test_text_before_a_tool_call_is_released_as_it_is() -> None:
    stream = JsonStream(SCHEMA, "gpt-5")
    assert stream.feed("I look: ") == ""
    assert stream.release() == "I look: "
    assert stream.feed("more") == "more"
    assert stream.finish() == ""
