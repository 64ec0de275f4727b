"""The gateway's model list to `Model`."""

from __future__ import annotations

from typing import Any

from ramclouds._json.parsing import MalformedError
from ramclouds._wire.fields import as_count, as_list, as_name
from ramclouds.types import Model


def to_models(body: Any) -> list[Model]:
    """The model list, in its order.

    Raises:
        MalformedError: there is no list.
    """
    entries = body.get("data") if isinstance(body, dict) else body
    if not isinstance(entries, list):
        raise MalformedError("no list of models")
    return [
        Model(
            id=model_id,
            owned_by=as_name(entry.get("owned_by")) or "",
            created=as_count(entry.get("created")),
            supported_endpoint_types=tuple(
                kind
                for kind in as_list(entry.get("supported_endpoint_types"))
                if isinstance(kind, str)
            ),
            raw=entry,
        )
        for entry in entries
        if isinstance(entry, dict) and (model_id := as_name(entry.get("id")))
    ]
