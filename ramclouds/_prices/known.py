"""The prices that are known in this process: a gateway's, the user's, and lists."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ramclouds._facts.list_prices import LIST, NOTE
from ramclouds._prices.price import Price, Prices

# Keys: base URLs, for all clients of the process. The user's prices under None are for all
# gateways. The number is the time when the gateway was asked.
_of_gateways: dict[str, tuple[Prices, float]] = {}
_of_user: dict[str | None, Prices] = {}


def price_of(model: str, base_url: str | None = None) -> Price | None:
    """The price of a model, or None where it is not known; no request is made.

    It is the gateway's, where `Client.prices()` has asked for it, else what `set_prices` set, else
    the vendor's list price. `source` says which. Without a `base_url` a gateway's price counts if
    only one gateway was asked.
    """
    url = _plain(base_url)
    places = (_of_gateway(url), _of_user.get(url), _of_user.get(None))
    found = (prices.find(model) for prices in places if prices is not None)
    return next((price for price in found if price is not None), None) or list_price(model)


def keep_prices(prices: Mapping[str, Price | None], base_url: str | None) -> None:
    """Adds prices of the user's to those of before; None takes one away."""
    kept = {**_of_user.get(_plain(base_url), {}), **prices}
    _of_user[_plain(base_url)] = Prices(
        {name: one for name, one in kept.items() if one is not None}
    )


def remember_prices(base_url: str, prices: Prices, now: float) -> None:
    """Keeps what a gateway says; `now` is in seconds of any clock."""
    _of_gateways[base_url] = (prices, now)


def remembered_prices(
    base_url: str, group: str | None, max_age: float, now: float
) -> Prices | None:
    """The prices of a group that a gateway gave, no longer than `max_age` seconds ago."""
    prices, asked_at = _of_gateways.get(base_url, (None, now))
    if prices is None or prices.group != group or now - asked_at >= max_age:
        return None
    return prices


@lru_cache(maxsize=1024)
def list_price(model: str) -> Price | None:
    """The vendor's list price of a model, or None where it is not known."""
    # OpenRouter's variants that cost nothing: `deepseek/deepseek-chat:free`.
    return None if model.endswith(":free") else _listed().find(model)


@lru_cache(maxsize=1)
def _listed() -> Prices:
    """Made on first use: an import needs no prices."""
    return Prices(
        {name: Price(**row._asdict(), source="list", note=NOTE) for name, row in LIST.items()}
    )


def _of_gateway(base_url: str | None) -> Prices | None:
    if base_url is None and len(_of_gateways) == 1:
        (base_url,) = _of_gateways
    return _of_gateways[base_url][0] if base_url in _of_gateways else None


def _plain(base_url: str | None) -> str | None:
    return None if base_url is None else base_url.rstrip("/")
