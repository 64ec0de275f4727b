"""The settings of a chat model that are the same in both adapters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from ramclouds.bridge._dialect import Dialect, MediaInHistory, ReplayReasoning
from ramclouds.bridge.body_fields import BodyFields
from ramclouds.bridge.fallback_models import FallbackSettings
from ramclouds.bridge.outcome import OnEmpty, OnInvalidToolCalls, OnUnsupported, ToolCalling
from ramclouds.bridge.pictures import ImagesInText
from ramclouds.bridge.settings import ClientSettings

__all__ = ["ChatModelSettings", "ChatOptions"]


class ChatOptions(BodyFields, ClientSettings, total=False):
    """What a chat model of either adapter is built with, for type checkers."""

    extra_body: Mapping[str, Any] | None
    fallback_models: Sequence[str] | None
    think_tags: bool
    images_in_text: ImagesInText
    stream_whole_calls: bool
    dialect: str | Dialect | None
    replay_reasoning: ReplayReasoning | None
    merge_system_messages: bool | None
    media_in_history: MediaInHistory | None
    tool_calling: ToolCalling | None
    on_unsupported: OnUnsupported
    on_invalid_tool_calls: OnInvalidToolCalls
    on_empty: OnEmpty
    empty_retries: int


class ChatModelSettings(FallbackSettings):
    """The fields of a chat model that say how it is asked and how it is read."""

    think_tags: bool = False
    """Take `<think>...</think>` out of the text, as reasoning."""
    images_in_text: ImagesInText = "text"
    """What becomes of a picture that the model wrote as `![image](data:...)`: it stays in the
    text, or is a `block` of its own."""
    stream_whole_calls: bool = False
    """True: whole calls too ask for a stream, and put it together: for models that answer late."""
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
