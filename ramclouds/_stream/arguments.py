"""Arguments of streamed calls, kept until they are whole where they cannot be read before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ramclouds.bridge.arguments import ArgumentsForm
from ramclouds.types import Chunk, Completion, ToolCallDelta


def read_arguments(completion: Completion, forms: Mapping[str, ArgumentsForm]) -> None:
    """Reads the arguments of the calls of a whole completion."""
    for call in (call for choice in completion.choices for call in choice.tool_calls):
        if call.name in forms:
            call.arguments = forms[call.name].read(call.arguments)


class ArgumentsReader:
    """Passes on the fragments of a stream. Those that must be read whole come at its end."""

    def __init__(self, forms: Mapping[str, ArgumentsForm]) -> None:
        self._forms = forms
        self._undecided: dict[int, ArgumentsForm] = {}
        self._kept: dict[int, tuple[ArgumentsForm, list[str]]] = {}

    def read(self, chunk: Chunk) -> bool:
        """Keeps fragments, and adds them to the last chunk. False: the chunk is empty."""
        if chunk.tool_calls:
            fragments = map(self._passed, chunk.tool_calls)
            chunk.tool_calls = tuple(delta for delta in fragments if delta is not None)
            if not (chunk.tool_calls or chunk.finish_reason or chunk.text or chunk.reasoning):
                return bool(chunk.refusal or chunk.logprobs)
        if chunk.finish_reason is not None and self._kept:
            not_to_run = {call.index for call in chunk.invalid_tool_calls}
            rest = [
                ToolCallDelta(
                    index=index,
                    arguments="".join(kept) if index in not_to_run else form.read("".join(kept)),
                )
                for index, (form, kept) in self._kept.items()
            ]
            chunk.tool_calls = (*chunk.tool_calls, *(delta for delta in rest if delta.arguments))
        return True

    def _passed(self, delta: ToolCallDelta) -> ToolCallDelta | None:
        """The fragment to pass on for this one; None: there is none."""
        index = delta.index
        form = self._forms.get(delta.name or "")
        if form is not None and index not in self._kept:
            self._undecided[index], self._kept[index] = form, (form, [])
        if index not in self._kept:
            return delta
        kept = self._kept[index][1]
        kept.append(delta.arguments)
        if index in self._undecided:
            waits = self._undecided[index].waits("".join(kept))
            if waits is not None:
                del self._undecided[index]
            if waits is False:
                del self._kept[index]
                return replace(delta, arguments="".join(kept))
        return replace(delta, arguments="") if delta.name or delta.extra else None
