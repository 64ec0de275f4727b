"""The fields of the LLM: their names, and how they are checked, copied and stored."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from llama_index.core.bridge.pydantic import (
    BaseModel,
    Field,
    PrivateAttr,
    SecretStr,
    field_serializer,
    field_validator,
)
from pydantic import AliasChoices
from typing_extensions import Self

from llama_index_ramclouds._clients import Clients
from ramclouds.bridge.settings import closest, public_headers, to_timeout
from ramclouds.prompted import OnUnsupported, ToolCalling

StructuredOutputMode = Literal["auto", "function_calling", "json_schema", "json_mode", "text"]
OnInvalidToolCalls = Literal["raise", "return"]

_ELSEWHERE = {
    "is_chat_model": "Every model is one here, so leave it out.",
    "should_use_structured_outputs": "Set structured_output_mode='json_schema'.",
}
"""Where to go with settings of OpenAILike that have no name here."""
_OTHERWISE = "Put request parameters into additional_kwargs, other keys into extra_body."

_CLIENT = (
    "api_key",
    "base_url",
    "timeout",
    "max_retries",
    "default_headers",
    "think_tags",
    "stream_whole_calls",
)

# Held by the user, or bound to a process: neither pickled nor deep-copied.
_SHARED = ("http_client", "async_http_client")


class Fields(BaseModel):
    """Every setting of `RamClouds`."""

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
    max_tokens: int | None = Field(default=None, description="Longest completion, in tokens.")
    top_p: float | None = Field(default=None, description="0 to 1; None is not sent.")
    frequency_penalty: float | None = Field(default=None, description="-2 to 2.")
    presence_penalty: float | None = Field(default=None, description="-2 to 2.")
    stop: str | list[str] | None = Field(default=None, description="Where the completion ends.")
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
    on_invalid_tool_calls: OnInvalidToolCalls = Field(
        default="raise",
        description=(
            "What to do with a message whose tool calls all have arguments that are cut off or no"
            " JSON object: raise InvalidToolCallError, or return it, with them in"
            " additional_kwargs['invalid_tool_calls']."
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
    stream_whole_calls: bool = Field(
        default=False,
        description=(
            "True: `chat` too asks for a stream, and puts it together: for models that answer late."
        ),
    )
    tokenizer: Callable[[str], Sequence[Any]] | None = Field(
        default=None,
        description="Counts tokens for `count_tokens`; None is LlamaIndex's own, without network.",
        exclude=True,
    )

    _clients: Clients = PrivateAttr(default_factory=Clients)
    # By gateway, the models that ignored a native request; copies learn from each other.
    _downgraded: dict[Any, set[str]] = PrivateAttr(default_factory=dict)
    _checked: bool = PrivateAttr(default=True)

    def _restore(self, **settings: Any) -> None:
        """Fill the fields; None is unset, and a key need not be there yet."""
        given = {name: value for name, value in settings.items() if value is not None}
        _reject_unknown(type(self), given)
        super().__init__(**given)

    @property
    def _client_settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _CLIENT}

    @property
    def _downgraded_models(self) -> set[str]:
        headers = tuple(sorted((self.default_headers or {}).items()))
        return self._downgraded.setdefault((self.base_url, self.api_key, headers), set())

    @field_validator("timeout")
    @classmethod
    def _known_timeout(cls, timeout: Any) -> Any:
        return to_timeout(timeout)

    @field_serializer("timeout")
    def _timeout_to_dict(self, timeout: Any) -> Any:
        return timeout.as_dict() if hasattr(timeout, "as_dict") else timeout

    @field_serializer("default_headers")
    def _headers_without_secrets(self, headers: Mapping[str, str] | None) -> Any:
        if headers is None:
            return None
        return public_headers(headers)

    def _unchecked(self) -> Self:
        """A copy for callers that judge completions themselves, as structured prediction does.

        It returns a message without the demanded call, and one whose calls are all invalid.
        """
        copied = super().__copy__()
        copied._checked = False
        return copied

    def __copy__(self) -> Self:
        copied = super().__copy__()
        # Not shared: closing one would close the other's.
        copied._clients = Clients()
        return copied

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = {} if memo is None else memo
        for name in _SHARED:
            memo[id(getattr(self, name))] = getattr(self, name)
        memo[id(self._clients)] = Clients()
        memo[id(self._downgraded)] = self._downgraded
        return super().__deepcopy__(memo)

    def __getstate__(self) -> dict[Any, Any]:
        # Core's own removes what does not pickle from the live object, and pickles the key.
        kept = {
            name: value
            for name, value in self.__dict__.items()
            if name not in ("api_key", *_SHARED) and _pickles(value)
        }
        if self.default_headers is not None:
            kept["default_headers"] = public_headers(self.default_headers)
        return {"__dict__": copy.copy(kept)}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        self._restore(**state["__dict__"])


def _pickles(value: Any) -> bool:
    try:
        pickle.dumps(value)
    # Whatever a user's object raises: it is left out, as LlamaIndex's components do.
    except Exception:  # noqa: BLE001
        return False
    return True


def _reject_unknown(cls: type[BaseModel], given: Mapping[str, Any]) -> None:
    known = {*cls.model_fields, "api_base"}
    for name in given:
        if name not in known:
            near = closest(name, known)
            likely = f"Did you mean {near}?" if near else _OTHERWISE
            hint = _ELSEWHERE.get(name, likely)
            raise TypeError(f"RamClouds has no setting {name!r}. {hint}")
