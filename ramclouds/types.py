"""What the client returns: plain, slotted values that know neither HTTP nor a framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ramclouds._prices.billed import Billed
from ramclouds._prices.known import price_of
from ramclouds._prices.price import Price, cost_of

# New API's default; an operator can change it.
_UNITS_PER_USD = 500_000

# Slots, not frozen: a frozen dataclass takes three times as long to build, and a Chunk is built
# for every streamed token. Treat the values as read-only all the same.


@dataclass(slots=True)
class Usage(Billed):
    """Tokens of one call, as the gateway counted them; a count it did not send is 0."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int = 0
    """Read from a prompt cache; on current gateway versions part of `prompt_tokens`."""
    cache_creation_tokens: int = 0
    """Written to a prompt cache."""
    reasoning_tokens: int = 0
    """Spent on reasoning; part of `completion_tokens`."""
    prompt_audio_tokens: int = 0
    completion_audio_tokens: int = 0
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The usage object as sent."""

    @property
    def price(self) -> Price | None:
        """The price of the model, or None where it is not known; makes no request."""
        return None if self._billed_as is None else price_of(self._billed_as[1], self._billed_as[0])

    @property
    def cost(self) -> float | None:
        """US dollars of the call by its `price`, or None where that is not known."""
        return cost_of(self, self.price)


@dataclass(slots=True)
class ToolCall:
    """One complete tool call; `arguments` is JSON text, `{}` where the model sent none."""

    id: str
    name: str
    arguments: str
    extra: dict[str, Any] = field(default_factory=dict)
    """Keys beside id, type and function, such as Google's `extra_content`: send them back."""

    @property
    def extra_content(self) -> Any:
        """`extra["extra_content"]`, or None: where Google's endpoint puts thought signatures."""
        return self.extra.get("extra_content")


@dataclass(slots=True)
class InvalidToolCall:
    """A call that no tool may run: its arguments are cut off, or are not one JSON object."""

    id: str
    name: str
    arguments: str
    """As the model wrote them."""
    reason: str = ""
    """What is wrong with it, in one sentence."""
    index: int | None = None
    """In a stream the `index` of its fragments, where some were given out; else None."""
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ToolCallDelta:
    """A fragment of one tool call: fragments with the same `index` belong together."""

    index: int
    id: str | None = None
    """On the first fragment of its call, None on the others."""
    name: str | None = None
    """On the first fragment of its call, None on the others."""
    arguments: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    """On one fragment of its call, empty on the others."""


@dataclass(slots=True)
class Choice:
    """One of the completions that `n` asked for; normally the only one."""

    index: int = 0
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    """stop, length, tool_calls, content_filter, or what else the gateway sent."""
    logprobs: Mapping[str, Any] | None = None
    invalid_tool_calls: tuple[InvalidToolCall, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    """What else the message holds, as sent: `audio`, `images`, `annotations`, `citations`."""


_NO_CHOICE = Choice()


@dataclass(slots=True)
class Completion:
    """A whole response, or what had arrived of one, as the `partial` of an error."""

    id: str = ""
    model: str = ""
    choices: tuple[Choice, ...] = ()
    usage: Usage | None = None
    request_id: str | None = None
    """The gateway's `X-Oneapi-Request-Id`: quote it to support."""
    raw: dict[str, Any] = field(default_factory=dict, repr=False)
    """The JSON as sent; of a completion put together from a stream, the stream's last event."""
    tool_calling: str | None = None
    """`prompted` or `grammar` where tools and formats were asked for through the prompt."""
    unproven: bool = False
    """Whether it may be cut off although it has a finish reason; see docs/client/streams.md."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What else the response says, as sent: `system_fingerprint`, `service_tier`, `citations`."""

    @property
    def _first(self) -> Choice:
        return self.choices[0] if self.choices else _NO_CHOICE

    @property
    def text(self) -> str:
        """Text of the first choice."""
        return self._first.text

    @property
    def reasoning(self) -> str:
        """Reasoning of the first choice: not part of `text`."""
        return self._first.reasoning

    @property
    def refusal(self) -> str:
        """Why the model refused, in its words; empty where it did not."""
        return self._first.refusal

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """Tool calls of the first choice, whatever its finish reason says."""
        return self._first.tool_calls

    @property
    def invalid_tool_calls(self) -> tuple[InvalidToolCall, ...]:
        """Calls of the first choice that no tool may run: their arguments are not whole."""
        return self._first.invalid_tool_calls

    @property
    def finish_reason(self) -> str | None:
        """Finish reason of the first choice."""
        return self._first.finish_reason

    @property
    def logprobs(self) -> Mapping[str, Any] | None:
        """Log probabilities of the first choice."""
        return self._first.logprobs

    @property
    def cost(self) -> float | None:
        """US dollars by `usage.price`, or None where price or usage are not known."""
        return None if self.usage is None else self.usage.cost

    @property
    def message(self) -> dict[str, Any]:
        """The first choice as a message to append to `messages`, without calls that may not run."""
        first = self._first
        calls = [
            {
                **call.extra,
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in first.tool_calls
        ]
        text = first.text or first.refusal
        message: dict[str, Any] = {"role": "assistant", "content": text or (None if calls else "")}
        if calls:
            message["tool_calls"] = calls
        if first.reasoning:
            message["reasoning_content"] = first.reasoning
        # Who wrote it: never sent, and read by `dialect`.
        return message | ({"model": self.model} if self.model else {})


@dataclass(slots=True)
class Chunk:
    """One step of a stream.

    Safe to merge by adding: `id`, `model`, `request_id` come once, on the first chunk;
    `finish_reason` once, on the last chunk of a complete stream, with `usage` (the total of the
    call) where the gateway sent it. A stream without a last chunk raises.
    """

    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCallDelta, ...] = ()
    finish_reason: str | None = None
    usage: Usage | None = None
    refusal: str = ""
    logprobs: Mapping[str, Any] | None = None
    id: str | None = None
    model: str | None = None
    request_id: str | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False)
    """The event as sent; of the last chunk, the event that had the usage or finish reason."""
    invalid_tool_calls: tuple[InvalidToolCall, ...] = ()
    """On the last chunk: the calls that no tool may run, those with fragments before it too."""
    tool_calling: str | None = None
    """On the first chunk: `prompted` or `grammar` where asked for through the prompt."""
    unproven: bool = False
    """On the last chunk: whether the stream may be cut off although it has a finish reason."""
    extra: dict[str, Any] = field(default_factory=dict)
    """On the last chunk: `Choice.extra`, put together."""
    facts: dict[str, Any] = field(default_factory=dict)
    """On the last chunk: `Completion.facts`."""


@dataclass(slots=True)
class Model:
    """One entry of the gateway's model list, which depends on the key."""

    id: str
    owned_by: str = ""
    """The gateway's channel type, which need not be the vendor."""
    created: int = 0
    supported_endpoint_types: tuple[str, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(slots=True)
class KeyStatus:
    """What the gateway says about the client's key, also about a spent or expired one."""

    name: str = ""
    granted: int = 0
    """Quota in the gateway's units; New API's default is 500,000 for 1 USD."""
    used: int = 0
    available: int = 0
    """What is left of `granted`; it says nothing if `is_unlimited`."""
    is_unlimited: bool = False
    """Whether the key may use all credit of its user."""
    expires_at: datetime | None = None
    is_expired: bool = False
    models: tuple[str, ...] | None = None
    """The models that the key is limited to, or None."""
    raw: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left of the quota."""
        return not self.is_unlimited and self.available <= 0

    @property
    def available_usd(self) -> float:
        """`available` in US dollars, by New API's default rate."""
        return self.available / _UNITS_PER_USD

    @property
    def used_usd(self) -> float:
        """`used` in US dollars, by New API's default rate."""
        return self.used / _UNITS_PER_USD


@dataclass(slots=True)
class Embeddings:
    """Vectors in the order of their texts; with an error as its `partial`: those that arrived."""

    vectors: Any = field(repr=False)
    """`list[list[float]]`; with `as_numpy` a numpy array of float32, texts by dimensions. In a
    `partial` a list with None for each text without a vector."""
    model: str = ""
    usage: Usage | None = None
    """Of all requests together; a request whose usage was not sent counts as 0."""
    request_id: str | None = None
    """Of the last request."""
    raw: dict[str, Any] = field(default_factory=dict, repr=False)
    """The JSON as sent, without `data`; of several requests, the last one's."""

    @property
    def cost(self) -> float | None:
        """US dollars by `usage.price`, or None where price or usage are not known."""
        return None if self.usage is None else self.usage.cost
