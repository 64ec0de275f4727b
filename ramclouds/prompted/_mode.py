"""How tools and structured output are asked for: natively, or through the prompt."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ramclouds._fallback import Fallbacks
from ramclouds.bridge.expectation import CallSettings
from ramclouds.bridge.fallback_models import BY_WAY
from ramclouds.bridge.outcome import OnUnsupported, ToolCalling, is_native_refused
from ramclouds.errors import APIStatusError
from ramclouds.models import model_facts
from ramclouds.prompted._detect import NativeWatch, is_ignored
from ramclouds.prompted._request import PromptedRequest, prepare
from ramclouds.types import Chunk, Completion

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
        cls, settings: CallSettings, params: Mapping[str, Any], downgraded: set[Hashable]
    ) -> ToolMode | None:
        """The mode of one call; None where its tools and formats, if any, need no other."""
        if settings.tool_calling not in ("prompted", "grammar") and not needs_prompt(params):
            return None
        return cls(settings.tool_calling, settings.on_unsupported, downgraded)

    def prompted_mode(
        self, model: str, params: Mapping[str, Any] | None = None
    ) -> ToolCalling | None:
        """The way in which a model is asked now, or None where that is the native one."""
        if self.tool_calling in ("prompted", "grammar"):
            return self.tool_calling
        is_unable = self.tool_calling is None and not model_facts(model).tool_calling
        is_refused = params is not None and _settings_of(params) in self.downgraded
        return "prompted" if is_unable or is_refused or model in self.downgraded else None

    def prompted(self, params: Mapping[str, Any]) -> PromptedRequest | None:
        """The request to send in place of `params`, or None to send them as they are."""
        way = self.prompted_mode(params["model"], params)
        if way is None or (way != self.tool_calling and not needs_prompt(params)):
            return None
        return prepare(params, grammar=way == "grammar")


class Asking:
    """One request on its way: as `mode` says, and once more where a native one had no effect."""

    def __init__(
        self, mode: ToolMode, params: Mapping[str, Any], fallbacks: Fallbacks | None = None
    ) -> None:
        self.is_done = False
        self.completion = Completion()  # the completion, where it is read whole and is done
        self._mode = mode
        self._given = {name: value for name, value in params.items() if name != BY_WAY}
        self._by_way: Mapping[str, Mapping[str, Any]] = params.get(BY_WAY) or {}
        if fallbacks is not None:
            self._given["fallback_models"] = fallbacks
            fallbacks.params_for = self.params_for
        self.params: Mapping[str, Any] = {}  # to send
        self.params_for(params["model"] if fallbacks is None else fallbacks.model)

    def params_for(self, model: str) -> Mapping[str, Any]:
        """The keywords that ask a model, in its own way; its completion is read as this model's."""
        self._native = self._given_for(model)
        self._take(self._mode.prompted(self._native))
        watches = self._request is None and self._mode.on_unsupported == "fallback"
        watches = watches and needs_prompt(self._native)
        self._watch = NativeWatch(self._native) if watches else None
        return self.params

    def _given_for(self, model: str) -> dict[str, Any]:
        given = {**self._given, "model": model}
        if not self._by_way:
            return given
        way = "tool" if given["dialect"].ways(given)[0] == "tool" else "format"
        if self._mode.prompted_mode(model, given) is not None:
            way = "prompt"
        for name in {name for params in self._by_way.values() for name in params}:
            given.pop(name, None)
        return {**given, **self._by_way[way]}

    def __enter__(self) -> None:
        """Begins one attempt: where the gateway refuses a native request, another one follows."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        is_refused = isinstance(error, APIStatusError) and is_native_refused(error)
        if is_refused and self._watch is not None:
            self._downgrade(_settings_of(self._native))
            return True
        return False

    def read(self, completion: Completion) -> None:
        """Takes in the completion: it is done, or `params` are to be sent once more."""
        self.completion = self._request.parse(completion) if self._request else completion
        self._end(is_ignored=self._watch is not None and is_ignored(self._native, completion))

    def feed(self, chunk: Chunk) -> list[Chunk]:
        """The chunks that a chunk becomes."""
        if self._watch is not None:
            return self._watch.feed(chunk)
        return self._parser.feed(chunk) if self._parser else [chunk]

    def end(self) -> None:
        """The stream has ended: it is done, or `params` are to be sent once more."""
        self._end(is_ignored=self._watch is not None and self._watch.is_ignored)

    def _end(self, *, is_ignored: bool) -> None:
        if is_ignored:
            self._downgrade(self._native["model"])
        self.is_done = not is_ignored

    def _downgrade(self, learned: Hashable) -> None:
        self._mode.downgraded.add(learned)
        self._watch = None
        self._take(prepare(self._native))

    def _take(self, request: PromptedRequest | None) -> None:
        self._request = request
        self._parser = request.parser() if request else None
        self.params = request.params if request else self._native


def _settings_of(params: Mapping[str, Any]) -> Hashable:
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
