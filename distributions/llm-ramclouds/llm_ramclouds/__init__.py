"""RamClouds' models for the `llm` command: what the plugin registers.

https://llm.datasette.io/en/stable/plugins/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import llm

from llm_ramclouds import _catalog
from llm_ramclouds._embedding import Embedding
from llm_ramclouds._models import AsyncChat, Chat, as_model_error
from ramclouds import Client


@llm.hookimpl
def register_models(register: Callable[..., None]) -> None:
    """Give `llm` each chat model, sync and async."""
    for name in _catalog.chat_models():
        register(Chat(name), AsyncChat(name))


@llm.hookimpl
def register_embedding_models(register: Callable[..., None]) -> None:
    """Give `llm` each embedding model."""
    for name in _catalog.embedding_models():
        register(Embedding(name))


@llm.hookimpl
def register_commands(cli: Any) -> None:
    """Give `llm` the command that asks which models the key may use."""

    @cli.group(name="ramclouds")
    def ramclouds() -> None:
        """Commands for RamClouds."""

    @ramclouds.command()
    @click.option("--key", help="The key, or the name of a stored one")
    def refresh(key: str | None) -> None:
        """Ask RamClouds which models the key may use, and list those from now on."""
        found = llm.get_key(explicit_key=key, key_alias="ramclouds", env_var="RAMCLOUDS_API_KEY")
        try:
            with as_model_error(), Client(api_key=found) as client:
                models = client.models()
        except llm.ModelError as error:
            raise click.ClickException(str(error)) from error
        path = _catalog.save(models)
        click.echo(f"{len(models)} models are in {path}")
