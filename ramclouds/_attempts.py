"""One call with all its attempts: what is sent, and what follows from what came back. Pure."""

from __future__ import annotations

import logging
import re
from typing import Any

import httpx

from ramclouds._failures.error_body import is_error_body
from ramclouds._failures.from_transport import transport_error
from ramclouds._failures.redact import Redactor
from ramclouds._failures.response_head import ResponseHead
from ramclouds._failures.retry import retry_delay
from ramclouds._http.clients import opened_connection
from ramclouds._json.parsing import MalformedError, parse
from ramclouds._settings import Settings
from ramclouds._stream.accumulator import Accumulator
from ramclouds._stream.reader import StreamReader
from ramclouds._stream.think_tags import split_think_tags
from ramclouds._wire.chat.request_body import to_bytes
from ramclouds._wire.fields import partial_completion, to_completion, to_models
from ramclouds._wire.sse import looks_like_events
from ramclouds.errors import (
    APIConnectionError,
    APITimeoutError,
    BadRequestError,
    RamCloudsError,
    ResponseError,
)
from ramclouds.types import Chunk, Completion, Model

logger = logging.getLogger("ramclouds")

# Longer than any answer; New API's own limit for one line of a stream is half of it.
MAX_RESPONSE_BYTES = 256 * 1024 * 1024


class Attempts:
    """One call; told what happens by the client, it says what to do next."""

    def __init__(
        self,
        settings: Settings,
        redactor: Redactor,
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None,
        headers: httpx.Headers,
        timeout: httpx.Timeout,
        pool_is_ours: bool,
        refused_fields: set[str],
        optional_field: str | None = None,
    ) -> None:
        self.method = method
        self.url = settings.base_url + path
        self.headers = headers
        self.extensions = {"timeout": timeout.as_dict()}
        self.content = to_bytes(body) if body is not None else b""
        self._settings = settings
        self._redactor = redactor
        self._body = body
        self._parts: list[bytes] = []
        self._size = 0
        self._tail = b""
        self._is_stream = False
        self._refused: httpx.Response | None = None
        self._retries = 0
        self._attempts = 0
        self._pool_is_ours = pool_is_ours
        self._may_be_stale = True
        self._optional_field = optional_field
        self._refused_fields = refused_fields

    def begin(self) -> None:
        """Note that a request goes out."""
        self._attempts += 1
        self._parts, self._size, self._tail = [], 0, b""
        self._refused = None
        opened_connection.set(False)
        logger.debug("%s %s, attempt %d", self.method, self.url, self._attempts)

    def note_status(self, response: httpx.Response) -> bool:
        """Note an answer's head; whether its body is an answer."""
        if logger.isEnabledFor(logging.DEBUG):
            request_id = response.headers.get("x-oneapi-request-id")
            what = (self.method, self.url, response.status_code, request_id)
            logger.debug("%s %s: %d, request id %s", *what)
        is_answer = 200 <= response.status_code < 300
        self._refused = None if is_answer else response
        self._is_stream = _says_stream(response)
        return is_answer

    def status_error(self, response: httpx.Response, body: bytes) -> RamCloudsError:
        """The error of an answer that is none."""
        # Here, as below: what is known about errors is loaded with the first of them.
        from ramclouds._failures.from_response import status_error

        return status_error(response, body, self._redactor)

    def take(self, part: bytes) -> bool:
        """Take in a part of the body; whether more is wanted."""
        is_beginning = self._size < _TELLING
        self._parts.append(part)
        self._size += len(part)
        if is_beginning and not self._is_stream:
            # All that came so far: the first part may be one byte long.
            self._is_stream = looks_like_events(self.taken())
        if self._size > MAX_RESPONSE_BYTES:
            return False
        # As in a stream, what follows the end marker is not waited for.
        self._tail = (self._tail + part)[-32:]
        return not (self._is_stream and _ENDS_WITH_DONE.search(self._tail))

    def taken(self) -> bytes:
        """The body, or what came of it."""
        return b"".join(self._parts)

    def pause_after(self, exc: Exception, response: httpx.Response | None = None) -> float:
        """Seconds to wait before the next attempt; `response` is one whose body was under way.

        Raises:
            RamCloudsError: there is no next attempt.
            Exception: `exc` itself, where it is no failure of the call.
        """
        error = transport_error(exc, self._settings.base_url)
        if error is None:
            raise exc
        if self._refused is not None and error is not exc:
            # A refusal whose body broke off or fell silent is a refusal all the same.
            error = self.status_error(self._refused, self.taken())
        if response is None and self._was_stale(error):
            return 0.0
        if self._can_drop_field(error):
            return 0.0
        if response is not None and isinstance(error, APIConnectionError):
            # The answer had begun, and is billed: sending it again is the user's choice.
            self._tell_what_arrived(error, response)
            raise self._clean(error, exc)
        return self._pause(error, exc)

    def pause_in_stream(self, error: RamCloudsError) -> float:
        """Seconds to wait before a stream that delivered nothing is asked for again.

        Raises:
            RamCloudsError: there is no next attempt.
        """
        return self._pause(error, error)

    def _pause(self, error: RamCloudsError, exc: Exception) -> float:
        delay = retry_delay(error, self._retries, self._settings.max_retries)
        if delay is None:
            logger.debug("%s %s: %s", self.method, self.url, type(error).__name__)
            raise self._clean(error, exc)
        self._retries += 1
        logger.info(
            "%s %s: %s; retry %d of %d in %.2f s",
            self.method,
            self.url,
            type(error).__name__,
            self._retries,
            self._settings.max_retries,
            delay,
        )
        return delay

    def _tell_what_arrived(self, error: RamCloudsError, response: httpx.Response) -> None:
        head = ResponseHead(response, self._redactor)
        error.request_id = head.request_id
        error.status_code = head.status_code
        error.response = head.response
        error.partial = partial_completion(self.taken(), head.request_id)

    def _clean(self, error: RamCloudsError, exc: Exception) -> RamCloudsError:
        """An error fit to be shown: no key in its text, nor in what it says it came from."""
        if error is exc:
            return error
        error.message = self._redactor.text(error.message)
        error.args = (error.message,)
        if isinstance(exc, httpx.RequestError):
            # The request holds the Authorization header.
            exc.request = httpx.Request(self.method, self.url)
        # aiohttp's errors have the request's headers, and a protocol error quotes what was sent.
        is_safe = not hasattr(exc, "request_info") and self._redactor.is_clean(str(exc))
        error.__cause__ = exc if is_safe else None
        error.__suppress_context__ = True
        return error

    def _was_stale(self, error: RamCloudsError) -> bool:
        """Whether a kept connection turned out to be closed: sent again once, free of charge."""
        if not isinstance(error, APIConnectionError) or isinstance(error, APITimeoutError):
            return False
        if opened_connection.get() or not (self._may_be_stale and self._pool_is_ours):
            return False
        self._may_be_stale = False
        logger.debug("%s %s: the kept connection was stale", self.method, self.url)
        return True

    def _can_drop_field(self, error: RamCloudsError) -> bool:
        """Whether a refusal names a field that only we added: sent again without it, once."""
        field = self._optional_field
        if field is None or self._body is None or not isinstance(error, BadRequestError):
            return False
        if field not in f"{error.message} {error.__dict__.get('param')}":
            return False
        self._optional_field = None
        self._refused_fields.add(field)
        self._body.pop(field, None)
        self.content = to_bytes(self._body)
        logger.info("%s is refused by %s; sent without it from now on", field, self.url)
        return True

    def reader(self, response: httpx.Response) -> StreamReader:
        """A reader for the stream in an answer's body."""
        head = ResponseHead(response, self._redactor)
        return StreamReader(head, think_tags=self._settings.think_tags)

    def rest_after(self, exc: Exception, reader: StreamReader) -> list[Chunk]:
        """A failure in mid-stream: the last chunk, where the answer was complete by then.

        Raises:
            RamCloudsError: it was not; what had arrived is on the error.
        """
        reader.is_over = True
        error = transport_error(exc, self._settings.base_url)
        if error is None or error is exc:
            raise exc
        return reader.broke(self._clean(error, exc))

    def completion(self, response: httpx.Response, body: bytes) -> Completion:
        """The complete answer in a body, JSON or, where the gateway streamed it, events."""
        head = ResponseHead(response, self._redactor)
        if self._size > MAX_RESPONSE_BYTES:
            text = (
                f"The answer is longer than {MAX_RESPONSE_BYTES} bytes, and was not read further."
            )
            raise ResponseError(head.message(text), request_id=head.request_id)
        try:
            parsed = parse(body)
        except MalformedError:
            if self._is_stream:
                return self._streamed_completion(response, body)
            partial = partial_completion(body, head.request_id)
            raise _not_a_completion(head, body, None, partial) from None
        if is_error_body(parsed):
            raise _not_a_completion(head, body, parsed)
        try:
            completion = (
                to_completion(parsed, head.request_id) if isinstance(parsed, dict) else None
            )
        except MalformedError:
            completion = None
        if completion is None or not completion.choices:
            raise _not_a_completion(head, body, parsed, completion)
        return self._without_think_tags(completion)

    def _streamed_completion(self, response: httpx.Response, body: bytes) -> Completion:
        reader = self.reader(response)
        accumulator = Accumulator()
        chunks = reader.feed(body)
        if not reader.is_over:
            chunks += reader.close()
        reader.check()
        for chunk in chunks:
            accumulator.add(chunk)
        return accumulator.completion()

    def _without_think_tags(self, completion: Completion) -> Completion:
        if self._settings.think_tags:
            for choice in completion.choices:
                choice.text, inline = split_think_tags(choice.text)
                choice.reasoning += inline
        return completion

    def models(self, response: httpx.Response, body: bytes) -> list[Model]:
        """The model list in a body."""
        head = ResponseHead(response, self._redactor)
        parsed = None
        try:
            parsed = parse(body)
            if not is_error_body(parsed):
                return to_models(parsed)
        except MalformedError:
            parsed = None
        raise _not_a_completion(head, body, parsed)


def _not_a_completion(
    head: ResponseHead, body: bytes, parsed: Any, partial: Completion | None = None
) -> RamCloudsError:
    from ramclouds._failures.from_response import response_error

    return response_error(head, body, parsed, partial=partial)


# As many bytes of a body tell whether it is a stream, whatever its label says.
_TELLING = 64
_ENDS_WITH_DONE = re.compile(rb"(?:^|[\r\n])data: ?\[DONE\]\s*$")


def _says_stream(response: httpx.Response) -> bool:
    kind: str = response.headers.get("content-type", "")
    return kind.startswith("text/event-stream")
