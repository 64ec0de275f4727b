"""What providers refuse: each rule says why a request is wrong, or None."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Body = Mapping[str, Any]
Rule = Callable[[Body], "str | None"]


def text_of(message: Mapping[str, Any]) -> str:
    """The text of a message, its parts joined."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content or [])


def _calls(body: Body) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for place, message in enumerate(body["messages"]):
        for call in message.get("tool_calls") or []:
            yield place, call


def _functions(body: Body) -> list[Mapping[str, Any]]:
    return [tool["function"] for tool in body.get("tools") or []]


def _is_forced(body: Body) -> bool:
    return body.get("tool_choice") not in (None, "auto", "none")


def _format(body: Body) -> str:
    wanted: Mapping[str, Any] = body.get("response_format") or {}
    return str(wanted.get("type", "text"))


# --- every provider ---


def arguments_are_objects(body: Body) -> str | None:
    for place, call in _calls(body):
        try:
            is_object = isinstance(json.loads(call["function"]["arguments"]), dict)
        except ValueError:
            is_object = False
        if not is_object:
            return f"messages[{place}]: arguments are no JSON object"
    return None


def content_is_there(body: Body) -> str | None:
    for place, message in enumerate(body["messages"]):
        if message.get("content") is None and not message.get("tool_calls"):
            return f"Invalid value for 'content' in messages[{place}]: expected a string, got null"
    return None


def schemas_are_typed(body: Body) -> str | None:
    for function in _functions(body):
        schema = function.get("parameters")
        if schema is not None and schema.get("type") != "object":
            return f"Invalid schema for function '{function['name']}': type must be 'object'"
        for name, inner in (schema or {}).get("properties", {}).items():
            if inner.get("type") == "array" and "items" not in inner:
                return f"Invalid schema for function '{function['name']}': {name} lacks items"
    return None


def parallel_needs_tools(body: Body) -> str | None:
    if body.get("parallel_tool_calls") is not None and not body.get("tools"):
        return "'parallel_tool_calls' is only allowed when 'tools' are specified."
    return None


EVERYWHERE: tuple[Rule, ...] = (
    arguments_are_objects,
    content_is_there,
    schemas_are_typed,
    parallel_needs_tools,
)


# --- requests ---


def without(*names: str) -> Rule:
    """Refuses these fields whatever they hold."""

    def check(body: Body) -> str | None:
        found = next((name for name in names if body.get(name) is not None), None)
        return found and f"Unsupported parameter: '{found}' is not supported with this model."

    return check


def ordinary_sampling(body: Body) -> str | None:
    for name in ("temperature", "top_p"):
        if body.get(name) not in (None, 1):
            return f"Unsupported value: '{name}' does not support {body[name]} with this model."
    return None


def stop_is_one_string(body: Body) -> str | None:
    is_list = isinstance(body.get("stop"), list)
    return "a list of stop strings is lost in the gateway" if is_list else None


def one_of_both_samplings(body: Body) -> str | None:
    if body.get("temperature") is not None and body.get("top_p") is not None:
        return "`temperature` and `top_p` cannot both be specified for this model."
    return None


def no_forced_choice(body: Body) -> str | None:
    return "tool_choice is incompatible with thinking enabled" if _is_forced(body) else None


def no_json_schema(body: Body) -> str | None:
    is_asked = _format(body) == "json_schema"
    return "This response_format type is unavailable now" if is_asked else None


def json_is_named(body: Body) -> str | None:
    named = any("json" in text_of(message).lower() for message in body["messages"])
    if _format(body) == "json_object" and not named:
        return "'messages' must contain the word 'json' in some form."
    return None


def closed_where_strict(body: Body) -> str | None:
    wanted = (body.get("response_format") or {}).get("json_schema") or {}
    if wanted.get("strict"):
        return next(_open_places(wanted["schema"], "schema"), None)
    return None


def _open_places(schema: Any, path: str) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        return
    properties: Mapping[str, Any] = schema.get("properties") or {}
    if "properties" in schema and schema.get("additionalProperties") is not False:
        yield f"In context={path}, 'additionalProperties' is required to be false."
    if missing := set(properties) - set(schema.get("required", [])):
        yield f"In context={path}, 'required' must include {sorted(missing)[0]}."
    if "default" in schema:
        yield f"In context={path}, 'default' is not permitted."
    inner = [*properties.values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", [])]
    for one in (*inner, schema.get("items")):
        yield from _open_places(one, path)


def thinks_in_streams_only(body: Body) -> str | None:
    if body.get("stream") or body.get("enable_thinking") is False:
        return None
    return "parameter.enable_thinking must be set to false for non-streaming calls"


# --- histories ---


def ids_like(pattern: str) -> Rule:
    """Refuses calls whose ids do not match."""

    def check(body: Body) -> str | None:
        wrong = (call["id"] for _, call in _calls(body) if not re.fullmatch(pattern, call["id"]))
        return next((f"tool call id {id} should match {pattern}" for id in wrong), None)

    return check


def unique_ids(body: Body) -> str | None:
    ids = [call["id"] for _, call in _calls(body)]
    return "`tool_use` ids must be unique" if len(set(ids)) < len(ids) else None


def reasoning_comes_back(body: Body) -> str | None:
    for place, message in enumerate(body["messages"]):
        if message.get("tool_calls") and not message.get("reasoning_content"):
            return f"reasoning_content is missing in assistant tool call message at index {place}"
    return None


def reasoning_comes_back_this_turn(body: Body) -> str | None:
    places = [at for at, message in enumerate(body["messages"]) if message["role"] == "user"]
    return reasoning_comes_back({"messages": body["messages"][max(places, default=0) :]})


def think_text_comes_back(body: Body) -> str | None:
    """Of MiniMax's own turns; those of other models have none to come back."""
    for place, call in _calls(body):
        text = text_of(body["messages"][place])
        is_unchanged = text.startswith("<think>\n") and text.count("<think>") == 1
        if call["id"].startswith("call_function_") and not is_unchanged:
            return f"the <think> block did not come back in messages[{place}]"
    return None


def known_message_fields(*names: str) -> Rule:
    """Refuses messages with any other field."""

    def check(body: Body) -> str | None:
        extra = {key for message in body["messages"] for key in message} - set(names)
        return f"{sorted(extra)[0]}: Extra inputs are not permitted" if extra else None

    return check


def results_are_text(body: Body) -> str | None:
    for place, message in enumerate(body["messages"]):
        parts = message["content"] if message["role"] == "tool" else ""
        if not isinstance(parts, str) and any(part["type"] != "text" for part in parts):
            return f"Invalid 'messages[{place}]': a message with role 'tool' takes only text."
    return None


def no_user_behind_a_result(body: Body) -> str | None:
    roles = [message["role"] for message in body["messages"]]
    pairs = itertools.pairwise(roles)
    found = next((role for before, role in pairs if before == "tool" and role == "user"), None)
    return found and "Unexpected role 'user' after role 'tool'"


def no_prefill(body: Body) -> str | None:
    if body["messages"][-1]["role"] == "assistant":
        return "This model does not support assistant message prefill."
    return None


def no_blank_text(body: Body) -> str | None:
    for place, message in enumerate(body["messages"]):
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        texts = [part["text"] for part in parts if part["type"] == "text"]
        if any(text is not None and not text.strip() for text in texts):
            # New API makes nothing of an empty text beside calls and of an empty result.
            if content == "" and (message.get("tool_calls") or message["role"] == "tool"):
                continue
            return f"messages.{place}: text content blocks must contain non-whitespace text"
    return None


def one_message_a_role(body: Body) -> str | None:
    roles = [message["role"] for message in body["messages"]]
    pairs = itertools.pairwise(roles)
    twice = next((one for one, other in pairs if one == other and one != "tool"), None)
    return twice and f"two messages of the role {twice} in a row lose text in the gateway"


# --- schemas of tools, behind New API's own channels ---


def required_is_a_list(body: Body) -> str | None:
    for function in _functions(body):
        schema = function.get("parameters") or {}
        if "required" not in schema or "properties" not in schema:
            return "input_schema.required: Input should be a valid list"
    return None


def no_alternatives_on_top(body: Body) -> str | None:
    for function in _functions(body):
        if {"oneOf", "allOf", "anyOf"} & set(function.get("parameters") or {}):
            return "input_schema does not support oneOf, allOf, or anyOf at the top level"
    return None


# What New API's Gemini channel lets through, and Google takes.
_GEMINI_KEYS = set(
    re.findall(
        r"\w+",
        "type format title description nullable enum maxItems minItems properties required anyOf"
        " minLength maxLength pattern items minimum maximum default minProperties maxProperties",
    )
)


def gemini_schemas(body: Body) -> str | None:
    schemas = [function.get("parameters") for function in _functions(body)]
    wanted = (body.get("response_format") or {}).get("json_schema")
    schemas += [wanted["schema"]] if wanted else []
    return next((found for schema in schemas for found in _foreign_to_gemini(schema)), None)


def _foreign_to_gemini(schema: Any, *, is_top: bool = True) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        return
    # The gateway drops these two from the top.
    foreign = set(schema) - _GEMINI_KEYS - ({"additionalProperties"} if is_top else set())
    if foreign:
        yield f'Unknown name "{sorted(foreign)[0]}": Cannot find field.'
    if not is_top and "type" not in schema and "anyOf" not in schema:
        yield "type: must be specified when not using one_of, any_of or all_of fields"
    if schema.get("type") == "array" and not schema.get("items"):
        yield "items: missing field."
    if any(not isinstance(value, str) for value in schema.get("enum", [])):
        yield "enum: only allowed for STRING type"
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", []), schema.get("items")]
    for one in inner:
        yield from _foreign_to_gemini(one, is_top=False)
