"""Event streams as other proxies write them: the bytes as seen, and the same answer."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds import StreamError, StreamTruncatedError
from tests.gateway import OfflineGateway, Sse, chunk, encoded, text_chunks
from tests.harness import Calls, assert_complete, in_row, read

EVENTS = text_chunks("Tide is high.", usage=None)
NORMAL = b"".join(encoded(event) for event in EVENTS) + b"data: [DONE]\n\n"
LINES = [encoded(event).removesuffix(b"\n\n") for event in EVENTS]
HALF = len(LINES[2]) // 2


def with_end(end: bytes) -> bytes:
    return NORMAL.replace(b"\n", end)


def multi_line(event: dict[str, Any]) -> bytes:
    """One event over several data lines, as pretty-printed JSON."""
    import json

    lines = json.dumps(event, indent=1).split("\n")
    return b"".join(f"data: {line}\n".encode() for line in lines) + b"\n"


FRAMINGS = {
    "lone_cr": with_end(b"\r"),
    "crlf": with_end(b"\r\n"),
    "mixed_ends": b"\r\n\r\n".join(LINES[:2]) + b"\r\r" + b"\n\n".join(LINES[2:]) + b"\r\n\n",
    "byte_order_mark": b"\xef\xbb\xbf" + NORMAL,
    "byte_order_mark_before_comment": b"\xef\xbb\xbf: PING\n\n" + NORMAL,
    "no_space": NORMAL.replace(b"data: ", b"data:"),
    "two_spaces": NORMAL.replace(b"data: ", b"data:  "),
    "multi_line_data": b"".join(map(multi_line, EVENTS)) + b"data: [DONE]\n\n",
    "one_blank_line_more": NORMAL.replace(b"\n\n", b"\n\n\n\n"),
    "comments_inside_an_event": NORMAL.replace(b"data: {", b": PING\ndata: {"),
    "comment_after_data": NORMAL.replace(b"}\n\n", b"}\n: PING\n\n"),
    "empty_comment": b":\n\n:\n" + NORMAL,
    "event_and_id_and_retry_fields": NORMAL.replace(
        b"data: {", b"event: message\nid: 7\nretry: 100\ndata: {"
    ),
    "id_without_value": NORMAL.replace(b"data: {", b"id\ndata: {"),
    "empty_data_events": NORMAL.replace(b"data: {", b"data:\n\ndata: \n\ndata: {"),
    "bare_data_events": NORMAL.replace(b"data: {", b"data\n\ndata: {"),
    "white_space_after_done": NORMAL.replace(b"[DONE]", b" [DONE] "),
    "done_twice": NORMAL + b"data: [DONE]\n\n",
    "no_done": b"".join(encoded(event) for event in EVENTS),
    "no_blank_line_at_the_end": b"\n\n".join(LINES),
    "no_line_end_after_done": NORMAL.removesuffix(b"\n\n"),
    "white_space_around_json": NORMAL.replace(b"data: {", b"data: \t {"),
    "no_blank_lines_between_events": NORMAL.replace(b"\n\n", b"\n") + b"\n",
    "null_events": NORMAL.replace(b"data: {", b"data: null\n\ndata: {"),
    "no_event_key_but_empty_object": NORMAL.replace(b"data: [", b"data: {}\n\ndata: ["),
    "data_after_done": NORMAL + b'data: {"error":{"message":"late"}}\n\n',
    "rubbish_after_done": NORMAL + b"<html>",
}
EXPECTED: dict[str, Any] = {
    "text": "Tide is high.",
    "reasoning": "",
    "refusal": "",
    "tool_calls": [],
    "finish_reason": "stop",
    "usage": None,
}


def test_framing_does_not_matter(gateway: OfflineGateway, calls: Calls) -> None:
    for framing in FRAMINGS:
        for size in [1, 1 << 20]:
            with in_row(framing, size):
                gateway.forget()
                data = FRAMINGS[framing]
                pieces = [data[place : place + size] for place in range(0, len(data), size)]
                gateway.reply(Sse(pieces, done=False))
                chunks = calls.stream()
                assert_complete(chunks)
                assert read(chunks) == EXPECTED


def test_line_separators_of_unicode_do_not_split(gateway: OfflineGateway, calls: Calls) -> None:
    text = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"
    gateway.reply(Sse([chunk({"content": text}), chunk({}, "stop")]))
    assert read(calls.stream())["text"] == text


def test_bytes_that_are_no_utf8_are_replaced(gateway: OfflineGateway, calls: Calls) -> None:
    event = encoded(chunk({"content": "caf@"})).replace(b"@", b"\xe9")
    gateway.reply(Sse([*EVENTS[:2], event, chunk({}, "stop")]))
    assert read(calls.stream())["text"] == "Tidecaf\ufffd"


def test_megabyte_line_arrives_whole(gateway: OfflineGateway, calls: Calls) -> None:
    image = f"![image](data:image/png;base64,{'A' * 4_000_000})"
    event = encoded(chunk({"content": image}))
    pieces = [event[place : place + 1000] for place in range(0, len(event), 1000)]
    gateway.reply(Sse([*pieces, chunk({}, "stop")]))
    assert read(calls.stream())["text"] == image


BROKEN = {
    "half_of_an_event": LINES[2][:HALF],
    "text": b"data: hello\n\n",
    "number": b"data: 5\n\n",
    "string": b'data: "hello"\n\n',
    "list": b"data: []\n\n",
    "two_objects": b"data: {}{}\n\n",
    "html": b"<html><body>502</body></html>\n",
    "deep_nesting": b"data: " + b"[" * 100_000 + b"\n\n",
    "nan_as_choices": b'data: {"choices": NaN}\n\n',
    "choices_a_string": b'data: {"choices": "x"}\n\n',
    "choice_a_string": b'data: {"choices": ["x"]}\n\n',
    "delta_a_string": b'data: {"choices": [{"index":0,"delta":"x"}]}\n\n',
    "delta_a_string_that_finishes": (
        b'data: {"choices": [{"index":0,"delta":"x","finish_reason":"stop"}]}\n\n'
    ),
    "delta_a_list_that_finishes": (
        b'data: {"choices": [{"index":0,"delta":[{"content":"x"}],"finish_reason":"stop"}]}\n\n'
    ),
    "content_a_number": b'data: {"choices": [{"index":0,"delta":{"content":5}}]}\n\n',
}


def test_what_is_no_event_raises_with_the_part_before(
    gateway: OfflineGateway, calls: Calls
) -> None:
    for kind in BROKEN:
        with in_row(kind):
            gateway.forget()
            start = [encoded(event) for event in EVENTS[:2]]
            gateway.reply(Sse([*start, BROKEN[kind]], done=False))
            with pytest.raises(StreamError) as caught:
                calls.stream()
            assert read(caught.value.partial)["text"] == "Tide"
            assert caught.value.retryable is False


def test_stream_of_nothing_is_truncated_and_retryable(
    gateway: OfflineGateway, calls: Calls
) -> None:
    for done in [True, False]:
        for events in [[], [": PING\n\n"], ["\n\n"], ["data: {}\n\n"]]:
            with in_row(done, events):
                gateway.forget()
                gateway.reply(Sse(events, done=done))
                with pytest.raises(StreamTruncatedError) as caught:
                    calls.stream()
                assert caught.value.retryable is True
