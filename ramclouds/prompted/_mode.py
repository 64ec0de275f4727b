"""How tools and structured output are asked for: natively, or through the prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ramclouds.bridge.outcome import unsupported_message as unsupported_message
from ramclouds.errors import BadRequestError
from ramclouds.models import model_facts
from ramclouds.prompted._detect import is_ignored, is_native_refused
from ramclouds.prompted._request import PromptedRequest, prepare
from ramclouds.types import Completion

ToolCalling = Literal["native", "prompted", "grammar"]
OnUnsupported = Literal["raise", "fallback"]


@dataclass(frozen=True, slots=True)
class ToolMode:
    """How one adapter's requests ask; `downgraded` are the models that ignored a native request."""

    tool_calling: ToolCalling | None = None
    """None: natively, unless the model is known to have no tool calling."""
    on_unsupported: OnUnsupported = "raise"
    """`fallback`: a native request that had no effect is sent once more, through the prompt."""
    downgraded: set[str] = field(default_factory=set)

    def prompted_mode(self, model: str) -> ToolCalling | None:
        """The way in which a model is asked now, or None where that is the native one."""
        if self.tool_calling in ("prompted", "grammar"):
            return self.tool_calling
        is_unable = self.tool_calling is None and not model_facts(model).tool_calling
        return "prompted" if is_unable or model in self.downgraded else None

    def prompted(self, params: Mapping[str, Any]) -> PromptedRequest | None:
        """The request to send in place of `params`, or None to send them as they are."""
        way = self.prompted_mode(params["model"])
        if way is None or (way != self.tool_calling and not needs_prompt(params)):
            return None
        return prepare(params, grammar=way == "grammar")

    def watches(self, params: Mapping[str, Any]) -> bool:
        """Whether what becomes of a native request may call for another, through the prompt."""
        return self.on_unsupported == "fallback" and needs_prompt(params)

    def retry(self, params: Mapping[str, Any], completion: Completion) -> PromptedRequest | None:
        """The request to send after a native one had no effect, and remember its model."""
        if self.watches(params) and is_ignored(params, completion):
            return self._downgrade(params)
        return None

    def retry_refused(
        self, params: Mapping[str, Any], error: BadRequestError
    ) -> PromptedRequest | None:
        """The request to send after a native one was refused for what it asked for."""
        if self.watches(params) and is_native_refused(error):
            return self._downgrade(params)
        return None

    def _downgrade(self, params: Mapping[str, Any]) -> PromptedRequest:
        self.downgraded.add(params["model"])
        return prepare(params)


def needs_prompt(params: Mapping[str, Any]) -> bool:
    """Whether a request asks for tools or structure, or tells of tool calls."""
    return bool(params.get("tools") or params.get("response_format")) or any(
        message.get("role") == "tool" or message.get("tool_calls") for message in params["messages"]
    )
