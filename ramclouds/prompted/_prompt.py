"""Messages, tools and choices as text: what a model needs that is asked through the prompt only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby, takewhile
from typing import Any

from pydantic_core import from_json

from ramclouds.bridge.tools import Tool, forced_name, is_forced, offered_tools
from ramclouds.errors import ConfigurationError

_to_json = partial(json.dumps, ensure_ascii=False)
_CALL = """\
To call a tool, write a block of this form, its arguments as the tool's JSON schema says:

<tool_call>
{"name": "tool name", "arguments": {"argument": "value"}}
</tool_call>
"""
_CALL_IN_ENVELOPE = """\
Answer with one JSON object and nothing else. If a tool can help, call it:

{"tool_calls": [{"name": "tool name", "arguments": {"argument": "value"}}]}

Only if no tool fits, or when you have the results, answer the user:

{"text": "your answer"}
"""
_RESULTS = (
    "After your calls, stop: the results come in the next message, in <tool_response> blocks."
    " Never write a result yourself. When you know enough, answer the user without a call."
)
# Without it the smallest models call again and again instead of using what they have.
_USE_RESULTS = "\n\nUse these results to answer the question."
_DOCUMENTED = {"developer": "system", "function": "tool"}
_NO_CALLS = "Answer now, in words: you cannot call a tool in this answer."


def render(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] = (),
    *,
    tool_choice: Any = None,
    parallel: bool | None = None,
    response_format: Mapping[str, Any] | None = None,
    grammar: bool = False,
) -> list[dict[str, Any]]:
    """Messages of documented roles with string content that ask for the same.

    The tools, the format of calls and the asked-for format of the text stand in the first
    message, the system message; results of tools are user messages.
    """
    offered = offered_tools(tools, tool_choice)
    rendered = list(_conversation(messages, grammar=grammar and bool(offered)))
    system = [
        each["content"] for each in takewhile(lambda each: each["role"] == "system", rendered)
    ]
    del rendered[: len(system)]
    if offered:
        system += _tool_instructions(offered, tool_choice, parallel=parallel, grammar=grammar)
    elif tools:
        system.append(_NO_CALLS)
    if response_format is not None:
        system += _format_instructions(response_format, grammar=grammar and bool(offered))
    if not system:
        return rendered
    return [{"role": "system", "content": "\n\n".join(filter(None, system))}, *rendered]


def _tool_instructions(
    tools: Iterable[Tool], tool_choice: Any, *, parallel: bool | None, grammar: bool
) -> Iterable[str]:
    yield "You can call these tools:\n\n" + "\n".join(
        _described(tool, indent=2 if grammar else None) for tool in tools
    )
    yield (_CALL_IN_ENVELOPE if grammar else _CALL).rstrip()
    if not grammar:
        several = "For several calls, write several blocks, one after the other."
        yield "Make one call at a time." if parallel is False else several
    name = forced_name(tool_choice)
    if name is not None:
        yield f"In this answer you must call the tool {name}."
    elif is_forced(tool_choice):
        yield "In this answer you must call at least one tool."
    yield _RESULTS


def _described(tool: Tool, *, indent: int | None) -> str:
    # As models have seen it in training. The indent is for the small ones, which grammar is for:
    # with it a model of 135M parameters chose the right tool as often as natively.
    facts = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    function = {name: fact for name, fact in facts.items() if fact}
    return json.dumps({"type": "function", "function": function}, ensure_ascii=False, indent=indent)


def _format_instructions(response_format: Mapping[str, Any], *, grammar: bool) -> Iterable[str]:
    kind = response_format.get("type")
    answer = 'Your answer to the user, the value of "text",' if grammar else "Your answer"
    if kind == "json_object":
        yield f"{answer} must be one JSON object: no other words, and no code fence."
    elif kind == "json_schema":
        schema = response_format.get("json_schema", {}).get("schema", {})
        yield (
            f"{answer} must be one JSON value that fits this JSON schema: no other words, and no"
            f" code fence.\n\n{_to_json(schema)}"
        )
    elif kind != "text":
        raise ConfigurationError(
            f"response_format of type {kind!r} cannot be asked for through the prompt: use"
            " json_schema, json_object or text."
        )


def _conversation(
    messages: Iterable[Mapping[str, Any]], *, grammar: bool
) -> Iterator[dict[str, Any]]:
    names: dict[str, str] = {}
    turns = groupby(enumerate(messages), lambda each: _role(each[1]) == "tool")
    for are_results, turn in turns:
        if are_results:
            results = "\n".join(_result(message, names, position) for position, message in turn)
            yield {"role": "user", "content": results + (_USE_RESULTS if grammar else "")}
            continue
        for position, message in turn:
            text = _plain_text(message.get("content"), position)
            calls = message.get("tool_calls") or ()
            names |= {call.get("id", ""): call["function"]["name"] for call in calls}
            if message["role"] == "assistant":
                text = _text_in_envelope(text, calls) if grammar else _text_with_calls(text, calls)
            yield {"role": _role(message), "content": text}


def _role(message: Mapping[str, Any]) -> str:
    return _DOCUMENTED.get(message["role"], str(message["role"]))


def _text_with_calls(text: str, calls: Iterable[Mapping[str, Any]]) -> str:
    blocks = [f"<tool_call>\n{_to_json(_call(call))}\n</tool_call>" for call in calls]
    return "\n".join([text, *blocks] if text else blocks)


def _text_in_envelope(text: str, calls: Sequence[Mapping[str, Any]]) -> str:
    fields: dict[str, Any] = {"text": text} if text or not calls else {}
    return _to_json(fields | {"tool_calls": list(map(_call, calls))} if calls else fields)


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    arguments = call["function"].get("arguments") or "{}"
    with suppress(ValueError):  # else as the model wrote them: the result names the error
        arguments = from_json(arguments)
    return {"name": call["function"]["name"], "arguments": arguments}


def _result(message: Mapping[str, Any], names: Mapping[str, str], position: int) -> str:
    name = message.get("name") or names.get(message.get("tool_call_id", ""))
    # Behind a closing tag in a result, the rest would look like words of the user.
    text = _plain_text(message.get("content"), position).replace(
        "</tool_response", "<\\/tool_response"
    )
    opening = f'<tool_response name="{name}">' if name else "<tool_response>"
    return f"{opening}\n{text}\n</tool_response>"


def _plain_text(content: Any, position: int) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    parts = [{"type": "text", "text": part} if isinstance(part, str) else part for part in content]
    for part in parts:
        if part.get("type") != "text":
            raise ConfigurationError(
                f"Message {position} holds a part of type {part.get('type')!r}, and prompted tool"
                ' calling sends text only. Leave the part out, or use tool_calling="native".'
            )
    return "\n".join(str(part.get("text", "")) for part in parts)
