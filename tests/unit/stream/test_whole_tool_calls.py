"""A tool call is whole, or it is among the invalid ones: streamed, whole, and cut off."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramclouds import Completion, InvalidToolCall, StreamTruncatedError, ToolCall
from ramclouds._stream.accumulator import Accumulator
from ramclouds._wire.chat.completion import to_completion
from tests.harness import each_row, in_row
from tests.unit.offline import read_stream

CITY = '{"city": "Hanoi"}'
CUT_BY_LIMIT = "The arguments are cut off: raise max_tokens."
MAY_BE_CUT = "The arguments may be cut off: raise max_tokens."
CUT_BY_WINDOW = "The arguments may be cut off: the context window is full."
NOT_AN_OBJECT = "The arguments are not one JSON object."


def fragment(
    arguments: Any, name: str | None = None, call_id: str | None = None, index: int | None = 0
) -> dict[str, Any]:
    found: dict[str, Any] = {"function": {"arguments": arguments}}
    if name is not None:
        found["function"]["name"] = name
    return found | {
        key: value for key, value in (("id", call_id), ("index", index)) if value is not None
    }


def event(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return b"data: %s\n\n" % json.dumps({"id": "c1", "model": "m", "choices": [choice]}).encode()


def streamed(fragments: list[dict[str, Any]], finish_reason: str = "tool_calls") -> Completion:
    """The completion of a stream with one fragment in each event."""
    accumulator = Accumulator()
    events = [event({"tool_calls": [one]}) for one in fragments]
    for chunk in read_stream([*events, event({}, finish_reason)]):
        accumulator.add(chunk)
    return accumulator.completion()


def whole(calls: list[dict[str, Any]], finish_reason: str = "tool_calls") -> Completion:
    """The completion of one body with these calls."""
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return to_completion({"id": "c1", "model": "m", "choices": [choice]}, "r1")


VALID = [
    CITY,
    "{}",
    ' {"a": [1, {"b": "}"}]}\n',
    '{"text": "two\nlines\tand a tab"}',
    '{"half": "\\ud83d"}',
    json.dumps({"deep": {"er": {"est": [[[]]]}}}),
]
INVALID = [
    '{"path": "/home/data/ol',
    '{"sql": "delete from t where id = 5"',
    '{"city": "Hanoi"}{"city": "Hue"}',
    '{"city": "Hanoi"',
    "[1, 2]",
    '"Hanoi"',
    "7",
    "true",
    "not json",
    "[" * 100_000,
    '{"a":' * 100_000,
]


def test_one_object_is_a_call_with_its_text_as_sent() -> None:
    for read in [streamed, whole]:
        for arguments in VALID:
            with in_row(read, arguments):
                completion = read([fragment(arguments, "f", "c")])
                assert completion.tool_calls == (ToolCall("c", "f", arguments),)
                assert completion.invalid_tool_calls == ()


def test_no_arguments_are_an_empty_object() -> None:
    for read in [streamed, whole]:
        for arguments in [None, "", "null", " ", "{}", {}]:
            with in_row(read, arguments):
                assert read([fragment(arguments, "f", "c")]).tool_calls == (
                    ToolCall("c", "f", "{}"),
                )


def test_anything_else_is_an_invalid_call_with_its_text() -> None:
    for read, index in [(streamed, 0), (whole, None)]:
        for arguments in INVALID:
            with in_row(read, arguments):
                completion = read([fragment(arguments, "f", "c")])
                invalid = InvalidToolCall("c", "f", arguments, NOT_AN_OBJECT, index)
                assert completion.tool_calls == ()
                assert completion.invalid_tool_calls == (invalid,)


def test_valid_and_invalid_calls_stay_apart() -> None:
    fragments = [fragment(CITY, "f", "a"), fragment('{"city', "f", "b", 1)]
    completion = streamed(fragments)
    assert completion.tool_calls == (ToolCall("a", "f", CITY),)
    assert completion.invalid_tool_calls == (InvalidToolCall("b", "f", '{"city', NOT_AN_OBJECT, 1),)


@pytest.mark.parametrize(
    ("finish_reason", "reason"),
    [("length", MAY_BE_CUT), ("model_context_window_exceeded", CUT_BY_WINDOW)],
)
def test_last_call_of_a_cut_message_is_invalid_even_where_it_parses(
    finish_reason: str, reason: str
) -> None:
    calls = [fragment(CITY, "f", "a"), fragment(CITY, "g", "b", 1)]
    completion = whole(calls, finish_reason)
    assert completion.tool_calls == (ToolCall("a", "f", CITY),)
    assert completion.invalid_tool_calls == (InvalidToolCall("b", "g", CITY, reason),)


@pytest.mark.parametrize("finish_reason", ["length", "model_context_window_exceeded"])
def test_last_call_of_a_cut_stream_is_valid_where_its_object_was_closed(
    finish_reason: str,
) -> None:
    completion = streamed([fragment('{"city": ', "f", "a"), fragment('"Hanoi"}')], finish_reason)
    assert completion.tool_calls == (ToolCall("a", "f", CITY),)
    assert completion.invalid_tool_calls == ()


@each_row(
    ("arguments", "reason"),
    [
        ("", MAY_BE_CUT),
        ("{}", MAY_BE_CUT),
        ("{ }", MAY_BE_CUT),
        ('{"city": "Ha', CUT_BY_LIMIT),
        ('{"a": 1', CUT_BY_LIMIT),
    ],
)
def test_last_call_of_a_cut_stream_is_invalid_where_it_was_not_closed(
    arguments: str, reason: str
) -> None:
    completion = streamed([fragment(arguments, "f", "a")], "length")
    assert completion.tool_calls == ()
    assert completion.invalid_tool_calls == (InvalidToolCall("a", "f", arguments, reason, 0),)


def test_earlier_call_of_a_cut_stream_needs_only_to_be_an_object() -> None:
    fragments = [fragment("", "f", "a"), fragment('{"city', "g", "b", 1)]
    completion = streamed(fragments, "length")
    assert completion.tool_calls == (ToolCall("a", "f", "{}"),)
    assert [call.id for call in completion.invalid_tool_calls] == ["b"]


def test_last_chunk_names_the_invalid_calls_by_the_index_of_their_fragments() -> None:
    fragments = [fragment('{"city', "f", "a", 5), fragment(CITY, "g", "b", 9)]
    events = [event({"tool_calls": [one]}) for one in fragments]
    *_, last = read_stream([*events, event({}, "tool_calls")])
    assert last.tool_calls == ()
    assert last.invalid_tool_calls == (InvalidToolCall("a", "f", '{"city', NOT_AN_OBJECT, 0),)


def test_call_repeated_under_another_index_is_one_call() -> None:
    fragments = [
        fragment("", "f", "a", 0),
        fragment('{"city": ', None, "a", 0),
        fragment('"Hanoi"}', None, "a", 0),
        fragment("", "now", "b", 1),
        fragment(CITY, "f", "a", 2),
        fragment("", "now", "b", 3),
    ]
    completion = streamed(fragments)
    assert completion.tool_calls == (ToolCall("a", "f", CITY), ToolCall("b", "now", "{}"))


def test_call_repeated_in_pieces_or_under_its_own_index_is_one_call() -> None:
    in_pieces = [fragment(CITY, "f", "a"), fragment('{"city": ', "f", "a", 1)]
    assert len(streamed([*in_pieces, fragment('"Hanoi"}', None, "a", 1)]).tool_calls) == 1
    assert len(streamed([fragment(CITY, "f", "a")] * 2).tool_calls) == 1
    assert len(streamed([fragment(CITY, "f", "a", None)] * 2).tool_calls) == 1


def test_calls_of_one_id_with_other_arguments_stay_two() -> None:
    fragments = [fragment(CITY, "f", "a", 0), fragment('{"city": "Hue"}', "f", "a", 1)]
    for completion in (streamed(fragments), whole(fragments)):
        first, second = completion.tool_calls
        assert (first.arguments, second.arguments) == (CITY, '{"city": "Hue"}')
        assert first.id == "a" != second.id


def test_repeated_call_of_a_whole_message_is_one_call() -> None:
    calls = [fragment(CITY, "f", "a", 0), fragment(CITY, "f", "a", 2)]
    assert whole(calls).tool_calls == (ToolCall("a", "f", CITY),)


def test_fragments_that_never_get_a_name_are_no_call() -> None:
    search = [fragment("", index=1), fragment('{"query": "x', index=1), fragment('"}', index=1)]
    nothing = streamed(search, "stop")
    assert (nothing.tool_calls, nothing.invalid_tool_calls) == ((), ())
    beside = streamed([fragment(CITY, "f", "a", 0), *search])
    assert beside.tool_calls == (ToolCall("a", "f", CITY),)
    same_index = [fragment('{"query": "x'), fragment('"}'), fragment(CITY, "f", "a")]
    assert streamed(same_index).tool_calls == (ToolCall("a", "f", CITY),)
    assert whole([fragment('{"query": "x"}')]).tool_calls == ()


def test_half_call_of_a_truncated_stream_is_invalid_on_the_partial() -> None:
    pieces = [event({"tool_calls": [fragment('{"path": "/home/data/ol', "rm", "a")]})]
    with pytest.raises(StreamTruncatedError) as caught:
        list(read_stream(pieces))
    partial = caught.value.partial
    assert partial is not None
    assert partial.tool_calls == ()
    assert [call.arguments for call in partial.invalid_tool_calls] == ['{"path": "/home/data/ol']


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@settings(deadline=None, max_examples=40)
@given(
    arguments=st.dictionaries(st.text(max_size=4), _JSON, min_size=1, max_size=3),
    place=st.integers(min_value=1, max_value=200),
)
def test_no_object_cut_at_any_place_is_a_call(arguments: dict[str, Any], place: int) -> None:
    text = json.dumps(arguments)
    start = text[: min(place, len(text) - 1)]
    pieces = [start[at : at + 9] for at in range(0, len(start), 9)]
    for finish_reason in ("tool_calls", "stop", "length"):
        for completion in (
            streamed([fragment(piece, None if at else "f") for at, piece in enumerate(pieces)])
            if finish_reason == "tool_calls"
            else streamed([fragment(start, "f")], finish_reason),
            whole([fragment(start, "f", "c")], finish_reason),
        ):
            assert completion.tool_calls == ()
            assert [call.arguments for call in completion.invalid_tool_calls] == [start]
