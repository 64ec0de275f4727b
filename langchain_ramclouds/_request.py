"""Settings, messages and the arguments of one call as the request for them.

The seam of the adapter: a `Request` holds what the client is called with, and what the answer has
to be checked for. Everything before it is LangChain's, everything after it the client's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage

from langchain_ramclouds._errors import ConfigurationError, MissingToolCallError, RefusalError
from langchain_ramclouds._messages import Replay, WireMessage, to_wire
from langchain_ramclouds._tools import is_forced
from ramclouds import Completion, ModelFacts, model_facts

CHECKED_BY_CALLER = "checked_by_caller"
"""Argument of a call: the answer is not judged here, the structured-output parser does it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer is held against."""

    model: str
    must_call: bool = False
    """A tool call was forced."""
    only_json: bool = False
    """Nothing but JSON was asked for."""

    def check(self, completion: Completion) -> None:
        """Refuse an answer without the call that was forced; an agent would ask for ever."""
        if not self.must_call or any(choice.tool_calls for choice in completion.choices):
            return
        facts = {"partial": completion, "request_id": completion.request_id}
        if completion.refusal:
            raise RefusalError(
                f"{self.model} refused to call a tool: {completion.refusal}", **facts
            )
        raise MissingToolCallError(_missing_call(self.model, completion.finish_reason), **facts)


def _missing_call(model: str, finish_reason: str | None) -> str:
    what = f"A tool call was forced, but {model} answered without one"
    if finish_reason == "length":
        return f"{what}: its answer was cut off. Raise max_tokens."
    if finish_reason == "content_filter":
        return f"{what}: the provider's filter stopped it. Change the messages."
    return (
        f"{what}. The gateway's channel for this model may drop `tools` or `tool_choice`: leave "
        "tool_choice at 'auto', or use another model."
    )


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the client, and what its answer is held against."""

    params: dict[str, Any] = field(repr=False)
    asked: Asked


def to_request(
    messages: Sequence[BaseMessage],
    *,
    settings: Mapping[str, Any],
    stop: Sequence[str] | None,
    overrides: Mapping[str, Any],
    replay_reasoning: bool | None = None,
    think_tags: bool = False,
) -> Request:
    """Merge what the model was built with and what this call says; the call wins."""
    params = {**settings, **overrides}
    # LangChain's own switch between invoke and stream.
    params.pop("stream", None)
    judged = not params.pop(CHECKED_BY_CALLER, False)
    if stop is not None:
        params["stop"] = list(stop)
    params["stop"] = params.get("stop") or None
    params["extra_body"] = {
        **(settings.get("extra_body") or {}),
        **(overrides.get("extra_body") or {}),
    }
    model = params["model"]
    facts = model_facts(model)
    wire = to_wire(messages, replay=_replay(facts, replay_reasoning, think_tags))
    wants_json = _wants_json(params.get("response_format"))
    if wants_json and not facts.response_format:
        wire = with_format_in_prompt(wire, params["response_format"])
    if not wire:
        raise ConfigurationError("There are no messages to send. Pass at least one.")
    params["messages"] = wire
    asked = Asked(
        model=model,
        must_call=judged and is_forced(params.get("tool_choice")),
        only_json=judged and wants_json,
    )
    return Request(params=params, asked=asked)


def _replay(facts: ModelFacts, forced: bool | None, think_tags: bool) -> Replay:
    if forced is False:
        return None
    if facts.inline_reasoning and think_tags:
        return "inline"
    return "field" if forced or facts.replay_reasoning else None


def _wants_json(response_format: Any) -> bool:
    return isinstance(response_format, Mapping) and response_format.get("type") in (
        "json_schema",
        "json_object",
    )


def with_format_in_prompt(
    wire: Sequence[WireMessage], response_format: Mapping[str, Any]
) -> list[WireMessage]:
    """Ask for the format in words too: this model's channel drops `response_format`."""
    asked = "Give your final answer as one JSON object, without any other text or code fence."
    schema = response_format.get("json_schema", {}).get("schema")
    if schema is not None:
        asked += f" It has to match this JSON schema:\n{json.dumps(schema, ensure_ascii=False)}"
    first, *rest = wire
    if first["role"] == "system" and isinstance(first["content"], str):
        return [{**first, "content": f"{first['content']}\n\n{asked}"}, *rest]
    return [{"role": "system", "content": asked}, *wire]
