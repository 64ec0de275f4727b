"""Ends a text at the first of some strings, for models that take no `stop`."""

from __future__ import annotations

from collections.abc import Sequence

from ramclouds.types import Choice, Chunk


class StopCutter:
    """Cuts the text of a stream; what may be the beginning of a string waits for the rest."""

    def __init__(self, stops: Sequence[str]) -> None:
        self.has_stopped = False
        """One of the strings came: nothing more is to be read."""
        self._stops = stops
        self._buffer = ""

    def cut(self, chunk: Chunk) -> None:
        """Leaves a chunk the text that may go on; it is the last one where a string came."""
        text = self._buffer + chunk.text
        end = _first(text, self._stops)
        if end is not None and not chunk.tool_calls:
            self.has_stopped = True
            chunk.text, chunk.finish_reason, chunk.invalid_tool_calls = text[:end], "stop", ()
            return
        waits = 0 if chunk.finish_reason is not None else waiting(text, self._stops)
        self._buffer = text[len(text) - waits :]
        chunk.text = text[: len(text) - waits]


def cut_choice(choice: Choice, stops: Sequence[str]) -> None:
    """Cuts the text of a whole choice, and what the model wrote behind it."""
    end = _first(choice.text, stops)
    if end is not None:
        choice.text, choice.finish_reason = choice.text[:end], "stop"
        choice.tool_calls = choice.invalid_tool_calls = ()


def _first(text: str, stops: Sequence[str]) -> int | None:
    """Where the string begins that is complete first: a server ends the text there."""
    found = [(at + len(stop), at) for stop in stops if (at := text.find(stop)) >= 0]
    return min(found)[1] if found else None


def waiting(text: str, stops: Sequence[str]) -> int:
    """How much of the end of a text may be the beginning of one of the strings."""
    longest = max(map(len, stops)) - 1
    lengths = range(min(longest, len(text)), 0, -1)
    return next((n for n in lengths if any(stop.startswith(text[-n:]) for stop in stops)), 0)
