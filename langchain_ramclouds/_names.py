"""Names that a pydantic class takes; the nearest one to a name that it does not take."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from pydantic import AliasChoices, BaseModel


def reject_unknown(kind: type[BaseModel], names: Iterable[str]) -> None:
    """Raise TypeError at the first name that is no field, and no alias of one."""
    known = _known(kind)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "Put body fields into extra_body."
            raise TypeError(f"{kind.__name__} got an unexpected argument {name!r}. {hint}")


@lru_cache(maxsize=64)
def _known(kind: type[BaseModel]) -> tuple[str, ...]:
    names: list[str] = []
    for name, field in kind.model_fields.items():
        alias = field.validation_alias
        others = alias.choices if isinstance(alias, AliasChoices) else [alias or name]
        names += [name, *(str(other) for other in others)]
    return tuple(dict.fromkeys(names))
