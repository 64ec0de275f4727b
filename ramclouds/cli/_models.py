"""`ramclouds models`: the live list, joined with what is known about each model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import click

from ramclouds._client import Client
from ramclouds._escaping import escaped
from ramclouds.cli import _options
from ramclouds.cli._amounts import ask_prices
from ramclouds.models import EmbeddingFacts, ModelFacts, embedding_facts, model_facts
from ramclouds.prices import Price, price_of
from ramclouds.types import Model

_ABILITIES = {
    "image_input": "images",
    "audio_input": "audio",
    "video_input": "video",
    "pdf_input": "pdf",
    "reasoning": "reasoning",
    "structured_output": "schemas",
}
_HEAD = ("model", "context", "output", "$ in", "$ out", "takes and does")


@click.command()
@click.argument("words", nargs=-1)
@_options.base_url
@_options.as_json
def command(words: tuple[str, ...], base_url: str | None, as_json: bool) -> None:
    """List the models that the key may use, and what is known about them.

    With WORDS, only those whose name holds each of them. The context and the longest output are in
    tokens, prices in US dollars for a million tokens: the gateway's, or where it shows none, the
    list price of the vendor, marked with a *. What is not known is left blank.
    """
    url = _options.address(base_url)
    with Client(base_url=url) as client:
        found = [one for one in client.models() if _fits(one.id, words)]
        ask_prices(client)
    if words and not found and not as_json:
        raise click.ClickException(
            f"No model of this key has {' and '.join(words)} in its name. "
            "Leave the words out to see all."
        )
    if as_json:
        _options.show_json([_fields(one, price_of(one.id, url)) for one in found])
        return
    for line in _table([_HEAD, *(_row(one, price_of(one.id, url)) for one in found)]):
        click.echo(line)


def _fits(name: str, words: Sequence[str]) -> bool:
    return all(word.lower() in name.lower() for word in words)


def _row(model: Model, price: Price | None) -> tuple[str, ...]:
    vectors, facts = embedding_facts(model.id), model_facts(model.id)
    tokens, does = ("", ""), ""
    if vectors.known:
        tokens, does = (_count(vectors.max_input_tokens), ""), f"{vectors.dimensions} dimensions"
    elif facts.known:
        tokens, does = (_count(facts.context_window), _count(facts.max_output_tokens)), _does(facts)
    return (escaped(model.id), *tokens, *_dollars(price), does)


def _dollars(price: Price | None) -> tuple[str, str]:
    """For a million tokens in, and out; or for a call."""
    if price is None:
        return ("", "")
    mark = "*" if price.source == "list" else ""
    if price.per_call:
        return (f"{price.per_call:g}{mark}", "a call")
    return (f"{price.input:g}{mark}", f"{price.output:g}{mark}")


def _does(facts: ModelFacts) -> str:
    return " ".join(word for name, word in _ABILITIES.items() if getattr(facts, name))


def _count(tokens: int | None) -> str:
    return "" if tokens is None else f"{tokens:,}"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows with their columns one under the other; those of numbers stand at the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *numbers, last in rows:
        cells = [f"{first:<{widths[0]}}"]
        cells += [f"{cell:>{width}}" for cell, width in zip(numbers, widths[1:-1], strict=True)]
        yield "  ".join([*cells, last]).rstrip()


def _fields(model: Model, price: Price | None) -> dict[str, Any]:
    vectors = embedding_facts(model.id)
    facts: ModelFacts | EmbeddingFacts = vectors if vectors.known else model_facts(model.id)
    return {
        "id": model.id,
        "owned_by": model.owned_by,
        "supported_endpoint_types": model.supported_endpoint_types,
        "price": asdict(price) if price else None,
        "facts": {name: value for name, value in asdict(facts).items() if name != "name"},
    }
