"""How tools and structured output are asked for: natively, or through the prompt."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ramclouds.bridge.expectation import CallSettings
from ramclouds.bridge.outcome import OnUnsupported, ToolCalling
from ramclouds.models import model_facts

if TYPE_CHECKING:
    from ramclouds.prompted._request import PromptedRequest

_THINKING = ("reasoning_effort", "thinking", "enable_thinking")


@dataclass(frozen=True, slots=True)
class ToolMode:
    """How one adapter's requests ask; `downgraded` is what was learned of native requests."""

    tool_calling: ToolCalling | None = None
    """None: natively, unless the model is known to have no tool calling."""
    on_unsupported: OnUnsupported = "raise"
    """`fallback`: a native request that had no effect is sent once more, through the prompt."""
    downgraded: set[Hashable] = field(default_factory=set)
    """Models that ignored a native request, and models with the settings that they refused."""

    @classmethod
    def of(
        cls,
        settings: CallSettings,
        params: Mapping[str, Any],
        downgraded: Callable[[], set[Hashable]],
    ) -> ToolMode | None:
        """The mode of one call; None where its tools and formats, if any, need no other."""
        if settings.tool_calling not in ("prompted", "grammar") and not needs_prompt(params):
            return None
        return cls(settings.tool_calling, settings.on_unsupported, downgraded())

    def prompted_mode(
        self, model: str, params: Mapping[str, Any] | None = None
    ) -> ToolCalling | None:
        """The way in which a model is asked now, or None where that is the native one."""
        if self.tool_calling in ("prompted", "grammar"):
            return self.tool_calling
        is_unable = self.tool_calling is None and not model_facts(model).tool_calling
        is_refused = params is not None and settings_of(params) in self.downgraded
        return "prompted" if is_unable or is_refused or model in self.downgraded else None

    def prompted(self, params: Mapping[str, Any]) -> PromptedRequest | None:
        """The request to send in place of `params`, or None to send them as they are."""
        way = self.prompted_mode(params["model"], params)
        if way is None or (way != self.tool_calling and not needs_prompt(params)):
            return None
        # Imported here: it loads most of this package, and no plain call needs it.
        from ramclouds.prompted._request import prepare

        return prepare(params, grammar=way == "grammar")


def settings_of(params: Mapping[str, Any]) -> Hashable:
    """The model of a request, and how it is to think: many refuse tools or forced calls then."""
    extra = params.get("extra_body") or {}
    return params["model"], str([params.get(name, extra.get(name)) for name in _THINKING])


def needs_prompt(params: Mapping[str, Any]) -> bool:
    """Whether a request asks for tools or structure, or tells of tool calls."""
    if params.get("tools") or params.get("response_format"):
        return True
    for message in params["messages"]:  # no generator: each plain request comes by here
        if message.get("role") == "tool" or message.get("tool_calls"):
            return True
    return False
