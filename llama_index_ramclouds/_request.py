"""Settings, messages and a call's own parameters to the keywords of the client's request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.utils import get_tokenizer

from llama_index_ramclouds._fields import Fields
from llama_index_ramclouds._messages import to_wire
from llama_index_ramclouds._tools import to_wire_choice, to_wire_format, to_wire_tools
from ramclouds import ConfigurationError, prompted
from ramclouds.bridge.body_fields import SETTINGS, check_messages, merged, model_of
from ramclouds.bridge.dialects import DialectChoice, Way
from ramclouds.bridge.expectation import CallSettings, Expectation
from ramclouds.bridge.fallback_models import fallbacks_of
from ramclouds.bridge.outcome import ToolCalling
from ramclouds.bridge.settings import hide_headers
from ramclouds.bridge.tokens import count_request

_RESULTS = (MessageRole.TOOL, MessageRole.FUNCTION)


def to_expectation(
    llm: Fields, messages: Sequence[ChatMessage], given: dict[str, Any]
) -> Expectation:
    """What is expected of a response to a call with these parameters."""
    hide_headers(given)
    _check_messages(messages)
    params = {**llm.additional_kwargs, **given, "model": model_of(given, llm.model)}
    settings = CallSettings.taken(params, llm)
    if not llm._checked:
        return Expectation(params["model"])
    after_results = bool(messages) and messages[-1].role in _RESULTS
    return settings.expectation(params, after_results=after_results)


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the client."""

    params: dict[str, Any] = field(repr=False)
    mode: prompted.ToolMode | None
    """How tools and formats are asked for; None where none are."""


def to_request(llm: Fields, messages: Sequence[ChatMessage], given: dict[str, Any]) -> Request:
    """Everything that one request says; a call's parameters win over the LLM's."""
    hide_headers(given)
    params = _merged(llm, given)
    _refuse_several(params.get("n"))
    if tools := params.get("tools"):
        params["tools"] = to_wire_tools(tools)
    # Without tools, only the call itself can want one: the LLM's own choice is for other calls.
    choice = (params if tools else given).get("tool_choice")
    if choice is not None:
        choice = to_wire_choice(choice, params["tools"] if tools else (), required=False)
    params["tool_choice"] = choice
    if params.get("response_format") is not None:
        params["response_format"] = to_wire_format(params["response_format"])
    settings = CallSettings.taken(params, llm)
    params["model"] = model_of(params, llm.model)
    params["dialect"] = DialectChoice.taken(params, llm)
    params["fallback_models"] = fallbacks_of(params, llm.fallback_models)
    params["messages"] = to_wire(messages)
    return Request(params, prompted.ToolMode.of(settings, params, llm._downgraded_models))


def count_tokens(llm: Fields, text: str | Sequence[ChatMessage]) -> int:
    """About how many tokens a text has, or the request that would be made of messages."""
    tokens = llm.tokenizer or get_tokenizer()
    if isinstance(text, str):
        return len(tokens(text))
    params = to_request(llm, text, {}).params
    return count_request(params, count=lambda part: len(tokens(part)))


def prompted_mode(llm: Fields, given: Mapping[str, Any]) -> ToolCalling | None:
    """How a call with these parameters asks now; None if natively."""
    settings = CallSettings.taken(dict(given), llm)
    mode = prompted.ToolMode(settings.tool_calling, downgraded=llm._downgraded_models())
    return mode.prompted_mode(model_of(given, llm.model))


def models_of(llm: Fields, given: Mapping[str, Any]) -> list[str]:
    """The models that a call with these parameters may ask, in order."""
    params = {**given, "model": model_of(given, llm.model)}
    return [params["model"], *(fallbacks_of(params, llm.fallback_models) or ())]


def structured_ways(llm: Fields, given: Mapping[str, Any]) -> tuple[Way, ...]:
    """How structured output is asked for in a call with these parameters, the best way first."""
    params = _merged(llm, given)
    params["model"] = model_of(params, llm.model)
    return DialectChoice.taken(params, llm).ways(params)


def _merged(llm: Fields, given: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: getattr(llm, name) for name in (*SETTINGS, "extra_body")}
    return merged(own, llm.additional_kwargs, given)


def _check_messages(messages: Sequence[ChatMessage]) -> None:
    check_messages(messages)
    for message in messages:
        if not isinstance(message, ChatMessage):
            raise ConfigurationError(
                f"messages must be LlamaIndex's ChatMessages, not {type(message).__name__}. Write"
                " ChatMessage('Hello') or ChatMessage('Be brief.', role='system')."
            )


def _refuse_several(n: Any) -> None:
    if isinstance(n, int) and n > 1:
        raise ConfigurationError(
            f"n={n} cannot be asked for: a response of LlamaIndex holds one choice, and the others"
            " would be paid for and lost. Call once for each, or use ramclouds.Client.complete."
        )
