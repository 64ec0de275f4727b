"""A check for each named statement of docs/inside/gateway.md, in its order. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from scripts.recorded import Interaction
from scripts.tape import Check, Finding, NotShownError, Tape

CHECKS: dict[str, Check] = {}
# A failed reply is what these are about.
ABOUT_ERRORS = {"json-type", "error-shape", "wrong-key", "stream-refusal", "malformed"}
ABOUT_ERRORS |= {"unknown-model", "wrong-path"}


def _check(name: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        CHECKS[name] = check
        return check

    return register


def _one(values: Any) -> str:
    return ", ".join(dict.fromkeys(str(value) for value in values))


# --- every response ---


@_check("version")
def _version(tape: Tape) -> Finding:
    versions = [one.headers.get("x-new-api-version") for one in tape]
    return Finding(all(versions), _one(versions))


@_check("request-id")
def _request_id(tape: Tape) -> Finding:
    ids = [one.headers.get("x-oneapi-request-id") for one in tape]
    return Finding(
        all(ids) and len(set(ids)) == len(ids), f"{len(set(ids))} in {len(ids)} responses"
    )


@_check("no-retry-after")
def _no_retry_after(tape: Tape) -> Finding:
    waits = [one.headers["retry-after"] for one in tape if "retry-after" in one.headers]
    return Finding(not waits, _one(waits) or "none")


@_check("json-type")
def _json_type(tape: Tape) -> Finding:
    types = [tape[name].headers.get("content-type", "") for name in ("plain", "wrong_key")]
    return Finding(all(one.startswith("application/json") for one in types), _one(types))


# --- completions ---


@_check("choices")
def _choices(tape: Tape) -> Finding:
    answer = tape["plain"].json
    choice = answer["choices"][0]
    fields = {"id", "model", "choices", "usage"} <= answer.keys()
    return Finding(fields and bool(choice["message"] and choice["finish_reason"]), _one(answer))


@_check("usage-adds-up")
def _usage_adds_up(tape: Tape) -> Finding:
    usage = tape["plain"].json["usage"]
    parts = [usage[f"{name}_tokens"] for name in ("prompt", "completion", "total")]
    return Finding(parts[0] + parts[1] == parts[2], "{} + {} = {}".format(*parts))


@_check("system-role")
def _system_role(tape: Tape) -> Finding:
    asked = tape["multi_turn"]
    return Finding(asked.status == 200, f"{asked.status} to {len(asked.sent['messages'])} messages")


@_check("length")
def _length(tape: Tape) -> Finding:
    answer = tape["length"].json
    reason, count = answer["choices"][0]["finish_reason"], answer["usage"]["completion_tokens"]
    asked = tape["length"].sent["max_tokens"]
    return Finding(reason == "length" and count <= asked, f"{reason} after {count} of {asked}")


@_check("stop")
def _stop(tape: Tape) -> Finding:
    text = tape["stop"].json["choices"][0]["message"]["content"]
    return Finding(not any(one in text for one in tape["stop"].sent["stop"]), repr(text))


@_check("several-answers")
def _several_answers(tape: Tape) -> Finding:
    indexes = [one["index"] for one in tape["several_answers"].json["choices"]]
    return Finding(indexes == list(range(tape["several_answers"].sent["n"])), str(indexes))


@_check("parameters")
def _parameters(tape: Tape) -> Finding:
    return Finding(tape["parameters"].status == 200, str(tape["parameters"].status))


@_check("unknown-field")
def _unknown_field(tape: Tape) -> Finding:
    return Finding(tape["unknown_field"].status == 200, str(tape["unknown_field"].status))


@_check("reasoning-field")
def _reasoning_field(tape: Tape) -> Finding:
    deltas = [one["delta"] for event in tape["reasoning"].events for one in event["choices"]]
    fields = dict.fromkeys(key for delta in deltas for key in delta if "reason" in key)
    if not fields:
        raise NotShownError("this model shows no reasoning")
    return Finding("reasoning_content" in fields, _one(fields))


# --- streams ---


@_check("stream-type")
def _stream_type(tape: Tape) -> Finding:
    kind = tape["streamed"].headers.get("content-type", "")
    return Finding(kind.startswith("text/event-stream"), kind)


@_check("framing")
def _framing(tape: Tape) -> Finding:
    lines = tape["streamed"].lines
    odd = [line for line in lines if not line.startswith(("data: {", "data: [DONE]", ":"))]
    return Finding(not odd, odd[0][:60] if odd else f"{len(lines)} lines")


@_check("done")
def _done(tape: Tape) -> Finding:
    last = tape["streamed"].lines[-1]
    return Finding(last == "data: [DONE]", last[:60])


@_check("one-finish")
def _one_finish(tape: Tape) -> Finding:
    events = tape["streamed"].events
    found = [one.get("finish_reason") for event in events for one in event["choices"]]
    reasons = [reason for reason in found if reason]
    return Finding(len(reasons) == 1, str(reasons))


@_check("usage-last")
def _usage_last(tape: Tape) -> Finding:
    last = tape["streamed"].events[-1]
    return Finding(bool(last.get("usage")), json.dumps(last)[-120:])


@_check("usage-unasked")
def _usage_unasked(tape: Tape) -> Finding:
    usages = [one["usage"] for one in tape["streamed_without_usage"].events if one.get("usage")]
    return Finding(bool(usages), f"{len(usages)} events with usage")


@_check("first-role")
def _first_role(tape: Tape) -> Finding:
    delta = tape["streamed"].events[0]["choices"][0]["delta"]
    return Finding(delta.get("role") == "assistant" and not delta.get("content"), json.dumps(delta))


# --- tools and structure ---


@_check("tool-call")
def _tool_call(tape: Tape) -> Finding:
    choice = tape["tool_call"].json["choices"][0]
    calls = choice["message"].get("tool_calls") or []
    ids = [call.get("id") for call in calls]
    agrees = bool(calls) and all(ids) and choice["finish_reason"] == "tool_calls"
    return Finding(agrees, f"{len(calls)} calls, finish reason {choice['finish_reason']}")


@_check("arguments-text")
def _arguments_text(tape: Tape) -> Finding:
    arguments = tape["tool_call"].json["choices"][0]["message"]["tool_calls"][0]["function"][
        "arguments"
    ]
    return Finding(isinstance(json.loads(arguments), dict), repr(arguments))


@_check("tool-deltas")
def _tool_deltas(tape: Tape) -> Finding:
    events = tape["tool_call_streamed"].events
    deltas = [one["delta"] for event in events for one in event["choices"]]
    pieces = [piece for delta in deltas for piece in delta.get("tool_calls") or ()]
    first = {piece["index"]: piece for piece in reversed(pieces)}
    named = all(one.get("id") and one["function"].get("name") for one in first.values())
    once = sum(bool(piece.get("id")) for piece in pieces) == len(first)
    return Finding(bool(first) and named and once, f"{len(first)} calls in {len(pieces)} fragments")


@_check("tool-result")
def _tool_result(tape: Tape) -> Finding:
    return Finding(tape["tool_result"].status == 200, str(tape["tool_result"].status))


@_check("json-schema")
def _json_schema(tape: Tape) -> Finding:
    text = tape["json_schema"].json["choices"][0]["message"]["content"]
    return Finding(list(json.loads(text)) == ["name"], repr(text))


@_check("langchain-tools")
def _langchain_tools(tape: Tape) -> Finding:
    return _tool_loop(tape["langchain_ramclouds/tool_result"])


@_check("langchain-structured")
def _langchain_structured(tape: Tape) -> Finding:
    return _object_by_a_call(tape["langchain_ramclouds/function_calling"])


@_check("llama-index-tools")
def _llama_index_tools(tape: Tape) -> Finding:
    return _tool_loop(tape["llama_index_ramclouds/tool_result"])


@_check("llama-index-structured")
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


# --- errors ---


@_check("error-shape")
def _error_shape(tape: Tape) -> Finding:
    error = tape["wrong_key"].json["error"]
    agrees = {"message", "type", "code"} <= error.keys() and isinstance(error["code"], str)
    return Finding(agrees, json.dumps(error))


@_check("wrong-key")
def _wrong_key(tape: Tape) -> Finding:
    answer = tape["wrong_key"]
    code = answer.json["error"].get("code")
    return Finding((answer.status, code) == (401, ""), f"{answer.status}, code {code!r}")


@_check("stream-refusal")
def _stream_refusal(tape: Tape) -> Finding:
    plain, streamed = tape["wrong_key"].status, tape["wrong_key_streamed"].status
    return Finding(streamed == plain != 200, f"{streamed}, as a whole answer {plain}")


@_check("malformed")
def _malformed(tape: Tape) -> Finding:
    return _refusal(tape["malformed"], 500, "invalid_request")


@_check("unknown-model")
def _unknown_model(tape: Tape) -> Finding:
    return _refusal(tape["unknown_model"], 503, "model_not_found")


def _refusal(answer: Interaction, status: int, code: str) -> Finding:
    found = answer.json["error"].get("code")
    return Finding((answer.status, found) == (status, code), f"{answer.status}, code {found!r}")


@_check("wrong-path")
def _wrong_path(tape: Tape) -> Finding:
    answer = tape["wrong_path"]
    message = answer.json["error"]["message"]
    return Finding(answer.status == 404 and answer.path in message, f"{answer.status}, {message!r}")


# --- the model list ---


@_check("models")
def _models(tape: Tape) -> Finding:
    models = tape["models"].json["data"]
    agrees = bool(models) and all({"id", "owned_by", "created"} <= one.keys() for one in models)
    return Finding(agrees, f"{len(models)} models")


@_check("endpoint-types")
def _endpoint_types(tape: Tape) -> Finding:
    models = tape["models"].json["data"]
    types = [one.get("supported_endpoint_types") for one in models]
    return Finding(any("openai" in (one or ()) for one in types), _one(types)[:120])


# --- keys, prices, embeddings ---


@_check("key-status")
def _key_status(tape: Tape) -> Finding:
    told = tape["key_status"].json["data"]
    fields = {"total_granted", "total_used", "total_available", "unlimited_quota"}
    return Finding(fields <= told.keys(), _one(sorted(told)))


@_check("prices")
def _prices(tape: Tape) -> Finding:
    models = tape["prices"].json["data"]
    fields = {"model_name", "quota_type", "model_ratio", "model_price", "completion_ratio"}
    return Finding(bool(models) and fields <= models[0].keys(), f"{len(models)} models")


@_check("embeddings")
def _embeddings(tape: Tape) -> Finding:
    reply = tape["embeddings"]
    places = sorted(one["index"] for one in reply.json["data"])
    return Finding(places == list(range(len(reply.sent["input"]))), f"{len(places)} vectors")
