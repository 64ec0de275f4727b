"""One request on its way through a client: asked as its mode says, and again if it was ignored."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from ramclouds._client import AsyncClient, Client
from ramclouds.bridge.fallback_models import BY_WAY
from ramclouds.bridge.outcome import is_native_refused
from ramclouds.errors import APIStatusError
from ramclouds.prompted._detect import NativeWatch, is_ignored
from ramclouds.prompted._mode import ToolMode, needs_prompt, settings_of
from ramclouds.prompted._request import PromptedRequest, prepare
from ramclouds.types import Chunk, Completion


class Asking:
    """One request on its way: as `mode` says, and once more where a native one had no effect."""

    def __init__(
        self, client: Client | AsyncClient, mode: ToolMode, params: Mapping[str, Any]
    ) -> None:
        self.is_done = False
        self.completion = Completion()  # of a call that is not streamed, once `is_done`
        self._mode = mode
        self._given = {name: value for name, value in params.items() if name != BY_WAY}
        self._by_way: Mapping[str, Mapping[str, Any]] = params.get(BY_WAY) or {}
        fallbacks = client._fallbacks(params["model"], params)
        if fallbacks is not None:
            self._given["fallback_models"] = fallbacks
            fallbacks.params_for = self.params_for
        self.params: Mapping[str, Any] = {}  # the keywords of the next request
        self.params_for(params["model"] if fallbacks is None else fallbacks.model)

    def params_for(self, model: str) -> Mapping[str, Any]:
        """The keywords that ask a model, in its own way; its completion is read as this model's."""
        self._native = self._given_for(model)
        self._take(self._mode.prompted(self._native))
        watches = self._parser is None and self._mode.on_unsupported == "fallback"
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
            self._downgrade(settings_of(self._native))
            return True
        return False

    def read(self, completion: Completion) -> None:
        """Takes in the completion: it is done, or `params` are to be sent once more."""
        self.completion = self._parser.parse(completion) if self._parser else completion
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
        self._parser = request.parser() if request else None
        self.params = request.params if request else self._native
