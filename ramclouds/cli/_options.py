"""Options that several commands have."""

from __future__ import annotations

import click

DEFAULT_MODEL = "gpt-5"

base_url = click.option(
    "--base-url", metavar="URL", help="The gateway, instead of RAMCLOUDS_BASE_URL."
)
model = click.option(
    "-m", "--model", metavar="NAME", envvar="RAMCLOUDS_MODEL", help="The model to ask."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
