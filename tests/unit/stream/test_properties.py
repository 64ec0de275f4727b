"""Same answer at every split and whatever happens on the way, over the pure rooms."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ramclouds import Chunk, RamCloudsError
from ramclouds._wire.sse import Event, EventDecoder
from tests.gateway import call, chunk, encoded, manifest, text_chunks, tool_chunks
from tests.gateway.corpus import body
from tests.harness import assert_adds_up, assert_complete, in_row, read
from tests.unit.offline import read_stream, read_whole, split_at

STREAMS = [case["name"] for case in manifest() if case["request_stream"]]
WHOLE = [case["name"] for case in manifest() if not case["request_stream"]]
# Lone halves of pairs cannot be written as UTF-8; escaped ones are tried in test_surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
CUTS = st.lists(st.integers(0, 4000), max_size=12)
slow = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])


def outcome(data: bytes, cuts: list[int]) -> Any:
    """What comes of a stream's bytes in these pieces: its chunks, and the error if any."""
    chunks: list[Chunk] = []
    error: tuple[Any, ...] | None = None
    try:
        for found in read_stream(split_at(data, cuts)):
            chunks.append(found)
    except RamCloudsError as exc:
        error = (type(exc), str(exc), exc.retryable, exc.code, exc.partial)
    else:
        assert_complete(chunks)
    assert_adds_up(chunks)
    return read(chunks), error


@slow
@given(
    lines=st.lists(st.binary(max_size=12), max_size=12),
    cuts=CUTS,
    end=st.sampled_from([b"\n", b"\r", b"\r\n"]),
)
def test_events_are_the_same_at_every_split(
    lines: list[bytes], cuts: list[int], end: bytes
) -> None:
    data = end.join([b"data: " + line for line in lines] + [b"", b"data: x", b"", b""])

    def events(pieces: list[bytes]) -> list[Event]:
        decoder = EventDecoder()
        found = [event for piece in pieces for event in decoder.feed(piece)]
        return found + decoder.close()

    assert events(split_at(data, cuts)) == events([data])


@slow
@given(name=st.sampled_from(STREAMS), cuts=CUTS)
def test_wire_case_is_the_same_at_every_split(name: str, cuts: list[int]) -> None:
    data = body(name)
    assert outcome(data, cuts) == outcome(data, [])


@slow
@given(text=TEXT, reasoning=TEXT, cuts=CUTS)
def test_text_comes_out_as_it_went_in(text: str, reasoning: str, cuts: list[int]) -> None:
    events = text_chunks(text, reasoning=reasoning)
    data = b"".join(map(encoded, events)) + b"data: [DONE]\n\n"
    found, error = outcome(data, cuts)
    assert error is None
    # `text_chunks` cuts at spaces and leaves out the empty words, which are spaces alone.
    said = "".join(
        one["choices"][0]["delta"].get("content") or "" for one in events if one["choices"]
    )
    assert (found["text"], found["finish_reason"]) == (said, "stop")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
ARGUMENTS = st.dictionaries(TEXT, JSON, max_size=3)


@slow
@given(arguments=st.lists(ARGUMENTS, min_size=1, max_size=4), size=st.integers(1, 30), cuts=CUTS)
def test_tool_calls_come_out_as_they_went_in(
    arguments: list[dict[str, Any]], size: int, cuts: list[int]
) -> None:
    made = [call(f"f{at}", one, id=f"call_{at}") for at, one in enumerate(arguments)]
    data = b"".join(map(encoded, tool_chunks(*made, size=size)))
    found, error = outcome(data, cuts)
    assert error is None
    assert [(id, name) for id, name, *_ in found["tool_calls"]] == [
        (f"call_{at}", f"f{at}") for at in range(len(arguments))
    ]
    assert [json.loads(text) for _, _, text, _ in found["tool_calls"]] == arguments


@slow
@given(events=st.lists(JSON, max_size=4), cuts=CUTS)
def test_any_json_in_events_gives_an_answer_or_one_of_our_errors(
    events: list[Any], cuts: list[int]
) -> None:
    data = b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events)
    outcome(data, cuts)


KEYS = st.sampled_from(
    [
        *("id", "model", "choices", "index", "delta", "message", "content", "role", "type", "text"),
        *("tool_calls", "function", "name", "arguments", "finish_reason", "logprobs", "usage"),
        *("prompt_tokens", "completion_tokens_details", "error", "code", "success", "refusal"),
        *("reasoning", "reasoning_content", "reasoning_details"),
    ]
)
SHAPED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT | st.just("0"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


@slow
@given(
    choice=st.dictionaries(KEYS, SHAPED, max_size=5),
    beside=st.dictionaries(KEYS, SHAPED, max_size=4),
)
def test_our_keys_with_any_values_give_an_answer_or_one_of_our_errors(
    choice: dict[str, Any], beside: dict[str, Any]
) -> None:
    event = {"choices": [choice], **beside}
    text = json.dumps(event).encode()
    outcome(b"data: " + text + b"\n\n" + encoded(chunk({}, "stop")), [])
    outcome(text, [])
    with contextlib.suppress(RamCloudsError):
        read_whole(text)


@slow
@given(
    name=st.sampled_from(STREAMS),
    place=st.integers(0, 3000),
    junk=st.binary(max_size=6),
    drop=st.integers(0, 40),
    cuts=CUTS,
)
def test_mutated_stream_gives_an_answer_or_one_of_our_errors(
    name: str, place: int, junk: bytes, drop: int, cuts: list[int]
) -> None:
    data = body(name)
    outcome(data[:place] + junk + data[place + drop :], cuts)


@slow
@given(
    name=st.sampled_from(WHOLE),
    place=st.integers(0, 1000),
    junk=st.binary(max_size=6),
    drop=st.integers(0, 40),
)
def test_mutated_body_gives_an_answer_or_one_of_our_errors(
    name: str, place: int, junk: bytes, drop: int
) -> None:
    data = body(name)
    with contextlib.suppress(RamCloudsError):
        read_whole(data[:place] + junk + data[place + drop :])


def test_wire_case_is_the_same_byte_by_byte() -> None:
    for name in STREAMS:
        with in_row(name):
            data = body(name)
            assert outcome(data, list(range(len(data)))) == outcome(data, [])
