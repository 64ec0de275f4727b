"""HTTP/1.1 as bytes, without I/O: requests written, responses parsed by httptools (llhttp, in C).

httpcore parses with h11, in Python: that took a third of a plain call, and most of a stream that
arrives event by event.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import Any, TypeAlias

import httpcore
import httptools

Header: TypeAlias = tuple[bytes, bytes]

_MAX_HEAD_BYTES = 100 * 1024
# Chunk sizes, their extensions, and trailers: bytes for each byte of the body, beyond the first.
_MAX_FRAMING_BYTES = 100 * 1024
_MAX_FRAMING = 16
_MAX_INFORMATIONAL = 100

# What h11 accepts too; the flags are llhttp's:
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


def to_bytes(method: bytes, target: bytes, headers: Iterable[Header], content: bytes) -> bytes:
    """The bytes of a request, head and body.

    Raises:
        httpcore.LocalProtocolError: a header has a character that would break the request.
    """
    lines = b"".join([b"%b: %b\r\n" % header for header in headers])
    if _HEADERS.fullmatch(lines) is None:
        # The message does not quote the header: it may hold the key.
        raise httpcore.LocalProtocolError("a header's name or value has an illegal character")
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method, target, lines, content)


class _UnaskedError(Exception):
    """More than one response, or informational responses without an end."""


class ResponseParser:
    """The parts of a response that have arrived; httptools calls the `on_` methods."""

    def __init__(self) -> None:
        self.status = 0
        self.version = b""
        self.reason = b""
        self.headers: list[Header] = []
        self.parts: list[bytes] = []
        """Parts of the body; an empty one stands for the head of a chunk."""
        self.has_head = False
        self.is_complete = False
        self.is_kept = False
        self.progress = 0
        """Grows with each byte of the body, with each informational response, and with the head."""
        self.is_in_trailers = False
        self.received = 0
        self.error: httpcore.RemoteProtocolError | None = None
        self._informational = 0
        self._is_after_size = False
        self._has_trailers = False
        # httptools calls both for each token of a stream, so no function of ours stands in between.
        self.on_body = self.parts.append
        self.on_chunk_header = partial(self.parts.append, b"")
        self._parser: Any = None
        """Made when the first bytes arrive, since many connections wait long for them."""

    def feed(self, data: bytes) -> None:
        """Parses the bytes that were read; `b""` means that the connection has ended."""
        if not data:
            self._end()
            return
        if not self.received:
            self._parser = httptools.HttpResponseParser(self)
            self._parser.set_dangerous_leniencies(**_LENIENCIES)
        self.received += len(data)
        # Behind the size of the last chunk, which is 0, come trailers in place of content.
        self.is_in_trailers = self.is_in_trailers or self._is_after_size
        known = len(self.parts)
        try:
            try:
                self._parser.feed_data(data)
            finally:
                self._note_parts(known)
        except httptools.HttpParserCallbackError as exc:
            if not isinstance(exc.__context__, _UnaskedError):
                # Ctrl-C inside of a callback is no fault of the server.
                raise (exc.__context__ or exc) from None
            self._fail("more than the response that was asked for")
        except httptools.HttpParserError as exc:
            self.is_in_trailers = self.is_in_trailers or self._is_after_size
            self._fail(f"illegal HTTP: {exc}")
        except httptools.HttpParserUpgrade:
            self._fail("the server switched to another protocol")
        if self.received > _MAX_HEAD_BYTES:
            self._check_size()

    def _note_parts(self, known: int) -> None:
        new = self.parts[known:]
        if new:
            self.progress += sum(map(len, new))
            self._is_after_size = not new[-1]
        self.is_in_trailers = self._has_trailers or (self.is_in_trailers and not any(new))

    def _check_size(self) -> None:
        if not self.has_head and self.received > _MAX_HEAD_BYTES:
            self._fail(f"the response's head is longer than {_MAX_HEAD_BYTES} bytes")
        elif self.received > _MAX_HEAD_BYTES + _MAX_FRAMING_BYTES + _MAX_FRAMING * self.progress:
            self._fail("the response is framing more than content")

    def _end(self) -> None:
        if not self.has_head:
            self._fail("Server disconnected without sending a response.")
        elif self._has_length():
            self._fail("peer closed connection without sending complete message body")
        else:
            self._complete()

    def _has_length(self) -> bool:
        # A transfer coding that we do not know counts too: its end is not the end of the
        # connection.
        names = (b"content-length", b"transfer-encoding")
        return any(name.lower() in names for name, _ in self.headers)

    def _fail(self, text: str) -> None:
        self.is_kept = False
        if self.is_in_trailers:
            # The content is whole.
            self._complete()
        if not self.is_complete:
            self.error = httpcore.RemoteProtocolError(text)
            self._parser = None

    def end_trailers(self) -> None:
        """Takes the response for complete, though its trailers have no end."""
        self._fail("trailers without an end")

    def _complete(self) -> None:
        self.is_complete = True
        # Break the reference cycle: the parser refers to this object.
        self._parser = None

    def on_message_begin(self) -> None:
        if self.is_complete:
            # A second response, though no second request was sent.
            raise _UnaskedError

    def on_status(self, reason: bytes) -> None:
        # httptools joins the pieces of a header, but not those of the reason.
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_head:
            self.headers.append((name, value.rstrip(b" \t")))
        else:
            self._has_trailers = True

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            # Informational (1xx): the response follows.
            self.progress += 1
            self.headers.clear()
            self.reason = b""
            self._informational += 1
            if self._informational > _MAX_INFORMATIONAL:
                raise _UnaskedError
            return
        self.status = status
        self.version = b"HTTP/" + self._parser.get_http_version().encode()
        self.is_kept = self._parser.should_keep_alive()
        self.has_head = True
        self.progress += 1

    def on_message_complete(self) -> None:
        if self.has_head:
            self._complete()
