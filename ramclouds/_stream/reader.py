"""A streamed completion, from bytes to chunks, and how it ended. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, TypeAlias

from pydantic_core import from_json

from ramclouds._failures.error_body import is_error_body
from ramclouds._failures.from_response import response_error
from ramclouds._failures.response_head import ResponseHead
from ramclouds._json.parsing import MalformedError, parse, parse_halves, preview
from ramclouds._stream.accumulator import Accumulator
from ramclouds._stream.arguments import ArgumentsReader
from ramclouds._stream.chunks import ChunkMapper, SecondResponseError
from ramclouds._stream.stops import StopCutter
from ramclouds._stream.stray_json import StrayJson
from ramclouds._stream.stream_errors import StreamErrors
from ramclouds._wire.chat.completion import EmptyChoiceError, partial_completion, to_completion
from ramclouds._wire.chat.ending import CUT_OFF, FILTERED, Reading
from ramclouds._wire.chat.tool_calls import with_users_names
from ramclouds._wire.sse import Event, EventDecoder
from ramclouds.errors import ContentFilterError, RamCloudsError
from ramclouds.types import Chunk, Completion

# New API's own limit for one line; a Gemini image arrives as one event of megabytes.
MAX_EVENT_BYTES = 128 * 1024 * 1024
# Each token has some 300 bytes around it, or thousands with logprobs.
MAX_STREAM_BYTES = 1024 * 1024 * 1024

_DONE = b"[DONE]"

Step: TypeAlias = tuple[list[Chunk], RamCloudsError | None]
"""What some bytes of a stream gave: chunks, and behind them the error that ended it."""


class StreamReader:
    """Reads one streamed completion; its errors are what `ramclouds.errors` promises."""

    def __init__(self, head: ResponseHead, reading: Reading) -> None:
        self.is_done = False
        """The end marker was seen."""
        self.is_over = False
        """Nothing more is to be read."""
        self._size = 0
        self._head = head
        self._reading = reading
        self._decoder = EventDecoder()
        self._stray = StrayJson()
        self._mapper = ChunkMapper(head.request_id, reading)
        self._accumulator = Accumulator()
        self._errors = StreamErrors(head, self._mapper, self._accumulator)
        prepared = reading.prepared
        self._names = prepared.tool_names
        self._arguments = ArgumentsReader(prepared.arguments) if prepared.arguments else None
        self._stops = StopCutter(prepared.stop) if prepared.stop else None

    @property
    def has_delivered(self) -> bool:
        """Whether a chunk was given out."""
        return self._mapper.has_delivered

    def feed(self, data: bytes) -> Step:
        """Takes in some bytes; gives the chunks they complete."""
        return self._step(chain.from_iterable(self._read(data)))

    def close(self) -> Step:
        """The end of the bytes; gives the last chunk, or the error that says why there is none."""
        return self._step(self._last(None))

    def broke(self, error: RamCloudsError) -> Step:
        """The connection broke; gives the last chunk if nothing is missing."""
        return self._step(self._last(error))

    def partial(self) -> Completion:
        """What has arrived."""
        return self._errors.partial()

    def _step(self, found: Iterable[Chunk]) -> Step:
        chunks: list[Chunk] = []
        add = self._accumulator.add
        names, arguments = self._names, self._arguments
        try:
            for chunk in found:
                if self._stops is not None:
                    self._stops.cut(chunk)
                if names:
                    with_users_names(chunk, names)
                add(chunk)
                if arguments is None or arguments.read(chunk):
                    chunks.append(chunk)
                if self._stops is not None and self._stops.has_stopped:
                    self.is_over = True
                    break
        except RamCloudsError as error:
            self.is_over = True
            return chunks, error
        return chunks, None

    def _read(self, data: bytes) -> Iterator[Iterable[Chunk]]:
        """The chunks of some bytes; those of plain text come as one list, not one by one."""
        plain = self._mapper.plain
        texts: list[Chunk] = []
        for event in self._decoder.feed(data):
            kind, payload = event
            try:
                value = from_json(payload)
            except ValueError:
                value = None
            chunk = plain(value)
            if chunk is not None and kind == "message":
                texts.append(chunk)
                continue
            yield texts
            texts = []
            yield self._any(event)
            if self.is_done:
                yield self._last(None)
                return
        yield texts
        if self._decoder.buffered + self._stray.size > MAX_EVENT_BYTES:
            raise self._errors.malformed(f"it is longer than {MAX_EVENT_BYTES} bytes")
        self._size += len(data)
        if self._size > MAX_STREAM_BYTES:
            raise self._errors.failed(f"The stream is longer than {MAX_STREAM_BYTES} bytes.")

    def _last(self, broken_by: RamCloudsError | None) -> Iterator[Chunk]:
        """What the end of the bytes cut off, and the last chunk of a complete stream."""
        self.is_over = True
        for event in () if self.is_done else self._decoder.close():
            # Half an event means that the stream was cut, not that the event is malformed.
            if event[0] == "stray" or not _is_half(event[1]):
                yield from self._any(event)
        self._check_stray(self._stray.close())
        if broken_by is None and not self._mapper.finish.has_choices:
            yield from self._whole_body()
        if not self._mapper.finish.is_complete:
            raise self._errors.incomplete() if broken_by is None else self._errors.broken(broken_by)
        yield self._last_chunk()

    def _last_chunk(self) -> Chunk:
        mapper, reading = self._mapper, self._reading
        proof = reading.proof(mapper.id, mapper.model, self._head.request_id, mapper.usage)
        if proof == "cut":
            raise self._errors.truncated(CUT_OFF)
        is_first = not mapper.has_delivered
        last = mapper.last_chunk(unproven=proof == "unproven")
        last.facts |= reading.facts(mapper.model, mapper.finish.first)
        parts = (last.text, last.reasoning, last.refusal, last.tool_calls, last.invalid_tool_calls)
        is_nothing = is_first and not any(parts)
        if is_nothing and reading.may_be_malformed_call(mapper.finish.first, mapper.model):
            raise self._errors.empty(ContentFilterError, FILTERED)
        return last

    def _any(self, event: Event) -> Iterator[Chunk]:
        """The chunks of an event that is not plain text."""
        kind, data = event
        if kind == "stray":
            self._check_stray(self._stray.add(data))
            return
        if self._stray.is_page and not self._mapper.finish.has_choices:
            # A line of a page's script, such as `data: 5,`.
            return
        stripped = data.strip()
        if stripped == _DONE:
            self.is_done = True
            return
        for value in self._values(kind, data) if stripped else ():
            if kind == "error" or is_error_body(value):
                raise self._errors.failed(value)
            yield from self._chunks(value)
            if self._mapper.finish.failure is not None:
                raise self._errors.given_up(self._mapper.finish.failure)

    def _values(self, kind: str, data: bytes) -> list[Any]:
        """The JSON of an event; several where a proxy left out the blank lines between them."""
        try:
            return [self._parsed(data)]
        except MalformedError as exc:
            if kind == "error":
                return [data.decode("utf-8", "replace")]
            lines = [line for line in data.split(b"\n") if line.strip()]
            if len(lines) < 2:
                raise self._errors.malformed(f"{exc}: {preview(data)}") from exc
        try:
            values = [self._parsed(line) for line in lines if line.strip() != _DONE]
        except MalformedError as exc:
            raise self._errors.malformed(f"{exc}: {preview(data)}") from exc
        self.is_done = lines[-1].strip() == _DONE
        return values

    def _parsed(self, data: bytes) -> Any:
        try:
            return from_json(data)
        except ValueError:
            value = parse_halves(data)
            self._mapper.note_halves()
            return value

    def _chunks(self, value: Any) -> list[Chunk]:
        try:
            return self._mapper.chunks(value)
        except SecondResponseError as exc:
            text = "The gateway began a second response behind a part of the first one."
            raise self._errors.failed(text, may_retry=False) from exc
        except MalformedError as exc:
            raise self._errors.malformed(str(exc)) from exc

    def _check_stray(self, body: Any) -> None:
        if is_error_body(body):
            raise self._errors.failed(body, may_be_late=True)

    def _whole_body(self) -> list[Chunk]:
        """The chunks of a stream request whose response is one JSON body."""
        if not self._stray:
            return []
        body, broken = self._stray.value, ""
        try:
            if isinstance(body, dict) and to_completion(body, None).choices:
                return self._mapper.chunks(body)
        except EmptyChoiceError:
            pass
        except MalformedError as exc:
            broken = str(exc)
        text = self._stray.text
        partial = partial_completion(text, self._head.request_id) if body is None else None
        raise response_error(self._head, text, body, partial=partial, broken=broken)


def _is_half(data: bytes) -> bool:
    """Whether an event is the beginning of one line of JSON."""
    data = data.strip()
    try:
        if data not in {b"", _DONE}:
            parse(data)
    except MalformedError:
        return b"\n" not in data
    return False
