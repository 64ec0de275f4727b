"""Halves of surrogate pairs: joined across events, replaced where one is alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateway import OfflineGateway, Sse, chunk, completion, encoded
from tests.harness import Calls, assert_complete, in_row, read
from tests.unit.offline import read_stream


def halves(*texts: str) -> list[str]:
    """Events with these texts as they are in JSON, escapes and all."""
    event = 'data: {"id":"a","choices":[{"index":0,"delta":{"%s":"%s"}}]}\n\n'
    made = [event % ("content", text) for text in texts]
    return [event % ("role", "assistant"), *made, *map(str_of, [chunk({}, "stop", id="a")])]


def str_of(event: dict[str, Any]) -> str:
    return encoded(event).decode()


HIGH, LOW = "\\ud83c", "\\udf0a"
SURROGATES: dict[str, tuple[list[str], str]] = {
    "pair_in_one_event": ([f"a{HIGH}{LOW}b"], "a🌊b"),
    "pair_in_two_events": ([f"a{HIGH}", f"{LOW}b"], "a🌊b"),
    "pair_in_two_events_after_text": (["x", "y", f"a{HIGH}", f"{LOW}b", "z"], "xya🌊bz"),
    "empty_event_between": ([HIGH, "", LOW], "🌊"),
    "high_alone": (["x", HIGH, "y", "z"], "x\ufffdyz"),
    "high_alone_at_the_end": (["x", HIGH], "x\ufffd"),
    "low_alone": (["x", LOW, "y"], "x\ufffdy"),
    "two_highs": ([HIGH, HIGH, LOW], "\ufffd🌊"),
    "wrong_order": ([LOW, HIGH, "x"], "\ufffd\ufffdx"),
}


def test_halves_of_a_character(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in SURROGATES:
        with in_row(kind):
            gateway.forget()
            texts, expected = SURROGATES[kind]
            gateway.reply(Sse(halves(*texts)))
            chunks = calls.stream()
            assert_complete(chunks)
            assert read(chunks)["text"] == expected


@pytest.mark.parametrize("field", ["reasoning_content", "refusal"])
def test_halves_in_other_texts(gateway: OfflineGateway, calls: Calls, field: str) -> None:
    events = [event.replace("content", field) for event in halves(HIGH, LOW)]
    gateway.reply(Sse(events))
    found = read(calls.stream())
    assert found["refusal"] + found["reasoning"] == "🌊"


def test_halves_in_a_whole_answer_are_replaced(gateway: OfflineGateway, calls: Calls) -> None:
    body = encoded(completion("a@b")).removeprefix(b"data: ").replace(b"@", HIGH.encode())
    gateway.reply(Sse([body], done=False))
    text = calls.complete().text
    assert text == "a\ufffdb"
    text.encode()


def test_fragments_without_arguments_behind_a_half(gateway: OfflineGateway, calls: Calls) -> None:
    entries: list[Any] = [{"index": 0, "id": "c", "function": {"name": "f"}}, {"index": 0}]
    events = [str_of(chunk({"tool_calls": [entry]}, id="a")) for entry in entries]
    gateway.reply(Sse([*halves(HIGH, LOW)[:-1], *events, chunk({}, "tool_calls", id="a")]))
    assert read(calls.stream())["tool_calls"] == [("c", "f", "{}", {})]


def test_halves_in_arguments_can_be_sent_back(gateway: OfflineGateway, calls: Calls) -> None:
    entry = {"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a":"@"}'}}
    event = str_of(chunk({"tool_calls": [entry]})).replace("@", HIGH)
    gateway.reply(Sse([event, chunk({}, "tool_calls")]))
    ((_, _, arguments, _),) = read(calls.stream())["tool_calls"]
    arguments.encode()


def test_halves_in_arguments_of_two_calls_at_once(gateway: OfflineGateway, calls: Calls) -> None:
    def piece(index: int, text: str) -> str:
        function = {"name": f"f{index}", "arguments": text}
        entry = {"index": index, "id": f"c{index}", "function": function}
        event = str_of(chunk({"tool_calls": [entry]}, id="a"))
        return event.replace("<", "\\ud800").replace(">", "\\udc00")

    pieces = [piece(0, '{"a":"<'), piece(1, '{"b":"'), piece(0, '>"}'), piece(1, '>"}')]
    gateway.reply(Sse([*pieces, chunk({}, "tool_calls", id="a")]))
    first, second = read(calls.stream())["tool_calls"]
    assert (first[2], second[2]) == ('{"a":"\U00010000"}', '{"b":"\ufffd"}')


@given(st.lists(st.sampled_from([HIGH, LOW, "a", "🌊", ""]), max_size=8))
def test_any_halves_give_text_that_can_be_written(texts: list[str]) -> None:
    chunks = list(read_stream(event.encode() for event in halves(*texts)))
    assert_complete(chunks)
    found = "".join(one.text for one in chunks)
    whole = "".join(texts).replace(HIGH, "\ud83c").replace(LOW, "\udf0a")
    expected = whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert found == expected
