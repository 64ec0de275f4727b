"""Prices of models, and what calls cost: a gateway's, your own, or the vendors' list prices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TypeAlias

from ramclouds._meter import Metered, UsageMeter
from ramclouds._prices.known import keep_prices, price_of
from ramclouds._prices.price import Price, Prices, cost_of
from ramclouds.errors import ConfigurationError

__all__ = [
    "Metered",
    "Price",
    "Prices",
    "UsageMeter",
    "cost_of",
    "price_of",
    "set_prices",
]

PriceSetting: TypeAlias = Price | Mapping[str, float] | None
_NUMBERS = [field.name for field in fields(Price) if field.name not in ("source", "note")]
_OPTIONAL = [field.name for field in fields(Price) if field.default is None]


def set_prices(prices: Mapping[str, PriceSetting], *, base_url: str | None = None) -> None:
    """Sets prices of models, in US dollars for one million tokens; None forgets one.

    Prices of other models stay. They hold for all gateways, or for the one of `base_url`.

    Raises:
        ConfigurationError: a price is no number from 0 on.

    Example:
        set_prices({"gpt-5": {"input": 1.1, "output": 9, "cached": 0.11}})
    """
    if not isinstance(prices, Mapping) or not all(isinstance(name, str) for name in prices):
        raise ConfigurationError(
            'The prices must be a dict by models: {"gpt-5": {"input": 1.25, "output": 10}}.'
        )
    made = {
        model: None if price is None else _checked(model, price) for model, price in prices.items()
    }
    keep_prices(made, base_url)


def _checked(model: str, price: Price | Mapping[str, float]) -> Price:
    made = price if isinstance(price, Price) else _made(model, price)
    numbers = [(name, getattr(made, name)) for name in _NUMBERS]
    if not all(_is_price(one) or (one is None and name in _OPTIONAL) for name, one in numbers):
        raise ConfigurationError(
            f"The price of {model} holds something that is no number from 0 on. Give US dollars "
            "for one million tokens."
        )
    return replace(made, source="user")


def _made(model: str, price: Mapping[str, float]) -> Price:
    if not isinstance(price, Mapping):
        raise ConfigurationError(
            f"The price of {model} is of type {type(price).__name__}. Give a Price, or a dict with "
            f"some of: {', '.join(_NUMBERS)}."
        )
    unknown = [str(name) for name in price if name not in _NUMBERS]
    if unknown:
        raise ConfigurationError(
            f"The price of {model} has no {', '.join(unknown)}. It has: {', '.join(_NUMBERS)}."
        )
    return Price(**price)  # type: ignore[arg-type]


def _is_price(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and value >= 0
