"""One request with all its attempts: whether, when and how it is sent again. Pure."""

from __future__ import annotations

import logging
import os
import sys
from types import TracebackType
from typing import Any, TypeVar

import httpx

from ramclouds._complete import Body
from ramclouds._failures.causes import caused_by
from ramclouds._failures.frames import clear_frames, drop_frames
from ramclouds._failures.from_response import status_error
from ramclouds._failures.from_transport import transport_error
from ramclouds._failures.redact import NO_SECRETS
from ramclouds._failures.response_head import ResponseHead
from ramclouds._failures.retry import retry_delay
from ramclouds._fallback import Fallbacks
from ramclouds._http.timeouts import CallTimes, forked
from ramclouds._observers import NOBODY, Watch
from ramclouds._pace.registry import Gates
from ramclouds._pace.turn import Turn
from ramclouds._request import Memory, Request, changed_body, log_changes
from ramclouds._settings import Settings
from ramclouds._stream.reader import Step, StreamReader
from ramclouds._wire.chat.completion import partial_completion
from ramclouds._wire.chat.request_body import to_bytes
from ramclouds._wire.sse import CommentFilter
from ramclouds.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    RamCloudsError,
)
from ramclouds.types import Completion

logger = logging.getLogger("ramclouds")
T = TypeVar("T")


class Attempts:
    """Use `with attempts:` around one attempt; `pause()` then decides on the failure kept."""

    body: Body
    """The body under way."""
    response: httpx.Response
    """The last response; it, `body` and `reader` are forgotten before an error is raised."""
    reader: StreamReader
    _comments: CommentFilter

    def __init__(
        self,
        request: Request,
        settings: Settings,
        *,
        memory: Memory,
        watch: Watch = NOBODY,
        fallbacks: Fallbacks | None = None,
        gates: Gates | None = None,
    ) -> None:
        self._take(request)
        self.fallbacks = fallbacks
        self.watch = watch
        if watch.listeners:
            watch.arrived = self._arrived
        self._settings = settings
        self._max_retries = settings.max_retries
        self._pid = os.getpid()
        self._times = CallTimes(request.timeout, request.stall_timeout, request.total_timeout)
        model = (request.body or {}).get("model", "")
        self.turn = Turn(gates, model, self._times, request.max_wait, watch)
        self._memory = memory
        self._has_response = False
        self._outer: BaseException | None = None
        self._failure: RamCloudsError | None = None
        self._retries = 0
        self._attempts = 0

    def _take(self, request: Request) -> None:
        self.request = request
        self._content = to_bytes(request.body) if request.body is not None else b""
        self._is_stream = bool((request.body or {}).get("stream"))

    def begin(self) -> dict[str, Any]:
        """The arguments of the HTTP request that goes out next."""
        if self._pid != os.getpid():
            raise forked()
        self._attempts += 1
        self._has_response = False
        # Transports of httpx do not say when they send; ours say it again.
        self.turn.sent()
        request = self.request
        logger.debug("%s %s, attempt %d", request.method, request.url, self._attempts)
        prepared = request.prepared
        if self._attempts == 1 and prepared and (prepared.changes or prepared.lost):
            log_changes(prepared)
        return {
            "method": request.method,
            "url": request.url,
            "headers": request.headers,
            "content": self._content,
            "extensions": {"timeout": self._times.of_attempt(), "progress": self.turn},
        }

    def received(self, response: httpx.Response) -> None:
        """Takes in the head of a response."""
        self.response = response
        self._has_response = True
        self.body = Body(response)
        self._comments = CommentFilter()
        if response.is_success:
            self.turn.settle(is_accepted=True, ends=False)
        if logger.isEnabledFor(logging.DEBUG):
            what = (self.request.method, self.request.url, response.status_code)
            logger.debug("%s %s: %d, request id %s", *what, self.head().request_id)

    def add(self, part: bytes) -> bool:
        """Takes in a part of a body that is read whole; whether more is wanted."""
        is_stream = self.body.is_stream
        self._times.check(has_content=not is_stream or self._comments.has_content(part))
        return self.body.add(part)

    def feed(self, data: bytes | None) -> Step:
        """Takes in some bytes of a stream, or its end; gives the chunks they complete."""
        if data is None:
            return self.reader.close()
        try:
            self._times.check(has_content=self._comments.has_content(data))
        except APITimeoutError as error:
            return self.reader.broke(error)
        step = self.reader.feed(data)
        if self.watch.listeners:
            self.watch.chunks(step[0])
        return step

    def done(self, value: T) -> T:
        """The value of a response, noted for those who listen."""
        if self.watch.listeners:
            self.watch.value = value
        return value

    def __enter__(self) -> None:
        self._failure = None
        self._outer = sys.exc_info()[1]

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if exc is None:
            return False
        error = None
        if isinstance(exc, Exception):
            error = transport_error(exc, self._settings.base_url, is_stream=self._is_stream)
        if error is None:
            # No failure of HTTP or of the gateway: it is raised as it is.
            clear_frames(traceback)
            self._forget()
            return False
        assert isinstance(exc, Exception)
        self._failure = self._clean(error, exc)
        return True

    def pause(self) -> float:
        """Seconds to wait before the next attempt.

        Raises:
            RamCloudsError: there is no next attempt.
        """
        error, self._failure = self._failure, None
        if self.turn.is_over and error is not None:
            return self.pause_after(error)
        has_begun = self._has_response and self.response.is_success
        if self._has_response and not has_begun:
            # The status is the failure, even if the body broke off or timed out.
            broken_by = error
            error = status_error(self.response, self.body.content(), self.request.redactor)
            error.__cause__ = broken_by.__cause__ if broken_by is not None else None
        assert error is not None
        if (body := changed_body(self.request, self._memory, error)) is not None:
            self.turn.failed(error, has_status=True)
            self._content = to_bytes(body)
            self.watch.notify("retry", error, 0.0)
            return 0.0
        if has_begun and isinstance(error, APIConnectionError):
            # The response had begun, and is billed: sending it again is the user's choice.
            self._note_what_arrived(error)
            raise self._last(self._without_request(error))
        return self.pause_after(error)

    def pause_after(self, error: RamCloudsError) -> float:
        """Seconds to wait after an error before the request is sent again.

        Raises:
            RamCloudsError: there is no next attempt.
        """
        # A stream keeps its error while it waits, and the error keeps the frames with the request.
        self._without_request(error)
        what = (self.request.method, self.request.url, type(error).__name__)
        max_retries, max_wait = self._max_retries, self.request.max_wait
        is_hasty = self.fallbacks is not None and self.fallbacks.is_hasty(error)
        may_wait = self.turn.failed(error, has_status=self._has_response)
        if may_wait and max_retries and not is_hasty and self._times.allows(error.retry_after or 0):
            logger.info("%s %s: %s; it waits for its turn", *what)
            return 0.0
        is_last = is_hasty or self.turn.is_over
        delay = (
            None if is_last else retry_delay(error, self._retries, max_retries, max_wait=max_wait)
        )
        if delay is None or not self._times.allows(delay):
            logger.debug("%s %s: %s", *what)
            if self._turns_to_another_model(error):
                return 0.0
            raise self._last(error)
        self._retries += 1
        retries = (self._retries, max_retries, delay)
        logger.info("%s %s: %s; retry %d of %d in %.2f s", *what, *retries)
        self.watch.notify("retry", error, delay)
        return delay

    def _turns_to_another_model(self, error: RamCloudsError) -> bool:
        """Whether another model is asked from now on."""
        fallbacks = self.fallbacks
        reader = self.__dict__.get("reader")
        has_begun = reader is not None and reader.has_delivered
        if fallbacks is None or has_begun or not self._times.allows(0.0):
            return False
        failed = fallbacks.model
        while fallbacks.turns(self._without_request(error)):
            try:
                self._take(fallbacks.request())
            except ConfigurationError as exc:
                error = exc
                continue
            self._retries, self._max_retries = 0, fallbacks.max_retries
            self.turn.renew(fallbacks.model)
            self.__dict__.pop("reader", None)
            self.watch.notify("fallback", failed, fallbacks.model, error)
            return True
        return False

    def broke(self, exc: Exception) -> Step | None:
        """The stream's last step after a failure in mid-stream; None if it is none of HTTP."""
        self._outer = sys.exc_info()[1]
        error = transport_error(exc, self._settings.base_url, is_stream=True)
        return None if error is None else self.reader.broke(self._clean(error, exc))

    def _arrived(self) -> Completion | None:
        """What has arrived of a stream."""
        reader = self.__dict__.get("reader")
        return None if reader is None else reader.partial()

    def _last(self, error: RamCloudsError) -> RamCloudsError:
        """The error to raise; nothing here keeps what was sent."""
        if self.fallbacks is not None:
            error = self.fallbacks.last(error)
        self._forget()
        return error

    def _without_request(self, error: RamCloudsError) -> RamCloudsError:
        drop_frames(error, self._outer)
        # A parser's error quotes what it could not read.
        error.__context__ = None
        return error

    def _forget(self) -> None:
        self.fallbacks = None
        for name in ("response", "reader", "body"):
            self.__dict__.pop(name, None)
        sent, self._content = self.request, b""
        self.request = Request(sent.method, sent.url, httpx.Headers(), sent.timeout, NO_SECRETS)

    def head(self) -> ResponseHead:
        """The head of the last response."""
        return ResponseHead(self.response, self.request.redactor)

    def _note_what_arrived(self, error: RamCloudsError) -> None:
        head = self.head()
        error.request_id = head.request_id
        error.status_code = head.status_code
        error.response = head.response
        error.partial = partial_completion(self.body.content(), head.request_id)

    def _clean(self, error: RamCloudsError, exc: Exception) -> RamCloudsError:
        """An error fit to be shown: no key in its text, nor in that of its cause."""
        if error is exc:
            return error
        if isinstance(error, APITimeoutError) and not self._times.allows(0.0):
            error = self._times.is_over()
        sent = self.request
        return caused_by(error, exc, self._outer, (sent.method, sent.url), sent.redactor)
