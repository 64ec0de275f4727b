"""The fields of the LLM: their names, and how they are checked, copied and stored."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from llama_index.core.bridge.pydantic import Field, PrivateAttr
from typing_extensions import Self

from llama_index_ramclouds._connection import Connection, ConnectionSettings
from ramclouds.bridge.chat_settings import ChatModelSettings, ChatOptions
from ramclouds.bridge.settings import CHAT_CLIENT_FIELDS

StructuredOutputMode = Literal["auto", "function_calling", "json_schema", "json_mode", "text"]


class LLMSettings(ChatOptions, ConnectionSettings, total=False):
    """What `RamClouds` is built with beside `model`, for type checkers."""

    additional_kwargs: Mapping[str, Any] | None
    context_window: int | None
    is_function_calling_model: bool
    structured_output_mode: StructuredOutputMode
    tokenizer: Callable[[str], Sequence[Any]] | None
    # LlamaIndex's own.
    callback_manager: Any
    system_prompt: str | None
    messages_to_prompt: Callable[..., str] | None
    completion_to_prompt: Callable[..., str] | None
    output_parser: Any
    pydantic_program_mode: Any
    query_wrapper_prompt: Any
    rate_limiter: Any


class Fields(Connection, ChatModelSettings):
    """Every setting of `RamClouds`."""

    _of_client: ClassVar[tuple[str, ...]] = CHAT_CLIENT_FIELDS

    model: str
    """Model to ask, by the name the gateway lists it under."""
    additional_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Parameters of every request, as `chat` takes them."""
    extra_body: dict[str, Any] = Field(default_factory=dict)
    """Keys of every request's body, sent unchecked."""
    context_window: int | None = Field(default=None, gt=0)
    """Tokens; None takes what is known of the model."""
    is_function_calling_model: bool = True
    """False keeps agents and programs from sending tools."""
    structured_output_mode: StructuredOutputMode = "auto"
    """How structured output is asked for; `auto` asks as the model's dialect says, and through the
    prompt where that is refused."""
    tokenizer: Callable[[str], Sequence[Any]] | None = Field(default=None, exclude=True)
    """Counts tokens for `count_tokens`; None is LlamaIndex's own, without network."""

    # By gateway, the models that ignored a native request; copies learn from each other.
    _downgraded: dict[Any, set[Hashable]] = PrivateAttr(default_factory=dict)
    _checked: bool = PrivateAttr(default=True)

    def _downgraded_models(self) -> set[Hashable]:
        headers = tuple(sorted((self.default_headers or {}).items()))
        return self._downgraded.setdefault((self.base_url, self.api_key, headers), set())

    def _unchecked(self) -> Self:
        """A copy for callers that check completions themselves, as structured prediction does.

        It returns a message without the demanded call, and one whose calls are all invalid.
        """
        copied = super().__copy__()
        copied._clients = self._clients
        copied._checked = False
        return copied

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = {} if memo is None else memo
        memo[id(self._downgraded)] = self._downgraded
        return super().__deepcopy__(memo)
