"""The fields of the LLM: their names, how they are stored and restored, what follows from them."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from llama_index.core.base.llms.types import ChatMessage, LLMMetadata
from llama_index.core.bridge.pydantic import (
    ConfigDict,
    Field,
    SecretStr,
    field_serializer,
    field_validator,
)
from llama_index.core.llms.function_calling import FunctionCallingLLM
from pydantic import AliasChoices, ValidationInfo
from typing_extensions import Self

from llama_index_ramclouds._tokens import count_tokens
from ramclouds import ModelFacts, model_facts
from ramclouds.prompted import OnUnsupported, ToolCalling

logger = logging.getLogger(__name__)

StructuredOutputMode = Literal["auto", "function_calling", "json_schema", "json_mode", "text"]

_SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie", "api-key", "x-api-key"}
_ELSEWHERE = {
    "is_chat_model": "every model is one here, so leave it out.",
    "should_use_structured_outputs": "set structured_output_mode='json_schema'.",
}
"""Where to go with settings of OpenAILike that have no name here."""
_OTHERWISE = "put request parameters into additional_kwargs, other keys into extra_body."
_warned: set[str] = set()


class Settings(FunctionCallingLLM):
    """Every setting of `RamClouds`, and what follows from the settings alone."""

    # Built at the first use rather than at import, and not for this class, which has none.
    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid", defer_build=True)

    model: str = Field(description="Model to ask, by the name the gateway lists it under.")
    api_key: SecretStr | None = Field(
        default=None,
        description="RamClouds key; without one, RAMCLOUDS_API_KEY.",
        exclude=True,
        repr=False,
    )
    base_url: str | None = Field(
        default=None,
        description="Gateway, with its /v1; without one, RAMCLOUDS_BASE_URL, then RamClouds.",
        validation_alias=AliasChoices("base_url", "api_base"),
    )
    temperature: float | None = Field(default=None, description="0 to 2; None is not sent.")
    max_tokens: int | None = Field(default=None, description="Longest answer, in tokens.")
    top_p: float | None = Field(default=None, description="0 to 1; None is not sent.")
    frequency_penalty: float | None = Field(default=None, description="-2 to 2.")
    presence_penalty: float | None = Field(default=None, description="-2 to 2.")
    stop: str | list[str] | None = Field(default=None, description="Where the answer ends.")
    reasoning_effort: str | None = Field(default=None, description="low, medium, high, ...")
    additional_kwargs: dict[str, Any] = Field(
        default_factory=dict, description="Parameters of every request, as `chat` takes them."
    )
    extra_body: dict[str, Any] = Field(
        default_factory=dict, description="Keys of every request's body, sent unchecked."
    )
    timeout: Any = Field(
        default=None, description="Seconds, or an httpx.Timeout; None is the client's default."
    )
    max_retries: int | None = Field(default=None, description="None is the client's default, 2.")
    default_headers: dict[str, str] | None = Field(
        default=None, description="Headers of every request.", repr=False
    )
    http_client: Any = Field(default=None, exclude=True, repr=False)
    async_http_client: Any = Field(default=None, exclude=True, repr=False)
    context_window: int | None = Field(
        default=None, gt=0, description="Tokens; None takes what is known of the model."
    )
    is_function_calling_model: bool = Field(
        default=True, description="False keeps agents and programs from sending tools."
    )
    structured_output_mode: StructuredOutputMode = Field(
        default="auto",
        description=(
            "How structured output is asked for; auto calls a function, reads JSON from the text"
            " where the model answered with text, and asks for text where tools are refused."
        ),
    )
    tool_calling: ToolCalling | None = Field(
        default=None,
        description=(
            "How tools and structured output are asked for: by the request's own fields (native),"
            " or in the system message, with documented fields alone (prompted); grammar is"
            " prompted with a JSON schema for servers that hold a model to it. None: natively"
            " where the model is able."
        ),
    )
    on_unsupported: OnUnsupported = Field(
        default="raise",
        description=(
            "What to do where a native request had no effect: an error, or one more through"
            " the prompt"
            " (fallback), which is then the way for this model."
        ),
    )
    replay_reasoning: bool | None = Field(
        default=None,
        description=(
            "Send the reasoning back within a running tool loop; None does so for the models"
            " that refuse the request without it."
        ),
    )
    think_tags: bool = Field(
        default=False, description="Split <think> tags out of the text, into ThinkingBlocks."
    )
    tokenizer: Callable[[str], Sequence[Any]] | None = Field(
        default=None,
        description="Counts tokens for `count_tokens`; None is LlamaIndex's own, without network.",
        exclude=True,
    )

    def _restore(self, **settings: Any) -> None:
        """Fill the fields; None is unset, and a key need not be there yet."""
        given = {name: value for name, value in settings.items() if value is not None}
        _refuse_unknown(type(self), given)
        super().__init__(**given)

    # httpx is imported where one of its objects is given, and else with the first call: it takes
    # a third of this package's import.

    @field_validator("timeout")
    @classmethod
    def _known_timeout(cls, timeout: Any) -> Any:
        if timeout is None:
            return None
        if isinstance(timeout, (int, float, str)):
            return float(timeout)
        from httpx import Timeout

        if isinstance(timeout, dict):
            return Timeout(**timeout)
        if not isinstance(timeout, Timeout):
            raise ValueError("timeout must be a number of seconds, or an httpx.Timeout")
        return timeout

    @field_validator("http_client", "async_http_client")
    @classmethod
    def _known_client(cls, client: Any, info: ValidationInfo) -> Any:
        if client is None:
            return None
        import httpx

        wanted = httpx.Client if info.field_name == "http_client" else httpx.AsyncClient
        if not isinstance(client, wanted):
            raise ValueError(f"{info.field_name} must be an httpx.{wanted.__name__}")
        return client

    @field_serializer("timeout")
    def _timeout_to_dict(self, timeout: Any) -> Any:
        return timeout.as_dict() if hasattr(timeout, "as_dict") else timeout

    @field_serializer("default_headers")
    def _headers_without_secrets(self, headers: Mapping[str, str] | None) -> Any:
        if headers is None:
            return None
        return {name: text for name, text in headers.items() if name.lower() not in _SECRET_HEADERS}

    @classmethod
    def class_name(cls) -> str:
        return "RamClouds_LLM"

    @classmethod
    def from_dict(cls, data: dict[str, Any], **kwargs: Any) -> Self:
        """Restore from `to_dict`, which holds no key: it is found at the first call."""
        restored = cls.__new__(cls)
        restored._restore(**{**data, **kwargs, "class_name": None})
        return restored

    @property
    def api_base(self) -> str | None:
        """The name that LlamaIndex's OpenAI classes give to `base_url`."""
        return self.base_url

    @property
    def facts(self) -> ModelFacts:
        """What is known about the model."""
        return model_facts(self.model)

    @property
    def metadata(self) -> LLMMetadata:
        facts = self.facts
        if not facts.known and self.context_window is None:
            _warn_once(facts)
        return LLMMetadata(
            context_window=self.context_window or facts.context_window,
            num_output=self.max_tokens or (-1 if self.context_window else _reserved(facts)),
            is_chat_model=True,
            is_function_calling_model=self.is_function_calling_model,
            model_name=self.model,
        )

    def to_payload(self) -> dict[str, Any]:
        return {**super().to_payload(), "model": self.model, "temperature": self.temperature}

    def count_tokens(self, text: str | Sequence[ChatMessage]) -> int:
        """Estimate the tokens of a text or of messages, without network."""
        return count_tokens(text, self.tokenizer)


def _refuse_unknown(cls: type[Settings], given: Mapping[str, Any]) -> None:
    known = {*cls.model_fields, "api_base"}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            likely = f"did you mean {near[0]}?" if near else _OTHERWISE
            hint = _ELSEWHERE.get(name, likely)
            raise TypeError(f"RamClouds has no setting {name!r}: {hint}")


def _warn_once(facts: ModelFacts) -> None:
    if facts.name not in _warned:
        _warned.add(facts.name)
        logger.warning(
            "Nothing is known about model %r: assuming a context window of %d tokens."
            " Set context_window=... if it is another.",
            facts.name,
            facts.context_window,
        )


def _reserved(facts: ModelFacts) -> int:
    """Tokens that core must leave free for the answer; -1 is LlamaIndex's word for unknown.

    gpt-5 takes 272,000 of its 400,000 as input, and core packs what is not reserved.
    """
    reserved = facts.context_window - facts.max_input_tokens
    return reserved if reserved > 0 else -1
