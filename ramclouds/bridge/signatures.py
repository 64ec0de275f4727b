"""Signatures of methods that frameworks read at each call."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["with_signature"]

F = TypeVar("F", bound=Callable[..., Any])


def with_signature(function: F) -> F:
    """The function with its signature beside it, where `inspect.signature` looks first."""
    function.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return function
