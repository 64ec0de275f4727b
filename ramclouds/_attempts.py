"""One request with all its attempts: whether, when and how it is sent again. Pure."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import httpx

from ramclouds._complete import Body
from ramclouds._failures.from_response import status_error
from ramclouds._failures.from_transport import transport_error
from ramclouds._failures.redact import Redactor
from ramclouds._failures.response_head import ResponseHead
from ramclouds._failures.retry import retry_delay
from ramclouds._http.clients import opened_connection
from ramclouds._settings import Settings
from ramclouds._stream.reader import Step, StreamReader
from ramclouds._wire.chat.completion import partial_completion
from ramclouds._wire.chat.request_body import can_be_streamed, make_streamed, to_bytes
from ramclouds.errors import APIConnectionError, APITimeoutError, BadRequestError, RamCloudsError

logger = logging.getLogger("ramclouds")

# Codex: "Stream must be set to true"; Qwen3: "parameter.enable_thinking must be set to false for
# non-streaming calls"; QwQ: "This model only support stream mode".
_STREAM_ONLY = re.compile(
    r"stream must be (?:set to )?true|non-stream(?:ing)? (?:calls|requests)|only supports? stream"
    r"|only streaming is supported|stream ?= ?true is required",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Request:
    """What is sent, the same at each attempt."""

    method: str
    url: str
    headers: httpx.Headers
    timeout: httpx.Timeout
    body: dict[str, Any] | None = None
    optional_field: str | None = None
    """A key of the body that only we added: a refusal that names it has it taken out."""


@dataclass(slots=True)
class Memory:
    """What one client learns from refusals."""

    refused_fields: set[str] = field(default_factory=set)
    streamed_models: set[str] = field(default_factory=set)
    """Models that refuse whole calls."""


class Attempts:
    """Use `with attempts:` around one attempt; `pause()` then decides on the failure kept."""

    def __init__(
        self,
        request: Request,
        settings: Settings,
        redactor: Redactor,
        *,
        pool_is_ours: bool,
        memory: Memory,
    ) -> None:
        self.body: Body
        """The body under way."""
        self.request = request
        self._content = to_bytes(request.body) if request.body is not None else b""
        self._is_stream = bool((request.body or {}).get("stream"))
        self._settings = settings
        self._redactor = redactor
        self._memory = memory
        self._may_be_stale = pool_is_ours
        self._response: httpx.Response | None = None
        self._failure: RamCloudsError | None = None
        self._retries = 0
        self._attempts = 0

    def begin(self) -> dict[str, Any]:
        """The arguments of the HTTP request that goes out next."""
        self._attempts += 1
        self._response = None
        opened_connection.set(False)
        request = self.request
        logger.debug("%s %s, attempt %d", request.method, request.url, self._attempts)
        return {
            "method": request.method,
            "url": request.url,
            "headers": request.headers,
            "content": self._content,
            "extensions": {"timeout": request.timeout.as_dict()},
        }

    def is_success(self, response: httpx.Response) -> bool:
        """Whether a response's status is a success; its body is read in either case."""
        if logger.isEnabledFor(logging.DEBUG):
            request_id = response.headers.get("x-oneapi-request-id")
            what = (self.request.method, self.request.url, response.status_code, request_id)
            logger.debug("%s %s: %d, request id %s", *what)
        self._response = response
        self.body = Body(response)
        return response.is_success

    def __enter__(self) -> None:
        self._failure = None

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if not isinstance(exc, Exception):
            return False
        error = transport_error(exc, self._settings.base_url, is_stream=self._is_stream)
        if error is None:
            # No failure of HTTP or of the gateway: it is raised as it is.
            return False
        self._failure = self._clean(error, exc)
        return True

    def pause(self) -> float:
        """Seconds to wait before the next attempt.

        Raises:
            RamCloudsError: there is no next attempt.
        """
        error, self._failure = self._failure, None
        response = self._response
        if response is not None and not response.is_success:
            # Also where its body broke off or fell silent: the status is the failure.
            broken_by = error
            error = status_error(response, self.body.content(), self._redactor)
            error.__cause__ = broken_by.__cause__ if broken_by is not None else None
            response = None
        assert error is not None
        if response is None and self._was_stale(error):
            return 0.0
        if self._can_drop_field(error) or self._can_stream(error):
            return 0.0
        if response is not None and isinstance(error, APIConnectionError):
            # The response had begun, and is billed: sending it again is the user's choice.
            self._note_what_arrived(error, response)
            raise error
        return self.pause_after(error)

    def pause_after(self, error: RamCloudsError) -> float:
        """Seconds to wait after an error before the request is sent again.

        Raises:
            RamCloudsError: there is no next attempt.
        """
        what = (self.request.method, self.request.url, type(error).__name__)
        delay = retry_delay(error, self._retries, self._settings.max_retries)
        if delay is None:
            logger.debug("%s %s: %s", *what)
            raise error
        self._retries += 1
        retries = (self._retries, self._settings.max_retries, delay)
        logger.info("%s %s: %s; retry %d of %d in %.2f s", *what, *retries)
        return delay

    def broke(self, exc: Exception, reader: StreamReader) -> Step | None:
        """A failure in mid-stream as the stream's last step; None where it is none of HTTP."""
        error = transport_error(exc, self._settings.base_url, is_stream=True)
        return None if error is None else reader.broke(self._clean(error, exc))

    def _note_what_arrived(self, error: RamCloudsError, response: httpx.Response) -> None:
        head = ResponseHead(response, self._redactor)
        error.request_id = head.request_id
        error.status_code = head.status_code
        error.response = head.response
        error.partial = partial_completion(self.body.content(), head.request_id)

    def _clean(self, error: RamCloudsError, exc: Exception) -> RamCloudsError:
        """An error fit to be shown: no key in its text, nor in that of its cause."""
        if error is exc:
            return error
        error.message = self._redactor.text(error.message)
        error.args = (error.message,)
        if isinstance(exc, httpx.RequestError):
            # The request holds the Authorization header.
            exc.request = httpx.Request(self.request.method, self.request.url)
        # aiohttp's errors have the request's headers, and a protocol error quotes what was sent.
        is_safe = not hasattr(exc, "request_info") and self._redactor.is_clean(str(exc))
        error.__cause__ = exc if is_safe else None
        error.__suppress_context__ = True
        return error

    def _was_stale(self, error: RamCloudsError) -> bool:
        """Whether a kept connection turned out to be closed: sent again once, free of charge."""
        if not isinstance(error, APIConnectionError) or isinstance(error, APITimeoutError):
            return False
        if opened_connection.get() or not self._may_be_stale:
            return False
        self._may_be_stale = False
        logger.debug("%s %s: the kept connection was stale", self.request.method, self.request.url)
        return True

    def _can_drop_field(self, error: RamCloudsError) -> bool:
        """Whether a refusal names a field that only we added: sent again without it, once."""
        name, body = self.request.optional_field, self.request.body
        if name is None or body is None or not isinstance(error, BadRequestError):
            return False
        if name not in f"{error.message} {error.__dict__.get('param')}":
            return False
        self.request.optional_field = None
        self._memory.refused_fields.add(name)
        body.pop(name, None)
        self._content = to_bytes(body)
        logger.info("%s is refused by %s; sent without it from now on", name, self.request.url)
        return True

    def _can_stream(self, error: RamCloudsError) -> bool:
        """Whether the model takes streams only: the same is then asked for as a stream."""
        body = self.request.body
        if body is None or "stream" in body or not isinstance(error, BadRequestError):
            return False
        if not can_be_streamed(body) or not _STREAM_ONLY.search(error.message):
            return False
        self._memory.streamed_models.add(body["model"])
        refused = self._memory.refused_fields
        self.request.optional_field = make_streamed(body, stream_usage=None, refused=refused)
        self._content = to_bytes(body)
        logger.info("%s takes streams only; asked as a stream from now on", body["model"])
        return True
