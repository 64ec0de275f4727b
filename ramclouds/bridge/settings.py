"""Settings as users write them: names that are nearly right, headers that hold a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from pydantic import AliasChoices, BaseModel

from ramclouds.errors import ConfigurationError

__all__ = [
    "CLIENT_FIELDS",
    "check_count",
    "check_word",
    "closest",
    "fields_by_name",
    "is_secret_header",
    "public_headers",
    "to_timeout",
]

CLIENT_FIELDS = ("api_key", "base_url", "timeout", "max_retries", "default_headers")
"""The fields of every model of an adapter that its client is built with."""

_SECRET = re.compile(r"auth|cookie|key|token|secret|password|credential", re.IGNORECASE)


@lru_cache(maxsize=64)
def fields_by_name(kind: type[BaseModel]) -> Mapping[str, str]:
    """Every name that a model's constructor takes, and the field that it stands for."""
    names: dict[str, str] = {}
    for field, info in kind.model_fields.items():
        alias = info.validation_alias
        others = alias.choices if isinstance(alias, AliasChoices) else [alias or field]
        names |= dict.fromkeys((field, *map(str, others)), field)
    return names


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that the given one is most likely meant to be."""
    near = get_close_matches(name, list(known), n=1)
    return near[0] if near else None


def check_word(name: str, word: Any, words: Sequence[Any]) -> Any:
    """The word that a setting has, if it is one of those that the setting may have."""
    if word not in words:
        listed = ", ".join(repr(each) for each in words if each is not None)
        raise ConfigurationError(f"{name}={word!r} is unknown. Use one of {listed}.")
    return word


def check_count(name: str, count: Any) -> int:
    """The number that a setting has, if it is a whole one from 0."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise ConfigurationError(f"{name} must be a whole number from 0, not {count!r}.")
    return count


def is_secret_header(name: str) -> bool:
    """Whether a header of this name may hold a secret."""
    return _SECRET.search(name) is not None


def public_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that may be stored: a pickle and a serialized model are files, and travel."""
    return {name: value for name, value in headers.items() if not is_secret_header(name)}


def to_timeout(value: Any) -> Any:
    """A timeout as a user writes it, or a stored LLM holds it, in the client's form."""
    if value is None:
        return None
    if isinstance(value, (int, float, str)):
        return float(value)
    # httpx is a third of an adapter's import, so it is loaded with the first of its objects.
    from httpx import Timeout

    if isinstance(value, Mapping):
        return Timeout(**value)
    if not isinstance(value, Timeout):
        raise ConfigurationError("timeout must be a number of seconds, or an httpx.Timeout.")
    return value
