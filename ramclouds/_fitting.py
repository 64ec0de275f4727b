"""One request in the dialect of its model, and what a list of models tells about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from ramclouds.bridge.dialects import DialectChoice
from ramclouds.bridge.prepare import Prepared, apply, as_it_is, without_effort
from ramclouds.errors import ConfigurationError
from ramclouds.types import Model

# By base URL and model, the kinds of channel that the last list of models named: shared by all
# clients of the process, since it is a fact about the gateway.
_CHANNELS: defaultdict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)


def remember_channels(base_url: str, models: Iterable[Model]) -> None:
    """Keeps what a list of models says about their channels."""
    _CHANNELS[base_url] = {model.id: tuple(model.supported_endpoint_types) for model in models}


def fitted(
    body: dict[str, Any], choice: DialectChoice | None, base_url: str, *, is_effortless: bool
) -> Prepared:
    """The request as its model takes it; without a choice, as it is.

    `is_effortless`: the model has refused tools beside a reasoning effort.

    Raises:
        ConfigurationError: nothing would be sent.
    """
    model = body["model"]
    channels = _CHANNELS[base_url].get(model, ())
    dialect = None if choice is None else choice.of(model, channels)
    if dialect is None:
        return as_it_is(body)
    prepared = apply(body, dialect)
    if not prepared.body["messages"]:
        raise ConfigurationError("No message holds anything to send. Send at least one with text.")
    if is_effortless and not prepared.effort_beside_tools:
        without_effort(prepared.body)
    return prepared
