"""Tools as a request describes them, and which of them the model may call."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ramclouds.bridge.json_text import begun_object
from ramclouds.bridge.names import safe_name
from ramclouds.bridge.settings import closest
from ramclouds.errors import ConfigurationError
from ramclouds.types import Completion

__all__ = [
    "Tool",
    "forced_name",
    "is_forced",
    "missing_forced_call",
    "offered_tools",
    "parsed_arguments",
    "safe_name",
    "to_tool",
    "to_tool_choice",
    "with_parameters",
]

# "any" is what Anthropic and Mistral call it.
_WORDS = {"auto": "auto", "none": "none", "required": "required", "any": "required"}


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
    """The tool that the wire's form describes: `{"type": "function", "function": {...}}`."""
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
    """The tools that the model may call now: none, all, or the one that it must call."""
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


def to_tool_choice(choice: Any, names: Sequence[str]) -> Any:
    """Any vendor's form of a tool choice in OpenAI's: auto, none, required or a named function.

    A mapping that names no tool, such as OpenAI's `allowed_tools`, comes back as it is.
    """
    if isinstance(choice, bool):
        return "required" if choice else "none"
    if not isinstance(choice, Mapping):
        return _WORDS[choice] if choice in _WORDS else _named_function(str(choice), names)
    # {"type": "function", "function": {"name": ...}}, the Responses API's {"type": "function",
    # "name": ...}, Anthropic's {"type": "tool", "name": ...} and {"type": "any"}.
    name = _name_in(choice)
    if name is not None:
        return _named_function(name, names)
    return _WORDS.get(choice.get("type", ""), dict(choice))


def _named_function(name: str, names: Sequence[str]) -> dict[str, Any]:
    if name not in names:
        near = closest(name, [*names, *_WORDS])
        hint = f"Did you mean {near!r}?" if near else "Give one of these, 'auto', 'any' or 'none'."
        raise ConfigurationError(
            f"tool_choice names {name!r}, which is not among the tools: {', '.join(names)}. {hint}"
        )
    return {"type": "function", "function": {"name": name}}


def is_forced(tool_choice: Any) -> bool:
    """Whether the model must call a tool, whatever vendor's form the choice has."""
    if isinstance(tool_choice, Mapping) and tool_choice.get("type") == "allowed_tools":
        # https://platform.openai.com/docs/api-reference/chat/create#chat_create-tool_choice
        return bool(tool_choice.get("allowed_tools", tool_choice).get("mode") == "required")
    if isinstance(tool_choice, Mapping) and _WORDS.get(tool_choice.get("type", "")) == "required":
        return True
    return tool_choice in ("required", "any", True) or forced_name(tool_choice) is not None


def missing_forced_call(tool_choice: Any, completion: Completion) -> bool:
    """Whether a call was forced and the answer, complete as it is, has none of the kind."""
    if not is_forced(tool_choice) or completion.refusal:
        return False
    if completion.finish_reason not in ("stop", "tool_calls"):
        return False
    name = forced_name(tool_choice)
    called = [call.name for call in completion.tool_calls]
    called += [call.name for call in completion.invalid_tool_calls]
    return not called if name is None else name not in called


def forced_name(tool_choice: Any) -> str | None:
    """The one tool that the model must call, or None."""
    if isinstance(tool_choice, Mapping):
        return _name_in(tool_choice)
    if isinstance(tool_choice, str) and tool_choice not in _WORDS:
        return tool_choice
    return None


def _name_in(choice: Mapping[str, Any]) -> str | None:
    function = choice.get("function")
    name = (function if isinstance(function, Mapping) else choice).get("name")
    return None if name is None else str(name)


def with_parameters(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A function tool that has `parameters`: New API's Claude channel drops one without."""
    function = tool["function"]
    parameters = {"type": "object", "properties": {}, **(function.get("parameters") or {})}
    return {**tool, "function": {**function, "parameters": parameters}}


def parsed_arguments(text: str) -> tuple[dict[str, Any], bool]:
    """The object that a call's arguments are, as far as it has arrived, and whether it is whole."""
    try:
        # Not strict: models write raw line breaks into JSON strings.
        whole = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return begun_object(text), False
    return (whole, True) if isinstance(whole, dict) else ({}, False)
