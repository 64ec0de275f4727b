"""A streamed completion, from bytes to chunks: pure, and the one judge of its end."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from ramclouds._failures.error_body import is_error_body
from ramclouds._failures.response_head import ResponseHead
from ramclouds._json.parsing import MalformedError, parse, parse_halves, preview
from ramclouds._stream.accumulator import Accumulator
from ramclouds._stream.chunks import ChunkMapper, SecondResponseError
from ramclouds._stream.stray_json import StrayJson
from ramclouds._wire.fields import partial_completion, to_completion
from ramclouds._wire.sse import ErrorEvent, EventDecoder, StrayLine
from ramclouds.errors import (
    APIConnectionError,
    APITimeoutError,
    RamCloudsError,
    StreamTruncatedError,
)
from ramclouds.types import Chunk, Completion

# New API's own limit for one line; a Gemini image arrives as one event of megabytes.
MAX_EVENT_BYTES = 128 * 1024 * 1024

_DONE = b"[DONE]"


class StreamReader:
    """Reads one streamed answer; what it raises is what `ramclouds.errors` promises."""

    def __init__(self, head: ResponseHead, *, think_tags: bool = False) -> None:
        self.is_done = False
        """The end marker was seen."""
        self.is_over = False
        """Nothing more is to be read."""
        self.is_answered = False
        """The last chunk was given out."""
        self._head = head
        self._decoder = EventDecoder()
        self._stray = StrayJson()
        self._mapper = ChunkMapper(head.request_id, think_tags=think_tags)
        self._accumulator = Accumulator()
        self._failure: RamCloudsError | None = None

    def feed(self, data: bytes) -> list[Chunk]:
        """Take in some bytes; give out the chunks they complete."""
        chunks: list[Chunk] = []
        try:
            self._feed(data, chunks)
        except RamCloudsError as error:
            self._fail_behind(chunks, error)
        return chunks

    def close(self) -> list[Chunk]:
        """The end of the bytes: give out the last chunk, or say why there is none."""
        chunks: list[Chunk] = []
        try:
            self._close(chunks)
        except RamCloudsError as error:
            self._fail_behind(chunks, error)
        return chunks

    def broke(self, error: RamCloudsError) -> list[Chunk]:
        """The connection broke: give out the last chunk if the answer was complete by then.

        Raises:
            RamCloudsError: it was not; what had arrived is on the error.
        """
        chunks: list[Chunk] = []
        try:
            self._break_off(error, chunks)
        except RamCloudsError as failure:
            self._fail_behind(chunks, failure)
        return chunks

    def check(self) -> None:
        """Raise the error that came behind the chunks last given out, if one did."""
        if self._failure is not None:
            raise self._failure

    def _fail_behind(self, chunks: list[Chunk], error: RamCloudsError) -> None:
        """Raise an error at once, or keep it until the chunks before it are given out.

        Without that, whether these are seen would depend on how the bytes were cut.
        """
        self.is_over = True
        if not chunks:
            raise error
        self._failure = error

    def _feed(self, data: bytes, chunks: list[Chunk]) -> None:
        plain, add = self._mapper.plain, self._accumulator.add
        for payload in self._decoder.feed(data):
            try:
                event = from_json(payload)
            except ValueError:
                event = None
            chunk = plain(event)
            if chunk is not None and type(payload) is bytes:
                add(chunk)
                chunks.append(chunk)
                continue
            self._read(payload, chunks)
            if self.is_done:
                self._close(chunks)
                return
        if self._decoder.held + self._stray.size > MAX_EVENT_BYTES:
            raise self._malformed(f"it is longer than {MAX_EVENT_BYTES} bytes")

    def _close(self, chunks: list[Chunk]) -> None:
        self.is_over = True
        self._cut_off(chunks)
        if not self._mapper.has_choices:
            self._read_whole(chunks)
        if not self._mapper.is_complete:
            raise self._truncated()
        self._end(chunks)

    def _break_off(self, error: RamCloudsError, chunks: list[Chunk]) -> None:
        self.is_over = True
        self._cut_off(chunks)
        if self._mapper.is_complete:
            self._end(chunks)
            return
        if isinstance(error, APIConnectionError) and not isinstance(error, APITimeoutError):
            raise self._truncated() from error.__cause__
        error.partial = self.partial()
        error.request_id = self._head.request_id
        error.retryable = error.retryable and not self._mapper.has_delivered
        raise error

    def partial(self) -> Completion:
        """What has arrived."""
        completion = self._accumulator.completion()
        text, reasoning = self._mapper.unsplit()
        completion.choices[0].text += text
        completion.choices[0].reasoning += reasoning
        completion.usage = completion.usage or self._mapper.usage
        completion.request_id = self._head.request_id
        return completion

    def _end(self, chunks: list[Chunk]) -> None:
        self.is_answered = True
        self._give_out([self._mapper.last_chunk()], chunks)

    def _give_out(self, new: list[Chunk], chunks: list[Chunk]) -> None:
        for chunk in new:
            self._accumulator.add(chunk)
        chunks += new

    def _read(self, payload: bytes, chunks: list[Chunk]) -> None:
        """One event that is not plain text."""
        if isinstance(payload, StrayLine):
            self._read_stray(self._stray.add(payload))
            return
        if self._stray.is_page and not self._mapper.has_choices:
            # A line of a page's script, such as `data: 5,`.
            return
        stripped = payload.strip()
        if stripped == _DONE:
            self.is_done = True
            return
        for event in self._events(payload) if stripped else ():
            if isinstance(payload, ErrorEvent) or is_error_body(event):
                raise self._failed(event)
            self._give_out(self._chunks(event), chunks)

    def _events(self, payload: bytes) -> list[Any]:
        """The JSON of an event; several where a proxy left out the blank lines between them."""
        try:
            return [self._parsed(payload)]
        except MalformedError as exc:
            if isinstance(payload, ErrorEvent):
                return [payload.decode("utf-8", "replace")]
            lines = [line for line in payload.split(b"\n") if line.strip()]
            if len(lines) < 2:
                raise self._malformed(f"{exc}: {preview(payload)}") from exc
        try:
            events = [self._parsed(line) for line in lines if line.strip() != _DONE]
        except MalformedError as exc:
            raise self._malformed(f"{exc}: {preview(payload)}") from exc
        self.is_done = lines[-1].strip() == _DONE
        return events

    def _parsed(self, payload: bytes) -> Any:
        try:
            return from_json(payload)
        except ValueError:
            event = parse_halves(payload)
            self._mapper.note_halves()
            return event

    def _chunks(self, event: Any) -> list[Chunk]:
        try:
            return self._mapper.chunks(event)
        except SecondResponseError as exc:
            text = "The gateway began a second answer behind the half of a first one."
            raise self._failed(text, may_retry=False) from exc
        except MalformedError as exc:
            raise self._malformed(str(exc)) from exc

    def _cut_off(self, chunks: list[Chunk]) -> None:
        """What the end of the bytes cut off: half an event is a truncation, no malformed one."""
        for payload in () if self.is_done else self._decoder.close():
            if not isinstance(payload, StrayLine) and _is_half(payload):
                continue
            self._read(payload, chunks)
        self._read_stray(self._stray.close())

    def _read_stray(self, body: Any) -> None:
        """Bare JSON between or behind the events: an error, or all of the answer in one piece."""
        if is_error_body(body):
            raise self._failed(body)

    def _read_whole(self, chunks: list[Chunk]) -> None:
        """A stream request answered with one JSON body, or with a web page."""
        if not self._stray:
            return
        body = self._stray.value
        try:
            is_answer = isinstance(body, dict) and bool(to_completion(body, None).choices)
            self._give_out(self._mapper.chunks(body), chunks)
        except MalformedError:
            is_answer = False
        if not is_answer:
            # Here, as below: what is known about errors is loaded with the first of them.
            from ramclouds._failures.from_response import response_error

            text = self._stray.text
            partial = partial_completion(text, self._head.request_id) if body is None else None
            raise response_error(self._head, text, body, partial=partial)

    def _failed(self, body: Any, *, may_retry: bool = True) -> RamCloudsError:
        from ramclouds._failures.from_response import stream_error

        is_retryable = may_retry and not self._mapper.has_delivered
        return stream_error(self._head, body, partial=self.partial(), is_retryable=is_retryable)

    def _malformed(self, what: str) -> RamCloudsError:
        return self._failed(f"The stream holds an event that is broken: {what}.")

    def _truncated(self) -> RamCloudsError:
        has_delivered = self._mapper.has_delivered
        return StreamTruncatedError(
            self._head.message(_truncation(has_delivered, self._mapper.has_choices)),
            status_code=self._head.status_code,
            request_id=self._head.request_id,
            response=self._head.response,
            retryable=not has_delivered,
            partial=self.partial(),
        )


def _is_half(payload: bytes) -> bool:
    """Whether an event is the beginning of one line of JSON."""
    payload = payload.strip()
    try:
        if payload not in {b"", _DONE}:
            parse(payload)
    except MalformedError:
        return b"\n" not in payload
    return False


def _truncation(has_delivered: bool, has_choices: bool) -> str:
    if has_delivered:
        return (
            "The stream ended before the answer did: no finish reason came. What had arrived is "
            "in error.partial. Send the request again."
        )
    if has_choices:
        return "The stream ended without an answer. Send the request again."
    return (
        "The stream ended without an answer; the provider's filter may have blocked it. "
        "Send the request again, or change the messages."
    )
