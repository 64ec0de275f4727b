"""Tool call deltas as providers send them: shared, missing and repeated index, id and name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client.calls import Calls, assert_complete, read
from tests.gateway import Gateway, Json, Sse, call, chunk, completion

NO_KEY: Any = object()
Expected = list[tuple[str, str, str]]


def delta(
    name: Any = NO_KEY, arguments: Any = NO_KEY, id: Any = NO_KEY, index: Any = NO_KEY, **extra: Any
) -> dict[str, Any]:
    """One entry of `tool_calls`; what is not given is not in it."""
    function = {"name": name, "arguments": arguments}
    made = {"index": index, "id": id, "type": "function", **extra}
    present = {key: value for key, value in made.items() if value is not NO_KEY}
    return {**present, "function": {k: v for k, v in function.items() if v is not NO_KEY}}


A = delta("f", "", "call_a", 0)
A1 = '{"a":1}'
B2 = '{"b":2}'
ONE: Expected = [("call_a", "f", A1)]
TWO: Expected = [("call_a", "f", A1), ("call_b", "g", B2)]
SAME: Expected = [("call_a", "f", A1), ("call_b", "f", B2)]

# Each row: lists of entries, one list per event, and the calls that they are.
STREAMS: dict[str, tuple[list[list[dict[str, Any]]], Expected]] = {
    "one_fragment": ([[delta("f", A1, "call_a", 0)]], ONE),
    "split": ([[A], [delta(arguments='{"a"', index=0)], [delta(arguments=":1}", index=0)]], ONE),
    "index_as_text": ([[delta("f", "", "call_a", "0")], [delta(arguments=A1, index="0")]], ONE),
    "index_null": ([[delta("f", "", "call_a", None)], [delta(arguments=A1, index=None)]], ONE),
    "index_missing": ([[delta("f", "", "call_a")], [delta(arguments=A1)]], ONE),
    "index_missing_after_the_first": ([[A], [delta(arguments=A1)]], ONE),
    "index_missing_on_the_first": (
        [[delta("f", "", "call_a")], [delta(arguments=A1, index=0)]],
        ONE,
    ),
    "index_null_two_calls": (
        [
            [delta("f", "", "call_a", None)],
            [delta(arguments=A1, index=None)],
            [delta("g", "", "call_b", None)],
            [delta(arguments=B2, index=None)],
        ],
        TWO,
    ),
    "index_zero_for_both": (
        [
            [A],
            [delta(arguments=A1, index=0)],
            [delta("g", "", "call_b", 0)],
            [delta(arguments=B2, index=0)],
        ],
        TWO,
    ),
    "index_zero_for_both_same_name": (
        [[delta("f", A1, "call_a", 0)], [delta("f", B2, "call_b", 0)]],
        SAME,
    ),
    "index_zero_for_both_in_one_event": (
        [[delta("f", A1, "call_a", 0), delta("g", B2, "call_b", 0)]],
        TWO,
    ),
    "index_missing_for_both_in_one_event": (
        [[delta("f", A1, "call_a"), delta("g", B2, "call_b")]],
        TWO,
    ),
    "index_starts_at_two": (
        [
            [delta("f", "", "call_a", 2)],
            [delta(arguments=A1, index=2)],
            [delta("g", B2, "call_b", 5)],
        ],
        TWO,
    ),
    "interleaved": (
        [
            [A, delta("g", "", "call_b", 1)],
            [delta(arguments='{"b"', index=1), delta(arguments='{"a"', index=0)],
            [delta(arguments=":1}", index=0), delta(arguments=":2}", index=1)],
        ],
        TWO,
    ),
    "interleaved_by_id_without_index": (
        [
            [delta("f", "", "call_a"), delta("g", "", "call_b")],
            [delta(arguments='{"b"', id="call_b"), delta(arguments='{"a"', id="call_a")],
            [delta(arguments=":1}", id="call_a"), delta(arguments=":2}", id="call_b")],
        ],
        TWO,
    ),
    "id_repeated": (
        [
            [A],
            [delta(arguments='{"a"', id="call_a", index=0)],
            [delta(arguments=":1}", id="call_a", index=0)],
        ],
        ONE,
    ),
    "id_and_name_repeated": (
        [[A], [delta("f", '{"a"', "call_a", 0)], [delta("f", ":1}", "call_a", 0)]],
        ONE,
    ),
    "name_repeated_without_id": (
        [[A], [delta("f", '{"a"', index=0)], [delta("f", ":1}", index=0)]],
        ONE,
    ),
    "id_empty_on_continuations": ([[A], [delta(arguments=A1, id="", index=0)]], ONE),
    "id_null_on_continuations": ([[A], [delta(None, A1, None, 0)]], ONE),
    "name_empty_on_continuations": ([[A], [delta("", A1, "", 0)]], ONE),
    "type_null_on_continuations": ([[A], [{**delta(arguments=A1, index=0), "type": None}]], ONE),
    "arguments_null_first": (
        [[delta("f", None, "call_a", 0)], [delta(arguments=A1, index=0)]],
        ONE,
    ),
    "arguments_as_object": ([[delta("f", {"a": 1}, "call_a", 0)]], ONE),
    "arguments_as_object_after_opening": ([[A], [delta(arguments={"a": 1}, index=0)]], ONE),
    "arguments_never_sent": ([[delta("f", NO_KEY, "call_a", 0)]], [("call_a", "f", "{}")]),
    "arguments_empty": ([[A]], [("call_a", "f", "{}")]),
    "arguments_null": ([[delta("f", None, "call_a", 0)]], [("call_a", "f", "{}")]),
    "arguments_empty_object": ([[delta("f", {}, "call_a", 0)]], [("call_a", "f", "{}")]),
    "arguments_white_space": ([[delta("f", " ", "call_a", 0)]], [("call_a", "f", "{}")]),
    "only_the_second_has_arguments": (
        [[A, delta("g", "", "call_b", 1)], [delta(arguments=B2, index=1)]],
        [("call_a", "f", "{}"), ("call_b", "g", B2)],
    ),
    "name_in_a_later_fragment": (
        [
            [delta(NO_KEY, "", "call_a", 0)],
            [delta("f", NO_KEY, index=0)],
            [delta(arguments=A1, index=0)],
        ],
        ONE,
    ),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_calls_of_a_stream(gateway: Gateway, calls: Calls, kind: str) -> None:
    events, expected = STREAMS[kind]
    deltas = [chunk({"tool_calls": entries}) for entries in events]
    gateway.reply(Sse([*deltas, chunk({}, "tool_calls")]))
    chunks = calls.stream()
    assert_complete(chunks)
    assert [call[:3] for call in read(chunks)["tool_calls"]] == expected


def test_missing_ids_are_made_the_same_each_time(gateway: Gateway, calls: Calls) -> None:
    events = [chunk({"tool_calls": [delta("f", A1, index=0), delta("f", B2, index=1)]})]
    gateway.reply(*[Sse([*events, chunk({}, "tool_calls")]) for _ in range(2)])
    first, second = (read(calls.stream())["tool_calls"] for _ in range(2))
    assert first == second
    assert len({id for id, *_ in first}) == 2
    assert all(id for id, *_ in first)


def test_id_that_comes_late_makes_no_second_call(gateway: Gateway, calls: Calls) -> None:
    entries = [[delta("f", "", index=0)], [delta(arguments=A1, id="call_a", index=0)]]
    events = [chunk({"tool_calls": one}) for one in entries]
    gateway.reply(Sse([*events, chunk({}, "tool_calls")]))
    assert [rest for _, *rest in read(calls.stream())["tool_calls"]] == [["f", A1, {}]]


def test_missing_ids_of_other_answers_differ(gateway: Gateway, calls: Calls) -> None:
    for id in ("chatcmpl-1", "chatcmpl-2"):
        events = [chunk({"tool_calls": [delta("f", A1, index=0)]}, id=id), chunk({}, "stop", id=id)]
        gateway.reply(Sse(events))
    assert calls.stream()[0].tool_calls[0].id != calls.stream()[0].tool_calls[0].id


def test_extra_keys_are_kept_once(gateway: Gateway, calls: Calls) -> None:
    signed = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    entries = [[delta("f", "", "call_a", 0, **signed)], [delta(arguments=A1, index=0, **signed)]]
    events = [chunk({"tool_calls": one}) for one in entries]
    gateway.reply(Sse([*events, chunk({}, "tool_calls")]))
    chunks = calls.stream()
    assert [one.extra for step in chunks for one in step.tool_calls] == [signed, {}]


def test_function_call_of_the_old_kind_is_a_tool_call(gateway: Gateway, calls: Calls) -> None:
    events = [
        chunk({"function_call": {"name": "f", "arguments": ""}}),
        chunk({"function_call": {"arguments": A1}}),
        chunk({}, "function_call"),
    ]
    gateway.reply(Sse(events))
    found = read(calls.stream())
    assert [rest for _, *rest in found["tool_calls"]] == [["f", A1, {}]]


WHOLE: dict[str, tuple[Any, Expected]] = {
    "arguments_text": ([call("f", A1, "call_a")], ONE),
    "arguments_object": ([delta("f", {"a": 1}, "call_a")], ONE),
    "arguments_null": ([delta("f", None, "call_a")], [("call_a", "f", "{}")]),
    "arguments_missing": ([delta("f", NO_KEY, "call_a")], [("call_a", "f", "{}")]),
    "arguments_empty": ([delta("f", "", "call_a")], [("call_a", "f", "{}")]),
    "type_missing": ([{"id": "call_a", "function": {"name": "f", "arguments": A1}}], ONE),
    "index_there": ([delta("f", A1, "call_a", 0), delta("g", B2, "call_b", 0)], TWO),
    "null": (None, []),
    "empty": ([], []),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_calls_of_a_whole_answer(gateway: Gateway, calls: Calls, kind: str) -> None:
    sent, expected = WHOLE[kind]
    gateway.reply(Json(completion("", finish_reason="tool_calls", tool_calls=sent)))
    assert [(one.id, one.name, one.arguments) for one in calls.complete().tool_calls] == expected


def test_missing_ids_of_a_whole_answer_are_made_once(gateway: Gateway, calls: Calls) -> None:
    body = completion(tool_calls=[delta("f", A1), delta("f", B2, ""), delta("f", B2, None)])
    gateway.reply(Json(body), Json(body))
    first, second = ([one.id for one in calls.complete().tool_calls] for _ in range(2))
    assert first == second
    assert len({*first, ""}) == 4
