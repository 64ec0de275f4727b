"""Which tools the scripted model calls, with which arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.gateway.made_json import make

Call = tuple[str, str]
"""Name, and arguments as JSON text."""


def choose(body: Mapping[str, Any], asked: str, already: Sequence[str]) -> list[Call]:
    """The calls for a question; `already` are the names called since it was asked.

    `name({"a": 1})` and `name(1)` in the question are calls, as many as there are. Otherwise the
    tool whose words the question shares is called, once per question; a forced call takes the best.
    """
    tools = {tool["function"]["name"]: tool["function"] for tool in body.get("tools") or []}
    wanted = body.get("tool_choice", "auto" if tools else "none")
    if wanted == "none" or not tools:
        return []
    if isinstance(wanted, Mapping):
        name = wanted["function"]["name"]
        return [(name, _arguments(tools[name], asked))]
    is_forced = wanted in ("required", "any")
    written = [] if already else _written(tools, asked)
    if written:
        return written if body.get("parallel_tool_calls", True) else written[:1]
    return _related(tools, asked, already, is_forced=is_forced)


def _written(tools: Mapping[str, Any], asked: str) -> list[Call]:
    found: list[tuple[int, Call]] = []
    for name, tool in tools.items():
        for match in re.finditer(rf"(?<!\w){re.escape(name)}\(", asked):
            arguments = _written_arguments(tool, asked[match.end() :])
            if arguments is not None:
                found.append((match.start(), (name, arguments)))
    return [call for _, call in sorted(found)]


def _written_arguments(tool: Mapping[str, Any], rest: str) -> str | None:
    if rest.startswith("{"):
        value, _ = json.JSONDecoder().raw_decode(rest)
        return json.dumps(value, ensure_ascii=False)
    inner, closed, _ = rest.partition(")")
    try:
        values = json.loads(f"[{inner}]") if closed else None
    except ValueError:
        return None
    names = (tool.get("parameters") or {}).get("properties", {})
    return None if values is None else json.dumps(dict(zip(names, values, strict=False)))


def _related(
    tools: Mapping[str, Any], asked: str, already: Sequence[str], *, is_forced: bool
) -> list[Call]:
    left = {name: tool for name, tool in tools.items() if name not in already}
    if not left and is_forced:
        left = dict(tools)
    ranked = sorted(left, key=lambda name: -_shared(left[name], asked))
    if not ranked or (not is_forced and not _shared(left[ranked[0]], asked)):
        return []
    return [(ranked[0], _arguments(left[ranked[0]], asked))]


def _shared(tool: Mapping[str, Any], asked: str) -> int:
    """How much a question has to do with a tool: words of its name count more."""
    words = set(re.findall(r"[^\W_]{3,}", asked.lower()))
    named = set(re.findall(r"[^\W_]{3,}", tool["name"].lower())) - {"get", "the", "tool", "and"}
    told = set(re.findall(r"[^\W_]{6,}", tool.get("description", "").lower()))
    return 10 * len(words & named) + len(words & told)


def _arguments(tool: Mapping[str, Any], asked: str) -> str:
    schema = tool.get("parameters") or {"type": "object", "properties": {}}
    return json.dumps(make(schema, asked), ensure_ascii=False)
