"""The fields of the LLM: their names, and how they are checked, copied and stored."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from llama_index.core.bridge.pydantic import Field, PrivateAttr
from typing_extensions import Self

from llama_index_ramclouds._connection import Connection, ConnectionSettings
from ramclouds.bridge.body_fields import BodyFields
from ramclouds.bridge.dialects import Dialect, MediaInHistory, ReplayReasoning
from ramclouds.bridge.fallback_models import FallbackSettings
from ramclouds.bridge.outcome import OnEmpty, OnInvalidToolCalls
from ramclouds.bridge.pictures import ImagesInText
from ramclouds.bridge.settings import CHAT_CLIENT_FIELDS
from ramclouds.prompted import OnUnsupported, ToolCalling

StructuredOutputMode = Literal["auto", "function_calling", "json_schema", "json_mode", "text"]


class LLMSettings(BodyFields, ConnectionSettings, total=False):
    """What `RamClouds` is built with beside `model`, for type checkers."""

    fallback_models: Sequence[str] | None
    additional_kwargs: Mapping[str, Any] | None
    extra_body: Mapping[str, Any] | None
    context_window: int | None
    is_function_calling_model: bool
    structured_output_mode: StructuredOutputMode
    tool_calling: ToolCalling | None
    on_unsupported: OnUnsupported
    on_invalid_tool_calls: OnInvalidToolCalls
    on_empty: OnEmpty
    empty_retries: int
    replay_reasoning: ReplayReasoning | bool | None
    dialect: str | Dialect
    merge_system_messages: bool | None
    media_in_history: MediaInHistory | None
    think_tags: bool
    images_in_text: ImagesInText
    stream_whole_calls: bool
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


class Fields(Connection, FallbackSettings):
    """Every setting of `RamClouds`."""

    _of_client: ClassVar[tuple[str, ...]] = CHAT_CLIENT_FIELDS
    model: str = Field(description="Model to ask, by the name the gateway lists it under.")
    additional_kwargs: dict[str, Any] = Field(
        default_factory=dict, description="Parameters of every request, as `chat` takes them."
    )
    extra_body: dict[str, Any] = Field(
        default_factory=dict, description="Keys of every request's body, sent unchecked."
    )
    context_window: int | None = Field(
        default=None, gt=0, description="Tokens; None takes what is known of the model."
    )
    is_function_calling_model: bool = Field(
        default=True, description="False keeps agents and programs from sending tools."
    )
    structured_output_mode: StructuredOutputMode = Field(
        default="auto",
        description=(
            "How structured output is asked for; auto asks as the model's dialect says, and through"
            " the prompt where that is refused."
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
    on_empty: OnEmpty = Field(
        default="raise",
        description=(
            "What to do where tools were offered, and neither text nor a call came: raise"
            " EmptyAnswerError, or return the message."
        ),
    )
    empty_retries: int = Field(
        default=0, ge=0, description="How often to ask again before that; each time is paid for."
    )
    dialect: str | Dialect = Field(
        default="auto",
        description=(
            "What the model takes: auto is the row of its family in ramclouds.bridge.dialects, else"
            " the name of a row, or a Dialect; none sends what was given."
        ),
    )
    replay_reasoning: ReplayReasoning | None = Field(
        default=None,
        description=(
            "Which reasoning of a history goes back: never, turn (since the last user message),"
            " calls (beside tool calls), all, inline (in the text); None or True is as the dialect"
            " says."
        ),
    )
    merge_system_messages: bool | None = Field(
        default=None,
        description="True: all system messages become one, in front; None is as the dialect says.",
    )
    media_in_history: MediaInHistory | None = Field(
        default=None,
        description=(
            "What becomes of older media where the model takes text alone: a note, or send."
        ),
    )
    think_tags: bool = Field(
        default=False, description="Split <think> tags out of the text, into ThinkingBlocks."
    )
    images_in_text: ImagesInText = Field(
        default="text",
        description=(
            "What becomes of a picture that the model wrote as ![image](data:...): it stays in the"
            " text, or is a block of its own."
        ),
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

    # By gateway, the models that ignored a native request; copies learn from each other.
    _downgraded: dict[Any, set[Hashable]] = PrivateAttr(default_factory=dict)
    _checked: bool = PrivateAttr(default=True)

    @property
    def _downgraded_models(self) -> set[Hashable]:
        headers = tuple(sorted((self.default_headers or {}).items()))
        return self._downgraded.setdefault((self.base_url, self.api_key, headers), set())

    def _unchecked(self) -> Self:
        """A copy for callers that judge completions themselves, as structured prediction does.

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
