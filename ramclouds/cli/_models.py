"""`ramclouds models`: the live list, joined with what is known about each model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import click

from ramclouds._client import Client
from ramclouds.cli import _options
from ramclouds.models import EmbeddingFacts, ModelFacts, embedding_facts, model_facts
from ramclouds.types import Model

_ABILITIES = {
    "image_input": "images",
    "audio_input": "audio",
    "video_input": "video",
    "pdf_input": "pdf",
    "reasoning": "reasoning",
    "structured_output": "schemas",
}
_HEAD = ("model", "context", "output", "takes and does")


@click.command()
@click.argument("words", nargs=-1)
@_options.base_url
@_options.as_json
def command(words: tuple[str, ...], base_url: str | None, as_json: bool) -> None:
    """List the models that the key may use, and what is known about them.

    With WORDS, only those whose name holds each of them. Numbers are tokens; a model without
    numbers is not in the table of this package.
    """
    with Client(base_url=base_url) as client:
        found = [one for one in client.models() if _fits(one.id, words)]
    if as_json:
        click.echo(json.dumps([_fields(one) for one in found], ensure_ascii=False, indent=2))
        return
    for line in table([_HEAD, *(_row(one) for one in found)]):
        click.echo(line)


def _fits(name: str, words: Sequence[str]) -> bool:
    return all(word.lower() in name.lower() for word in words)


def _row(model: Model) -> tuple[str, ...]:
    vectors = embedding_facts(model.id)
    if vectors.known:
        return (model.id, _count(vectors.max_input_tokens), "", f"{vectors.dimensions} dimensions")
    facts = model_facts(model.id)
    if not facts.known:
        return (model.id, "", "", "")
    return (model.id, _count(facts.context_window), _count(facts.max_output_tokens), _does(facts))


def _does(facts: ModelFacts) -> str:
    return " ".join(word for name, word in _ABILITIES.items() if getattr(facts, name))


def _count(tokens: int | None) -> str:
    return "" if tokens is None else f"{tokens:,}"


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows with their columns one under the other; numbers stand at the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            f"{cell:>{width}}" if cell[:1].isdigit() and "," in cell else f"{cell:<{width}}"
            for cell, width in zip(row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _fields(model: Model) -> dict[str, Any]:
    vectors = embedding_facts(model.id)
    facts: ModelFacts | EmbeddingFacts = vectors if vectors.known else model_facts(model.id)
    return {
        "id": model.id,
        "owned_by": model.owned_by,
        "supported_endpoint_types": model.supported_endpoint_types,
        "facts": {name: value for name, value in asdict(facts).items() if name != "name"},
    }
