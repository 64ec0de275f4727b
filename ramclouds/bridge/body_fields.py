"""The fields of a request's body: one list, and one check, for the client and both adapters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from typing_extensions import TypedDict

from ramclouds.errors import ConfigurationError

__all__ = [
    "LIMITS",
    "SETTINGS",
    "BodyFields",
    "BodySettings",
    "check_field",
    "check_limits",
    "check_messages",
    "checked_model",
    "in_count",
    "max_tokens_of",
    "merged",
    "model_of",
    "no_tool",
]

# Above it New API responds with 500 "max_tokens is invalid".
_MAX_TOKENS = 1_073_741_823
_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
}
_COUNTS: dict[str, tuple[int, int]] = {
    "max_tokens": (1, _MAX_TOKENS),
    "max_completion_tokens": (1, _MAX_TOKENS),
    "n": (1, 128),
    "top_logprobs": (0, 20),
}
LIMITS = frozenset({"max_tokens", "max_completion_tokens"})
"""Two names of one limit: the gateway and providers refuse a request that has both."""


class BodyFields(TypedDict, total=False):
    """Fields of a request's body that are settings too; None is not sent.

    RamClouds documents the first six, with their ranges. The others are what the gateway software
    passes on (dto/openai_request.go), or drops: whether a model obeys them depends on the gateway's
    channel. The gateway drops a name that is not among them without an error.
    """

    temperature: float | None
    max_tokens: int | None
    top_p: float | None
    frequency_penalty: float | None
    presence_penalty: float | None
    stop: str | Sequence[str] | None
    max_completion_tokens: int | None
    n: int | None
    seed: int | None
    logprobs: bool | None
    top_logprobs: int | None
    user: str | None
    reasoning_effort: str | None
    verbosity: str | None
    thinking: Mapping[str, Any] | None
    top_k: int | None
    min_tokens: int | None
    repetition_penalty: float | None
    stream_options: Mapping[str, Any] | None
    logit_bias: Mapping[str, float] | None
    modalities: Sequence[str] | None
    audio: Mapping[str, Any] | None
    prediction: Mapping[str, Any] | None
    service_tier: str | None
    store: bool | None
    safety_identifier: str | None
    prompt_cache_key: str | None
    prompt_cache_retention: str | None
    web_search_options: Mapping[str, Any] | None
    web_search: Any
    enable_search: bool | None
    search_parameters: Mapping[str, Any] | None
    think: Any
    enable_thinking: bool | None
    reasoning_split: bool | None
    chat_template_kwargs: Mapping[str, Any] | None


class BodySettings(BaseModel):
    """The fields of a body that a model of either framework has as settings."""

    # Built at the first use rather than at import: a process uses one of five classes of fields.
    model_config = ConfigDict(defer_build=True)

    temperature: float | None = None
    """0 to 2; the gateway's default is 1."""
    max_tokens: int | None = None
    """Longest completion, in tokens."""
    top_p: float | None = None
    """0 to 1."""
    frequency_penalty: float | None = None
    """-2 to 2."""
    presence_penalty: float | None = None
    """-2 to 2."""
    stop: str | list[str] | None = None
    """Where the completion ends."""
    max_completion_tokens: int | None = None
    """Another name of `max_tokens`; one of the two is sent."""
    n: int | None = None
    """Choices of a completion; streams have one."""
    seed: int | None = None
    """Makes equal requests give more equal completions."""
    logprobs: bool | None = None
    """Whether to return the log probability of each token."""
    top_logprobs: int | None = None
    """0 to 20 likely tokens at each place."""
    user: str | None = None
    """The end user, for the provider's watch over abuse."""
    reasoning_effort: str | None = None
    """`minimal`, `low`, `medium`, `high`, ..."""
    verbosity: str | None = None
    """`low`, `medium` or `high`: how much a gpt-5 model writes."""
    thinking: Mapping[str, Any] | None = None
    """`{"type": "enabled", "budget_tokens": 2048}` of Claude, `{"type": "disabled"}` of others."""
    top_k: int | None = None
    """How many likely tokens to choose from."""
    min_tokens: int | None = None
    """Shortest completion, in tokens."""
    repetition_penalty: float | None = None
    """Above 1: less repetition."""
    stream_options: Mapping[str, Any] | None = None
    """Sent with streams; by default `{"include_usage": True}`."""
    logit_bias: Mapping[str, float] | None = None
    """-100 to 100 for each token id."""
    modalities: list[str] | None = None
    """`["text", "audio"]`: what the completion may hold."""
    audio: Mapping[str, Any] | None = None
    """Voice and format of spoken output."""
    prediction: Mapping[str, Any] | None = None
    """Text that most of the completion will repeat."""
    service_tier: str | None = None
    """The provider's class of service."""
    store: bool | None = None
    """Whether the provider may keep the completion."""
    safety_identifier: str | None = None
    """The end user, as a hash."""
    prompt_cache_key: str | None = None
    """Requests of one key are likely to share a prompt cache."""
    prompt_cache_retention: str | None = None
    """How long a prompt cache is kept: `24h`."""
    web_search_options: Mapping[str, Any] | None = None
    """Lets the model search the web; `{}` is enough."""
    web_search: Any = None
    """Web search of Moonshot's and other channels."""
    enable_search: bool | None = None
    """Web search of Qwen models."""
    search_parameters: Mapping[str, Any] | None = None
    """Web search of Grok models."""
    think: Any = None
    """Switches reasoning on and off in Ollama channels."""
    enable_thinking: bool | None = None
    """Switches reasoning on and off in Qwen models."""
    reasoning_split: bool | None = None
    """Moves the reasoning of MiniMax models out of their text."""
    chat_template_kwargs: Mapping[str, Any] | None = None
    """Arguments of the chat template, for vLLM channels."""

    @field_validator(*_RANGES, *_COUNTS, "stop", mode="before")
    @classmethod
    def _is_in_range(cls, value: Any, info: ValidationInfo) -> Any:
        return value if value is None else check_field(str(info.field_name), value)


SETTINGS = tuple(BodySettings.model_fields)
"""The fields of a body that are settings too."""


def check_field(name: str, value: Any) -> Any:
    """The value of a field of the body, as it is sent.

    Raises:
        ConfigurationError: it is out of its documented range, or of another kind.
    """
    if name in _RANGES:
        return _in_range(name, value, *_RANGES[name])
    if name in _COUNTS:
        return in_count(name, value, *_COUNTS[name])
    if name == "stop":
        return _checked_stop(value)
    if name == "tools":
        return _checked_tools(value)
    return value


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of one request; a later layer wins, and `extra_body` is merged key by key."""
    params: dict[str, Any] = {}
    body: dict[str, Any] = {}
    for layer in layers:
        one, other = layer.get("max_tokens"), layer.get("max_completion_tokens")
        if one is not None or other is not None:
            params.update(dict.fromkeys(LIMITS))
        params.update(layer)
        body.update(layer.get("extra_body") or {})
    return {**params, "extra_body": body} if body else params


def model_of(params: Mapping[str, Any], setting: str) -> str:
    """The model that a call asks; None, or no model, is the setting's."""
    given = params.get("model")
    return setting if given is None else checked_model(given)


def checked_model(model: Any, example: str = "gpt-5") -> str:
    """The name of a model, or an error."""
    if not isinstance(model, str) or not model.strip():
        raise ConfigurationError(f"model must be the name of a model, such as '{example}'.")
    return model


def check_messages(messages: Sequence[Any]) -> None:
    """Refuse a request without messages."""
    if not messages:
        raise ConfigurationError("messages is empty. Send at least one message.")


def check_limits(params: Mapping[str, Any]) -> None:
    """Refuse two limits of one completion."""
    if params.get("max_tokens") is not None and params.get("max_completion_tokens") is not None:
        raise ConfigurationError(
            "max_tokens and max_completion_tokens are one limit, and only one of them can be sent. "
            "Give one."
        )


def max_tokens_of(params: Mapping[str, Any]) -> int | None:
    """The limit of a completion, under either of its names."""
    limit: int | None = params.get("max_tokens")
    return params.get("max_completion_tokens") if limit is None else limit


def in_count(name: str, value: Any, low: int, high: int) -> int:
    """A whole number within limits, or an error."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigurationError(
            f"{name} must be a whole number from {low} to {high:,}, not {value!r}."
        )
    return value


def _in_range(name: str, value: Any, low: float, high: float) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not isfinite(value) or not low <= value <= high:
        raise ConfigurationError(f"{name} must be a number from {low} to {high}, not {value!r}.")
    return float(value) if isinstance(value, float) else int(value)


def _checked_stop(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence) and all(isinstance(item, str) for item in value):
        return list(value)
    raise ConfigurationError(f"stop must be a string or a list of strings, not {value!r}.")


def _checked_tools(value: Any) -> list[Any]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise ConfigurationError("tools must be a list of tool definitions.")
    return list(value)


def no_tool(given: Any) -> ConfigurationError:
    """The error about something among the tools that describes none."""
    return ConfigurationError(
        "A tool must be a function, a class, a dict or a tool of the framework, not"
        f" {given!r:.80}. Give one of these."
    )
