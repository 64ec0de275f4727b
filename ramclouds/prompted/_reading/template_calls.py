"""Arguments in the forms of other templates: one by one in tags, or as Python."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from ramclouds._json.repair import is_json, repaired
from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.json_calls import NO_OBJECT, Draft, plain_name
from ramclouds.prompted._reading.templates import attributes_of
from ramclouds.prompted._reading.values import schema_of, to_json

_BAR = "|\uff5c"
_SEPARATOR = rf"<[{_BAR}]tool\u2581sep[{_BAR}]>"
# `f\n{...}`; `functions.f:0<|tool_call_argument_begin|>{...}`: Kimi K2; `function<|tool_sep|>f`
# and a code block: DeepSeek V3; `f[CALL_ID]a1B[ARGS]{...}`: Mistral; `f\n<arg_key>`: GLM.
NAMED = re.compile(
    rf"\s*(?P<kind>function\s*{_SEPARATOR}\s*)?(?P<space>functions\.)?(?P<name>[\w./-]+)(?::\d+)?\s*"
    rf"(?:\[CALL_ID\]\w+\s*)?(?P<mark>\[ARGS\]|<\|tool_call_argument_begin\|>|{_SEPARATOR})?\s*"
    rf"(?P<fence>```\w*\s*)?(?P<next>\{{|<arg_key>|</|<[{_BAR}](?:tool\W?_?calls?\S*end|e|im_end))"
)
NAMED_BEGUN = re.compile(rf"[\s\w./:`\[\]<>\u2581{_BAR}-]{{0,200}}")

# <parameter name="city">, <parameter=city>, <parameter name="city" value="Hanoi"/>
_PARAMETER = re.compile(
    rf"<(?:antml:|minimax:|[{_BAR}]DSML[{_BAR}])?param(?:eter)?(?:\s*=\s*[\"']?([^\"'>\s]+)[\"']?"
    r"((?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))*)"
    r"|((?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'/>]+))+))\s*/?>",
    re.IGNORECASE,
)
_PARAMETER_END = re.compile(
    rf"</(?:antml:|minimax:|[{_BAR}]DSML[{_BAR}])?param(?:eter)?\s*>", re.IGNORECASE
)
# <arg_key>city</arg_key><arg_value>Hanoi</arg_value>: GLM
_PAIR = re.compile(r"<arg_key>(.*?)</arg_key>\s*<arg_value>", re.DOTALL)
_PAIR_END = re.compile(r"</arg_value>")
# <city>Hanoi</city>
_CHILD = re.compile(r"\s*<([\w.-]+)>(.*?)</\1>\s*", re.DOTALL)
_CHILD_NAME = ("tool_name", "name")
_CHILD_ARGUMENTS = ("arguments", "parameters", "args", "input")


class Body(NamedTuple):
    """What stands inside of an element: its arguments, and what stands behind the last one."""

    arguments: dict[str, str] | None
    """Text by name; None where there are none in tags."""
    rest: str = ""
    is_cut: bool = False
    """The last value has no end."""


def read_body(text: str) -> Body:
    """The arguments that stand in tags."""
    for opening, closing in ((_PARAMETER, _PARAMETER_END), (_PAIR, _PAIR_END)):
        openings = list(opening.finditer(text))
        if openings:
            return _pairs(text, openings, closing)
    children, at = {}, 0
    while child := _CHILD.match(text, at):
        children[child[1]], at = child[2], child.end()
    if children:
        return Body({name: _trimmed(value) for name, value in children.items()}, text[at:])
    return Body(None, text)


def _pairs(text: str, openings: Sequence[re.Match[str]], closing: re.Pattern[str]) -> Body:
    arguments, rest, is_cut = {}, "", False
    for opening, following in zip(openings, [*openings[1:], None], strict=True):
        stop = following.start() if following else len(text)
        name, value = opening[1], None
        if opening.re is _PARAMETER:
            attributes = attributes_of((opening[2] or "") + (opening[3] or ""))
            name, value = name or attributes.get("name", ""), attributes.get("value")
        if value is None:
            # The last end before the next beginning: a value may hold the end mark itself.
            ends = list(closing.finditer(text, opening.end(), stop))
            end = ends[-1].start() if ends else stop
            value, rest, is_cut = _trimmed(text[opening.end() : end]), "", not ends
            rest = text[ends[-1].end() : stop] if ends else ""
        else:
            rest, is_cut = text[opening.end() : stop], False
        arguments[name.strip()] = value
    return Body(arguments, rest, is_cut)


def _trimmed(value: str) -> str:
    """A value without the line break that follows or ends its tags."""
    value = value.removeprefix("\n")
    return value.removesuffix("\n")


def call_of(name: str, body: Body, text: str, tool: Tool | None) -> Draft:
    """The call of an element; `text` is all that stands inside of it."""
    if body.arguments is None:
        return json_call(name, text, tool)
    parameters = tool.parameters if tool else {}
    properties = parameters.get("properties", {})
    keys = body.arguments.keys()
    named = next((key for key in _CHILD_ARGUMENTS if key in keys and key not in properties), None)
    if named is not None and keys <= {*_CHILD_ARGUMENTS, *_CHILD_NAME}:
        inner = read_body(body.arguments[named])
        return call_of(name, inner, body.arguments[named], tool)
    members = (
        f"{json.dumps(key, ensure_ascii=False)}: "
        f"{to_json(value, schema_of(parameters, key), parameters)}"
        for key, value in body.arguments.items()
    )
    return Draft(name, f"{{{', '.join(members)}}}")


def json_call(name: str, text: str, tool: Tool | None) -> Draft:
    """The call whose arguments are written as JSON, repaired where that is safe."""
    text = text.strip()
    if not text:
        return Draft(name, "{}")
    value = repaired(text, tool.parameters if tool else None) if text[0] == "{" else None
    if not isinstance(value, dict):
        return Draft(name, text, NO_OBJECT)
    return Draft(name, text if is_json(text) else json.dumps(value, ensure_ascii=False))


def named_child(text: str, tools: Collection[str]) -> tuple[str, str] | None:
    """The tool's name and the rest: `<tool_name>f</tool_name>...`, or `<f>...</f>`."""
    child = _CHILD.match(text)
    if child is None:
        return None
    if child[1] in tools and child.end() == len(text):
        return child[1], child[2]
    return (plain_name(child[2]), text[child.end() :]) if child[1] in _CHILD_NAME else None


def python_calls(text: str, tools: Mapping[str, Tool]) -> list[Draft] | None:
    """The calls that Python code consists of; None where it does anything else.

    Gemini writes them so: `print(default_api.get_weather(city="Hanoi"))`.
    """
    try:
        statements = ast.parse(text.strip()).body
        return [_python_call(statement, tools) for statement in statements] or None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _python_call(statement: ast.stmt, tools: Mapping[str, Tool]) -> Draft:
    call: Any = getattr(statement, "value", None)
    if isinstance(call, ast.Call) and ast.unparse(call.func) == "print" and len(call.args) == 1:
        call = call.args[0]
    if not isinstance(statement, (ast.Expr, ast.Assign)) or not isinstance(call, ast.Call):
        raise ValueError("not a call")
    name = ast.unparse(call.func).removeprefix("default_api.")
    if name not in tools:
        raise ValueError("not a tool")
    names = list(tools[name].parameters.get("properties", {}))
    given = dict(zip(names, call.args, strict=False)) if len(call.args) <= len(names) else None
    if given is None or any(word.arg is None for word in call.keywords):
        raise ValueError("arguments without a name")
    given |= {str(word.arg): word.value for word in call.keywords}
    arguments = {key: ast.literal_eval(value) for key, value in given.items()}
    try:
        return Draft(name, json.dumps(arguments, ensure_ascii=False))
    except TypeError as error:  # bytes, sets and the like
        raise ValueError(str(error)) from None
