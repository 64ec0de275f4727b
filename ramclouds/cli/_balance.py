"""`ramclouds balance`: what is left to spend."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ramclouds._account import Balance
from ramclouds._client import Client
from ramclouds._escaping import escaped
from ramclouds.cli import _options
from ramclouds.cli._amounts import amount, left
from ramclouds.errors import NotFoundError, ResponseError


@click.command()
@_options.base_url
@_options.as_json
def command(base_url: str | None, as_json: bool) -> None:
    """Show what is left to spend, and when the key ends.

    Amounts are in the unit that the operator of the gateway shows them in.
    """
    with Client(base_url=base_url) as client:
        try:
            balance = client.balance()
        except (NotFoundError, ResponseError):
            raise click.ClickException(
                "The gateway does not tell what is left: it has no /api/usage/token/, as New API "
                "has. `ramclouds doctor` checks the address."
            ) from None
    if as_json:
        _options.show_json(_fields(balance))
        return
    for line in lines(balance):
        click.echo(escaped(line))


def lines(balance: Balance) -> Iterator[str]:
    """A balance as text, a line for each fact."""
    key = balance.key
    yield f"Left     {left(balance)}"
    yield f"Used     {amount(balance.used, balance.unit)}"
    yield f"Key      {key.name or 'without a name'}, {_end(balance)}"
    if key.models is not None:
        yield f"Models   {', '.join(key.models)}"


def _end(balance: Balance) -> str:
    when = balance.key.expires_at
    if when is None:
        return "never ends"
    return f"{'ended' if balance.key.is_expired else 'ends'} on {when:%Y-%m-%d %H:%M} UTC"


def _fields(balance: Balance) -> dict[str, object]:
    key = balance.key
    return {
        "available": balance.available,
        "used": balance.used,
        "unit": balance.unit,
        "is_of_user": balance.is_of_user,
        "key": key.name,
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "is_expired": key.is_expired,
        "models": key.models,
    }
