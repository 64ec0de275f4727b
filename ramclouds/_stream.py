"""A streamed answer, from bytes to chunks: pure, and the one judge of whether it is complete."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from ramclouds._accumulate import Accumulator
from ramclouds._classify import Answer, is_error_body, response_error, stream_error
from ramclouds._sse import ErrorEvent, EventDecoder
from ramclouds._surrogates import SurrogateJoiner
from ramclouds._think import ThinkSplitter
from ramclouds._tool_deltas import ToolCallTracker
from ramclouds._wire import (
    MalformedError,
    answer_of,
    as_index,
    as_list,
    as_name,
    as_object,
    as_text,
    parse,
    parse_halves,
    raw_calls,
    reasoning_of,
    to_usage,
)
from ramclouds.errors import (
    APIConnectionError,
    APITimeoutError,
    RamCloudsError,
    StreamTruncatedError,
)
from ramclouds.types import Chunk, Completion, Usage

# New API's own limit for one line; a Gemini image arrives as one event of megabytes.
MAX_EVENT_BYTES = 128 * 1024 * 1024

_DONE = b"[DONE]"


class StreamReader:
    """Reads one streamed answer; `feed` and `close` raise what `ramclouds.errors` promises."""

    def __init__(self, answer: Answer, *, think_tags: bool = False) -> None:
        self.is_done = False
        """The end marker was seen."""
        self.is_over = False
        """Nothing more is to be read."""
        self.is_answered = False
        """The last chunk was given out."""
        self._answer = answer
        self._decoder = EventDecoder()
        self._tools = ToolCallTracker()
        self._accumulator = Accumulator()
        self._think = ThinkSplitter() if think_tags else None
        self._surrogates = SurrogateJoiner()
        self._head: Chunk | None = Chunk(request_id=answer.request_id)
        self._ids: list[str | None] = []
        self._events = 0
        self._choices: dict[int, str | None] = {}
        """Every choice seen, with its finish reason."""
        self._usage: Usage | None = None
        self._last_raw: dict[str, Any] = {}

    @property
    def is_complete(self) -> bool:
        """Whether every choice has a finish reason; the end marker alone proves nothing."""
        return bool(self._choices) and None not in self._choices.values()

    @property
    def has_delivered(self) -> bool:
        """Whether any chunk was given out, so that a second attempt would repeat it."""
        return self._head is None

    def partial(self) -> Completion:
        """What has arrived."""
        completion = self._accumulator.completion()
        if self._think is not None and completion.choices:
            text, reasoning = self._think.close()
            completion.choices[0].text += text
            completion.choices[0].reasoning += reasoning
        completion.usage = completion.usage or self._usage
        completion.request_id = self._answer.request_id
        return completion

    def feed(self, data: bytes) -> list[Chunk]:
        """Take in some bytes; give out the chunks they complete."""
        chunks: list[Chunk] = []
        for payload in self._decoder.feed(data):
            try:
                event = from_json(payload)
                # Nine of ten events are this: one choice with some text and nothing else.
                choice = event["choices"][0]
                text = choice["delta"]["content"]
                is_plain = (
                    self._head is None
                    and self._think is None
                    and type(text) is str
                    and len(choice["delta"]) == 1
                    and not choice.get("finish_reason")
                    and not choice.get("logprobs")
                    and not choice.get("index")
                    and len(event["choices"]) == 1
                    and not event.get("usage")
                    and event.get("id") == self._ids[0]
                    and "error" not in event
                    and type(payload) is bytes
                )
            except (ValueError, LookupError, TypeError, AttributeError):
                is_plain = False
            if is_plain:
                if text:
                    chunk = Chunk(text=text, raw=event)
                    self._accumulator.add(chunk)
                    chunks.append(chunk)
                continue
            chunks += self._read(payload)
            if self.is_done:
                return chunks + self.close()
        if self._decoder.unfinished > MAX_EVENT_BYTES:
            raise self._malformed(f"an event of more than {MAX_EVENT_BYTES} bytes")
        return chunks

    def close(self) -> list[Chunk]:
        """The end of the bytes: give out the last chunk, or say why there is none."""
        self.is_over = True
        chunks: list[Chunk] = []
        if not self.is_done:
            for payload in self._decoder.close():
                chunks += self._read_last(payload)
        self._check_residue()
        if not self._choices and self._decoder.residue:
            return chunks + self._read_whole()
        return chunks + self._last_chunk()

    def broke(self, error: RamCloudsError) -> list[Chunk]:
        """The connection broke: give out the last chunk if the answer was complete by then.

        Raises:
            RamCloudsError: it was not; what had arrived is on the error.
        """
        chunks: list[Chunk] = []
        for payload in self._decoder.close():
            chunks += self._read_last(payload)
        self._check_residue()
        if self.is_complete:
            return chunks + self._last_chunk()
        if isinstance(error, APIConnectionError) and not isinstance(error, APITimeoutError):
            raise self._truncated() from error.__cause__
        error.partial = self.partial()
        error.request_id = self._answer.request_id
        error.retryable = error.retryable and not self.has_delivered
        raise error

    def _read(self, payload: bytes) -> list[Chunk]:
        """One event that is not plain text."""
        self._check_residue()
        stripped = payload.strip()
        if stripped == _DONE:
            self.is_done = True
            return []
        if not stripped:
            return []
        try:
            events = [self._parsed(payload)]
        except MalformedError as exc:
            events = self._several(payload, exc)
        chunks = []
        for event in events:
            if isinstance(payload, ErrorEvent) or is_error_body(event):
                raise self._failed(event)
            try:
                chunks += self._to_chunks(event)
            except MalformedError as exc:
                raise self._malformed(str(exc)) from exc
        return chunks

    def _parsed(self, payload: bytes) -> Any:
        try:
            return from_json(payload)
        except ValueError:
            event = parse_halves(payload)
            self._surrogates.is_needed = True
            return event

    def _several(self, payload: bytes, exc: MalformedError) -> list[Any]:
        """Events that a proxy wrote without the blank line between them."""
        lines = [line for line in payload.split(b"\n") if line.strip()]
        if isinstance(payload, ErrorEvent):
            return [payload.decode("utf-8", "replace")]
        try:
            if len(lines) > 1:
                self.is_done = lines[-1].strip() == _DONE
                return [parse(line) for line in lines if line.strip() != _DONE]
        except MalformedError:
            pass
        self.is_done = False
        raise self._malformed(str(exc)) from exc

    def _read_last(self, payload: bytes) -> list[Chunk]:
        """An event that the end of the stream cut off: half of one is a truncation."""
        try:
            if payload.strip() != _DONE and payload.strip():
                parse(payload)
        except MalformedError:
            if b"\n" not in payload.strip():
                return []
        return self._read(payload)

    def _to_chunks(self, event: Any) -> list[Chunk]:
        if not isinstance(event, dict):
            if event is None:
                return []
            raise MalformedError(f"an event is {type(event).__name__}, not an object")
        self._note_usage(event)
        chunk: Chunk | None = None
        for position, choice in enumerate(as_list(event.get("choices"))):
            if not isinstance(choice, dict):
                continue
            index = as_index(choice.get("index"))
            taken = self._take_choice(position if index is None else index, choice, event)
            chunk = taken or chunk
        self._note_id(event)
        if chunk is None:
            return []
        return [self._given_out(chunk)]

    def _note_usage(self, event: dict[str, Any]) -> None:
        usage = to_usage(event.get("usage"))
        if usage is not None:
            # The last one counts: it is the total, never a part to add up.
            self._usage = usage
            self._last_raw = event
        elif not self._last_raw or self._usage is None:
            self._last_raw = event

    def _take_choice(
        self, index: int, choice: dict[str, Any], event: dict[str, Any]
    ) -> Chunk | None:
        delta = answer_of(choice)
        self._check_same_answer(delta, event)
        finish_reason = as_name(choice.get("finish_reason"))
        # The first reason stays: Gemini channels say tool_calls, and then stop.
        self._choices[index] = self._choices.get(index) or finish_reason
        if index != min(self._choices):
            # Nobody asked for a second answer; its text must not run into the first one's.
            return None
        if "message" in choice and self.has_delivered:
            # A whole message at the end repeats what was streamed.
            return None
        logprobs = as_object(choice.get("logprobs")) or None
        text = as_text(delta.get("content")) if delta else ""
        reasoning = reasoning_of(delta) if delta else ""
        refusal = as_text(delta.get("refusal")) if delta else ""
        fragments = raw_calls(delta) if delta else []
        if self._surrogates.is_needed:
            text = self._surrogates.join("text", text)
            reasoning = self._surrogates.join("reasoning", reasoning)
        if self._think is not None and text:
            text, inline = self._think.feed(text)
            reasoning += inline
        calls = self._tools.take(fragments, self._basis(event)) if fragments else []
        if not (text or reasoning or refusal or calls or logprobs or _has_more(delta)):
            return None
        return Chunk(
            text=text,
            reasoning=reasoning,
            tool_calls=tuple(calls),
            refusal=refusal,
            logprobs=logprobs,
            raw=event,
        )

    def _basis(self, event: dict[str, Any]) -> tuple[Any, ...]:
        return (event.get("id"), event.get("created"), self._answer.request_id)

    def _check_same_answer(self, delta: dict[str, Any], event: dict[str, Any]) -> None:
        """Refuse a second answer behind the first.

        When a channel fails in mid-stream and the gateway retries, it appends the next channel's
        whole stream (New API, controller/relay.go): a role again, and another id. Some gateways
        make a new id for each chunk, though, and some repeat the role: only both at once, after
        ids that held still, are a second answer.
        """
        event_id = as_name(event.get("id"))
        if event_id is None or not self.has_delivered or not delta.get("role"):
            return
        if event_id in self._ids or len(self._ids) > 1:
            return
        if self._ids and (self._events > 1 or not delta.get("content")):
            raise stream_error(
                self._answer,
                "The gateway began a second answer behind the half of a first one. "
                "Send the request again.",
                partial=self.partial(),
                is_retryable=False,
            )

    def _note_id(self, event: dict[str, Any]) -> None:
        event_id = as_name(event.get("id"))
        if event_id is not None and as_list(event.get("choices")):
            self._events += 1
            if event_id not in self._ids and len(self._ids) < 2:
                self._ids.append(event_id)
        head = self._head
        if head is not None:
            head.id = head.id or event_id
            head.model = head.model or as_name(event.get("model"))

    def _given_out(self, chunk: Chunk) -> Chunk:
        """A chunk on its way out; the first one carries what is said once."""
        head = self._head
        if head is not None:
            chunk.id, chunk.model, chunk.request_id = head.id, head.model, head.request_id
            self._head = None
            if not self._ids:
                self._ids.append(None)
        self._accumulator.add(chunk)
        return chunk

    def _last_chunk(self) -> list[Chunk]:
        if not self.is_complete:
            raise self._truncated()
        self.is_answered = True
        text, reasoning = self._think.close() if self._think is not None else ("", "")
        return [
            self._given_out(
                Chunk(
                    text=text + self._surrogates.close("text"),
                    reasoning=reasoning + self._surrogates.close("reasoning"),
                    tool_calls=tuple(self._tools.close()),
                    finish_reason=self._choices[min(self._choices)],
                    usage=self._usage,
                    raw=self._last_raw,
                )
            )
        ]

    def _check_residue(self) -> None:
        """Look for an error among the lines that were no event: New API appends it bare."""
        if not self._decoder.residue:
            return
        try:
            body = parse(b"\n".join(self._decoder.residue))
        except MalformedError:
            return
        if is_error_body(body):
            raise self._failed(body)

    def _read_whole(self) -> list[Chunk]:
        """A stream request answered with one JSON body, or with a web page."""
        body = b"\n".join(self._decoder.residue)
        try:
            event = parse(body)
            chunks = self._to_chunks(event) if isinstance(event, dict) else []
        except MalformedError:
            event = None
            chunks = []
        if not self._choices:
            raise response_error(self._answer, body, event, partial=self.partial())
        return chunks + self._last_chunk()

    def _failed(self, body: Any) -> RamCloudsError:
        return stream_error(
            self._answer,
            body,
            partial=self.partial(),
            is_retryable=not self.has_delivered,
        )

    def _malformed(self, what: str) -> RamCloudsError:
        return stream_error(
            self._answer,
            f"The stream holds an event that is broken: {what}.",
            partial=self.partial(),
            is_retryable=not self.has_delivered,
        )

    def _truncated(self) -> RamCloudsError:
        return StreamTruncatedError(
            self._answer.message(_truncation(self.has_delivered, bool(self._choices))),
            status_code=self._answer.status_code,
            request_id=self._answer.request_id,
            response=self._answer.response,
            retryable=not self.has_delivered,
            partial=self.partial(),
        )


def _has_more(delta: dict[str, Any]) -> bool:
    """Whether a delta holds something that only `raw` can show, such as audio."""
    known = {"role", "content", "tool_calls", "refusal", "reasoning", "reasoning_content"}
    return any(value for key, value in delta.items() if key not in known)


def _truncation(has_delivered: bool, has_choices: bool) -> str:
    if has_delivered:
        return (
            "The stream ended before the answer did: no finish reason came. What had arrived is "
            "in error.partial. Send the request again."
        )
    if has_choices:
        return "The stream ended without an answer. Send the request again."
    return (
        "The stream ended without an answer; it may have been blocked by the provider's filter. "
        "Send the request again, or change the messages."
    )
