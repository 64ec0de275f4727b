"""How tools and structured output are asked for: natively, in words, or one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ramclouds.errors import BadRequestError
from ramclouds.models import model_facts
from ramclouds.prompted._detect import is_prose, is_refusal_of_native, missing_forced_call
from ramclouds.prompted._request import PromptedRequest, needs_words, prepare
from ramclouds.prompted._tools import is_forced
from ramclouds.types import Choice, Chunk, Completion, ToolCall

ToolCalling = Literal["native", "prompted", "grammar"]
OnUnsupported = Literal["raise", "fallback"]


@dataclass(frozen=True, slots=True)
class ToolMode:
    """How one adapter's requests ask; `fallen` are the models that ignored a native request."""

    tool_calling: ToolCalling | None = None
    """None: natively, unless the model is known to have no tool calling."""
    on_unsupported: OnUnsupported = "raise"
    """`fallback`: a native request that had no effect is sent once more, in words."""
    fallen: set[str] = field(default_factory=set)

    def in_words(self, model: str) -> ToolCalling | None:
        """Return the way in which a model is asked now, or None where that is the native one."""
        if self.tool_calling in ("prompted", "grammar"):
            return self.tool_calling
        is_unable = self.tool_calling is None and not model_facts(model).tool_calling
        return "prompted" if is_unable or model in self.fallen else None

    def prompted(self, params: Mapping[str, Any]) -> PromptedRequest | None:
        """Return the request to send in place of `params`, or None to send them as they are."""
        way = self.in_words(params["model"])
        if way is None or (way != self.tool_calling and not needs_words(params)):
            return None
        return prepare(params, grammar=way == "grammar")

    def watches(self, params: Mapping[str, Any]) -> bool:
        """Whether what becomes of a native request may call for another, in words."""
        return self.on_unsupported == "fallback" and needs_words(params)

    def retry(self, params: Mapping[str, Any], completion: Completion) -> PromptedRequest | None:
        """Return the request to send after a native one had no effect, and remember its model."""
        if not self.watches(params) or not is_ignored(params, completion):
            return None
        return self._fall_back(params)

    def retry_refused(
        self, params: Mapping[str, Any], error: BadRequestError
    ) -> PromptedRequest | None:
        """Return the request to send after a native one was refused for what it asked for."""
        if not self.watches(params) or not is_refusal_of_native(error):
            return None
        return self._fall_back(params)

    def _fall_back(self, params: Mapping[str, Any]) -> PromptedRequest:
        self.fallen.add(params["model"])
        return prepare(params)


def is_ignored(params: Mapping[str, Any], completion: Completion) -> bool:
    """Whether a complete answer shows that `tool_choice` or `response_format` had no effect."""
    return missing_forced_call(params.get("tool_choice"), completion) or is_prose(
        params.get("response_format"), completion
    )


class NativeWatch:
    """Holds back a native stream until it shows that what was asked for took effect."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = params
        self._is_forced = is_forced(params.get("tool_choice"))
        self._held: list[Chunk] = []
        # What the model may leave undone shows nothing by being left undone.
        self._has_shown = not (self._is_forced or _asks_for_json(params))
        self.completion = Completion()
        """What has been held back, as the answer that it is."""

    def feed(self, chunk: Chunk) -> list[Chunk]:
        """Return what can go on; nothing of an answer that shows no effect."""
        if self._has_shown:
            return [chunk]
        self._held.append(chunk)
        self._has_shown = self._shows_effect(chunk)
        if chunk.finish_reason is not None and not self._has_shown:
            self.completion = _joined(self._held)
            self._has_shown = not is_ignored(self._params, self.completion)
        if not self._has_shown:
            return []
        held, self._held = self._held, []
        return held

    def _shows_effect(self, chunk: Chunk) -> bool:
        if self._is_forced:
            return any(delta.name for delta in chunk.tool_calls)
        return bool(chunk.tool_calls) or chunk.text.lstrip().startswith(("{", "["))


def _asks_for_json(params: Mapping[str, Any]) -> bool:
    response_format = params.get("response_format") or {}
    return response_format.get("type") in ("json_object", "json_schema")


def _joined(chunks: list[Chunk]) -> Completion:
    choice = Choice(
        text="".join(chunk.text for chunk in chunks),
        refusal="".join(chunk.refusal for chunk in chunks),
        tool_calls=tuple(
            ToolCall(delta.id or "", delta.name, "")
            for chunk in chunks
            for delta in chunk.tool_calls
            if delta.name
        ),
        finish_reason=chunks[-1].finish_reason,
    )
    return Completion(choices=(choice,))
