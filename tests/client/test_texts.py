"""Text that is split: inline thinking, halves of surrogate pairs, parts."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramclouds import RamCloudsError
from tests.client.calls import Calls, assert_complete, read
from tests.gateway import Gateway, Json, Sse, chunk, completion, encoded, text_chunks
from tests.unit.offline import read_stream

# Each row: a text as sent, then answer and reasoning.
THOUGHTS: dict[str, tuple[str, str, str]] = {
    "new_api": ("<think>\nHm.\n</think>\nHi", "Hi", "Hm.\n"),
    "minimax": ("<think>Hm.</think>\n\nHi", "Hi", "Hm."),
    "white_space_before": ("\n <think>Hm.</think>Hi", "Hi", "Hm."),
    "never_closed": ("<think>Hm.", "", "Hm."),
    "half_closed": ("<think>Hm.</thi", "", "Hm.</thi"),
    "empty": ("<think></think>Hi", "Hi", ""),
    "no_tag": ("Hi", "Hi", ""),
    "beginning_of_a_tag": ("<thin", "<thin", ""),
    "tag_later": ("Use <think>x</think>.", "Use <think>x</think>.", ""),
    "second_block": ("<think>a</think>b<think>c</think>", "b<think>c</think>", "a"),
    "angle_inside": ("<think>a < b</think>c", "c", "a < b"),
    "closed_only": ("a</think>b", "a</think>b", ""),
    "white_space_only": (" \n", " \n", ""),
    "nothing": ("", "", ""),
}


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("kind", THOUGHTS)
def test_thoughts_in_a_stream(kind: str, size: int) -> None:
    text, answer, reasoning = THOUGHTS[kind]
    words = [text[place : place + size] for place in range(0, len(text), size)]
    events = [*(chunk({"content": word}) for word in words), chunk({}, "stop")]
    chunks = list(read_stream(map(encoded, events), think_tags=True))
    assert_complete(chunks)
    found = read(chunks)
    assert (found["text"], found["reasoning"]) == (answer, reasoning)


@pytest.mark.parametrize("kind", THOUGHTS)
def test_thoughts_in_a_whole_answer(gateway: Gateway, connect: Any, kind: str) -> None:
    text, answer, reasoning = THOUGHTS[kind]
    gateway.reply(Json(completion(text)))
    found = connect(think_tags=True).complete()
    assert (found.text, found.reasoning) == (answer, reasoning)


def test_thoughts_of_a_field_come_before_those_of_a_tag(gateway: Gateway, connect: Any) -> None:
    gateway.reply(Json(completion("<think>b</think>c", reasoning_content="a")))
    found = connect(think_tags=True).complete()
    assert (found.text, found.reasoning) == ("c", "ab")


def test_tags_stay_in_the_text_unless_asked_for(gateway: Gateway, calls: Calls) -> None:
    text = "<think>Hm.</think>Hi"
    gateway.reply(Json(completion(text)), Sse(text_chunks(text)))
    assert (calls.complete().text, read(calls.stream())["text"]) == (text, text)


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


@pytest.mark.parametrize("kind", SURROGATES)
def test_halves_of_a_character(gateway: Gateway, calls: Calls, kind: str) -> None:
    texts, expected = SURROGATES[kind]
    gateway.reply(Sse(halves(*texts)))
    chunks = calls.stream()
    assert_complete(chunks)
    assert read(chunks)["text"] == expected


@pytest.mark.parametrize("field", ["reasoning_content", "refusal"])
def test_halves_in_other_texts(gateway: Gateway, calls: Calls, field: str) -> None:
    events = [event.replace("content", field) for event in halves(HIGH, LOW)]
    gateway.reply(Sse(events))
    found = read(calls.stream())
    assert found["refusal"] + found["reasoning"] == "🌊"


def test_halves_in_a_whole_answer_are_replaced(gateway: Gateway, calls: Calls) -> None:
    body = encoded(completion("a@b")).removeprefix(b"data: ").replace(b"@", HIGH.encode())
    gateway.reply(Sse([body], done=False))
    text = calls.complete().text
    assert text == "a\ufffdb"
    text.encode()


def test_fragments_without_arguments_behind_a_half(gateway: Gateway, calls: Calls) -> None:
    entries: list[Any] = [{"index": 0, "id": "c", "function": {"name": "f"}}, {"index": 0}]
    events = [str_of(chunk({"tool_calls": [entry]}, id="a")) for entry in entries]
    gateway.reply(Sse([*halves(HIGH, LOW)[:-1], *events, chunk({}, "tool_calls", id="a")]))
    assert read(calls.stream())["tool_calls"] == [("c", "f", "{}", {})]


def test_halves_in_arguments_can_be_sent_back(gateway: Gateway, calls: Calls) -> None:
    entry = {"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a":"@"}'}}
    event = str_of(chunk({"tool_calls": [entry]})).replace("@", HIGH)
    gateway.reply(Sse([event, chunk({}, "tool_calls")]))
    ((_, _, arguments, _),) = read(calls.stream())["tool_calls"]
    arguments.encode()


@given(st.lists(st.sampled_from([HIGH, LOW, "a", "🌊", ""]), max_size=8))
def test_any_halves_give_text_that_can_be_written(texts: list[str]) -> None:
    chunks = list(read_stream(event.encode() for event in halves(*texts)))
    assert_complete(chunks)
    found = "".join(one.text for one in chunks)
    whole = "".join(texts).replace(HIGH, "\ud83c").replace(LOW, "\udf0a")
    expected = whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert found == expected


PARTS: dict[str, tuple[Any, str, str]] = {
    "text_parts": ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "ab", ""),
    "strings": (["a", "b"], "ab", ""),
    "object_text": ([{"type": "text", "text": {"value": "a"}}], "", ""),
    "null_part": ([None, {"type": "text", "text": "a"}], "a", ""),
    "one_object": ({"type": "text", "text": "a"}, "a", ""),
    "thinking_parts": (
        [
            {"type": "thinking", "thinking": [{"type": "text", "text": "h"}]},
            {"type": "text", "text": "a"},
        ],
        "a",
        "h",
    ),
    "reasoning_parts": (
        [{"type": "reasoning", "text": "h"}, {"type": "text", "text": "a"}],
        "a",
        "h",
    ),
    "type_odd": ([{"type": {}, "text": "a"}], "a", ""),
    "text_null": ([{"type": "text", "text": None}], "", ""),
    "image": ([{"type": "image_url", "image_url": {"url": "x"}}], "", ""),
}


@pytest.mark.parametrize("kind", PARTS)
def test_content_in_parts(gateway: Gateway, calls: Calls, kind: str) -> None:
    content, text, reasoning = PARTS[kind]
    gateway.reply(Json(completion(content)), Sse([chunk({"content": content}), chunk({}, "stop")]))
    for found in (read(calls.complete()), read(calls.stream())):
        assert (found["text"], found["reasoning"]) == (text, reasoning)


REASONINGS: dict[str, tuple[dict[str, Any], str]] = {
    "details_only": ({"reasoning_details": [{"type": "reasoning.text", "text": "h"}]}, "h"),
    "details_summary": (
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "h"}]},
        "h",
    ),
    "details_encrypted": (
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]},
        "",
    ),
    "object": ({"reasoning": {"content": "h"}}, "h"),
    "list": ({"reasoning_content": ["h", "m"]}, "hm"),
    "number": ({"reasoning": 5}, ""),
    "details_odd": ({"reasoning_details": "x"}, ""),
}


@pytest.mark.parametrize("kind", REASONINGS)
def test_reasoning_in_odd_shapes(gateway: Gateway, calls: Calls, kind: str) -> None:
    fields, reasoning = REASONINGS[kind]
    gateway.reply(Json(completion("a", **fields)))
    gateway.reply(Sse([chunk({"content": "a", **fields}), chunk({}, "stop")]))
    for found in (read(calls.complete()), read(calls.stream())):
        assert (found["text"], found["reasoning"]) == ("a", reasoning)


@pytest.mark.parametrize("depth", [100, 400, 900, 5000])
@pytest.mark.parametrize("half", ["", HIGH])
def test_deep_nesting_is_an_answer_or_one_of_our_errors(
    gateway: Gateway, calls: Calls, depth: int, half: str
) -> None:
    deep = f'{"[" * depth}"{half}a"{"]" * depth}'
    body = encoded(completion("@", usage=None)).decode().removeprefix("data: ").strip()
    body = body.replace('"@"', deep)
    gateway.reply(Sse([body], done=False), Sse([f"data: {body}\n\n"]))
    for call in (calls.complete, calls.stream):
        with contextlib.suppress(RamCloudsError):
            assert read(call())["text"].endswith("a")
