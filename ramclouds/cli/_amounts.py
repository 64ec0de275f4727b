"""Amounts of money and tokens, as they are shown."""

from __future__ import annotations

from contextlib import suppress

from ramclouds._account import Balance
from ramclouds._client import Client
from ramclouds.errors import RamCloudsError

_PATIENCE = 10.0


def amount(value: float, unit: str) -> str:
    """An amount with four digits behind the point, or a number of tokens."""
    return f"{value:,.0f} tokens" if unit == "tokens" else f"{value:,.4f} {unit}"


def left(balance: Balance) -> str:
    """What is left, and whose it is."""
    if balance.available is None:
        return "no limit on the key; the gateway does not show the credit of the account"
    whose = "account" if balance.is_of_user else "key"
    return f"{amount(balance.available, balance.unit)} on the {whose}"


def ask_prices(client: Client) -> None:
    """Asks the gateway for its prices; an operator can hide them, and they are not worth a wait."""
    with suppress(RamCloudsError):
        client.prices(timeout=_PATIENCE)


def dollars(cost: float | None) -> str:
    """US dollars, behind a comma; nothing where they are not known."""
    if cost is None:
        return ""
    return ", less than $0.0001" if 0 < cost < 0.0001 else f", ${cost:,.4f}"
