"""Settings, messages and a call's own parameters to the keywords of the client's request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage

from llama_index_ramclouds._messages import to_wire
from llama_index_ramclouds._settings import Settings

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


def to_request(
    settings: Settings, messages: Sequence[ChatMessage], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that one request says; a call's parameters win over the LLM's."""
    params = {name: getattr(settings, name) for name in _FIELDS}
    body = dict(settings.extra_body)
    for layer in (settings.additional_kwargs, given):
        for name, value in layer.items():
            if name == "extra_body":
                body |= value or {}
            elif name in _BODY_KEYS:
                body[name] = value
            else:
                params[name] = value
    if body:
        params["extra_body"] = body
    params.setdefault("model", settings.model)
    params["messages"] = to_wire(
        messages, settings.facts, replay_reasoning=_replays_reasoning(settings)
    )
    return params


def _replays_reasoning(settings: Settings) -> bool:
    if settings.replay_reasoning is not None:
        return settings.replay_reasoning
    return settings.facts.replay_reasoning or settings.facts.inline_reasoning
