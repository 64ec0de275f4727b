"""Tools as a request describes them, and which of them the model may call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ramclouds.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool of a request."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The JSON schema of its arguments."""

    @property
    def needs_arguments(self) -> bool:
        """Whether a call without arguments would be wrong."""
        return bool(self.parameters.get("required"))


def to_tool(tool: Mapping[str, Any]) -> Tool:
    """Return a tool of the wire's form, `{"type": "function", "function": {...}}`."""
    function = tool.get("function")
    if not isinstance(function, Mapping) or not function.get("name"):
        raise ConfigurationError(
            f"A tool of type {tool.get('type')!r} cannot be described in a prompt: only function"
            ' tools can. Leave it out, or use tool_calling="native".'
        )
    return Tool(
        name=function["name"],
        description=function.get("description") or "",
        parameters=function.get("parameters") or {},
    )


def offered_tools(tools: Sequence[Mapping[str, Any]], tool_choice: Any) -> list[Tool]:
    """Return the tools that the model may call now: none, all, or the one that it must call."""
    if tool_choice == "none":
        return []
    offered = [to_tool(tool) for tool in tools]
    name = forced_name(tool_choice)
    if name is None:
        return offered
    named = [tool for tool in offered if tool.name == name]
    if not named:
        names = ", ".join(tool.name for tool in offered) or "none"
        raise ConfigurationError(
            f"tool_choice names the tool {name!r}, which is not among the tools: {names}."
        )
    return named


def is_forced(tool_choice: Any) -> bool:
    """Whether the model must call a tool."""
    return tool_choice in ("required", "any", True) or forced_name(tool_choice) is not None


def forced_name(tool_choice: Any) -> str | None:
    """Return the one tool that the model must call, or None."""
    if isinstance(tool_choice, Mapping):
        name = tool_choice.get("function", tool_choice).get("name")
        return None if name is None else str(name)
    if isinstance(tool_choice, str) and tool_choice not in ("auto", "none", "required", "any"):
        return tool_choice
    return None
