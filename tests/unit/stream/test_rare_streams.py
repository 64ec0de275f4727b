"""Rarer turns of a stream: tool calls in odd orders, several choices, whole messages at the end."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds import StreamError
from tests.gateway import Json, OfflineGateway, Sse, call, choice, chunk, completion, message, usage
from tests.harness import Calls, assert_complete, in_row, read
from tests.unit.stream.tool_call_rows import (
    ARGS_A,
    ARGS_B,
    CALL_A,
    CALLS_A_AND_B,
    CALLS_TO_ONE_TOOL,
    OPENS_A,
    Expected,
    delta,
    streamed,
)

OPENS_A_WITH_BRACES = [delta("f", "{}", "call_a", 0)]
Entries = list[list[dict[str, Any]]]

STREAMS: dict[str, tuple[Entries, Expected]] = {
    "opening_braces_then_arguments": (
        [OPENS_A_WITH_BRACES, [delta(arguments=ARGS_A, index=0)]],
        CALL_A,
    ),
    "opening_null_then_arguments": (
        [[delta("f", "null", "call_a", 0)], [delta(arguments=ARGS_A, index=0)]],
        CALL_A,
    ),
    "no_name_at_all": ([[delta("", ARGS_A, "call_a", 0)]], []),
    "arguments_before_the_name": (
        [
            [delta("", '{"a"', "call_a", 0)],
            [delta("f", "", index=0)],
            [delta(arguments=":1}", index=0)],
        ],
        CALL_A,
    ),
    "name_only_change_at_the_same_index": (
        [[delta("f", ARGS_A, "call_a", 0)], [delta("g", ARGS_B, index=0)]],
        [("call_a", "f", ARGS_A), ("", "g", ARGS_B)],
    ),
    "same_name_again_after_complete_arguments": (
        [[delta("f", ARGS_A, index=0)], [delta("f", ARGS_B, index=0)]],
        [("", "f", ARGS_A), ("", "f", ARGS_B)],
    ),
    "arguments_under_an_unknown_index": ([[OPENS_A], [delta(arguments=ARGS_A, index=7)]], CALL_A),
    "arguments_before_any_call": (
        [[delta(arguments=ARGS_A, index=0)], [delta("f", "", "call_a", 0)]],
        [("", "f", ARGS_A)],
    ),
    "nothing_in_the_first_fragment": (
        [[{}], [{"index": 0}], [delta("f", ARGS_A, "call_a", 0)]],
        CALL_A,
    ),
    "id_twice_for_two_calls": (
        [[delta("f", ARGS_A, "call_a", 0), delta("f", ARGS_B, "call_a", 1)]],
        [("call_a", "f", ARGS_A), ("", "f", ARGS_B)],
    ),
    "id_twice_for_two_calls_in_pieces": (
        [
            [OPENS_A],
            [delta(arguments=ARGS_A, id="call_a", index=0)],
            [delta("f", "", "call_a", 1)],
            [delta(arguments=ARGS_B, id="call_a", index=1)],
        ],
        [("call_a", "f", ARGS_A), ("", "f", ARGS_B)],
    ),
    "id_of_an_older_call_under_a_shared_index": (
        [
            [OPENS_A],
            [delta("g", ARGS_B, "call_b", 0)],
            [delta(arguments=ARGS_A, id="call_a", index=0)],
        ],
        CALLS_A_AND_B,
    ),
    "shared_index_in_pairs": (
        [
            [OPENS_A, delta("g", "", "call_b", 0)],
            [delta(arguments='{"a"', index=0), delta(arguments='{"b"', index=0)],
            [delta(arguments=":1}", index=0), delta(arguments=":2}", index=0)],
        ],
        CALLS_A_AND_B,
    ),
    "shared_index_in_pairs_then_one_after_the_other": (
        [
            [OPENS_A, delta("g", "", "call_b", 0)],
            [delta(arguments=ARGS_A, index=0)],
            [delta(arguments='{"b"', index=0)],
            [delta(arguments=":2}", index=0)],
        ],
        CALLS_A_AND_B,
    ),
    "new_id_on_each_fragment_without_a_name": (
        [
            [OPENS_A],
            [delta(arguments='{"a"', id="x1", index=0)],
            [delta(arguments=":1}", id="x2", index=0)],
        ],
        CALL_A,
    ),
    "not_a_list": ([{"0": delta("f", ARGS_A, "call_a", 0)}], []),  # type: ignore[list-item]
    "entries_that_are_none": ([[None, "x", delta("f", ARGS_A, "call_a", 0)]], CALL_A),  # type: ignore[list-item]
    "function_null": (
        [
            [{"index": 0, "id": "call_a", "function": None}],
            [OPENS_A],
            [delta(arguments=ARGS_A, index=0)],
        ],
        CALL_A,
    ),
    "index_missing_then_unfinished_first": (
        [[delta("f", '{"a"', "call_a"), delta("g", ARGS_B, "call_b")], [delta(arguments=":1}")]],
        CALLS_A_AND_B,
    ),
    "index_jumps_back": (
        [
            [OPENS_A],
            [delta("f", "", "call_b", 1)],
            [delta(arguments=ARGS_A, index=0)],
            [delta(arguments=ARGS_B, index=1)],
        ],
        CALLS_TO_ONE_TOOL,
    ),
    "index_missing_behind_a_complete_call": (
        [[delta("f", ARGS_A, "call_a")], [delta(arguments="", id=None)], [delta(arguments=" ")]],
        [("call_a", "f", ARGS_A + " ")],
    ),
    "number_as_an_id": ([[delta("f", ARGS_A, 7, 0)]], [("7", "f", ARGS_A)]),
}


def test_calls_in_odd_orders(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in STREAMS:
        with in_row(kind):
            gateway.forget()
            events, expected = STREAMS[kind]
            gateway.reply(streamed(events))
            chunks = calls.stream()
            assert_complete(chunks)
            found = read(chunks)["tool_calls"]
            made = [
                (id if wanted else "", *rest)
                for (id, *rest), (wanted, *_) in zip(found, expected, strict=True)
            ]
            assert [one[:3] for one in made] == expected
            assert len({id for id, *_ in found}) == len(found)


def test_large_arguments_in_small_pieces(gateway: OfflineGateway, calls: Calls) -> None:
    text = "{" + '"a":"' + "}" * 60_000 + '"}'
    pieces = [text[place : place + 20] for place in range(0, len(text), 20)]
    events = [[delta(arguments=piece)] for piece in pieces]
    gateway.reply(streamed([[delta("f", "", "call_a")], *events]))
    ((_, _, arguments, _),) = read(calls.stream())["tool_calls"]
    assert arguments == text


def second(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return chunk(delta, finish_reason, index=1)


CHOICES: dict[str, list[dict[str, Any]]] = {
    "in_one_event": [
        {
            **chunk({"content": "Hi"}),
            "choices": [
                chunk({"content": "Hi"})["choices"][0],
                second({"content": "Ho"})["choices"][0],
            ],
        },
        {
            **chunk(),
            "choices": [chunk({}, "stop")["choices"][0], second({}, "length")["choices"][0]],
        },
    ],
    "in_turns": [
        chunk({"content": "Hi"}),
        second({"content": "Ho"}),
        chunk({}, "stop"),
        second({}, "length"),
    ],
    "one_after_the_other": [
        chunk({"content": "Hi"}),
        chunk({}, "stop"),
        second({"content": "Ho"}),
        second({}, "length"),
    ],
}


@pytest.mark.parametrize("kind", CHOICES)
def test_second_choice_that_nobody_asked_for_does_not_mix_in(
    gateway: OfflineGateway, calls: Calls, kind: str
) -> None:
    gateway.reply(Sse(CHOICES[kind]))
    chunks = calls.stream()
    assert_complete(chunks)
    found = read(chunks)
    assert (found["text"], found["finish_reason"]) == ("Hi", "stop")


def test_whole_message_at_the_end_is_not_given_twice(gateway: OfflineGateway, calls: Calls) -> None:
    whole = {
        **chunk(),
        "choices": [{"index": 0, "message": message("Hi"), "finish_reason": "stop"}],
    }
    gateway.reply(Sse([chunk({"content": "H"}), chunk({"content": "i"}), whole]))
    assert read(calls.stream())["text"] == "Hi"


def test_audio_in_a_delta_is_in_raw(gateway: OfflineGateway, calls: Calls) -> None:
    audio = {"audio": {"id": "a", "data": "UklGRg=="}}
    gateway.reply(Sse([chunk(audio), chunk({}, "stop")]))
    found = [one.raw["choices"][0]["delta"] for one in calls.stream()]
    assert found == [audio, {}]


@pytest.mark.parametrize("streamed", [False, True])
def test_sse_as_answer_to_a_plain_request(
    gateway: OfflineGateway, calls: Calls, streamed: bool
) -> None:
    events = [
        chunk({"reasoning_content": "Hm"}),
        chunk({"content": "Hi", "refusal": "no"}),
        chunk({"tool_calls": [delta("f", ARGS_A, "call_a", 0, extra_content={"x": 1})]}),
        chunk({}, "tool_calls", usage=usage(3, 4)),
    ]
    gateway.reply(Sse(events))
    found = read(calls.stream() if streamed else calls.complete())
    assert found.pop("usage").total_tokens == 7
    assert found == {
        "text": "Hi",
        "reasoning": "Hm",
        "refusal": "no",
        "tool_calls": [("call_a", "f", ARGS_A, {"extra_content": {"x": 1}})],
        "finish_reason": "tool_calls",
    }


def test_cut_sse_as_answer_to_a_plain_request_is_an_error(
    gateway: OfflineGateway, calls: Calls
) -> None:
    gateway.reply(Sse([chunk({"content": "Hi"})]))
    with pytest.raises(StreamError) as caught:
        calls.complete()
    assert read(caught.value.partial)["text"] == "Hi"


def test_values_name_what_they_hold(gateway: OfflineGateway, calls: Calls) -> None:
    signed = call("f", extra_content={"google": {"thought_signature": "c2ln"}})
    body = completion(tool_calls=[signed, call("g", id="call_2")])
    body["choices"][0]["logprobs"] = {"content": [{"token": "a", "logprob": -1.0}]}
    gateway.reply(Json(body))
    answer = calls.complete()
    signatures = [one.extra_content for one in answer.tool_calls]
    assert signatures == [{"google": {"thought_signature": "c2ln"}}, None]
    assert answer.logprobs == {"content": [{"token": "a", "logprob": -1.0}]}


def test_choices_out_of_order_and_without_an_index(gateway: OfflineGateway, calls: Calls) -> None:
    choices = [choice("b", index=1), choice("a", index=0, tool_calls=[call("f")])]
    gateway.reply(Json(completion(choices=choices)))
    assert [(one.index, one.text) for one in calls.complete(n=2).choices] in (
        [(0, "a"), (1, "b")],
        [(1, "b"), (0, "a")],
    )
    for one in choices:
        del one["index"]
    gateway.reply(Json(completion(choices=choices)))
    assert [(one.index, one.text) for one in calls.complete(n=2).choices] == [(0, "b"), (1, "a")]
