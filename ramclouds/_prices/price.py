"""The price of a model, and what a call costs by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from ramclouds._facts.names import base_names, with_dots

Source: TypeAlias = Literal["gateway", "user", "list"]
_MILLION = 1_000_000


class Counts(Protocol):
    """The counts of a `Usage`."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cache_creation_tokens: int
    prompt_audio_tokens: int
    completion_audio_tokens: int


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one million tokens, and for a call.

    None: the price of the other tokens of that side, input or output.
    """

    input: float = 0.0
    output: float = 0.0
    cached: float | None = None
    """Tokens read from a prompt cache."""
    cache_write: float | None = None
    """Tokens written to a prompt cache."""
    audio_input: float | None = None
    audio_output: float | None = None
    per_call: float = 0.0
    """Of one call, however many tokens it has."""
    max_prompt_tokens: int | None = None
    """Longer prompts have another price, which is not known here."""
    source: Source = "user"
    """Who says so: the gateway, the user, or the list of the model's vendor."""
    note: str = ""
    """The gateway's group, or the list with its date."""


class Prices(Mapping[str, Price]):
    """The prices of a gateway's models by their names, for one group of its users."""

    def __init__(
        self,
        prices: Mapping[str, Price],
        group: str | None = None,
        groups: Mapping[str, float] | None = None,
        raw: Mapping[str, Any] | None = None,
    ) -> None:
        self.group = group
        """The group that was asked for.

        None: group `default`; models without a price there take another group's.
        """
        self.groups = dict(groups or {})
        """The factor of each group that the gateway shows."""
        self.raw: Mapping[str, Any] = raw or {}
        self._prices = dict(prices)
        # Keys: names without vendor prefix, with the version in dots.
        self._by_plain_name: dict[str, Price] = {}
        for name, price in prices.items():
            self._by_plain_name.setdefault(with_dots(base_names(name)[0]), price)

    def __getitem__(self, model: str) -> Price:
        return self._prices[model]

    def __iter__(self) -> Iterator[str]:
        return iter(self._prices)

    def __len__(self) -> int:
        return len(self._prices)

    def __repr__(self) -> str:
        return f"Prices({len(self)} models, group={self.group!r})"

    def find(self, model: str) -> Price | None:
        """The price of a model by this name or a variant of it, such as one with a date."""
        if model in self._prices:
            return self._prices[model]
        names = map(with_dots, base_names(model))
        plain = self._by_plain_name
        return next((plain[name] for name in names if name in plain), None)


def cost_of(usage: Counts | None, price: Price | None) -> float | None:
    """US dollars that a call costs by this price, or None where that is not known."""
    if price is None:
        return None
    if usage is None:
        return price.per_call or None
    if price.max_prompt_tokens is not None and usage.prompt_tokens > price.max_prompt_tokens:
        return None
    cached, written = usage.cached_tokens, usage.cache_creation_tokens
    audio_in, audio_out = usage.prompt_audio_tokens, usage.completion_audio_tokens
    # Reasoning is part of the completion; the other four are parts of their side, too.
    parts = (
        (max(usage.prompt_tokens - cached - written - audio_in, 0), price.input),
        (cached, _or(price.cached, price.input)),
        (written, _or(price.cache_write, price.input)),
        (audio_in, _or(price.audio_input, price.input)),
        (max(usage.completion_tokens - audio_out, 0), price.output),
        (audio_out, _or(price.audio_output, price.output)),
    )
    return price.per_call + sum(tokens * dollars for tokens, dollars in parts) / _MILLION


def _or(price: float | None, otherwise: float) -> float:
    return otherwise if price is None else price
