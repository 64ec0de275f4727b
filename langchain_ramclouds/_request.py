"""Settings, messages and the arguments of one call as the request for them.

The seam of the adapter: a `Request` holds what the client is called with, and what the answer has
to be checked for. Everything before it is LangChain's, everything after it the client's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage

from langchain_ramclouds._errors import ConfigurationError, MissingToolCallError, RefusalError
from langchain_ramclouds._expectation import needs_mode, prompted_mode_of
from langchain_ramclouds._messages import Replay, WireMessage, to_wire
from langchain_ramclouds._tools import is_forced
from ramclouds import Completion, ModelFacts, model_facts
from ramclouds.prompted import ToolCalling, ToolMode, unsupported_message

CHECKED_BY_CALLER = "checked_by_caller"
"""Argument of a call: the answer is not judged here, the structured-output parser does it."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an answer is held against."""

    model: str
    must_call: bool = False
    """A tool call was forced."""
    only_json: bool = False
    """Nothing but JSON was asked for."""
    mode: ToolMode | None = None
    """How it was asked for; None: natively, whatever the answer."""

    @property
    def prompted_mode(self) -> ToolCalling | None:
        """How the answer was asked for, where not natively."""
        return prompted_mode_of(self.mode, self.model)

    def check(self, completion: Completion) -> None:
        """Refuse an answer without the call that was forced; an agent would ask for ever."""
        if not self.must_call or any(choice.tool_calls for choice in completion.choices):
            return
        facts = {"partial": completion, "request_id": completion.request_id}
        if completion.refusal:
            raise RefusalError(
                f"{self.model} refused to call a tool: {completion.refusal}", **facts
            )
        raise MissingToolCallError(self._missing_call(completion.finish_reason), **facts)

    def _missing_call(self, finish_reason: str | None) -> str:
        what = f"A tool call was forced, but {self.model} answered without one"
        if finish_reason == "length":
            return f"{what}: its answer was cut off. Raise max_tokens."
        if finish_reason == "content_filter":
            return f"{what}: the provider's filter stopped it. Change the messages."
        if self.prompted_mode is not None:
            return (
                f"{what}, asked through the prompt (tool_calling={self.prompted_mode!r}). "
                "Leave tool_choice at 'auto', or use another model."
            )
        return f"{what}. {unsupported_message('`tool_choice`', self.model)}"


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the client, and what its answer is held against."""

    params: dict[str, Any] = field(repr=False)
    expectation: Expectation


def to_request(
    messages: Sequence[BaseMessage],
    *,
    settings: Mapping[str, Any],
    stop: Sequence[str] | None,
    overrides: Mapping[str, Any],
    mode: Callable[[Any, Any], ToolMode],
    replay_reasoning: bool | None = None,
    think_tags: bool = False,
) -> Request:
    """Merge what the model was built with and what this call says; the call wins."""
    params = _merged(settings, overrides, stop)
    model = params["model"]
    judged = not params.pop(CHECKED_BY_CALLER, False)
    how = (params.pop("tool_calling"), params.pop("on_unsupported"))
    expectation = Expectation(
        model=model,
        must_call=judged and is_forced(params.get("tool_choice")),
        only_json=judged and _wants_json(params.get("response_format")),
        mode=mode(*how) if needs_mode(model, *how) else None,
    )
    if expectation.prompted_mode == "prompted" and params.get("stream_usage") is None:
        # `stream_options` is not documented, and the gateway sends the usage unasked.
        params["stream_usage"] = False
    facts = model_facts(model)
    wire = to_wire(messages, replay=_replay(facts, replay_reasoning, think_tags))
    if expectation.prompted_mode is None and not facts.response_format:
        wire = _with_format_in_prompt(wire, params.get("response_format"))
    if not wire:
        raise ConfigurationError("There are no messages to send. Pass at least one.")
    params["messages"] = wire
    return Request(params=params, expectation=expectation)


def _merged(
    settings: Mapping[str, Any], overrides: Mapping[str, Any], stop: Sequence[str] | None
) -> dict[str, Any]:
    params = {**settings, **overrides}
    # LangChain's own switch between invoke and stream.
    params.pop("stream", None)
    if stop is not None:
        params["stop"] = list(stop)
    params["stop"] = params.get("stop") or None
    params["extra_body"] = {
        **(settings.get("extra_body") or {}),
        **(overrides.get("extra_body") or {}),
    }
    return params


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


def _with_format_in_prompt(wire: Sequence[WireMessage], response_format: Any) -> list[WireMessage]:
    """Ask for JSON through the prompt too: this model's channel drops `response_format`."""
    if not wire or not _wants_json(response_format):
        return list(wire)
    expectation = "Give your final answer as one JSON object, without any other text or code fence."
    schema = response_format.get("json_schema", {}).get("schema")
    if schema is not None:
        expectation += (
            f" It has to match this JSON schema:\n{json.dumps(schema, ensure_ascii=False)}"
        )
    first, *rest = wire
    if first["role"] == "system" and isinstance(first["content"], str):
        return [{**first, "content": f"{first['content']}\n\n{expectation}"}, *rest]
    return [{"role": "system", "content": expectation}, *wire]
