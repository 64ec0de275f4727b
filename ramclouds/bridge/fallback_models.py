"""The setting `fallback_models`: which models are asked where the first one fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import field_validator

from ramclouds.bridge.body_fields import BodySettings
from ramclouds.errors import ConfigurationError

__all__ = ["BY_WAY", "FallbackSettings", "check_fallback_models", "fallbacks_of"]

BY_WAY = "by_way"
"""The keyword of a prompting client with what asks for structured output in each way.

`tool` and `format` are the request's own fields, `prompt` is for models that are asked through the
prompt: a fallback model is asked in its own way.
"""


class FallbackSettings(BodySettings):
    """The fields of a body and `fallback_models`, as a chat model of either framework has them."""

    fallback_models: list[str] | None = None
    """Models to ask, in this order, where the model fails before its first token."""

    @field_validator("fallback_models", mode="before")
    @classmethod
    def _are_names(cls, given: Any) -> Any:
        return None if given is None else list(check_fallback_models(given))


def check_fallback_models(given: Any, model: str | None = None) -> Sequence[str]:
    """The names of the models that are asked where `model` fails, if they are such names."""
    if given is None:
        return ()
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise ConfigurationError(
            f"fallback_models must be a list of names, such as ['gpt-5'], not {given!r}. Leave it"
            " out where no other model is to be asked."
        )
    for place, name in enumerate(given):
        if not isinstance(name, str) or not name.strip():
            raise ConfigurationError(f"fallback_models[{place}] must be a name, not {name!r}.")
        if name == model or name in given[:place]:
            raise ConfigurationError(f"{name!r} is asked twice. Name each model once.")
    return given


def fallbacks_of(params: Mapping[str, Any], setting: Sequence[str] | None) -> list[str] | None:
    """The models behind the one that a call asks: the call's own, else those of the setting."""
    if "fallback_models" in params:
        return list(check_fallback_models(params["fallback_models"], params["model"])) or None
    if not setting:
        return None
    return [name for name in setting if name != params["model"]] or None
