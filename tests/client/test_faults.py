"""Connections that break, bodies that lie: one precise error each, or the true answer."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import tracemalloc
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx
import pytest

from ramclouds import (
    APIConnectionError,
    RamCloudsError,
    ResponseError,
    ServerError,
    StreamError,
    StreamTruncatedError,
)
from tests.gateway import (
    Body,
    Drop,
    Endless,
    Gateway,
    Json,
    Pause,
    Raw,
    Sse,
    chunk,
    completion,
    encoded,
    head,
    http_chunk,
    text_chunks,
)
from tests.gateway.responses import Response
from tests.harness import EACH_TWIN, Calls, Twin, each_row, in_row, read

Connect = Callable[..., Calls]
pytestmark = EACH_TWIN
STREAM = b"".join(map(encoded, text_chunks("Hello world")))


def test_refused_connection_says_what_to_check(connect: Connect) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        calls = connect(base_url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
        for call in (calls.complete, calls.stream, calls.models):
            with pytest.raises(APIConnectionError, match="base_url") as caught:
                call()
            assert isinstance(caught.value, ConnectionError)
            assert caught.value.retryable is True


def test_host_that_does_not_exist(connect: Connect) -> None:
    with pytest.raises(APIConnectionError):
        connect(base_url="https://gateway.invalid/v1").complete()


def test_whole_answer_that_breaks_off(gateway: Gateway, calls: Calls) -> None:
    for stage in ["accept", "headers", "mid_headers", "body", "mid_body"]:
        for how in ["rst", "fin", "half"]:
            with in_row(stage, how):
                gateway.forget()
                gateway.reply(Drop(stage, Json(completion()), how=how))
                with pytest.raises(APIConnectionError) as caught:
                    calls.complete()
                assert caught.value.retryable is True


def test_stream_that_breaks_off_before_it_begins(gateway: Gateway, calls: Calls) -> None:
    for stage in ["accept", "headers", "mid_headers", "body"]:
        for how in ["rst", "fin", "half"]:
            with in_row(stage, how):
                gateway.forget()
                gateway.reply(Drop(stage, how=how))
                with pytest.raises((APIConnectionError, StreamTruncatedError)) as caught:
                    calls.stream()
                assert caught.value.retryable is True
                assert calls.arrived == []


@each_row("how", ["fin", "half"])
def test_stream_that_breaks_off_keeps_what_arrived(
    gateway: Gateway, calls: Calls, how: Any
) -> None:
    gateway.reply(Drop("mid_body", how=how))
    with pytest.raises(StreamTruncatedError) as caught:
        calls.stream()
    assert caught.value.retryable is False
    assert read(calls.arrived)["text"] == read(caught.value.partial)["text"] == "Hello"


def test_stream_that_is_reset(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(Drop("mid_body", how="rst"))
    with pytest.raises((APIConnectionError, StreamError)) as caught:
        calls.stream()
    assert read(calls.arrived)["text"] == read(caught.value.partial)["text"]


def test_connection_lost_behind_the_finish_reason_is_no_error(
    gateway: Gateway, calls: Calls
) -> None:
    gateway.reply(Sse(text_chunks("Hi", usage=None), done=False, closed=False, ending="fin"))
    assert read(calls.stream())["text"] == "Hi"


def answer(headers: dict[str, str], *pieces: bytes) -> Response:
    kinds = {"Content-Type": "application/json"}
    return Raw([head(200, {**kinds, **headers}), *pieces], close=True)


BODY = json.dumps(completion("Hi")).encode()
CHUNKED = {"Transfer-Encoding": "chunked"}
LIES: dict[str, Response] = {
    "length_too_long": answer({"Content-Length": str(len(BODY) + 10)}, BODY),
    "length_too_short": answer({"Content-Length": str(len(BODY) - 5)}, BODY),
    "length_no_number": answer({"Content-Length": "many"}, BODY),
    "length_twice": Raw(
        head(200, {"Content-Length": "5"})[:-2] + b"Content-Length: 9\r\n\r\n" + BODY
    ),
    "chunk_size_no_number": answer(CHUNKED, b"zz\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "chunk_too_long": answer(CHUNKED, b"ffff\r\n" + BODY),
    "chunk_without_its_end": answer(CHUNKED, b"%x\r\n%b" % (len(BODY), BODY)),
    "gzip_broken": answer({"Content-Encoding": "gzip", "Content-Length": str(len(BODY))}, BODY),
    "gzip_cut": answer({"Content-Encoding": "gzip"}, gzip.compress(BODY)[:40]),
    "deflate_broken": answer(
        {"Content-Encoding": "deflate", "Content-Length": str(len(BODY))}, BODY
    ),
    "no_http": Raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "http_09": Raw(b"hello"),
    "status_no_number": Raw(b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n"),
    "header_no_header": Raw(b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"),
    "null_bytes": Raw(b"\0" * 100),
    "switching_protocols": Raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
}


def test_answer_that_lies_raises_one_of_ours(gateway: Gateway, calls: Calls) -> None:
    for kind in LIES:
        with in_row(kind):
            gateway.forget()
            gateway.reply(LIES[kind])
            with pytest.raises(RamCloudsError) as caught:
                calls.complete()
            assert type(caught.value) is not RamCloudsError
            assert len(str(caught.value)) > 20


FRAMINGS = {"size": b"zz\r\nhello\r\n", "end": b"5\r\nhelloXXjunk", "overrun": b"3\r\nhello\r\n"}


def test_framing_that_breaks_in_mid_body(gateway: Gateway, connect: Connect) -> None:
    for kind in FRAMINGS:
        for method in ["complete", "stream"]:
            for first in [b"", http_chunk(encoded(chunk({"content": "Hello"})))]:
                with in_row(kind, method, first):
                    gateway.forget()
                    # The pause lets the client read the first part by itself.
                    gateway.reply(Raw([head(200, CHUNKED) + first, Pause(0.02), FRAMINGS[kind]]))
                    with pytest.raises((APIConnectionError, StreamTruncatedError)):
                        getattr(connect(timeout=3), method)()


NOT_ASCII: dict[str, Response] = {
    "reason": Raw(b"HTTP/1.1 200 \xb6\xff\r\n\r\n" + BODY),
    "header_latin": Raw(b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\n\r\n" + BODY),
    "header_utf8": Raw("HTTP/1.1 200 OK\r\nX-Name: cafés\r\n\r\n".encode() + BODY),
    "request_id": Raw(b"HTTP/1.1 200 OK\r\nX-Oneapi-Request-Id: \xe9\r\n\r\n" + BODY),
}


def test_reason_in_no_known_letters_is_no_reason_to_fail(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(NOT_ASCII["reason"])
    assert calls.complete().text == "Hi"


def test_head_with_other_than_ascii_raises_nothing_but_ours(gateway: Gateway, calls: Calls) -> None:
    for kind in NOT_ASCII:
        with in_row(kind):
            gateway.forget()
            gateway.reply(NOT_ASCII[kind])
            with contextlib.suppress(RamCloudsError):
                assert calls.complete().text == "Hi"


TRUE: dict[str, Response] = {
    "gzip": answer({"Content-Encoding": "gzip"}, gzip.compress(BODY)),
    "gzip_and_more": answer({"Content-Encoding": "gzip"}, gzip.compress(BODY), b"more", b"of it"),
    "deflate": answer({"Content-Encoding": "deflate"}, zlib.compress(BODY)),
    "gzip_in_pieces": answer(
        {"Content-Encoding": "gzip"}, *(bytes([b]) for b in gzip.compress(BODY))
    ),
    "identity": answer({"Content-Encoding": "identity"}, BODY),
    "until_closed": answer({}, BODY),
    "continue_first": Raw([b"HTTP/1.1 100 Continue\r\n\r\n", head(200, {}), BODY]),
    "http_10": Raw(b"HTTP/1.0 200 OK\r\n\r\n" + BODY),
    "byte_order_mark": answer({}, b"\xef\xbb\xbf" + BODY),
    "white_space_around": answer({}, b"\r\n\r\n  " + BODY + b"\n\n"),
    "no_content_type": Raw([b"HTTP/1.1 200 OK\r\n\r\n", BODY]),
    "status_201": Raw([b"HTTP/1.1 201 Created\r\n\r\n", BODY]),
}


def test_answer_that_is_odd_but_true(gateway: Gateway, calls: Calls) -> None:
    for kind in TRUE:
        with in_row(kind):
            gateway.forget()
            gateway.reply(TRUE[kind])
            assert calls.complete().text == "Hi"


def test_stream_that_is_compressed(gateway: Gateway, calls: Calls) -> None:
    data = gzip.compress(STREAM)
    pieces: list[Any] = [data[place : place + 9] for place in range(0, len(data), 9)]
    gateway.reply(Sse(pieces, done=False, headers={"Content-Encoding": "gzip"}))
    assert read(calls.stream())["text"] == "Hello world"


def test_only_codings_that_can_be_read_are_offered(gateway: Gateway, calls: Calls) -> None:
    calls.complete()
    offered = gateway.last.headers.get("accept-encoding", "")
    assert {coding.partition(";")[0].strip() for coding in offered.split(",")} <= {
        "",
        "gzip",
        "deflate",
        "br",
        "zstd",
        "identity",
    }


def test_answer_of_many_megabytes_arrives(gateway: Gateway, calls: Calls) -> None:
    text = "0123456789" * 2_000_000
    gateway.reply(Json(completion(text)))
    assert calls.complete().text == text


def test_stream_without_an_end_of_event_is_given_up(
    gateway: Gateway, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    for piece in ["x" * 100_000, b"data: " + b"x" * 100_000, b"data: x\n" * 10_000]:
        with in_row(piece):
            gateway.forget()
            monkeypatch.setattr("ramclouds._stream.reader.MAX_EVENT_BYTES", 1_000_000)
            gateway.reply(Endless(piece))
            with pytest.raises((StreamError, ResponseError)):
                calls.stream()
            gateway.wait_closed()


def test_stream_without_an_end_is_given_up(
    gateway: Gateway, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramclouds._stream.reader.MAX_STREAM_BYTES", 100_000)
    gateway.reply(Endless(text_chunks("Hi")[1]))
    with pytest.raises(StreamError, match="longer than 100000 bytes"):
        calls.stream()
    gateway.wait_closed()


def test_body_without_an_end_is_given_up(
    gateway: Gateway, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramclouds._complete.MAX_RESPONSE_BYTES", 1_000_000)
    gateway.reply(Endless(" " * 100_000))
    with pytest.raises(ResponseError):
        calls.complete()
    gateway.wait_closed()


def test_error_body_without_an_end_is_given_up(
    gateway: Gateway, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramclouds._complete.MAX_RESPONSE_BYTES", 1_000_000)
    gateway.reply(Sse(["x" * 100_000] * 50, status=400))
    with pytest.raises(RamCloudsError) as caught:
        calls.complete()
    assert len(str(caught.value)) < 2_000


def test_long_error_text_is_shortened_in_the_message(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(Body("x" * 1_000_000, 500))
    with pytest.raises(RamCloudsError) as caught:
        calls.complete()
    assert len(str(caught.value)) < 2_000


def test_endless_stream_can_be_read_and_left(gateway: Gateway, connect: Connect) -> None:
    gateway.reply(Endless(chunk({"content": "x"}), times=10_000))
    with pytest.raises(StreamTruncatedError) as caught:
        connect().stream()
    assert read(caught.value.partial)["text"] == "x" * 10_000


def zipped(data: bytes, times: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(data) for _ in range(times)), packer.flush()])


MEGABYTE = b" " * 1024 * 1024


@cache
def bombs() -> dict[str, Response]:
    """Of 24 MB each, made where they are asked for, since that takes a while."""
    bomb = zipped(MEGABYTE, 24)
    return {
        "gzip": answer({"Content-Encoding": "gzip"}, bomb),
        "deflate": answer({"Content-Encoding": "deflate"}, zlib.compress(MEGABYTE * 24, 9)),
        "gzip_twice": answer({"Content-Encoding": "gzip, gzip"}, gzip.compress(bomb)),
        "gzip_in_two_lines": answer(
            {"Content-Encoding": "gzip", "content-encoding": "x-gzip"}, gzip.compress(bomb)
        ),
        "brotli": answer({"Content-Encoding": "br"}, b"\x0b\x02\x80hello\x03"),
        "zstd": answer({"Content-Encoding": "zstd"}, b"\x28\xb5\x2f\xfd"),
        "error": Body(bomb, 500, {"Content-Encoding": "gzip"}),
        "error_twice": Body(gzip.compress(bomb), 500, {"Content-Encoding": "gzip, gzip"}),
    }


def test_bomb_is_not_unpacked(
    gateway: Gateway, connect: Connect, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramclouds._http.decoding._SHORT", 3 * len(MEGABYTE))
    own: Any = httpx.AsyncClient if twin.is_async else httpx.Client
    for calls in (connect(), connect(http_client=own())):
        for kind, bomb in bombs().items():
            for method in (calls.complete, calls.stream):
                gateway.reply(bomb)
                tracemalloc.start()
                with in_row(kind), pytest.raises(ServerError if "error" in kind else ResponseError):
                    method()
                _, peak = tracemalloc.get_traced_memory()
                tracemalloc.stop()
                # What is let through at any ratio is joined once.
                assert peak < 12_000_000, kind


def test_body_is_decoded_at_any_split(gateway: Gateway, calls: Calls) -> None:
    text = "".join(map(str, range(30_000)))
    body = json.dumps(completion(text)).encode()
    bare = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = {
        "gzip": gzip.compress(body),
        "deflate": zlib.compress(body),
        "Deflate": bare.compress(body) + bare.flush(),
    }
    for coding, data in packed.items():
        for first in (1, 2, len(data) // 2):
            with in_row(coding, first):
                gateway.reply(answer({"Content-Encoding": coding}, data[:first], data[first:]))
                assert calls.complete().text == text


def test_error_body_is_read_up_to_a_megabyte(gateway: Gateway, calls: Calls) -> None:
    gateway.reply(Sse(["x" * 100_000] * 50, status=500))
    with pytest.raises(ServerError) as caught:
        calls.complete()
    assert caught.value.response is not None
    assert len(caught.value.response.content) == 1024 * 1024
