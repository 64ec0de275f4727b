"""What a model is built with: its fields, their other names, how they are copied and stored."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import AliasChoices, Field, PrivateAttr
from typing_extensions import Self

from langchain_ramclouds._connection import Connection, ConnectionSettings
from langchain_ramclouds._model_facts import to_profile
from ramclouds import model_facts
from ramclouds.bridge.body_fields import SETTINGS, BodyFields
from ramclouds.bridge.dialects import Dialect, MediaInHistory, ReplayReasoning
from ramclouds.bridge.fallback_models import FallbackSettings
from ramclouds.bridge.outcome import OnEmpty, OnInvalidToolCalls
from ramclouds.bridge.pictures import ImagesInText
from ramclouds.bridge.settings import CHAT_CLIENT_FIELDS
from ramclouds.bridge.settings_cache import SettingsCache
from ramclouds.prompted import OnUnsupported, ToolCalling

if TYPE_CHECKING:
    from langchain_core.language_models import ModelProfile

    from ramclouds.models import KnownModel

DOWNGRADED = SettingsCache(limit=256)
"""By settings of a client, the models that ignored a native request for tools or formats."""


class ChatSettings(BodyFields, ConnectionSettings, total=False):
    """What `ChatRamClouds` is built with, other names included, for type checkers."""

    model: KnownModel | str
    model_name: KnownModel | str
    stop_sequences: str | Sequence[str] | None
    fallback_models: Sequence[str] | None
    extra_body: Mapping[str, Any] | None
    model_kwargs: Mapping[str, Any] | None
    streaming: bool | None
    stream_usage: bool | None
    stream_whole_calls: bool
    think_tags: bool
    images_in_text: ImagesInText
    replay_reasoning: ReplayReasoning | bool | None
    tool_calling: ToolCalling | None
    on_unsupported: OnUnsupported
    on_invalid_tool_calls: OnInvalidToolCalls
    on_empty: OnEmpty
    empty_retries: int
    dialect: str | Dialect
    merge_system_messages: bool | None
    media_in_history: MediaInHistory | None
    # LangChain's own.
    name: str | None
    cache: Any
    verbose: bool
    callbacks: Any
    tags: list[str] | None
    metadata: dict[str, Any] | None
    custom_get_token_ids: Callable[[str], list[int]] | None
    rate_limiter: Any
    disable_streaming: bool | Literal["tool_calling"]
    output_version: str | None
    profile: ModelProfile | None


class Fields(Connection, FallbackSettings):
    """The fields of `ChatRamClouds`; what is None is not sent."""

    if TYPE_CHECKING:
        profile: ModelProfile | None

    _of_client: ClassVar[tuple[str, ...]] = CHAT_CLIENT_FIELDS

    model: str = Field(validation_alias=AliasChoices("model", "model_name"))
    """Name of the model, as `list_models()` has it."""
    stop: str | list[str] | None = Field(
        default=None, validation_alias=AliasChoices("stop", "stop_sequences")
    )
    """Where the completion ends: one text, or several."""
    extra_body: Mapping[str, Any] | None = Field(
        default=None, validation_alias=AliasChoices("extra_body", "model_kwargs")
    )
    """Anything else for the request's body; a call's own is merged over it."""

    # None, not False: a copy by `configurable_fields` sets every field, and LangChain never
    # streams where `streaming` was set to False.
    streaming: bool | None = None
    """True: `invoke` streams too; False: `stream` does not."""
    stream_usage: bool | None = None
    """False: do not ask for token counts in streams."""
    think_tags: bool = False
    """Take `<think>...</think>` out of the text, as reasoning."""
    images_in_text: ImagesInText = "text"
    """What becomes of a picture that the model wrote as `![image](data:...)`: it stays in the
    text, or is a `block` of its own."""
    stream_whole_calls: bool = False
    """True: `invoke` too asks for a stream, and puts it together: for models that answer late."""
    dialect: str | Dialect = "auto"
    """What the model takes: `auto` is the row of its family in `ramclouds.bridge.dialects`, else
    the name of a row, or a `Dialect`; `none` sends what was given."""
    replay_reasoning: ReplayReasoning | None = None
    """Which reasoning of a history goes back: `never`, `turn` (since the user's last message),
    `calls` (beside tool calls), `all`, `inline` (in the text); None or True: as the dialect
    says."""
    merge_system_messages: bool | None = None
    """True: all system messages become one, in front; None: as the dialect says."""
    media_in_history: MediaInHistory | None = None
    """What becomes of older media where the model takes text alone: a `note`, or `send`."""

    tool_calling: ToolCalling | None = None
    """How tools and structured output are asked for: by the request's own fields (`native`), or
    in the system message, with documented fields alone (`prompted`); `grammar` is `prompted` with
    a JSON schema for servers that hold a model to it. None: natively where the model is able."""
    on_unsupported: OnUnsupported = "raise"
    """What to do where a native request had no effect: an error, or one more through the prompt
    (`fallback`), which is then the way for this model."""

    on_invalid_tool_calls: OnInvalidToolCalls = "raise"
    """What to do with a message whose tool calls all have arguments that are cut off or no JSON
    object: `InvalidToolCallError`, or the message, with them in `invalid_tool_calls`."""

    on_empty: OnEmpty = "raise"
    """What to do where tools were offered, and neither text nor a call came: `EmptyAnswerError`,
    or the message."""
    empty_retries: int = Field(default=0, ge=0)
    """How often to ask again before that; each time is paid for."""

    _checked: bool = PrivateAttr(default=True)

    @cached_property
    def _body_settings(self) -> Mapping[str, Any]:
        """What a request's body says where a call does not say otherwise."""
        return {name: getattr(self, name) for name in _BODY}

    @property
    def _downgraded_models(self) -> set[Hashable]:
        return DOWNGRADED.get(self._keys["downgraded"], set)

    def _unchecked(self) -> Self:
        """A copy for callers that judge completions themselves, as structured output does.

        It returns a message without the forced call, and one whose calls are all invalid.
        """
        copied = self.model_copy()
        copied._checked = False
        return copied

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other settings; the profile is that of its model."""
        copied = super().model_copy(update=update, deep=deep)
        if update and "model" in update and "profile" not in update:
            copied.profile = to_profile(model_facts(copied.model))
        return copied


_BODY = ("model", *SETTINGS, "extra_body")
