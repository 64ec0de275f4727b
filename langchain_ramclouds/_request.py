"""Settings, messages and the arguments of one call as the request for them.

The seam of the adapter: a `Request` holds what the client is called with, and what the completion
has to be checked for. Everything before it is LangChain's, everything after it the client's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage

from langchain_ramclouds._fields import Fields
from langchain_ramclouds._messages import to_wire
from langchain_ramclouds._tools import to_wire_params
from ramclouds import prompted
from ramclouds.bridge.body_fields import check_messages, merged, model_of
from ramclouds.bridge.dialects import DialectChoice, Way
from ramclouds.bridge.expectation import CallSettings, Expectation
from ramclouds.bridge.fallback_models import fallbacks_of
from ramclouds.bridge.settings import hide_headers


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the client, and what is expected of its completion."""

    params: dict[str, Any] = field(repr=False)
    expectation: Expectation
    mode: prompted.ToolMode | None
    """How tools and formats are asked for; None where none are."""
    json_schema: Mapping[str, Any] | None = None
    """The format of the text, where nothing but JSON with a schema was asked for."""


def to_request(
    model: Fields,
    messages: Sequence[BaseMessage],
    stop: Sequence[str] | None,
    overrides: dict[str, Any],
) -> Request:
    """Merge what the model was built with and what this call says; the call wins."""
    hide_headers(overrides)
    params = to_wire_params(_merged(model, stop, overrides))
    settings = CallSettings.taken(params, model)
    params["dialect"] = DialectChoice.taken(params, model)
    params["fallback_models"] = fallbacks_of(params, model.fallback_models)
    params["messages"] = to_wire(messages)
    check_messages(params["messages"])
    mode = prompted.ToolMode.of(settings, params, model._downgraded_models)
    if not model._checked:
        # Whoever has such a model judges its completions: the parser of structured output.
        return Request(params, Expectation(params["model"]), mode)
    after_results = params["messages"][-1]["role"] == "tool"
    expectation = settings.expectation(params, after_results=after_results)
    schema = (params.get("response_format") or {}).get("json_schema")
    return Request(params, expectation, mode, schema)


def structured_ways(model: Fields, overrides: Mapping[str, Any]) -> list[Way]:
    """How structured output is asked for in a call with these parameters: of each model."""
    params = _merged(model, None, overrides)
    mode = prompted.ToolMode(params.pop("tool_calling", model.tool_calling))
    choice = DialectChoice.taken(params, model)
    names = (params["model"], *(fallbacks_of(params, model.fallback_models) or ()))
    return [
        "tool" if mode.prompted_mode(name) else choice.ways({**params, "model": name})[0]
        for name in names
    ]


def _merged(
    model: Fields, stop: Sequence[str] | None, overrides: Mapping[str, Any]
) -> dict[str, Any]:
    own = {**model._body_settings, "stream_usage": model.stream_usage}
    params = merged(own, overrides)
    params["model"] = model_of(params, model.model)
    if stop is not None:
        params["stop"] = stop
    # LangChain's own switch between invoke and stream.
    params.pop("stream", None)
    return params
