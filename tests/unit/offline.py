"""The client's pure rooms without a wire: bytes in, chunks or a completion out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import httpx

from ramclouds import Chunk, Client, Completion
from ramclouds._failures.redact import Redactor
from ramclouds._failures.response_head import ResponseHead
from ramclouds._stream.reader import Step, StreamReader
from ramclouds._wire.chat.ending import Reading


def split_at(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    """Data in pieces that end at these places."""
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(places)]


def head() -> ResponseHead:
    """The head of a 200 of the gateway whose request id is r1."""
    request = httpx.Request("POST", "https://gateway.test/v1/chat/completions")
    headers = {"X-Oneapi-Request-Id": "r1", "Content-Type": "text/event-stream"}
    response = httpx.Response(200, headers=headers, request=request)
    return ResponseHead(response, Redactor("test-key"))


def reader(*, think_tags: bool = False) -> StreamReader:
    """A reader of such a response."""
    return StreamReader(head(), Reading(think_tags=think_tags))


def read_stream(
    pieces: Iterable[bytes], *, think_tags: bool = False, reading: Reading | None = None
) -> Iterator[Chunk]:
    """The chunks of a stream that ends after these pieces."""
    stream = StreamReader(head(), reading or Reading(think_tags=think_tags))
    for piece in pieces:
        yield from _given_out(stream.feed(piece))
        if stream.is_over:
            return
    yield from _given_out(stream.close())


def _given_out(step: Step) -> Iterator[Chunk]:
    chunks, error = step
    yield from chunks
    if error is not None:
        raise error


def read_whole(body: bytes) -> Completion:
    """The completion in a body."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    with httpx.Client(transport=transport) as http:
        client = Client(api_key="test-key", http_client=http, max_retries=0)
        return client.complete(model="m", messages=[{"role": "user", "content": "Hi"}])
