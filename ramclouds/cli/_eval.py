"""`ramclouds eval`: the share of valid tool calls for each way to ask for them."""

from __future__ import annotations

import click

from ramclouds._client import Client
from ramclouds.cli import _options
from ramclouds.cli._eval_prompts import PROMPTS
from ramclouds.cli._scores import MODES, STEPS, Row, row
from ramclouds.local import local_or_remote

_CHOICES = ("auto", "required")


@click.command()
@_options.model
@click.option("--mode", "modes", type=click.Choice(list(MODES)), multiple=True, help="All of them.")
@click.option("--choice", "choices", type=click.Choice(_CHOICES), multiple=True, help="Both.")
def command(model: str | None, modes: tuple[str, ...], choices: tuple[str, ...]) -> None:
    """Count how many tool calls of a model are valid.

    Asks thirty prompts with one to four tools, for each way to ask for tools (--mode) and each
    tool_choice (--choice): 180 calls in all. Without RAMCLOUDS_API_KEY it asks the local model.
    """
    with (
        local_or_remote(model) as endpoint,
        Client(api_key=endpoint.api_key, base_url=endpoint.base_url) as client,
    ):
        click.echo(f"Valid tool calls in {len(PROMPTS)} prompts with 1 to 4 tools, {endpoint}\n")
        head = "".join(f"{step:>11}" for step in STEPS)
        click.echo(f"{'mode':<22}{'choice':<10}{head}  errors    time")
        for choice in choices or _CHOICES:
            for mode in modes or MODES:
                _show(row(client, endpoint.model, mode, choice))


def _show(found: Row) -> None:
    shares = "".join(f"{100 * found.share(step):>9.0f} %" for step in STEPS)
    counts = f"{len(found.errors):>8}{found.seconds:>8.0f} s"
    click.echo(f"{found.mode:<22}{found.choice:<10}{shares}{counts}")
    # One of each kind: each has a request id of its own.
    for error in {(type(one), one.code): one for one in found.errors}.values():
        click.echo(f"    {type(error).__name__}: {error.message}", err=True)
