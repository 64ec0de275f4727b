"""What a model is built with: its fields, their other names, how they are copied and stored."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import AliasChoices, Field, PrivateAttr
from typing_extensions import Self

from langchain_ramclouds._connection import Connection, ConnectionSettings
from ramclouds.bridge.body_fields import SETTINGS
from ramclouds.bridge.chat_settings import ChatModelSettings, ChatOptions
from ramclouds.bridge.settings import CHAT_CLIENT_FIELDS
from ramclouds.bridge.settings_cache import SettingsCache

if TYPE_CHECKING:
    from langchain_core.language_models import ModelProfile

    from ramclouds.models import KnownModel

DOWNGRADED = SettingsCache(limit=256)
"""The models that ignored a native request for tools or formats, by the settings of a client."""


class ChatSettings(ChatOptions, ConnectionSettings, total=False):
    """What `ChatRamClouds` is built with, other names included, for type checkers."""

    model: KnownModel | str
    model_name: KnownModel | str
    stop_sequences: str | Sequence[str] | None
    model_kwargs: Mapping[str, Any] | None
    streaming: bool | None
    stream_usage: bool | None
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


class Fields(Connection, ChatModelSettings):
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

    _checked: bool = PrivateAttr(default=True)

    @cached_property
    def _body_settings(self) -> Mapping[str, Any]:
        """What a request's body says where a call does not say otherwise."""
        return {name: getattr(self, name) for name in _BODY}

    def _downgraded_models(self) -> set[Hashable]:
        return DOWNGRADED.get(self._keys["downgraded"], set)

    def _unchecked(self) -> Self:
        """A copy for callers that check completions themselves, as structured output does.

        It returns a message without the forced call, and one whose calls are all invalid.
        """
        copied = self.model_copy()
        copied._checked = False
        return copied


_BODY = ("model", *SETTINGS, "extra_body")
