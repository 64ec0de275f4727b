"""Builders of what the gateway sends: completions, stream events, errors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

ID = "chatcmpl-test1"
MODEL = "gpt-5.1"
CREATED = 1795330800


def usage(prompt: int = 12, completion: int = 4, **details: int) -> dict[str, Any]:
    """A usage object; details are cached_tokens, reasoning_tokens and the audio counts."""
    made: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    for side, names in _DETAILS.items():
        found = {wire: details[name] for name, wire in names.items() if name in details}
        if found:
            made[side] = found
    return made


_DETAILS = {
    "prompt_tokens_details": {
        "cached_tokens": "cached_tokens",
        "cache_creation_tokens": "cached_creation_tokens",
        "prompt_audio_tokens": "audio_tokens",
    },
    "completion_tokens_details": {
        "reasoning_tokens": "reasoning_tokens",
        "completion_audio_tokens": "audio_tokens",
    },
}


def call(name: str, arguments: Any = "{}", id: str = "call_1", **extra: Any) -> dict[str, Any]:
    """A whole tool call as a message holds it."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    function = {"name": name, "arguments": text}
    return {"id": id, "type": "function", "function": function, **extra}


def message(text: str | None = "Hello world", **fields: Any) -> dict[str, Any]:
    """An assistant message; fields are reasoning_content, tool_calls, refusal and so on."""
    return {"role": "assistant", "content": text, **fields}


def choice(
    text: str | None = "Hello world",
    finish_reason: str | None = "stop",
    index: int = 0,
    **fields: Any,
) -> dict[str, Any]:
    return {"index": index, "message": message(text, **fields), "finish_reason": finish_reason}


_COUNTED: dict[str, Any] = usage()


def completion(
    text: str | None = "Hello world",
    *,
    finish_reason: str | None = None,
    model: str = MODEL,
    id: str = ID,
    usage: Mapping[str, Any] | None = _COUNTED,
    choices: Sequence[Mapping[str, Any]] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """A whole answer; fields go into the message, as `tool_calls=[call(...)]`."""
    reason = finish_reason or ("tool_calls" if fields.get("tool_calls") else "stop")
    body: dict[str, Any] = {
        "id": id,
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [choice(text, reason, **fields)] if choices is None else list(choices),
    }
    return body if usage is None else {**body, "usage": dict(usage)}


def chunk(
    delta: Mapping[str, Any] | None = None,
    finish_reason: str | None = None,
    *,
    id: str = ID,
    model: str = MODEL,
    index: int = 0,
    **fields: Any,
) -> dict[str, Any]:
    """One event of one choice; fields go beside `choices`, such as `usage`."""
    step = {"index": index, "delta": dict(delta or {}), "finish_reason": finish_reason}
    return {**envelope(id=id, model=model), "choices": [step], **fields}


def usage_chunk(
    counted: Mapping[str, Any] = _COUNTED, *, id: str = ID, model: str = MODEL
) -> dict[str, Any]:
    """The event after the finish reason: no choices, only usage."""
    return {**envelope(id=id, model=model), "choices": [], "usage": dict(counted)}


def envelope(*, id: str = ID, model: str = MODEL) -> dict[str, Any]:
    return {"id": id, "object": "chat.completion.chunk", "created": CREATED, "model": model}


def text_chunks(
    text: str = "Hello world",
    *,
    reasoning: str = "",
    finish_reason: str | None = "stop",
    usage: Mapping[str, Any] | None = _COUNTED,
    id: str = ID,
    model: str = MODEL,
) -> list[dict[str, Any]]:
    """The events of a text answer, a word each; `finish_reason=None` leaves it unfinished."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"reasoning_content": word} for word in words(reasoning)]
    deltas += [{"content": word} for word in words(text)]
    return _finished(deltas, finish_reason, usage, id=id, model=model)


def tool_chunks(
    *calls: Mapping[str, Any],
    text: str = "",
    finish_reason: str | None = "tool_calls",
    usage: Mapping[str, Any] | None = _COUNTED,
    id: str = ID,
    model: str = MODEL,
    size: int = 8,
) -> list[dict[str, Any]]:
    """The events of tool calls made with `call(...)`, arguments in pieces of `size` characters."""
    deltas = [{"role": "assistant", "content": text or None}, *call_deltas(calls, size)]
    return _finished(deltas, finish_reason, usage, id=id, model=model)


def call_deltas(calls: Iterable[Mapping[str, Any]], size: int = 8) -> Iterator[dict[str, Any]]:
    """The deltas of calls: each opened without arguments, then these in pieces."""
    for index, one in enumerate(calls):
        arguments = one["function"]["arguments"]
        opened = {**one, "function": {**one["function"], "arguments": ""}}
        yield {"tool_calls": [{"index": index, **opened}]}
        for start in range(0, len(arguments), size):
            piece = {"arguments": arguments[start : start + size]}
            yield {"tool_calls": [{"index": index, "function": piece}]}


def _finished(
    deltas: Sequence[Mapping[str, Any]],
    finish_reason: str | None,
    counted: Mapping[str, Any] | None,
    *,
    id: str,
    model: str,
) -> list[dict[str, Any]]:
    events = [chunk(delta, id=id, model=model) for delta in deltas]
    if finish_reason is not None:
        events.append(chunk({}, finish_reason, id=id, model=model))
    if counted is not None:
        events.append(usage_chunk(counted, id=id, model=model))
    return events


def words(text: str) -> list[str]:
    """The words of a text, each with the space before it: joined they are the text again."""
    found: list[str] = []
    for part in text.split(" "):
        found.append(part if not found else f" {part}")
    return [word for word in found if word]


def error(
    message: str = "Too many requests", type: str = "new_api_error", code: Any = "", **fields: Any
) -> dict[str, Any]:
    """An error body in the gateway's usual shape."""
    return {"error": {"message": message, "type": type, "param": "", "code": code, **fields}}
