"""Settings, messages and a call's own parameters to the keywords of the client's request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llama_index.core.base.llms.types import ChatMessage

from llama_index_ramclouds._clients import Connections
from llama_index_ramclouds._expectation import WAYS, Expectation
from llama_index_ramclouds._messages import to_wire
from llama_index_ramclouds._tools import to_wire_choice
from ramclouds import ConfigurationError, ModelFacts, model_facts

_FIELDS = (
    "temperature",
    "max_tokens",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "stop",
    "reasoning_effort",
)

# Keys of the body that New API passes on (dto/openai_request.go) and the client does not name:
# taken as parameters of a call, like those it names. Any other is a TypeError of the client, since
# the gateway would drop a misspelt one in silence.
_BODY_KEYS = frozenset(
    {
        "chat_template_kwargs",
        "enable_search",
        "enable_thinking",
        "logit_bias",
        "max_completion_tokens",
        "metadata",
        "modalities",
        "prediction",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning",
        "reasoning_split",
        "search_parameters",
        "service_tier",
        "store",
        "think",
        "thinking",
        "top_k",
        "verbosity",
        "web_search",
        "web_search_options",
    }
)


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the client, and how it asks."""

    params: dict[str, Any] = field(repr=False)
    expectation: Expectation


def to_request(
    llm: Connections, messages: Sequence[ChatMessage], given: Mapping[str, Any]
) -> Request:
    """Everything that one request says; a call's parameters win over the LLM's."""
    _check_messages(messages)
    params = _merged(llm, given)
    _refuse_several(params.get("n"))
    if params.get("tools"):
        params["tool_choice"] = to_wire_choice(
            params.get("tool_choice"), params["tools"], required=False
        )
    expectation = llm._expectation(params)
    params = {name: value for name, value in params.items() if name not in WAYS}
    facts = model_facts(expectation.model)
    params["model"] = expectation.model
    params["messages"] = to_wire(
        messages, facts, replay_reasoning=_replays_reasoning(llm.replay_reasoning, facts)
    )
    return Request(params, expectation)


def _merged(llm: Connections, given: Mapping[str, Any]) -> dict[str, Any]:
    params = {name: getattr(llm, name) for name in _FIELDS}
    body = dict(llm.extra_body)
    for layer in (llm.additional_kwargs, given):
        for name, value in layer.items():
            if name == "extra_body":
                body |= value or {}
            elif name in _BODY_KEYS:
                body[name] = value
            else:
                params[name] = value
    if body:
        params["extra_body"] = body
    return params


def _check_messages(messages: Sequence[ChatMessage]) -> None:
    for message in messages:
        if not isinstance(message, ChatMessage):
            raise ConfigurationError(
                f"messages must be LlamaIndex's ChatMessages, not {type(message).__name__}: write"
                " ChatMessage('Hello') or ChatMessage('Be brief.', role='system')."
            )


def _refuse_several(n: Any) -> None:
    if isinstance(n, int) and n > 1:
        raise ConfigurationError(
            f"n={n} cannot be asked for: a response of LlamaIndex holds one answer, and the others"
            " would be paid for and lost. Call once for each, or use ramclouds.Client.complete."
        )


def _replays_reasoning(wanted: bool | None, facts: ModelFacts) -> bool:
    if wanted is not None:
        return wanted
    return facts.replay_reasoning or facts.inline_reasoning
