"""Bytes of an event stream to payloads: what each line means, at any split."""

from __future__ import annotations

from ramclouds._wire.sse import CommentFilter, Event, EventDecoder, looks_like_events
from tests.harness import each_row, in_row

STREAMS: dict[str, tuple[bytes, list[Event]]] = {
    "one": (b"data: a\n\n", [("message", b"a")]),
    "no_space": (b"data:a\n\n", [("message", b"a")]),
    "one_space_is_not_data": (b"data:  a \n\n", [("message", b" a ")]),
    "two": (b"data: a\n\ndata: b\n\n", [("message", b"a"), ("message", b"b")]),
    "lines_of_one_event": (b"data: a\ndata: b\ndata: c\n\n", [("message", b"a\nb\nc")]),
    "field_without_colon": (b"data\ndata: b\n\n", [("message", b"\nb")]),
    "empty_data": (b"data:\n\n", [("message", b"")]),
    "no_data_no_event": (b"\n\nid: 1\n\n", []),
    "crlf": (
        b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n",
        [("message", b"a\nb"), ("message", b"c")],
    ),
    "cr": (b"data: a\rdata: b\r\rdata: c\r\r", [("message", b"a\nb"), ("message", b"c")]),
    "mixed_ends": (b"data: a\r\n\ndata: b\r\r\n", [("message", b"a"), ("message", b"b")]),
    "other_separators": (
        "data: a\u2028b\x0bc\x85d\n\n".encode(),
        [("message", "a\u2028b\x0bc\x85d".encode())],
    ),
    "comments": (b": PING\n\n:\ndata: a\n: PING\n\n", [("message", b"a")]),
    "id_and_retry": (b"id: 7\nretry: 10\ndata: a\n\n", [("message", b"a")]),
    "byte_order_mark": (b"\xef\xbb\xbfdata: a\n\n", [("message", b"a")]),
    "second_byte_order_mark": (
        b"data: a\n\n\xef\xbb\xbfdata: b\n\n",
        [("message", b"a"), ("stray", b"\xef\xbb\xbfdata: b")],
    ),
    "byte_order_mark_behind_a_line_end": (
        b"\n\xef\xbb\xbfdata: a\n\n",
        [("stray", b"\xef\xbb\xbfdata: a")],
    ),
    "error_event": (b"event: error\ndata: a\n\n", [("error", b"a")]),
    "error_event_unspaced": (b"event:error\ndata: a\n\n", [("error", b"a")]),
    "error_event_last": (b"data: a\nevent: error\n\n", [("error", b"a")]),
    "error_is_one_event": (
        b"event: error\ndata: a\n\ndata: b\n\n",
        [("error", b"a"), ("message", b"b")],
    ),
    "error_without_data": (b"event: error\n\ndata: b\n\n", [("message", b"b")]),
    "other_event": (b"event: message\ndata: a\n\n", [("message", b"a")]),
    "later_event_name_counts": (b"event: error\nevent: ok\ndata: a\n\n", [("message", b"a")]),
    "bare_line": (b'data: a\n\n{"error": 1}\n', [("message", b"a"), ("stray", b'{"error": 1}')]),
    "bare_line_before_its_event": (
        b"data: a\n{}\ndata: b\n\n",
        [("stray", b"{}"), ("message", b"a\nb")],
    ),
    "names_are_whole": (b"ids: 1\nretrying\n", [("stray", b"ids: 1"), ("stray", b"retrying")]),
    "names_are_lower_case": (
        b"DATA: a\nEvent: error\nID: 1\n",
        [("stray", b"DATA: a"), ("stray", b"Event: error"), ("stray", b"ID: 1")],
    ),
    "cut_in_line": (b"data: a\n\ndata: b", [("message", b"a"), ("message", b"b")]),
    "cut_behind_line": (b"data: a\n\ndata: b\n", [("message", b"a"), ("message", b"b")]),
    "cut_bare_line": (b"{}", [("stray", b"{}")]),
    "cut_error": (b"event: error\ndata: a", [("error", b"a")]),
    "empty": (b"", []),
}


def decode(*pieces: bytes) -> list[Event]:
    decoder = EventDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.close()


def test_payloads_are_the_same_at_every_split() -> None:
    for stream, payloads in STREAMS.values():
        with in_row(stream):
            assert decode(stream) == payloads
            assert decode(*(stream[place : place + 1] for place in range(len(stream)))) == payloads
            for place in range(len(stream) + 1):
                assert decode(stream[:place], b"", stream[place:]) == payloads


def test_an_event_is_given_out_with_its_blank_line() -> None:
    decoder = EventDecoder()
    assert decoder.feed(b"data: a\n") == []
    assert decoder.feed(b"\nda") == [("message", b"a")]
    assert decoder.feed(b"ta: b\r") == []
    assert decoder.feed(b"\r") == [("message", b"b")]


def test_buffered_counts_the_bytes_of_the_line_and_event_under_way() -> None:
    decoder = EventDecoder()
    buffered = [decoder.buffered]
    for piece in (b"data: ab", b"cd", b"\ndata: e\nda", b"ta: ", b"\n\n", b"x"):
        decoder.feed(piece)
        buffered.append(decoder.buffered)
    assert buffered == [0, 8, 10, 19, 23, 0, 1]


def test_nothing_is_given_out_twice_at_the_end() -> None:
    decoder = EventDecoder()
    decoder.feed(b"data: a")
    assert decoder.close() == [("message", b"a")]
    assert decoder.close() == []
    assert decoder.feed(b"data: b\n\n") == [("message", b"b")]


@each_row("field", [b"data:x", b": PING", b"event: error", b"id: 1", b"retry: 5"])
def test_field_begins_an_event_stream(field: bytes) -> None:
    for before in (b"", b"\r\n\r\n", b"\xef\xbb\xbf", b" \n"):
        assert looks_like_events(before + field)


@each_row("body", [b"", b"\r\n", b'{"data":1}', b"<p>data:", b"datum: x", b"Xdata: y"])
def test_what_begins_no_event_stream(body: bytes) -> None:
    assert not looks_like_events(body)


def test_comments_are_distinguished_from_other_lines() -> None:
    for pieces, expected in [
        ([b": PING\n\n", b"\n", b"\r\n", b":"], [False, False, False, False]),
        ([b": PI", b"data: NG\n", b"data: {}\n\n"], [False, False, True]),
        ([b"data: {}\n\n: PING\n\n"], [True]),
        ([b": PING\n\nda", b"ta: 1"], [True, True]),
        ([b": PING\r", b"data"], [False, True]),
        ([b"", b"x"], [False, True]),
        ([b"\n: PING\n\n", b"\n", b"data: {}"], [False, False, True]),
        ([b"data", b": {", b"}"], [True, True, True]),
        ([b"data: {}\n", b": PING\n"], [True, False]),
    ]:
        with in_row(pieces):
            comments = CommentFilter()
            assert [comments.has_content(piece) for piece in pieces] == expected
