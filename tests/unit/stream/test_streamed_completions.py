"""What providers put into the events of a stream, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds import StreamTruncatedError, Usage
from tests.gateway import (
    Json,
    OfflineGateway,
    Sse,
    chunk,
    completion,
    text_chunks,
    usage,
    usage_chunk,
)
from tests.harness import Calls, assert_complete, each_row, in_row, read

ROLE = chunk({"role": "assistant", "content": ""})
STOP = chunk({}, "stop")


def text(value: Any, **fields: Any) -> dict[str, Any]:
    return chunk({"content": value}, **fields)


# Each row: the events between role chunk and [DONE], and what differs from an answer "Hi".
ANSWERS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "finish_reason_with_the_last_text": ([text("Hi", finish_reason="stop")], {}),
    "finish_reason_repeated": ([text("Hi"), STOP, STOP], {}),
    "finish_reason_repeated_differently": (
        [text("Hi"), chunk({}, "tool_calls"), STOP],
        {"finish_reason": "tool_calls"},
    ),
    "finish_reason_empty_until_the_end": ([text("Hi", finish_reason=""), STOP], {}),
    "finish_reason_unknown": (
        [text("Hi"), chunk({}, "pause_turn")],
        {"finish_reason": "pause_turn"},
    ),
    "content_filter": (
        [chunk({}, "content_filter")],
        {"text": "", "finish_reason": "content_filter"},
    ),
    "delta_null": (
        [chunk(), {**chunk(), "choices": [{"index": 0, "delta": None}]}, text("Hi"), STOP],
        {},
    ),
    "delta_absent": ([{**chunk(), "choices": [{"index": 0}]}, text("Hi"), STOP], {}),
    "choices_null": ([{**chunk(), "choices": None}, text("Hi"), STOP], {}),
    "choices_absent": ([{"id": "x"}, text("Hi"), STOP], {}),
    "index_absent": (
        [
            {**chunk(), "choices": [{"delta": {"content": "Hi"}}]},
            {"choices": [{"finish_reason": "stop"}]},
        ],
        {},
    ),
    "index_as_text": ([{"choices": [{"index": "0", "delta": {"content": "Hi"}}]}, STOP], {}),
    "message_in_place_of_delta": (
        [
            {
                **chunk(),
                "choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}],
            }
        ],
        {},
    ),
    "content_as_parts": (
        [text([{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]), STOP],
        {},
    ),
    "content_null": ([text(None), text("Hi"), text(None), STOP], {}),
    "text_after_the_finish_reason": ([text("H"), STOP, text("i")], {}),
    "reasoning_content": (
        [chunk({"reasoning_content": "Hm"}), text("Hi"), STOP],
        {"reasoning": "Hm"},
    ),
    "reasoning": ([chunk({"reasoning": "Hm"}), text("Hi"), STOP], {"reasoning": "Hm"}),
    "both_spellings_in_one_delta": (
        [chunk({"reasoning": "Hm", "reasoning_content": "Hm"}), text("Hi"), STOP],
        {"reasoning": "Hm"},
    ),
    "one_spelling_null": (
        [chunk({"reasoning": "Hm", "reasoning_content": None}), text("Hi"), STOP],
        {"reasoning": "Hm"},
    ),
    "one_spelling_empty": (
        [chunk({"reasoning": "Hm", "reasoning_content": ""}), text("Hi"), STOP],
        {"reasoning": "Hm"},
    ),
    "reasoning_with_details": (
        [
            chunk(
                {"reasoning": "Hm", "reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]}
            ),
            text("Hi"),
            STOP,
        ],
        {"reasoning": "Hm"},
    ),
    "reasoning_and_content_in_one_delta": (
        [chunk({"reasoning_content": "Hm", "content": "Hi"}), STOP],
        {"reasoning": "Hm"},
    ),
    "refusal": (
        [chunk({"refusal": "I "}), chunk({"refusal": "won't."}), STOP],
        {"text": "", "refusal": "I won't."},
    ),
    "refusal_as_a_part": (
        [text([{"type": "refusal", "refusal": "I won't."}]), STOP],
        {"text": "", "refusal": "I won't."},
    ),
    "refusal_false": ([text("Hi"), chunk({"refusal": False}), STOP], {}),
    "reasoning_as_a_part": (
        [
            text([{"type": "thinking", "thinking": [{"type": "text", "text": "H"}]}]),
            text([{"type": "reasoning.text", "text": "m"}, {"type": "text", "text": "Hi"}]),
            STOP,
        ],
        {"reasoning": "Hm"},
    ),
    "refusal_null": ([text("Hi"), chunk({"refusal": None}), STOP], {}),
    "usage_on_the_finish_chunk": (
        [text("Hi"), chunk({}, "stop", usage=usage(3, 4))],
        {"usage": (3, 4, 7)},
    ),
    "usage_on_every_chunk_grows": (
        [
            text("H", usage=usage(3, 1)),
            text("i", usage=usage(3, 2)),
            chunk({}, "stop", usage=usage(3, 4)),
        ],
        {"usage": (3, 4, 7)},
    ),
    "usage_then_a_synthetic_one": (
        [text("Hi"), chunk({}, "stop", usage=usage(3, 4)), usage_chunk(usage(3, 4))],
        {"usage": (3, 4, 7)},
    ),
    "usage_first_all_zero": (
        [text("Hi", usage=usage(0, 0)), STOP, usage_chunk(usage(3, 4))],
        {"usage": (3, 4, 7)},
    ),
    "usage_last_all_zero": (
        [text("Hi"), chunk({}, "stop", usage=usage(3, 4)), usage_chunk(usage(0, 0))],
        {"usage": (3, 4, 7)},
    ),
    "usage_all_zero": ([text("Hi"), STOP, usage_chunk(usage(0, 0))], {"usage": (0, 0, 0)}),
    "usage_in_the_choice": (
        [
            text("Hi"),
            {**STOP, "choices": [{**STOP["choices"][0], "usage": usage(3, 4)}]},
        ],
        {"usage": (3, 4, 7)},
    ),
    "usage_null_everywhere": ([text("Hi", usage=None), chunk({}, "stop", usage=None)], {}),
    "usage_empty": ([text("Hi"), STOP, usage_chunk({})], {"usage": None}),
    "usage_before_the_finish_reason": (
        [text("Hi"), usage_chunk(usage(3, 4)), STOP],
        {"usage": (3, 4, 7)},
    ),
    "usage_counts_null": (
        [
            text("Hi"),
            STOP,
            usage_chunk({"prompt_tokens": 3, "completion_tokens": None, "total_tokens": 3}),
        ],
        {"usage": (3, 0, 3)},
    ),
    "model_changes": ([text("Hi", model="gpt-5.1-2026"), chunk({}, "stop", model="other")], {}),
    "id_empty_on_the_usage_chunk": (
        [text("Hi"), STOP, usage_chunk(usage(3, 4), id="")],
        {"usage": (3, 4, 7)},
    ),
    "extra_choice_keys": ([{**text("Hi"), "provider": "x", "obfuscation": "abc"}, STOP], {}),
}


def test_events_of_a_provider_add_up(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in ANSWERS:
        with in_row(kind):
            gateway.forget()
            events, differs = ANSWERS[kind]
            gateway.reply(Sse([ROLE, *events]))
            chunks = calls.stream()
            assert_complete(chunks)
            found = read(chunks)
            plain: dict[str, Any] = {
                "reasoning": "",
                "refusal": "",
                "tool_calls": [],
                "finish_reason": "stop",
                "usage": None,
            }
            assert {**found, "usage": _counts(found["usage"])} == {"text": "Hi", **plain, **differs}


def _counts(used: Usage | None) -> tuple[int, int, int] | None:
    return None if used is None else (used.prompt_tokens, used.completion_tokens, used.total_tokens)


def test_usage_details_of_every_spelling(gateway: OfflineGateway, calls: Calls) -> None:
    sent = {
        **usage(100, 50, cached_tokens=40, cache_creation_tokens=9, reasoning_tokens=30),
        "claude_cache_creation_5_m_tokens": 9,
        "input_tokens": 0,
        "input_tokens_details": None,
        "cost": 0.25,
    }
    gateway.reply(Sse([*text_chunks(usage=None), usage_chunk(sent)]))
    used = calls.stream()[-1].usage
    assert used == Usage(
        prompt_tokens=100,
        completion_tokens=50,
        total_tokens=150,
        cached_tokens=40,
        cache_creation_tokens=9,
        reasoning_tokens=30,
        raw=sent,
    )


def test_raw_is_what_was_sent(gateway: OfflineGateway, calls: Calls) -> None:
    gateway.reply(Sse([text("Hi", provider="x"), STOP]))
    assert [one.raw for one in calls.stream()] == [text("Hi", provider="x"), STOP]


def test_logprobs_are_kept_per_chunk(gateway: OfflineGateway, calls: Calls) -> None:
    tokens = [{"token": "H", "logprob": -0.1, "bytes": [72], "top_logprobs": []}]
    event = chunk({"content": "H"})
    event["choices"][0]["logprobs"] = {"content": tokens}
    gateway.reply(Sse([event, text("i"), STOP]))
    assert [one.logprobs for one in calls.stream()] == [{"content": tokens}, None, None]


UNFINISHED: dict[str, list[Any]] = {
    "text_and_done": [ROLE, text("Hi")],
    "gemini_cut_then_usage": [ROLE, text("Hi"), usage_chunk(usage(9, 1))],
    "empty_finish_reason": [ROLE, text("Hi", finish_reason="")],
    "second_choice_unfinished": [ROLE, text("Hi", finish_reason="stop"), text("Ho", index=1)],
}


@each_row("kind", UNFINISHED)
def test_stream_without_a_finish_reason_is_truncated(
    gateway: OfflineGateway, calls: Calls, kind: str
) -> None:
    gateway.reply(Sse(UNFINISHED[kind]))
    with pytest.raises(StreamTruncatedError):
        calls.stream()


def test_usage_of_a_truncated_stream_is_on_the_partial(
    gateway: OfflineGateway, calls: Calls
) -> None:
    gateway.reply(Sse([ROLE, text("Hi"), usage_chunk(usage(9, 1))]))
    with pytest.raises(StreamTruncatedError) as caught:
        calls.stream()
    assert _counts(read(caught.value.partial)["usage"]) == (9, 1, 10)


def test_json_as_answer_to_a_stream_request(gateway: OfflineGateway, calls: Calls) -> None:
    body = completion("Not streamed.", reasoning_content="Hm", usage=usage(3, 4))
    gateway.reply(Json(body))
    chunks = calls.stream()
    assert_complete(chunks)
    found = read(chunks)
    assert (found["text"], found["reasoning"]) == ("Not streamed.", "Hm")
    assert _counts(found["usage"]) == (3, 4, 7)


@pytest.mark.parametrize("content_type", ["text/event-stream", "text/plain", "application/json"])
def test_label_of_the_answer_does_not_matter(
    gateway: OfflineGateway, calls: Calls, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    gateway.reply(
        Json(completion("whole"), headers=headers), Sse(text_chunks("cut"), headers=headers)
    )
    assert [read(calls.stream())["text"] for _ in range(2)] == ["whole", "cut"]
    gateway.reply(
        Json(completion("whole"), headers=headers), Sse(text_chunks("cut"), headers=headers)
    )
    assert [calls.complete().text for _ in range(2)] == ["whole", "cut"]
