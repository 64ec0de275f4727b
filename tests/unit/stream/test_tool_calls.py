"""Tool call deltas as providers send them: shared, missing and repeated index, id and name."""

from __future__ import annotations

from typing import Any

from tests.gateway import Json, OfflineGateway, Sse, call, chunk, completion
from tests.harness import Calls, assert_complete, in_row, read
from tests.unit.stream.tool_call_rows import (
    ARGS_A,
    ARGS_B,
    CALL_A,
    CALLS_A_AND_B,
    CALLS_TO_ONE_TOOL,
    NO_KEY,
    OPENS_A,
    Expected,
    delta,
    streamed,
)

# Each row: lists of entries, one list per event, and the calls that they are.
STREAMS: dict[str, tuple[list[list[dict[str, Any]]], Expected]] = {
    "one_fragment": ([[delta("f", ARGS_A, "call_a", 0)]], CALL_A),
    "split": (
        [[OPENS_A], [delta(arguments='{"a"', index=0)], [delta(arguments=":1}", index=0)]],
        CALL_A,
    ),
    "index_as_text": (
        [[delta("f", "", "call_a", "0")], [delta(arguments=ARGS_A, index="0")]],
        CALL_A,
    ),
    "index_null": (
        [[delta("f", "", "call_a", None)], [delta(arguments=ARGS_A, index=None)]],
        CALL_A,
    ),
    "index_missing": ([[delta("f", "", "call_a")], [delta(arguments=ARGS_A)]], CALL_A),
    "index_missing_after_the_first": ([[OPENS_A], [delta(arguments=ARGS_A)]], CALL_A),
    "index_missing_on_the_first": (
        [[delta("f", "", "call_a")], [delta(arguments=ARGS_A, index=0)]],
        CALL_A,
    ),
    "index_null_two_calls": (
        [
            [delta("f", "", "call_a", None)],
            [delta(arguments=ARGS_A, index=None)],
            [delta("g", "", "call_b", None)],
            [delta(arguments=ARGS_B, index=None)],
        ],
        CALLS_A_AND_B,
    ),
    "index_zero_for_both": (
        [
            [OPENS_A],
            [delta(arguments=ARGS_A, index=0)],
            [delta("g", "", "call_b", 0)],
            [delta(arguments=ARGS_B, index=0)],
        ],
        CALLS_A_AND_B,
    ),
    "index_zero_for_both_same_name": (
        [[delta("f", ARGS_A, "call_a", 0)], [delta("f", ARGS_B, "call_b", 0)]],
        CALLS_TO_ONE_TOOL,
    ),
    "index_zero_for_both_in_one_event": (
        [[delta("f", ARGS_A, "call_a", 0), delta("g", ARGS_B, "call_b", 0)]],
        CALLS_A_AND_B,
    ),
    "index_missing_for_both_in_one_event": (
        [[delta("f", ARGS_A, "call_a"), delta("g", ARGS_B, "call_b")]],
        CALLS_A_AND_B,
    ),
    "index_starts_at_two": (
        [
            [delta("f", "", "call_a", 2)],
            [delta(arguments=ARGS_A, index=2)],
            [delta("g", ARGS_B, "call_b", 5)],
        ],
        CALLS_A_AND_B,
    ),
    "interleaved": (
        [
            [OPENS_A, delta("g", "", "call_b", 1)],
            [delta(arguments='{"b"', index=1), delta(arguments='{"a"', index=0)],
            [delta(arguments=":1}", index=0), delta(arguments=":2}", index=1)],
        ],
        CALLS_A_AND_B,
    ),
    "interleaved_by_id_without_index": (
        [
            [delta("f", "", "call_a"), delta("g", "", "call_b")],
            [delta(arguments='{"b"', id="call_b"), delta(arguments='{"a"', id="call_a")],
            [delta(arguments=":1}", id="call_a"), delta(arguments=":2}", id="call_b")],
        ],
        CALLS_A_AND_B,
    ),
    "id_repeated": (
        [
            [OPENS_A],
            [delta(arguments='{"a"', id="call_a", index=0)],
            [delta(arguments=":1}", id="call_a", index=0)],
        ],
        CALL_A,
    ),
    "id_and_name_repeated": (
        [[OPENS_A], [delta("f", '{"a"', "call_a", 0)], [delta("f", ":1}", "call_a", 0)]],
        CALL_A,
    ),
    "name_repeated_without_id": (
        [[OPENS_A], [delta("f", '{"a"', index=0)], [delta("f", ":1}", index=0)]],
        CALL_A,
    ),
    "id_empty_on_continuations": ([[OPENS_A], [delta(arguments=ARGS_A, id="", index=0)]], CALL_A),
    "id_null_on_continuations": ([[OPENS_A], [delta(None, ARGS_A, None, 0)]], CALL_A),
    "name_empty_on_continuations": ([[OPENS_A], [delta("", ARGS_A, "", 0)]], CALL_A),
    "type_null_on_continuations": (
        [[OPENS_A], [{**delta(arguments=ARGS_A, index=0), "type": None}]],
        CALL_A,
    ),
    "arguments_null_first": (
        [[delta("f", None, "call_a", 0)], [delta(arguments=ARGS_A, index=0)]],
        CALL_A,
    ),
    "arguments_as_object": ([[delta("f", {"a": 1}, "call_a", 0)]], CALL_A),
    "arguments_as_object_after_opening": (
        [[OPENS_A], [delta(arguments={"a": 1}, index=0)]],
        CALL_A,
    ),
    "arguments_never_sent": ([[delta("f", NO_KEY, "call_a", 0)]], [("call_a", "f", "{}")]),
    "arguments_empty": ([[OPENS_A]], [("call_a", "f", "{}")]),
    "arguments_null": ([[delta("f", None, "call_a", 0)]], [("call_a", "f", "{}")]),
    "arguments_empty_object": ([[delta("f", {}, "call_a", 0)]], [("call_a", "f", "{}")]),
    "arguments_white_space": ([[delta("f", " ", "call_a", 0)]], [("call_a", "f", "{}")]),
    "only_the_second_has_arguments": (
        [[OPENS_A, delta("g", "", "call_b", 1)], [delta(arguments=ARGS_B, index=1)]],
        [("call_a", "f", "{}"), ("call_b", "g", ARGS_B)],
    ),
    "name_in_a_later_fragment": (
        [
            [delta(NO_KEY, "", "call_a", 0)],
            [delta("f", NO_KEY, index=0)],
            [delta(arguments=ARGS_A, index=0)],
        ],
        CALL_A,
    ),
}


def test_calls_of_a_stream(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in STREAMS:
        with in_row(kind):
            gateway.forget()
            events, expected = STREAMS[kind]
            gateway.reply(streamed(events))
            chunks = calls.stream()
            assert_complete(chunks)
            assert [call[:3] for call in read(chunks)["tool_calls"]] == expected


def test_missing_ids_are_made_the_same_each_time(gateway: OfflineGateway, calls: Calls) -> None:
    events = [[delta("f", ARGS_A, index=0), delta("f", ARGS_B, index=1)]]
    gateway.reply(*[streamed(events) for _ in range(2)])
    first, second = (read(calls.stream())["tool_calls"] for _ in range(2))
    assert first == second
    assert len({id for id, *_ in first}) == 2
    assert all(id for id, *_ in first)


def test_id_that_comes_late_makes_no_second_call(gateway: OfflineGateway, calls: Calls) -> None:
    events = [[delta("f", "", index=0)], [delta(arguments=ARGS_A, id="call_a", index=0)]]
    gateway.reply(streamed(events))
    assert [rest for _, *rest in read(calls.stream())["tool_calls"]] == [["f", ARGS_A, {}]]


def test_missing_ids_of_other_answers_differ(gateway: OfflineGateway, calls: Calls) -> None:
    for id in ("chatcmpl-1", "chatcmpl-2"):
        events = [
            chunk({"tool_calls": [delta("f", ARGS_A, index=0)]}, id=id),
            chunk({}, "stop", id=id),
        ]
        gateway.reply(Sse(events))
    assert calls.stream()[0].tool_calls[0].id != calls.stream()[0].tool_calls[0].id


def test_extra_keys_are_kept_once(gateway: OfflineGateway, calls: Calls) -> None:
    signed = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    events = [
        [delta("f", "", "call_a", 0, **signed)],
        [delta(arguments=ARGS_A, index=0, **signed)],
    ]
    gateway.reply(streamed(events))
    chunks = calls.stream()
    assert [one.extra for step in chunks for one in step.tool_calls] == [signed, {}]


def test_function_call_of_the_old_kind_is_a_tool_call(
    gateway: OfflineGateway, calls: Calls
) -> None:
    events = [
        chunk({"function_call": {"name": "f", "arguments": ""}}),
        chunk({"function_call": {"arguments": ARGS_A}}),
        chunk({}, "function_call"),
    ]
    gateway.reply(Sse(events))
    found = read(calls.stream())
    assert [rest for _, *rest in found["tool_calls"]] == [["f", ARGS_A, {}]]


WHOLE: dict[str, tuple[Any, Expected]] = {
    "arguments_text": ([call("f", ARGS_A, "call_a")], CALL_A),
    "arguments_object": ([delta("f", {"a": 1}, "call_a")], CALL_A),
    "arguments_null": ([delta("f", None, "call_a")], [("call_a", "f", "{}")]),
    "arguments_missing": ([delta("f", NO_KEY, "call_a")], [("call_a", "f", "{}")]),
    "arguments_empty": ([delta("f", "", "call_a")], [("call_a", "f", "{}")]),
    "type_missing": ([{"id": "call_a", "function": {"name": "f", "arguments": ARGS_A}}], CALL_A),
    "index_there": (
        [delta("f", ARGS_A, "call_a", 0), delta("g", ARGS_B, "call_b", 0)],
        CALLS_A_AND_B,
    ),
    "null": (None, []),
    "empty": ([], []),
}


def test_calls_of_a_whole_answer(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in WHOLE:
        with in_row(kind):
            gateway.forget()
            sent, expected = WHOLE[kind]
            gateway.reply(Json(completion("", finish_reason="tool_calls", tool_calls=sent)))
            assert [
                (one.id, one.name, one.arguments) for one in calls.complete().tool_calls
            ] == expected


def test_missing_ids_of_a_whole_answer_are_made_once(gateway: OfflineGateway, calls: Calls) -> None:
    body = completion(
        tool_calls=[delta("f", ARGS_A), delta("f", ARGS_B, ""), delta("f", ARGS_B, None)]
    )
    gateway.reply(Json(body), Json(body))
    first, second = ([one.id for one in calls.complete().tool_calls] for _ in range(2))
    assert first == second
    assert len({*first, ""}) == 4
