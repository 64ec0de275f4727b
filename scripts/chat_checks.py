"""A check for each statement of docs/inside/gateway.md about completions, in its order. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from scripts.recorded import Interaction
from scripts.tape import Check, Finding, NotShownError, Tape

CHECKS: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        CHECKS[name] = check
        return check

    return register


def one_line(values: Any) -> str:
    return ", ".join(dict.fromkeys(str(value) for value in values))


# --- every response ---


@check("version")
def _version(tape: Tape) -> Finding:
    versions = [one.headers.get("x-new-api-version") for one in tape]
    return Finding(all(versions), one_line(versions))


@check("request-id")
def _request_id(tape: Tape) -> Finding:
    ids = [one.headers.get("x-oneapi-request-id") for one in tape]
    return Finding(
        all(ids) and len(set(ids)) == len(ids), f"{len(set(ids))} in {len(ids)} responses"
    )


@check("no-retry-after")
def _no_retry_after(tape: Tape) -> Finding:
    waits = [one.headers["retry-after"] for one in tape if "retry-after" in one.headers]
    return Finding(not waits, one_line(waits) or "none")


@check("json-type")
def _json_type(tape: Tape) -> Finding:
    types = [tape[name].headers.get("content-type", "") for name in ("plain", "wrong_key")]
    return Finding(all(one.startswith("application/json") for one in types), one_line(types))


# --- completions ---


@check("choices")
def _choices(tape: Tape) -> Finding:
    body = tape["plain"].json
    choice = body["choices"][0]
    fields = {"id", "model", "choices", "usage"} <= body.keys()
    return Finding(fields and bool(choice["message"] and choice["finish_reason"]), one_line(body))


@check("usage-adds-up")
def _usage_adds_up(tape: Tape) -> Finding:
    usage = tape["plain"].json["usage"]
    parts = [usage[f"{name}_tokens"] for name in ("prompt", "completion", "total")]
    return Finding(parts[0] + parts[1] == parts[2], "{} + {} = {}".format(*parts))


@check("system-role")
def _system_role(tape: Tape) -> Finding:
    asked = tape["multi_turn"]
    return Finding(asked.status == 200, f"{asked.status} to {len(asked.sent['messages'])} messages")


@check("length")
def _length(tape: Tape) -> Finding:
    body = tape["length"].json
    reason, count = body["choices"][0]["finish_reason"], body["usage"]["completion_tokens"]
    asked = tape["length"].sent["max_tokens"]
    return Finding(reason == "length" and count <= asked, f"{reason} after {count} of {asked}")


@check("stop")
def _stop(tape: Tape) -> Finding:
    text = tape["stop"].json["choices"][0]["message"]["content"]
    return Finding(not any(one in text for one in tape["stop"].sent["stop"]), repr(text))


@check("several-answers")
def _several_answers(tape: Tape) -> Finding:
    indexes = [one["index"] for one in tape["several_answers"].json["choices"]]
    return Finding(indexes == list(range(tape["several_answers"].sent["n"])), str(indexes))


@check("parameters")
def _parameters(tape: Tape) -> Finding:
    return Finding(tape["parameters"].status == 200, str(tape["parameters"].status))


@check("unknown-field")
def _unknown_field(tape: Tape) -> Finding:
    return Finding(tape["unknown_field"].status == 200, str(tape["unknown_field"].status))


@check("reasoning-field")
def _reasoning_field(tape: Tape) -> Finding:
    deltas = [one["delta"] for event in tape["reasoning"].events for one in event["choices"]]
    fields = dict.fromkeys(key for delta in deltas for key in delta if "reason" in key)
    if not fields:
        raise NotShownError("this model shows no reasoning")
    return Finding("reasoning_content" in fields, one_line(fields))


# --- streams ---


@check("stream-type")
def _stream_type(tape: Tape) -> Finding:
    kind = tape["streamed"].headers.get("content-type", "")
    return Finding(kind.startswith("text/event-stream"), kind)


@check("framing")
def _framing(tape: Tape) -> Finding:
    lines = tape["streamed"].lines
    odd = [line for line in lines if not line.startswith(("data: {", "data: [DONE]", ":"))]
    return Finding(not odd, odd[0][:60] if odd else f"{len(lines)} lines")


@check("done")
def _done(tape: Tape) -> Finding:
    last = tape["streamed"].lines[-1]
    return Finding(last == "data: [DONE]", last[:60])


@check("one-finish")
def _one_finish(tape: Tape) -> Finding:
    events = tape["streamed"].events
    found = [one.get("finish_reason") for event in events for one in event["choices"]]
    reasons = [reason for reason in found if reason]
    return Finding(len(reasons) == 1, str(reasons))


@check("usage-last")
def _usage_last(tape: Tape) -> Finding:
    last = tape["streamed"].events[-1]
    return Finding(bool(last.get("usage")), json.dumps(last)[-120:])


@check("usage-unasked")
def _usage_unasked(tape: Tape) -> Finding:
    usages = [one["usage"] for one in tape["streamed_without_usage"].events if one.get("usage")]
    return Finding(bool(usages), f"{len(usages)} events with usage")


@check("first-role")
def _first_role(tape: Tape) -> Finding:
    delta = tape["streamed"].events[0]["choices"][0]["delta"]
    return Finding(delta.get("role") == "assistant" and not delta.get("content"), json.dumps(delta))


# --- tools and structure ---


@check("tool-call")
def _tool_call(tape: Tape) -> Finding:
    choice = tape["tool_call"].json["choices"][0]
    calls = choice["message"].get("tool_calls") or []
    ids = [call.get("id") for call in calls]
    agrees = bool(calls) and all(ids) and choice["finish_reason"] == "tool_calls"
    return Finding(agrees, f"{len(calls)} calls, finish reason {choice['finish_reason']}")


@check("arguments-text")
def _arguments_text(tape: Tape) -> Finding:
    arguments = tape["tool_call"].json["choices"][0]["message"]["tool_calls"][0]["function"][
        "arguments"
    ]
    return Finding(isinstance(json.loads(arguments), dict), repr(arguments))


@check("tool-deltas")
def _tool_deltas(tape: Tape) -> Finding:
    events = tape["tool_call_streamed"].events
    deltas = [one["delta"] for event in events for one in event["choices"]]
    pieces = [piece for delta in deltas for piece in delta.get("tool_calls") or ()]
    first = {piece["index"]: piece for piece in reversed(pieces)}
    named = all(one.get("id") and one["function"].get("name") for one in first.values())
    once = sum(bool(piece.get("id")) for piece in pieces) == len(first)
    return Finding(bool(first) and named and once, f"{len(first)} calls in {len(pieces)} fragments")


@check("tool-result")
def _tool_result(tape: Tape) -> Finding:
    return Finding(tape["tool_result"].status == 200, str(tape["tool_result"].status))


@check("json-schema")
def _json_schema(tape: Tape) -> Finding:
    text = tape["json_schema"].json["choices"][0]["message"]["content"]
    return Finding(list(json.loads(text)) == ["name"], repr(text))


@check("langchain-tools")
def _langchain_tools(tape: Tape) -> Finding:
    return _tool_loop(tape["langchain_ramclouds/tool_result"])


@check("langchain-structured")
def _langchain_structured(tape: Tape) -> Finding:
    return _object_by_a_call(tape["langchain_ramclouds/function_calling"])


@check("llama-index-tools")
def _llama_index_tools(tape: Tape) -> Finding:
    return _tool_loop(tape["llama_index_ramclouds/tool_result"])


@check("llama-index-structured")
def _llama_index_structured(tape: Tape) -> Finding:
    return _object_by_a_call(tape["llama_index_ramclouds/function_calling"])


def _tool_loop(reply: Interaction) -> Finding:
    """The last request of a loop: it holds a tool's result, and text comes back."""
    roles = [message["role"] for message in reply.sent["messages"]]
    text = reply.json["choices"][0]["message"]["content"]
    return Finding("tool" in roles and bool(text), f"{', '.join(roles)}: {text!r}"[:150])


def _object_by_a_call(reply: Interaction) -> Finding:
    call = reply.json["choices"][0]["message"]["tool_calls"][0]["function"]
    return Finding(isinstance(json.loads(call["arguments"]), dict), call["arguments"][:150])
