"""How a call asks for tools and formats: natively, or through the prompt."""

from __future__ import annotations

from typing import Any, get_args

from langchain_ramclouds._errors import ConfigurationError
from ramclouds import model_facts
from ramclouds.prompted import OnUnsupported, ToolCalling, ToolMode


def new_tool_mode(
    *, tool_calling: ToolCalling | None, on_unsupported: OnUnsupported, **_: Any
) -> ToolMode:
    """A mode that has not met any model yet; the other settings tell whose it is."""
    if tool_calling is not None and tool_calling not in get_args(ToolCalling):
        raise ConfigurationError(
            f"tool_calling={tool_calling!r} is unknown. Use 'native', 'prompted' or 'grammar', or "
            "leave it out."
        )
    if on_unsupported not in get_args(OnUnsupported):
        raise ConfigurationError(
            f"on_unsupported={on_unsupported!r} is unknown. Use 'raise' or 'fallback'."
        )
    return ToolMode(tool_calling=tool_calling, on_unsupported=on_unsupported)


def needs_mode(model: str, tool_calling: Any, on_unsupported: Any) -> bool:
    """Whether a call is more than a native one, whose answer is taken as it comes."""
    if on_unsupported != "raise" or tool_calling not in (None, "native"):
        return True
    return tool_calling is None and not model_facts(model).tool_calling


def prompted_mode_of(mode: ToolMode | None, model: str) -> ToolCalling | None:
    """How a model is asked now, where not natively."""
    return mode.prompted_mode(model) if mode is not None else None
