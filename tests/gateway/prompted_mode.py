"""Requests that ask through the prompt, as a model that follows them reads them.

A request is read as the native one that it stands for, and the reply is written the way it asks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.gateway.events import call
from tests.gateway.replies import Reply

_TOOLS = "You can call these tools:\n\n"
_NAMED = re.compile(r"In this answer you must call the tool (\S+)\.$", re.MULTILINE)
_SCHEMA = re.compile(r"must be one JSON value that fits this JSON schema:.*\n\n(\{.*\})")
_CALL = re.compile(r"<tool_call>\n(.*)\n</tool_call>\n?")
_RESULT = re.compile(r'<tool_response name="([^"]*)">\n(.*?)\n</tool_response>\n?', re.DOTALL)


def is_in_words(body: Mapping[str, Any]) -> bool:
    """Whether the system message says how to call tools, or what JSON to answer with."""
    system = _system(body)
    return bool(_TOOLS in system or _SCHEMA.search(system) or _wants_object(system))


def to_native(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request in the fields that it avoids."""
    system = _system(body)
    # No channel drops what is said through the prompt: this name is none of theirs.
    native = {**body, "model": f"in-words/{body['model']}", "messages": list(_read(body))}
    native.pop("response_format", None)
    if _TOOLS in system:
        native["tools"] = list(_tools(system.partition(_TOOLS)[2]))
        native["tool_choice"] = _choice(system)
        native["parallel_tool_calls"] = "Make one call at a time." not in system
    if schema := _SCHEMA.search(system):
        described = {"name": "answer", "schema": json.loads(schema[1])}
        native["response_format"] = {"type": "json_schema", "json_schema": described}
    elif _wants_object(system):
        native["response_format"] = {"type": "json_object"}
    return native


def to_words(reply: Reply, body: Mapping[str, Any]) -> Reply:
    """The reply as text alone."""
    if '{"tool_calls": [' in _system(body):
        return _in_envelope(reply)
    if not reply.calls:
        return reply
    blocks = [f"<tool_call>\n{json.dumps(_said(one))}\n</tool_call>" for one in reply.calls]
    return replace(reply, text="\n".join(blocks), calls=(), finish_reason="stop")


def _in_envelope(reply: Reply) -> Reply:
    said: dict[str, Any] = {"tool_calls": [_said(one) for one in reply.calls]}
    if not reply.calls:
        said = {"text": reply.text}
    return replace(reply, text=json.dumps(said), calls=(), finish_reason="stop")


def _said(one: Mapping[str, Any]) -> dict[str, Any]:
    function = one["function"]
    return {"name": function["name"], "arguments": json.loads(function["arguments"])}


def _system(body: Mapping[str, Any]) -> str:
    first = body["messages"][0]
    return str(first["content"]) if first["role"] == "system" else ""


def _wants_object(system: str) -> bool:
    return "must be one JSON object: no other words" in system


def _tools(listed: str) -> Iterator[dict[str, Any]]:
    """The JSON objects that a text begins with."""
    while listed.startswith("{"):
        tool, end = json.JSONDecoder().raw_decode(listed)
        yield tool
        listed = listed[end + 1 :]


def _choice(system: str) -> Any:
    if named := _NAMED.search(system):
        return {"type": "function", "function": {"name": named[1]}}
    return "required" if "you must call at least one tool" in system else "auto"


def _read(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    open_calls: list[str] = []
    for place, message in enumerate(body["messages"]):
        text = message["content"]
        if message["role"] == "assistant":
            calls = _calls(text, place)
            open_calls = [one["id"] for one in calls]
            yield {**message, "content": text, **({"tool_calls": calls} if calls else {})}
        elif message["role"] == "user" and (results := _RESULT.findall(text)):
            for id, (_, result) in zip(open_calls, results, strict=True):
                yield {"role": "tool", "tool_call_id": id, "content": result}
        elif message["role"] != "system":
            yield dict(message)


def _calls(text: str, place: int) -> Sequence[dict[str, Any]]:
    made = [json.loads(block) for block in _CALL.findall(text)]
    if text.startswith("{"):
        made = json.loads(text).get("tool_calls", [])
    return [
        call(one["name"], one["arguments"], id=f"call_{place}_{at}") for at, one in enumerate(made)
    ]
