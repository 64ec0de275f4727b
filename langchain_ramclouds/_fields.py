"""What a model is built with: its fields, their other names, and where each of them goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.utils import from_env, secret_from_env
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr

from ramclouds.prompted import OnUnsupported, ToolCalling


class Settings(BaseModel):
    """The fields of `ChatRamClouds`; what is None is not sent."""

    # An error about one field shows what all of them were given, the key included.
    model_config = ConfigDict(hide_input_in_errors=True)

    model: str = Field(validation_alias=AliasChoices("model", "model_name"))
    """Name of the model, as `list_models()` has it."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1)
    """Longest answer, in tokens; sent under this name."""
    top_p: float | None = Field(default=None, ge=0, le=1)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    stop: str | list[str] | None = Field(
        default=None, validation_alias=AliasChoices("stop", "stop_sequences")
    )
    n: int | None = None
    """Answers per request; streams have one."""
    seed: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    user: str | None = None
    reasoning_effort: str | None = None
    extra_body: Mapping[str, Any] | None = Field(
        default=None, validation_alias=AliasChoices("extra_body", "model_kwargs")
    )
    """Anything else for the request's body; a call's own is merged over it."""

    api_key: SecretStr | None = Field(
        default_factory=secret_from_env("RAMCLOUDS_API_KEY", default=None),
        validation_alias=AliasChoices("api_key", "ramclouds_api_key"),
    )
    base_url: str | None = Field(
        default_factory=from_env("RAMCLOUDS_BASE_URL", default=None),
        validation_alias=AliasChoices("base_url", "ramclouds_base_url", "ramclouds_api_base"),
    )
    timeout: Any = Field(default=None, validation_alias=AliasChoices("timeout", "request_timeout"))
    """Seconds, or an `httpx.Timeout`."""
    max_retries: int | None = None
    """Further attempts after the first; the client's default is 2."""
    default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    http_client: Any = Field(default=None, exclude=True, repr=False)
    """An `httpx.Client` of your own for `invoke`, `stream` and `batch`."""
    http_async_client: Any = Field(default=None, exclude=True, repr=False)
    """An `httpx.AsyncClient` of your own for their async twins."""

    # None, not False: a copy by `configurable_fields` sets every field, and LangChain never
    # streams where `streaming` was set to False.
    streaming: bool | None = None
    """True: `invoke` streams too; False: `stream` does not."""
    stream_usage: bool | None = None
    """False: do not ask for token counts in streams."""
    think_tags: bool = False
    """Take `<think>...</think>` out of the text, as reasoning."""
    replay_reasoning: bool | None = None
    """Send reasoning back within a running tool loop; None: where the model is known to need it."""

    tool_calling: ToolCalling | None = None
    """How tools and structured output are asked for: by the request's own fields (`native`), or
    in the system message, with documented fields alone (`prompted`); `grammar` is `prompted` with
    a JSON schema for servers that hold a model to it. None: natively where the model is able."""
    on_unsupported: OnUnsupported = "raise"
    """What to do where a native request had no effect: an error, or one more through the prompt
    (`fallback`), which is then the way for this model."""

    def _mode_settings(self) -> dict[str, Any]:
        return {"tool_calling": self.tool_calling, "on_unsupported": self.on_unsupported}

    def _body_settings(self) -> dict[str, Any]:
        """What a request's body says where a call does not say otherwise."""
        return {name: getattr(self, name) for name in _BODY}

    def _client_settings(self) -> dict[str, Any]:
        """What the client of the model is built with."""
        return {name: getattr(self, name) for name in _CLIENT}


_BODY = (
    "model",
    "temperature",
    "max_tokens",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "stop",
    "n",
    "seed",
    "logprobs",
    "top_logprobs",
    "user",
    "reasoning_effort",
    "extra_body",
)

_CLIENT = ("api_key", "base_url", "timeout", "max_retries", "default_headers", "think_tags")
