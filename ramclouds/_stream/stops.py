"""Ends a text at the first of some strings, for models that take no `stop`."""

from __future__ import annotations

from collections.abc import Sequence

from ramclouds.types import Choice, Chunk


class StopCutter:
    """Cuts the text of a stream; what may be the beginning of a stop string waits for the rest."""

    def __init__(self, stops: Sequence[str]) -> None:
        self.has_stopped = False
        """A stop string came: the rest is not read."""
        self._stops = stops
        self._buffer = ""

    def cut(self, chunk: Chunk) -> None:
        """Keeps only text that can go to the user. After a stop string this is the last chunk."""
        text = self._buffer + chunk.text
        end = _first(text, self._stops)
        if end is not None and not chunk.tool_calls:
            self.has_stopped = True
            chunk.text, chunk.finish_reason, chunk.invalid_tool_calls = text[:end], "stop", ()
            return
        count = 0 if chunk.finish_reason is not None else held_back(text, self._stops)
        self._buffer = text[len(text) - count :]
        chunk.text = text[: len(text) - count]


def cut_choice(choice: Choice, stops: Sequence[str]) -> None:
    """Cuts the text of a whole choice, and what the model wrote behind it."""
    end = _first(choice.text, stops)
    if end is not None:
        choice.text, choice.finish_reason = choice.text[:end], "stop"
        choice.tool_calls = choice.invalid_tool_calls = ()


def _first(text: str, stops: Sequence[str]) -> int | None:
    """The start of the stop string whose end comes first: a server ends the text there."""
    found = [(at + len(stop), at) for stop in stops if (at := text.find(stop)) >= 0]
    return min(found)[1] if found else None


def held_back(text: str, stops: Sequence[str]) -> int:
    """How many characters at the end of a text may be the beginning of a stop string."""
    longest = max(map(len, stops)) - 1
    lengths = range(min(longest, len(text)), 0, -1)
    return next((n for n in lengths if any(stop.startswith(text[-n:]) for stop in stops)), 0)
