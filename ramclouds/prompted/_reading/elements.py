"""Calls whose arguments stand one by one: in tags, behind a name, or as Python."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from ramclouds._json.literal_calls import literal_calls
from ramclouds._json.typed import schema_of, to_json
from ramclouds.bridge.tools import Tool
from ramclouds.prompted._reading.buffer import Draft
from ramclouds.prompted._reading.json_calls import LOOKED_AT, TWICE, plain_name, to_text
from ramclouds.prompted._reading.marks import NO_MARK, Mark, values_in

_BAR = "|\uff5c"
_SEPARATOR = rf"<[{_BAR}]tool[\u2581_]sep[{_BAR}]>"
# `f\n{...}`; `functions.f:0<|tool_call_argument_begin|>{...}`: Kimi K2; `function<|tool_sep|>f`
# and a code block: DeepSeek V3; `f[CALL_ID]a1B[ARGS]{...}`: Mistral; `f\n<arg_key>`: GLM.
_NAMED = re.compile(
    rf"\s*(?P<kind>function\s*{_SEPARATOR}\s*)?(?P<space>functions\.)?(?P<name>[\w./-]+)(?::\d+|\(\))?\s*"
    rf"(?:\[CALL_ID\]\w+\s*)?(?P<mark>\[ARGS\]|<\|tool_call_argument_begin\|>|{_SEPARATOR})?\s*"
    rf"(?P<fence>```\w*\s*)?(?P<next>\{{|<arg_key>|</|<[{_BAR}](?:tool\W?_?calls?\S*end|e|im_end))"
)
_NAMED_BEGUN = re.compile(rf"[\s\w./:()`\[\]<>\u2581{_BAR}-]{{0,200}}")
# <arg_key>city</arg_key><arg_value>Hanoi</arg_value>: GLM
_PAIR = re.compile(r"<arg_key>(.*?)</arg_key>\s*<arg_value>", re.DOTALL)
# <city>Hanoi</city>
_CHILD = re.compile(r"\s*<(?!arg_key)([\w.-]+)>(.*?)</\1>\s*", re.DOTALL)
_CHILD_NAME = ("tool_name", "name", "tool", "function_name")
_OF_TAGS = ("id", "type", "name", "value", "arguments")
_CHILD_ARGUMENTS = ("arguments", "parameters", "args", "input")


class Head(NamedTuple):
    """The name of a call, and where its arguments begin; it is sure if only a call is so."""

    name: str = ""
    end: int = 0
    is_sure: bool = False
    has_fence: bool = False


NO_HEAD = Head()


def head_at(text: str, at: int) -> Head | None:
    """The name that stands here before arguments; None where that depends on text to come."""
    text = text[at : at + LOOKED_AT]
    found = _NAMED.match(text)
    if found is None:
        return None if _NAMED_BEGUN.fullmatch(text) else NO_HEAD
    is_sure = any(found.group("kind", "space", "mark"))
    return Head(plain_name(found["name"]), at + found.start("next"), is_sure, bool(found["fence"]))


class Body:
    """The arguments that stand in tags: in those of values, or each in one of its own name."""

    def __init__(self, text: str, tool: Tool, tag: Mark = NO_MARK) -> None:
        self.tool = tool
        self._properties = properties = tool.parameters.get("properties", {})
        self.arguments: dict[str, str] = {}
        self.rest = text  # what stands behind the last one
        self.is_open = False  # the last value has no end
        self.is_twice = False  # an argument has two values
        self._text = text
        keys = {pair.end(): pair for pair in _PAIR.finditer(text)}
        opening = end = NO_MARK
        for mark in values_in(text):
            pair = keys.get(mark.end)
            name = pair[1].strip() if pair else mark.name
            # In a value that has no end yet, only a known name begins another one.
            begins = name in properties or not properties or end.is_end or not opening.kind
            if mark.is_end:
                end = mark  # the last one counts: a value may hold the end itself
            elif name and begins:
                self._add(opening, end, pair.start() if pair else mark.start)
                opening, end = mark._replace(name=name.strip()), NO_MARK
        self._add(opening, end, len(text))
        at = 0
        while not opening.kind and (child := _CHILD.match(text, at)):
            self._take(child[1], child[2])
            at = child.end()
        self.rest = self.rest if opening.kind else text[at:]
        for name, value in tag.attributes:
            if name in properties and name not in _OF_TAGS:
                self.arguments.setdefault(name, value)

    def _add(self, opening: Mark, end: Mark, stop: int) -> None:
        if opening.kind is None:
            return
        self.is_open = opening.value is None and end is NO_MARK
        value = self._text[opening.end : end.start if end.kind else stop]
        own = f"</{opening.name}>"  # `<parameter name="city">Hanoi</city>`
        if self.is_open and value.rstrip().endswith(own) and own.replace("/", "") not in value:
            self.is_open, value = False, value.rstrip().removesuffix(own)
        self._take(opening.name, value if opening.value is None else opening.value)
        self.rest = "" if self.is_open else self._text[max(opening.end, end.end) : stop]

    def _take(self, name: str, value: str) -> None:
        # The line breaks that follow or end the tags are not the value's.
        value = value.removeprefix("\n").removesuffix("\n")
        self.is_twice |= self.arguments.get(name, value) != value
        self.arguments[name] = value

    def inner(self) -> str | None:
        """What stands in the one child that holds all arguments: `<parameters>...`."""
        keys = self.arguments.keys()
        holds = [key for key in _CHILD_ARGUMENTS if key in keys and key not in self._properties]
        is_one = holds and keys <= {*holds, *_CHILD_NAME} and not self.is_twice
        return self.arguments[holds[0]] if is_one else None

    def call(self) -> Draft:
        """The call with these arguments."""
        parameters = self.tool.parameters
        members = (
            f"{json.dumps(key, ensure_ascii=False)}: "
            f"{to_json(value, schema_of(parameters, key), parameters)}"
            for key, value in self.arguments.items()
        )
        return Draft(self.tool.name, f"{{{', '.join(members)}}}", TWICE if self.is_twice else "")


def named_child(text: str, tools: Collection[str]) -> tuple[str, str] | None:
    """The tool's name and the rest: `<tool_name>f</tool_name>...`, or `<f>...</f>`."""
    child = _CHILD.match(text)
    if child is None:
        return None
    if child[1] in tools and child.end() == len(text):
        return child[1], child[2]
    return (plain_name(child[2]), text[child.end() :]) if child[1] in _CHILD_NAME else None


def python_calls(code: str, tools: Mapping[str, Tool]) -> list[Draft] | None:
    """The calls that code consists of, as Gemini writes them; None where it does anything else."""
    drafts = []
    for name, given, named in literal_calls(code) or ():
        tool = tools.get(plain_name(name.removeprefix("default_api.")), Tool(""))
        first = dict(zip(tool.parameters.get("properties", {}), given, strict=False))
        if not tool.name or len(first) < len(given) or first.keys() & named.keys():
            return None
        drafts.append(Draft(tool.name, to_text(first | named)))
    return drafts or None
