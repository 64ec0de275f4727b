"""The gateway's price list to `Prices`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ramclouds._json.parsing import MalformedError
from ramclouds._prices.known import list_price
from ramclouds._prices.price import Price, Prices
from ramclouds._wire.fields import as_list, as_name, as_object
from ramclouds.errors import ConfigurationError

# New API (model/pricing.go): a ratio of 1 is 2 US dollars for one million tokens of the prompt, and
# the other ratios are factors of that; `quota_type` 1 is a price in dollars for each call.
_DOLLARS = 2.0
_PER_CALL = 1
# Left out of the list where the operator sets none; it is billed all the same.
_CACHE_WRITE_RATIO = 1.25
# Builds since 2026-06: the price is a formula, and the ratios beside it are not used.
_FORMULA = "tiered_expr"
_USUAL = "default"


def to_prices(body: Any, *, group: str | None = None) -> Prices:
    """What `GET /api/pricing` says, for one group of users, or for each model's usual group.

    Raises:
        MalformedError: there is no list.
        ConfigurationError: the gateway shows no such group.
    """
    entries = body.get("data") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise MalformedError("no list of prices")
    factors = as_object(body.get("group_ratio")).items()
    groups = {name: factor for name, value in factors if (factor := _number(value)) is not None}
    if group is not None and group not in groups:
        shown = ", ".join(groups) or "none"
        raise ConfigurationError(f"The gateway shows no group {group!r}. Choose one of: {shown}.")
    prices: dict[str, Price] = {}
    for entry in map(as_object, entries):
        name, price = as_name(entry.get("model_name")), _price(entry, group, groups)
        if name is not None and price is not None:
            prices[name] = price if _has_cache_ratios(body) else _with_vendors_cache(name, price)
    return Prices(prices, group, groups, body)


def _has_cache_ratios(body: Mapping[str, Any]) -> bool:
    """Whether the list names the ratios of cached tokens: builds of 2026-02 do not."""
    return "pricing_version" in body or any(
        "cache_ratio" in as_object(entry) for entry in body["data"]
    )


def _with_vendors_cache(name: str, price: Price) -> Price:
    """A price whose cached tokens cost the part of others that the vendor asks for them."""
    vendors = list_price(name)
    if vendors is None or not (vendors.cached and vendors.input and price.input):
        return price
    note = f"{price.note}; cached tokens in proportion to the vendor's list price"
    return replace(price, cached=price.input * vendors.cached / vendors.input, note=note)


def _price(
    entry: Mapping[str, Any], group: str | None, groups: Mapping[str, float]
) -> Price | None:
    """The price of a model; None where the group lacks the model, or where it is not shown."""
    enabled = [name for name in as_list(entry.get("enable_groups")) if isinstance(name, str)]
    is_for_all = not enabled or "all" in enabled
    if group is None:
        group = _usual_group(() if is_for_all else enabled, groups)
    elif not is_for_all and group not in enabled:
        return None
    factor, note = groups.get(group, 1.0), f"group {group}"
    if entry.get("quota_type") == _PER_CALL:
        per_call = _number(entry.get("model_price"))
        return None if per_call is None else Price(per_call=per_call * factor, **_by_gateway(note))
    ratio = _number(entry.get("model_ratio"))
    if ratio is None or entry.get("billing_mode") == _FORMULA:
        return None
    return _by_ratios(entry, _DOLLARS * ratio * factor, note)


def _usual_group(enabled: Sequence[str], groups: Mapping[str, float]) -> str:
    if not enabled or _USUAL in enabled:
        return _USUAL
    return next((name for name in enabled if name in groups), enabled[0])


def _by_ratios(entry: Mapping[str, Any], dollars: float, note: str) -> Price:
    """A price by its ratios; `dollars` is what one million tokens of the prompt cost."""
    audio = _number(entry.get("audio_ratio"))
    audio_output = _number(entry.get("audio_completion_ratio"))
    return Price(
        input=dollars,
        output=dollars * _number_or(entry.get("completion_ratio"), 1.0),
        cached=dollars * _number_or(entry.get("cache_ratio"), 1.0),
        cache_write=dollars * _number_or(entry.get("create_cache_ratio"), _CACHE_WRITE_RATIO),
        audio_input=None if audio is None else dollars * audio,
        audio_output=None if audio is None else dollars * audio * (audio_output or 1.0),
        **_by_gateway(note),
    )


def _by_gateway(note: str) -> dict[str, Any]:
    return {"source": "gateway", "note": note}


def _number_or(value: Any, otherwise: float) -> float:
    number = _number(value)
    return otherwise if number is None else number


def _number(value: Any) -> float | None:
    """A number from 0 on, also as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None
