"""What several commands read: their options, and the environment."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from ramclouds._addresses import base_url_from

DEFAULT_MODEL = "gpt-5"
NO_KEY = (
    "No API key. Set the environment variable RAMCLOUDS_API_KEY. Get a key at https://ramclouds.me."
)

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


def has_key() -> bool:
    """Whether a key is set."""
    return bool(os.environ.get("RAMCLOUDS_API_KEY", "").strip())


def show_json(value: Any) -> None:
    """Prints what `--json` asks for."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
