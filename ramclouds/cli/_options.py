"""Options that several commands have."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from ramclouds._addresses import base_url_from

DEFAULT_MODEL = "gpt-5"

base_url = click.option(
    "--base-url", metavar="URL", help="The gateway, instead of RAMCLOUDS_BASE_URL."
)
model = click.option(
    "-m",
    "--model",
    metavar="NAME",
    envvar="RAMCLOUDS_MODEL",
    callback=lambda _, __, name: name and name.strip(),
    help="The model to ask.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def address(given: str | None) -> str:
    """The base URL: as given, else of the environment, else RamClouds."""
    return base_url_from(given or os.environ.get("RAMCLOUDS_BASE_URL"))


def show_json(value: Any) -> None:
    """Prints what `--json` asks for."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
