"""Which error a stream ends with, and what had arrived by then."""

from __future__ import annotations

from typing import Any

from ramclouds._failures.from_response import body_error
from ramclouds._failures.response_head import ResponseHead
from ramclouds._stream.accumulator import Accumulator
from ramclouds._stream.chunks import ChunkMapper
from ramclouds._wire.chat.ending import NOTHING, broken_off
from ramclouds.errors import (
    APIConnectionError,
    APITimeoutError,
    EmptyResponseError,
    RamCloudsError,
    ServerError,
    StreamError,
    StreamTruncatedError,
)
from ramclouds.types import Completion

_NO_END = (
    "The stream ended before the completion did: no finish reason came. What had arrived is in "
    "error.partial. Send the request again."
)
_NO_WORD = (
    "The stream ended without a completion; it may have been billed. Send the request again, with "
    "complete() in place of stream() or the other way round."
)
_BLOCKED = (
    "The stream ended without a completion; the provider's filter may have blocked it. Send the "
    "request again, or change the messages."
)


class StreamErrors:
    """Makes the errors of one stream, of what its mapper has seen."""

    def __init__(self, head: ResponseHead, mapper: ChunkMapper, accumulator: Accumulator) -> None:
        self._head = head
        self._mapper = mapper
        self._accumulator = accumulator

    def partial(self) -> Completion:
        """What has arrived."""
        completion = self._accumulator.completion()
        text, reasoning = self._mapper.unsplit()
        completion.choices[0].text += text
        completion.choices[0].reasoning += reasoning
        completion.usage = completion.usage or self._mapper.usage
        completion.request_id = self._head.request_id
        return completion

    def failed(
        self, body: Any, *, may_retry: bool = True, may_be_late: bool = False
    ) -> RamCloudsError:
        """An error event, or a stream that cannot be read on.

        `may_be_late` says that it stands in the place of a completion. Before any content of an
        event stream it is a response which the gateway's pings forestalled: it keeps its class.
        """
        is_first = not self._mapper.has_delivered
        kind = self._head.headers.get("content-type", "")
        is_late = may_be_late and is_first and kind.startswith("text/event-stream")
        otherwise = ServerError if is_late else StreamError
        is_retryable = may_retry and is_first
        partial = self.partial()
        return body_error(self._head, body, partial, is_retryable=is_retryable, otherwise=otherwise)

    def malformed(self, what: str) -> RamCloudsError:
        """An event that cannot be read."""
        return self.failed(f"The stream holds an event that is broken: {what}.")

    def broken(self, error: RamCloudsError) -> RamCloudsError:
        """The connection broke before the completion was whole."""
        if isinstance(error, APIConnectionError) and not isinstance(error, APITimeoutError):
            truncated = self.truncated(_NO_END if self._mapper.has_delivered else _NO_WORD)
            truncated.__cause__ = error.__cause__
            return truncated
        error.partial = self.partial()
        error.request_id = self._head.request_id
        error.retryable = error.retryable and not self._mapper.has_delivered
        return error

    def given_up(self, failure: Any) -> RamCloudsError:
        """A choice says that it failed: by an error body or a finish reason."""
        if isinstance(failure, dict):
            return self.failed(failure, may_be_late=True)
        return self.truncated(broken_off(failure))

    def incomplete(self) -> RamCloudsError:
        """The bytes ended before the completion did."""
        mapper = self._mapper
        if mapper.has_delivered:
            return self.truncated(_NO_END)
        if mapper.has_empty_event:
            # Gemini's blocked prompts: a role, then `"choices":[]` without usage.
            return self.empty(EmptyResponseError, _BLOCKED)
        if mapper.finish.has_choices:
            return self.truncated(_NO_WORD)
        if mapper.usage is not None:
            return self.empty(EmptyResponseError, NOTHING)
        return self.truncated(_BLOCKED)

    def truncated(self, text: str) -> RamCloudsError:
        """The completion was cut; `text` says how."""
        is_retryable = not self._mapper.has_delivered
        partial = self.partial()
        return self._head.error(StreamTruncatedError, text, partial=partial, retryable=is_retryable)

    def empty(self, cls: type[RamCloudsError], text: str) -> RamCloudsError:
        """The stream ended without any content."""
        return self._head.error(cls, text, partial=self.partial(), retryable=True)
