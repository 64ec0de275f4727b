"""Reasoning inside `<think>` tags, told apart at every cut where it is asked for."""

from __future__ import annotations

from typing import Any

from tests.gateway import Json, OfflineGateway, Sse, chunk, completion, encoded, text_chunks
from tests.harness import Calls, assert_complete, in_row, read
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


def test_thoughts_in_a_stream() -> None:
    for kind in THOUGHTS:
        for size in [1, 1000]:
            with in_row(kind, size):
                text, answer, reasoning = THOUGHTS[kind]
                words = [text[place : place + size] for place in range(0, len(text), size)]
                events = [*(chunk({"content": word}) for word in words), chunk({}, "stop")]
                chunks = list(read_stream(map(encoded, events), think_tags=True))
                assert_complete(chunks)
                found = read(chunks)
                assert (found["text"], found["reasoning"]) == (answer, reasoning)


def test_thoughts_in_a_whole_answer(gateway: OfflineGateway, connect: Any) -> None:
    for kind in THOUGHTS:
        with in_row(kind):
            gateway.forget()
            text, answer, reasoning = THOUGHTS[kind]
            gateway.reply(Json(completion(text)))
            found = connect(think_tags=True).complete()
            assert (found.text, found.reasoning) == (answer, reasoning)


def test_thoughts_of_a_field_come_before_those_of_a_tag(
    gateway: OfflineGateway, connect: Any
) -> None:
    gateway.reply(Json(completion("<think>b</think>c", reasoning_content="a")))
    found = connect(think_tags=True).complete()
    assert (found.text, found.reasoning) == ("c", "ab")


def test_tags_stay_in_the_text_unless_asked_for(gateway: OfflineGateway, calls: Calls) -> None:
    text = "<think>Hm.</think>Hi"
    gateway.reply(Json(completion(text)), Sse(text_chunks(text)))
    assert (calls.complete().text, read(calls.stream())["text"]) == (text, text)
