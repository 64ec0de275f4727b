"""Names that a pydantic class takes; the nearest one to a name that it does not take."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from pydantic import AliasChoices, BaseModel


def reject_unknown(kind: type[BaseModel], names: Iterable[str]) -> None:
    """Raise TypeError at the first name that is no field, or another name of one given before."""
    fields = _fields(kind)
    given: dict[str, str] = {}
    for name in names:
        if name not in fields:
            near = get_close_matches(name, fields, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "Put body fields into extra_body."
            raise TypeError(f"{kind.__name__} got an unexpected argument {name!r}. {hint}")
        if (other := given.setdefault(fields[name], name)) != name:
            raise TypeError(
                f"{kind.__name__} got {other!r} and {name!r}, which are one setting. Give one."
            )


@lru_cache(maxsize=64)
def _fields(kind: type[BaseModel]) -> dict[str, str]:
    """Every name that is taken, and the field that it stands for."""
    fields: dict[str, str] = {}
    for name, field in kind.model_fields.items():
        alias = field.validation_alias
        others = alias.choices if isinstance(alias, AliasChoices) else [alias or name]
        fields |= dict.fromkeys((name, *(str(other) for other in others)), name)
    return fields
