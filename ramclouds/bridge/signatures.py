"""Signatures that frameworks read at each call, and editors before the first."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

__all__ = ["LateSignature", "with_signature"]

F = TypeVar("F", bound=Callable[..., Any])


def with_signature(function: F) -> F:
    """The function with its signature beside it, where `inspect.signature` looks first."""
    function.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return function


class LateSignature:
    """The signature of a class that is built at its first use: editors ask for it before."""

    def __get__(self, _: object, kind: type[BaseModel]) -> Any:
        # Sets pydantic's own in place of this one (`complete_model_class`):
        # https://github.com/pydantic/pydantic/blob/v2.11.7/pydantic/_internal/_model_construction.py
        kind.model_rebuild()
        return inspect.signature(kind)
