"""What LangChain saves a model as, and what its traces and caches know of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.language_models.base import LangSmithParams

from langchain_ramclouds._content_blocks import PROVIDER
from ramclouds.bridge.dialects import DIALECT_FIELDS
from ramclouds.bridge.outcome import WORDS

if TYPE_CHECKING:
    from langchain_ramclouds._fields import Fields

_BEHAVIOUR = (
    "fallback_models",
    "think_tags",
    "images_in_text",
    *DIALECT_FIELDS,
    *WORDS,
    "empty_retries",
)
"""Settings that are not sent and yet change what comes back."""


def to_identity(model: Fields) -> dict[str, Any]:
    """The settings that change a completion: two models that differ in one share no cache."""
    params = {name: value for name, value in model._body_settings.items() if value is not None}
    fields = type(model).model_fields
    for name in _BEHAVIOUR:
        if (value := getattr(model, name)) != fields[name].default:
            params[name] = value
    return params


def to_ls_params(
    model: Fields, stop: list[str] | None, overrides: dict[str, Any]
) -> LangSmithParams:
    """What a trace says of the model of a call."""
    settings = {**model._body_settings, **overrides}
    params = LangSmithParams(
        ls_provider=PROVIDER,
        ls_model_type="chat",
        ls_model_name=settings["model"],
    )
    if (temperature := settings.get("temperature")) is not None:
        params["ls_temperature"] = temperature
    if max_tokens := settings.get("max_tokens") or settings.get("max_completion_tokens"):
        params["ls_max_tokens"] = max_tokens
    if stops := stop or settings.get("stop"):
        params["ls_stop"] = list(stops) if isinstance(stops, (list, tuple)) else [stops]
    return params
