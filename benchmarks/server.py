"""A loopback server of canned bytes, in a process of its own, quick enough not to be the limit.

The path says what comes back, before the API's own `/v1/...`:

    /plain/500             a completion, after 500 ms
    /burst/1000            a stream of 1,000 tokens, in one write
    /each/1000/2           a stream of 1,000 tokens, each in a write of its own, 2 ms apart
    /vectors/1536/1        a vector of 1,536 for each text, in base64; with 0, as numbers
    /stamped               a stream whose first token is the server's clock as it is written
"""

from __future__ import annotations

import asyncio
import base64
import json
import resource
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

_HEAD = (
    b'{"id":"chatcmpl-AbCdEfGhIjKlMnOp","object":"chat.completion%s","created":1763800000,'
    b'"model":"gpt-5","choices":['
)
_CHUNK_HEAD = b"data: " + _HEAD % b".chunk"
_TAIL = b',"logprobs":null,"finish_reason":%s}],"system_fingerprint":"fp_1","usage":null}\n\n'
_USAGE = b'{"prompt_tokens":8,"completion_tokens":%d,"total_tokens":%d}'
_ANSWER = (
    b'{"index":0,"message":{"role":"assistant","content":"The sky is blue because air scatters '
    b'short waves of light more than long ones."},"logprobs":null,"finish_reason":"stop"}]'
)
_WORDS = (b" the", b" sky", b" is", b" blue", b" because", b" air", b" scatters", b" light")
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    b"x-oneapi-request-id: 20251122094512\r\ntransfer-encoding: chunked\r\n\r\n"
)
_END = b"0\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _event(delta: bytes, finish_reason: bytes = b"null") -> bytes:
    return _CHUNK_HEAD + b'{"index":0,"delta":%s' % delta + _TAIL % finish_reason


def _token(text: bytes) -> bytes:
    return _event(b'{"content":"%s"}' % text)


def _ending(tokens: int) -> bytes:
    usage = _CHUNK_HEAD + b'],"usage":' + _USAGE % (tokens, tokens + 8) + b"}\n\n"
    return _event(b"{}", b'"stop"') + usage + b"data: [DONE]\n\n"


_ROLE = _event(b'{"role":"assistant","content":""}')


@cache
def plain() -> bytes:
    """The response to a plain request."""
    body = _HEAD % b"" + _ANSWER + b',"usage":' + _USAGE % (16, 24) + b"}"
    return _with_head(body)


def _with_head(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


@cache
def burst(tokens: int) -> bytes:
    """A whole streamed response."""
    body = b"".join(events(tokens))
    return _STREAM_HEAD + _chunk(body) + _END


@cache
def events(tokens: int) -> tuple[bytes, ...]:
    """The events of a streamed response."""
    words = (_token(_WORDS[number % len(_WORDS)]) for number in range(tokens))
    return (_ROLE, *words, _ending(tokens))


@cache
def vectors(dimensions: int, is_base64: int, count: int) -> bytes:
    """As many vectors as there are texts."""
    floats = [((place * 7919) % 2000 - 1000) / 16384 for place in range(dimensions)]
    packed = base64.b64encode(struct.pack(f"<{dimensions}f", *floats)).decode()
    vector = json.dumps(packed if is_base64 else floats).encode()
    entry = b'{"object":"embedding","index":%d,"embedding":%s}'
    data = b",".join(entry % (index, vector) for index in range(count))
    usage = b'{"prompt_tokens":%d,"total_tokens":%d}' % (count, count)
    body = b'{"object":"list","data":[%s],"model":"text-embedding-3-small","usage":%s}'
    return _with_head(body % (data, usage))


class Gateway(asyncio.Protocol):
    """Responds to the requests of one connection."""

    def __init__(self) -> None:
        self._received = b""
        self._body = b""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) >= int(length or 0):
            self._received = b""
            self._body = body
            kind, *numbers = head.split(b" ", 2)[1].partition(b"/v1/")[0].decode()[1:].split("/")
            getattr(self, f"_respond_{kind}")(*map(int, numbers))

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def _respond_plain(self, delay: int) -> None:
        if delay:
            self._loop.call_later(delay / 1000, self._write, plain())
        else:
            self._write(plain())

    def _respond_vectors(self, dimensions: int, is_base64: int) -> None:
        self._write(vectors(dimensions, is_base64, len(json.loads(self._body)["input"])))

    def _respond_burst(self, tokens: int) -> None:
        self._write(burst(tokens))

    def _respond_each(self, tokens: int, pause: int) -> None:
        self._write(_STREAM_HEAD)
        self._next(iter(events(tokens)), pause / 1000)

    def _next(self, left: Iterator[bytes], pause: float) -> None:
        event = next(left, None)
        if event is None:
            self._write(_END)
            return
        self._write(_chunk(event))
        if pause:
            self._loop.call_later(pause, self._next, left, pause)
        else:
            self._loop.call_soon(self._next, left, pause)

    def _respond_stamped(self) -> None:
        self._write(_STREAM_HEAD + _chunk(_ROLE))
        self._loop.call_later(0.005, self._stamp)

    def _stamp(self) -> None:
        self._write(_chunk(_token(b"%d" % time.monotonic_ns())))
        self._loop.call_later(0.005, self._write, _chunk(_ending(1)) + _END)


def allow_many_files() -> None:
    """Raise this process's limit of open files as far as it goes."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Gateway, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def running() -> Iterator[str]:
    """The URL of a server that runs in a process of its own until the context is left."""
    command = [sys.executable, "-m", "benchmarks.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


if __name__ == "__main__":
    allow_many_files()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve())
