"""One HTTP/1.1 connection of the sync client, whose responses httptools (llhttp, in C) parses.

httpcore parses with h11, in Python: that took a third of a plain call, and most of a stream that
arrives event by event. aiohttp, under the async client, also parses with llhttp.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import httpcore
import httptools

_READ_BYTES = 64 * 1024
_MAX_HEAD_BYTES = 100 * 1024

# What h11 and aiohttp accept too; the flags are llhttp's:
# https://github.com/nodejs/llhttp (`llhttp_set_lenient_...`)
_LENIENCIES = {
    "lenient_headers": True,
    "lenient_chunked_length": True,
    "lenient_optional_cr_before_lf": True,
    "lenient_spaces_after_chunk_size": True,
    "lenient_data_after_close": True,
}

# A name is a token, and a value holds no line end:
# https://www.rfc-editor.org/rfc/rfc9110#name-field-syntax
_HEADERS = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [^\x00\r\n]*\r\n)*")


class Connection:
    """A connection to one host, for one request at a time."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self.stream = stream
        self.idle_since = 0.0
        self._is_sent = False
        self._response: ResponseParser | None = None

    def ask(self, request: bytes, timeouts: Mapping[str, float | None]) -> ResponseParser:
        """Sends a request and reads the head of its response; `timeouts` are httpx's, in seconds.

        Raises:
            httpcore.NetworkError: the connection broke.
            httpcore.RemoteProtocolError: the bytes are not an HTTP response.
            httpcore.TimeoutException: nothing arrived in time.
        """
        self._is_sent = False
        self._response = parser = ResponseParser()
        try:
            self.stream.write(request, timeouts.get("write"))
            self._is_sent = True
        except httpcore.WriteError:
            # A server may respond and close before it has read the whole request.
            pass
        while not parser.has_head:
            self._read(parser, timeouts.get("read"))
        return parser

    def body(self, parser: ResponseParser, timeout: float | None) -> Iterator[bytes]:
        """The body as it arrives; raises the same errors as `ask`."""
        while True:
            if parser.parts:
                part = b"".join(parser.parts)
                parser.parts.clear()
                yield part
            if parser.is_complete:
                return
            self._read(parser, timeout)

    def _read(self, parser: ResponseParser, timeout: float | None) -> None:
        if parser.error is not None:
            raise parser.error
        parser.feed(self.stream.read(_READ_BYTES, timeout))

    def is_idle(self) -> bool:
        """Whether it can take a request: the last one was sent, and its response was read whole."""
        parser = self._response
        return self._is_sent and parser is not None and parser.is_complete and parser.is_kept

    def rest(self) -> None:
        """Notes that it is idle from now on."""
        self._response = None
        self.idle_since = time.monotonic()

    def is_stale(self) -> bool:
        """Whether the server has closed it while it was idle."""
        # The only thing to read from an idle connection is its end.
        return bool(self.stream.get_extra_info("is_readable"))

    def close(self) -> None:
        """Closes it at once, even while it is being read."""
        self._is_sent = False
        self.stream.close()


def to_bytes(request: httpcore.Request) -> bytes:
    """The bytes of a request, head and body, to send them with one system call if possible.

    Raises:
        httpcore.LocalProtocolError: a header has a character that would break the request.
    """
    headers = b"".join([b"%b: %b\r\n" % header for header in request.headers])
    if _HEADERS.fullmatch(headers) is None:
        # The message does not quote the header: it may hold the key.
        raise httpcore.LocalProtocolError("a header's name or value has an illegal character")
    head = b"%b %b HTTP/1.1\r\n%b\r\n" % (request.method, request.url.target, headers)
    body = cast("Iterable[bytes]", request.stream)
    return b"".join([head, *body])


class ResponseParser:
    """The parts of a response that have arrived; httptools calls the `on_` methods."""

    def __init__(self) -> None:
        self.status = 0
        self.version = b""
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []
        self.has_head = False
        self.is_complete = False
        self.is_kept = False
        self.error: httpcore.RemoteProtocolError | None = None
        self._head_bytes = 0
        self.on_body = self.parts.append
        self._parser: Any = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(**_LENIENCIES)

    def feed(self, data: bytes) -> None:
        """Parses the bytes that were read; `b""` means that the connection has ended."""
        if not data:
            self._end()
            return
        if not self.has_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as exc:
            self._fail(f"illegal HTTP: {exc}")
        except httptools.HttpParserUpgrade:
            self._fail("the server switched to another protocol")
        if self._head_bytes > _MAX_HEAD_BYTES and not self.has_head:
            self._fail(f"the response's head is longer than {_MAX_HEAD_BYTES} bytes")

    def _end(self) -> None:
        if not self.has_head:
            self._fail("Server disconnected without sending a response.")
        elif self._has_length():
            self._fail("peer closed connection without sending complete message body")
        else:
            self._complete()

    def _has_length(self) -> bool:
        return any(
            name.lower() == b"content-length"
            or (name.lower() == b"transfer-encoding" and value.lower().endswith(b"chunked"))
            for name, value in self.headers
        )

    def _fail(self, text: str) -> None:
        self.is_kept = False
        if not self.is_complete:
            self.error = httpcore.RemoteProtocolError(text)
            self._parser = None

    def _complete(self) -> None:
        self.is_complete = True
        # Break the reference cycle: the parser refers to this object.
        self._parser = None

    def on_message_begin(self) -> None:
        if self.is_complete:
            # A second response, though no second request was sent.
            raise ValueError("data after the end of a response")

    def on_status(self, reason: bytes) -> None:
        # httptools joins the pieces of a header, but not those of the reason.
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_head:
            self.headers.append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            # Informational (1xx): the response follows.
            self.headers.clear()
            self.reason = b""
            return
        self.status = status
        self.version = b"HTTP/" + self._parser.get_http_version().encode()
        self.is_kept = self._parser.should_keep_alive()
        self.has_head = True

    def on_message_complete(self) -> None:
        if self.has_head:
            self._complete()
