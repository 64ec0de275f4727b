"""Events of one stream to chunks that are safe to merge: the Chunk contract is kept here."""

from __future__ import annotations

from typing import Any

from ramclouds._json.parsing import MalformedError
from ramclouds._json.surrogates import SurrogateJoiner
from ramclouds._stream.think_tags import ThinkSplitter
from ramclouds._stream.tool_calls import ToolCallTracker
from ramclouds._wire.chat.message import message_of, raw_calls, reasoning_of, refusal_of
from ramclouds._wire.fields import as_index, as_list, as_name, as_object, as_text
from ramclouds._wire.usage import usage_of
from ramclouds.types import Chunk, ToolCallDelta, Usage

_SHOWN = frozenset({"role", "content", "tool_calls", "refusal", "reasoning", "reasoning_content"})


class SecondResponseError(ValueError):
    """A second response began behind a part of the first one."""


class ChunkMapper:
    """Maps the events of one stream; remembers finish reasons, and what may come only once."""

    def __init__(self, request_id: str | None, *, think_tags: bool) -> None:
        self.usage: Usage | None = None
        self.has_delivered = False
        """Whether a chunk was given out, so that a second attempt would repeat it."""
        self._request_id = request_id
        self._id: str | None = None
        self._model: str | None = None
        self._ids: list[str | None] = []
        """The first two different ids."""
        self._events = 0
        self._finish_reasons: dict[int, str | None] = {}
        self._last_raw: dict[str, Any] = {}
        self._tools = ToolCallTracker()
        self._surrogates = SurrogateJoiner()
        self._think = ThinkSplitter() if think_tags else None
        self._is_simple = False
        """Whether text goes out as it came: after the first chunk, with no tags to split."""

    @property
    def has_choices(self) -> bool:
        """Whether any choice was seen."""
        return bool(self._finish_reasons)

    @property
    def is_complete(self) -> bool:
        """Whether every choice has a finish reason; `[DONE]` alone proves nothing."""
        return self.has_choices and None not in self._finish_reasons.values()

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
        return Chunk(text, raw=event) if is_plain else None

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
        self._note_head(event)
        return [] if found is None else [self._first_or_later(found)]

    def last_chunk(self) -> Chunk:
        """The chunk that ends a complete stream."""
        text, reasoning = self.unsplit()
        return self._first_or_later(
            Chunk(
                text=text + self._surrogates.close("text"),
                reasoning=reasoning + self._surrogates.close("reasoning"),
                refusal=self._surrogates.close("refusal"),
                tool_calls=tuple(self._tools.close()),
                finish_reason=self._finish_reasons[min(self._finish_reasons)],
                usage=self.usage,
                raw=self._last_raw,
            )
        )

    def unsplit(self) -> tuple[str, str]:
        """Text and reasoning that wait for the rest of a `<think>` tag."""
        return self._think.close() if self._think is not None else ("", "")

    def _note_usage(self, event: dict[str, Any]) -> None:
        usage = usage_of(event)
        if usage is not None and (self.usage is None or usage.total_tokens):
            # Usage may come in several events; each is the total so far. Zeros are no total.
            self.usage = usage
            self._last_raw = event
        elif self.usage is None:
            self._last_raw = event

    def _take_choice(
        self, index: int, choice: dict[str, Any], event: dict[str, Any]
    ) -> Chunk | None:
        delta = _delta_of(choice)
        self._check_same_response(delta, event)
        # The first reason stays: Gemini channels say tool_calls, and then stop.
        reason = self._finish_reasons.get(index) or as_name(choice.get("finish_reason"))
        self._finish_reasons[index] = reason
        if index != min(self._finish_reasons):
            # Nobody asked for a second choice; its text must not run into the first one's.
            return None
        if choice.get("message") and self.has_delivered:
            # A whole message at the end repeats what was streamed.
            return None
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

    def _check_same_response(self, delta: dict[str, Any], event: dict[str, Any]) -> None:
        """Refuses a second response behind the first.

        When a channel fails in mid-stream and the gateway retries, it appends the next channel's
        whole stream (New API, controller/relay.go): a role again, and another id. Some gateways
        make a new id for each chunk, though, and some repeat the role. So only both at once, after
        an id that did not change, are a second response.
        """
        event_id = as_name(event.get("id"))
        if event_id is None or not self.has_delivered or not delta.get("role"):
            return
        if len(self._ids) != 1 or event_id in self._ids:
            return
        if self._events > 1 or not delta.get("content"):
            raise SecondResponseError

    def _note_head(self, event: dict[str, Any]) -> None:
        if not as_list(event.get("choices")):
            # Azure's first event and New API's last one have ids of their own, or empty ones.
            return
        event_id = as_name(event.get("id"))
        self._events += 1
        if event_id is not None and event_id not in self._ids and len(self._ids) < 2:
            self._ids.append(event_id)
        self._id = self._id or event_id
        self._model = self._model or as_name(event.get("model"))

    def _first_or_later(self, chunk: Chunk) -> Chunk:
        """The chunk, with what comes once where it is the first."""
        if not self.has_delivered:
            self.has_delivered = True
            chunk.id, chunk.model, chunk.request_id = self._id, self._model, self._request_id
            self._is_simple = self._think is None and not self._surrogates.is_needed
        return chunk


def _delta_of(choice: dict[str, Any]) -> dict[str, Any]:
    """The delta of a choice; one of the wrong type is an error, not an empty delta."""
    delta = message_of(choice)
    given = choice.get("delta")
    if given and not isinstance(given, dict):
        raise MalformedError(f"a delta is {type(given).__name__}")
    return delta
