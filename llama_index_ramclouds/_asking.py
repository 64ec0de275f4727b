"""How a request asks for tools and formats: natively, or in words."""

from __future__ import annotations

from dataclasses import dataclass

from ramclouds import model_facts
from ramclouds.prompted import OnUnsupported, ToolCalling, ToolMode

CHECKED_BY_CALLER = "checked_by_caller"
"""Argument of `chat`: whether a demanded call came is not checked there, since JSON text does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How a model is asked; without a mode natively, and the answer is taken as it comes."""

    model: str
    mode: ToolMode | None = None

    @property
    def in_words(self) -> ToolCalling | None:
        """The way in which it is asked now, where that is not the native one."""
        if self.mode is None:
            return None
        if self.mode.tool_calling in ("prompted", "grammar"):
            return self.mode.tool_calling
        unable = self.mode.tool_calling is None and not model_facts(self.model).tool_calling
        return "prompted" if unable or self.model in self.mode.fallen else None


def needs_mode(model: str, tool_calling: ToolCalling | None, on_unsupported: OnUnsupported) -> bool:
    """Whether asking is more than a native request."""
    if on_unsupported != "raise" or tool_calling not in (None, "native"):
        return True
    return tool_calling is None and not model_facts(model).tool_calling
