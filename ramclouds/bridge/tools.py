"""Tools as a request describes them, and which of them the model may call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ramclouds._json.parsing import loaded
from ramclouds.bridge.json_text import begun_object
from ramclouds.bridge.names import safe_name
from ramclouds.bridge.schemas import wrapped
from ramclouds.bridge.settings import closest
from ramclouds.errors import ConfigurationError
from ramclouds.types import Completion, ToolCall, ToolCallDelta

__all__ = [
    "ArrivingCall",
    "Tool",
    "answer_format",
    "answer_tool",
    "forced_name",
    "function_tool",
    "given_format",
    "is_forced",
    "missing_forced_call",
    "offered_tools",
    "parsed_arguments",
    "safe_name",
    "to_tool",
    "to_tool_choice",
    "without_title",
]

_ALLOWED = "allowed_tools"
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


def function_tool(given: Mapping[str, Any]) -> dict[str, Any]:
    """The wire's form of a function tool that a mapping describes.

    It may be the form of OpenAI's chat completions, Responses API or `response_format`, of
    Anthropic, of MCP or of Bedrock, or a JSON schema.
    """
    kind = given.get("type")
    if isinstance(about := given.get("function"), Mapping) and kind in ("function", None):
        parameters = about.get("parameters") or _function(about, None)["function"]["parameters"]
        return {**given, "type": "function", "function": {**about, "parameters": parameters}}
    if isinstance(spec := given.get("toolSpec", given.get("json_schema")), Mapping):
        return _function(spec, _parameters_of(spec))
    parameters = _parameters_of(given)
    if given.get("name") and (kind in ("function", None) or (kind == "custom" and parameters)):
        return _function(given, parameters)
    if "$ref" in given or not _SCHEMA_KEYS.isdisjoint(given) or kind in _SCHEMA_TYPES:
        return _function({**given, "name": given.get("title") or "answer"}, without_title(given))
    named = kind or next(iter(given), None)  # {"google_search": {}}
    raise ConfigurationError(
        f"A tool of type {named!r} is no function: the gateway has no such tools. {_instead(named)}"
    )


def _parameters_of(given: Mapping[str, Any]) -> Any:
    found = next((given[key] for key in _PARAMETERS if given.get(key)), None)
    return found["json"] if isinstance(found, Mapping) and found.keys() == {"json"} else found


_PARAMETERS = ("parameters", "input_schema", "inputSchema", "schema")
_SCHEMA_KEYS = frozenset({"properties", "anyOf", "oneOf", "allOf", "title"})
_SCHEMA_TYPES = ("object", "array", "string", "integer", "number", "boolean")


def _function(about: Mapping[str, Any], parameters: Any) -> dict[str, Any]:
    function = {key: about[key] for key in ("name", "description", "strict") if key in about}
    schema = dict(parameters or {"type": "object", "properties": {}})
    return {"type": "function", "function": {**function, "parameters": schema}}


def given_format(asked: Any) -> dict[str, Any] | None:
    """A `response_format` that has the wire's form already; None for a schema or a class."""
    if not (isinstance(asked, Mapping) or callable(asked)):
        raise ConfigurationError(
            "response_format must be a class, a JSON schema, or a dict such as"
            f' {{"type": "json_object"}}, not {asked!r}.'
        )
    is_wire = isinstance(asked, Mapping) and asked.get("type") in _FORMATS
    return dict(asked) if is_wire else None


_FORMATS = ("json_schema", "json_object", "text")


def answer_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A tool whose arguments are the output: an output that is no object stands in one."""
    parameters, _ = wrapped(tool["function"]["parameters"])
    return {**tool, "function": {**tool["function"], "parameters": parameters}}


def answer_format(tool: Mapping[str, Any], *, strict: bool = True) -> dict[str, Any]:
    """The `response_format` that asks for what such a tool's call would hold.

    `strict` holds a model to the schema where that is possible: see `ramclouds.bridge.schemas`.
    """
    function = answer_tool(tool)["function"]
    described = {key: function[key] for key in ("description",) if function.get(key)}
    schema = {**described, **function["parameters"]}
    wire = {"name": function["name"], "schema": schema, "strict": strict}
    return {"type": "json_schema", "json_schema": wire}


def without_title(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema as parameters, without the title and description that its tool has already."""
    return {key: value for key, value in schema.items() if key not in ("title", "description")}


def _instead(kind: Any) -> str:
    if "search" in str(kind):
        return "For a search, set web_search_options={} in place of it, where the model has one."
    return "Leave it out, or write a function that does it."


def offered_tools(tools: Sequence[Mapping[str, Any]], tool_choice: Any) -> list[Tool]:
    """The tools that the model may call now: none, all, or the one that it must call."""
    if tool_choice == "none":
        return []
    offered = [to_tool(tool) for tool in tools]
    if isinstance(tool_choice, Mapping) and tool_choice.get("type") == _ALLOWED:
        allowed = _allowed(tool_choice)["tools"]
        allowed_names = [tool["function"]["name"] for tool in allowed]
        return [tool for tool in offered if tool.name in allowed_names] or offered
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


def to_tool_choice(choice: Any, names: Sequence[str]) -> str | dict[str, Any] | None:
    """Any vendor's form of a tool choice in OpenAI's; None where there are no tools to choose.

    That is auto, none, required, a named function, or a list of allowed tools.
    """
    if not names:
        _refuse_forced(choice)
        return None
    if isinstance(choice, bool):
        return "required" if choice else "none"
    if isinstance(choice, str):
        return _WORDS[choice] if choice in _WORDS else _named_function(choice, names)
    if isinstance(choice, Mapping):
        if choice.get("type") == _ALLOWED:
            return {"type": _ALLOWED, _ALLOWED: _allowed(choice)}
        # {"type": "function", "function": {"name": ...}}, the Responses API's {"type": "function",
        # "name": ...}, Anthropic's {"type": "tool", "name": ...} and {"type": "any"}.
        name = _name_in(choice)
        if name is not None:
            return _named_function(name, names)
        if choice.get("type") in _WORDS:
            return _WORDS[choice["type"]]
        choice = dict(choice)
    raise ConfigurationError(
        f"tool_choice {choice!r} names no tool. Give a tool's name, 'auto', 'none' or 'required'."
    )


def _refuse_forced(choice: Any) -> None:
    if is_forced(choice):
        raise ConfigurationError(
            "tool_choice asks for a tool call, but there are no tools. Pass tools=[...], or"
            " leave tool_choice out."
        )


def _allowed(choice: Mapping[str, Any]) -> dict[str, Any]:
    """OpenAI's list of allowed tools; the Responses API has it a level higher."""
    # https://platform.openai.com/docs/api-reference/chat/create#chat_create-tool_choice
    listed = choice.get(_ALLOWED, choice)
    named = [name for tool in listed.get("tools") or () if (name := _name_in(tool))]
    tools = [{"type": "function", "function": {"name": name}} for name in named]
    return {"mode": listed.get("mode", "auto"), "tools": tools}


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
    if isinstance(tool_choice, Mapping):
        kind = tool_choice.get("type", "")
        if kind == _ALLOWED:
            return bool(_allowed(tool_choice)["mode"] == "required")
        return _WORDS.get(kind) == "required" or forced_name(tool_choice) is not None
    if isinstance(tool_choice, str):
        return tool_choice in ("required", "any") or forced_name(tool_choice) is not None
    return tool_choice is True


def missing_forced_call(tool_choice: Any, completion: Completion) -> bool:
    """Whether a call was forced and the completion, whole as it is, has none of the kind."""
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


def parsed_arguments(text: str) -> tuple[dict[str, Any], bool]:
    """The object that a call's arguments are, as far as it has arrived, and whether it is whole."""
    whole = loaded(text)
    return (whole, True) if isinstance(whole, dict) else (begun_object(text), False)


class ArrivingCall:
    """A streamed call: its arguments are parsed again only when they have grown by a tenth.

    Agents ask for the object at every chunk, so parsing each time is quadratic.
    """

    __slots__ = ("_object", "_parsed", "call")

    _EAGER = 512

    def __init__(self, id: str, name: str) -> None:
        self.call = ToolCall(id, name, "")
        self._object: dict[str, Any] = {}
        self._parsed = 0

    def add(self, delta: ToolCallDelta) -> None:
        """Take one more fragment of this call."""
        self.call.arguments += delta.arguments
        self.call.extra.update(delta.extra)

    def so_far(self) -> dict[str, Any]:
        """A fresh object of what had arrived, or nearly."""
        size = len(self.call.arguments)
        if size < self._EAGER or size - self._parsed >= self._parsed // 10:
            self._object, _ = parsed_arguments(self.call.arguments)
            self._parsed = size
        return dict(self._object)
