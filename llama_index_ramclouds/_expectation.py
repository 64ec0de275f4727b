"""How a call asks for tools and formats: natively, or through the prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from ramclouds import ConfigurationError, model_facts
from ramclouds.prompted import OnUnsupported, ToolCalling, ToolMode

CHECKED_BY_CALLER = "checked_by_caller"
"""Argument of `chat`: whether a demanded call came is not checked there, since JSON text does."""

WAYS: Mapping[str, tuple[str, ...]] = {
    "tool_calling": get_args(ToolCalling),
    "on_unsupported": get_args(OnUnsupported),
}
"""The settings, and arguments of a call, that say how to ask."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """How a model is asked; without a mode natively, and the answer is taken as it comes."""

    model: str
    mode: ToolMode | None = None

    @property
    def prompted_mode(self) -> ToolCalling | None:
        """The way in which it is asked now, where that is not the native one."""
        return self.mode.prompted_mode(self.model) if self.mode is not None else None


def to_expectation(
    model: str,
    downgraded: set[str],
    *,
    tool_calling: ToolCalling | None,
    on_unsupported: OnUnsupported,
) -> Expectation:
    """How a model is asked; `downgraded` are the models that ignored a native request."""
    if on_unsupported == "raise" and (
        tool_calling == "native" or (tool_calling is None and model_facts(model).tool_calling)
    ):
        return Expectation(model)
    return Expectation(model, ToolMode(tool_calling, on_unsupported, downgraded))


def check_way(name: str, way: Any) -> None:
    """Refuse a way of asking that there is not."""
    if way not in WAYS[name]:
        ways = ", ".join(map(repr, WAYS[name]))
        raise ConfigurationError(f"{name}={way!r} is unknown. There are {ways}.")
