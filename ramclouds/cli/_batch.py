"""`ramclouds batch`: many prompts from a file, by `ramclouds.bulk`."""

from __future__ import annotations

from importlib import import_module

import click


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def command(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Ask many prompts from a file."""
    main = import_module("ramclouds.bulk.__main__").main
    ctx.exit(main(list(arguments), prog="ramclouds batch"))
