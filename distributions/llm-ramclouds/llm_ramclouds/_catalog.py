"""Which models there are: those of the last `llm ramclouds refresh`, else the documented ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import llm

from ramclouds import Model, known_models

_EMBEDDING_MODELS = ("text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002")


def chat_models() -> list[str]:
    """Names of the models that are asked for completions."""
    names = _saved() or list(known_models())
    return [name for name in names if not _makes_vectors(name)]


def embedding_models() -> list[str]:
    """Names of the models that are asked for vectors."""
    return [name for name in _saved() if _makes_vectors(name)] or list(_EMBEDDING_MODELS)


def save(models: Sequence[Model]) -> Path:
    """Keep the names of models for the next start of `llm`."""
    path = _path()
    path.write_text(json.dumps([model.id for model in models], indent=1), "utf-8")
    return path


def _saved() -> list[str]:
    try:
        names = json.loads(_path().read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _path() -> Path:
    return Path(llm.user_dir(), "ramclouds-models.json")


def _makes_vectors(name: str) -> bool:
    # The gateway's list does not say it: `supported_endpoint_types` is by channel.
    return "embedding" in name.lower()
