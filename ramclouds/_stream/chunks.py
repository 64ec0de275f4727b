"""Events of one stream to chunks that are safe to merge: the Chunk contract is kept here."""

from __future__ import annotations

from typing import Any

from ramclouds._json.parsing import MalformedError
from ramclouds._json.surrogates import SurrogateJoiner
from ramclouds._stream.finish_reasons import FinishReasons
from ramclouds._stream.think_tags import ThinkSplitter
from ramclouds._stream.tool_calls import ToolCallTracker
from ramclouds._wire.chat.ending import Reading, is_gateway_id
from ramclouds._wire.chat.extra import merged, message_extra, response_facts, with_pictures
from ramclouds._wire.chat.message import delta_of, reasoning_of, refusal_of
from ramclouds._wire.chat.tool_calls import raw_calls
from ramclouds._wire.fields import as_index, as_list, as_name, as_object, as_text
from ramclouds._wire.usage import usage_of
from ramclouds.bridge.pictures import PictureSplitter
from ramclouds.types import Chunk, ToolCallDelta, Usage

_PLAIN = frozenset({"role", "content", "tool_calls"})
_SHOWN = frozenset({"role", "content", "tool_calls", "refusal", "reasoning", "reasoning_content"})


class SecondResponseError(ValueError):
    """A second response began behind a part of the first one."""


class ChunkMapper:
    """Maps the events of one stream; remembers what may come only once."""

    def __init__(self, request_id: str | None, reading: Reading) -> None:
        self.usage: Usage | None = None
        self.finish = FinishReasons()
        self.has_empty_event = False
        """Whether an event behind the role had no choices and no usage."""
        self.id: str | None = None
        self.model: str | None = None
        self.has_delivered = False
        """Whether a chunk was given out, so that a second attempt would repeat it."""
        self._request_id = request_id
        self._own_model = reading.own_model
        self._reading = reading
        self._ids: list[str | None] = []
        """The first two different ids."""
        self._events = 0
        self._last_raw: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}
        self._facts: dict[str, Any] = {}
        self._tools = ToolCallTracker()
        self._surrogates = SurrogateJoiner()
        self._think = ThinkSplitter() if reading.think_tags else None
        self._pictures = PictureSplitter() if reading.images_in_text == "block" else None
        self._has_bare_delta = False
        """Whether a delta had content and no role."""
        self._is_simple = False
        """Whether text goes out as it came: after the first chunk, with nothing to split."""

    def note_halves(self) -> None:
        """Joins halves of surrogate pairs from now on."""
        self._surrogates.is_needed = True
        self._is_simple = False

    def plain(self, event: Any) -> Chunk | None:
        """The chunk of an event that is one choice with some text and nothing else.

        Nine of ten events are, so they skip the rest; for any other this is None, and `chunks`
        reads it.
        """
        if not self._is_simple:
            return None
        try:
            (choice,) = event["choices"]
            delta = choice["delta"]
            text = delta["content"]
            is_plain = (
                type(text) is str
                and text != ""
                and (len(delta) == 1 or (len(delta) == 2 and "role" in delta))
                and event["id"] == self._ids[0]
                and not choice.get("finish_reason")
                and not choice.get("logprobs")
                and not choice.get("index")
                and not event.get("usage")
                and "error" not in event
            )
        except (LookupError, TypeError, ValueError, AttributeError):
            return None
        if not is_plain:
            return None
        if len(delta) == 1:
            self._has_bare_delta = True
        return Chunk(text, raw=event)

    def chunks(self, event: Any) -> list[Chunk]:
        """The chunks of any event; none for one without content.

        Raises:
            MalformedError: the event has the wrong type somewhere.
            SecondResponseError: it begins another response.
        """
        if not isinstance(event, dict):
            if event is None:
                return []
            raise MalformedError(f"an event is {type(event).__name__}, not an object")
        self._note_usage(event)
        found: Chunk | None = None
        for place, choice in enumerate(as_list(event.get("choices"))):
            if isinstance(choice, dict):
                index = as_index(choice.get("index"))
                chunk = self._take_choice(place if index is None else index, choice, event)
                found = chunk or found
        self._facts = merged(self._facts, response_facts(event))
        self._note_head(event)
        return [] if found is None else [self._first_or_later(found)]

    def last_chunk(self, *, unproven: bool) -> Chunk:
        """The chunk that ends a complete stream."""
        text, reasoning = self.unsplit()
        reason = self.finish.first
        deltas, invalid = self._tools.close(reason)
        return self._first_or_later(
            Chunk(
                text=text + self._surrogates.close("text"),
                reasoning=reasoning + self._surrogates.close("reasoning"),
                refusal=self._surrogates.close("refusal"),
                tool_calls=tuple(deltas),
                invalid_tool_calls=tuple(invalid),
                finish_reason=reason,
                usage=self.usage,
                raw=self._last_raw,
                unproven=unproven,
                extra=with_pictures(self._extra, self._pictures.pictures if self._pictures else []),
                facts=self._facts,
            )
        )

    def unsplit(self) -> tuple[str, str]:
        """Text and reasoning that wait for the rest of a `<think>` tag or of a picture."""
        text, reasoning = self._think.close() if self._think is not None else ("", "")
        if self._pictures is not None:
            text = self._pictures.feed(text) + self._pictures.close()
        return text, reasoning

    def _note_usage(self, event: dict[str, Any]) -> None:
        usage = usage_of(event, as_name(event.get("id")) or self.id)
        self._reading.billed(usage)
        if usage is not None and (self.usage is None or usage.total_tokens):
            # Usage may come in several events; each is the total so far. Zeros are no total.
            self.usage = usage
            self._last_raw = event
        elif self.usage is None:
            self._last_raw = event
        if event.get("choices") == [] and usage is None and self.finish.has_choices:
            self.has_empty_event = True

    def _take_choice(
        self, index: int, choice: dict[str, Any], event: dict[str, Any]
    ) -> Chunk | None:
        delta = delta_of(choice)
        reason = as_name(choice.get("finish_reason"))
        self._check_same_response(delta, reason, event)
        if reason is not None:
            event_id = as_name(event.get("id"))
            is_rewritten = self._events > 0 and is_gateway_id(event_id, self._request_id)
            self.finish.note(index, reason, delta, is_rewritten=is_rewritten)
        if not self.finish.take(index, reason, choice):
            # Nobody asked for a second choice; its text must not run into the first one's.
            return None
        if not delta.keys() <= _PLAIN or isinstance(delta.get("content"), list):
            self._extra = merged(self._extra, message_extra(delta))
        if choice.get("message") and self.has_delivered:
            # A whole message at the end repeats what was streamed.
            return None
        if not self._has_bare_delta:
            self._has_bare_delta = not delta.get("role") and any(delta.values())
        return self._to_chunk(delta, as_object(choice.get("logprobs")) or None, event)

    def _to_chunk(
        self, delta: dict[str, Any], logprobs: dict[str, Any] | None, event: dict[str, Any]
    ) -> Chunk | None:
        text, reasoning = as_text(delta.get("content")), reasoning_of(delta)
        refusal = refusal_of(delta)
        if self._surrogates.is_needed:
            text = self._surrogates.join("text", text)
            reasoning = self._surrogates.join("reasoning", reasoning)
            refusal = self._surrogates.join("refusal", refusal)
        if self._think is not None and text:
            text, inline = self._think.feed(text)
            reasoning += inline
        if self._pictures is not None and text:
            text = self._pictures.feed(text)
        calls = self._calls(delta, event)
        has_more = any(value for key, value in delta.items() if key not in _SHOWN)
        if not (text or reasoning or refusal or calls or logprobs or has_more):
            return None
        return Chunk(
            text=text,
            reasoning=reasoning,
            tool_calls=calls,
            refusal=refusal,
            logprobs=logprobs,
            raw=event,
        )

    def _calls(self, delta: dict[str, Any], event: dict[str, Any]) -> tuple[ToolCallDelta, ...]:
        fragments = raw_calls(delta)
        if not fragments:
            return ()
        if self._surrogates.is_needed:
            fragments = [self._surrogates.join_arguments(fragment) for fragment in fragments]
        basis = (event.get("id"), event.get("created"), self._request_id)
        return tuple(self._tools.take(fragments, basis))

    def _check_same_response(
        self, delta: dict[str, Any], reason: str | None, event: dict[str, Any]
    ) -> None:
        """Refuses a second response behind the first.

        When a channel fails in mid-stream and the gateway retries, it appends the next channel's
        whole stream (New API, controller/relay.go): a role again, behind deltas without one. Claude
        has another id then; a converted channel has the id that the gateway makes. Some providers
        send a role once more, though, and some make an id for each chunk.
        """
        if not delta.get("role") or not self._has_bare_delta:
            return
        event_id = as_name(event.get("id"))
        is_start = reason is None and not any(
            value for key, value in delta.items() if key != "role"
        )
        if is_gateway_id(event_id, self._request_id):
            is_second = is_start
        else:
            is_new = event_id is not None and len(self._ids) == 1 and event_id not in self._ids
            is_second = is_new and (is_start or self._events > 1)
        if is_second:
            raise SecondResponseError

    def _note_head(self, event: dict[str, Any]) -> None:
        if not as_list(event.get("choices")):
            # Azure's first event and New API's last one have ids of their own, or empty ones.
            return
        event_id = as_name(event.get("id"))
        self._events += 1
        if not (self.has_delivered or self._has_bare_delta):
            # A channel that failed before its first word is followed by the next one.
            self._ids.clear()
            self.id = event_id
        if event_id is not None and event_id not in self._ids and len(self._ids) < 2:
            self._ids.append(event_id)
        self.id = self.id or event_id
        self.model = self.model or as_name(event.get("model"))

    def _first_or_later(self, chunk: Chunk) -> Chunk:
        """The chunk; the first one gets what comes only once."""
        if not self.has_delivered:
            self.has_delivered = True
            chunk.id, chunk.request_id = self.id, self._request_id
            chunk.model = self.model or self._own_model
            splits = self._think is not None or self._pictures is not None
            self._is_simple = not (splits or self._surrogates.is_needed)
        return chunk
