"""Finds the JSON in the text of a model that was asked for nothing but JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic_core import from_json

_DECODER = json.JSONDecoder(strict=False)


def find_json(text: str) -> Iterator[tuple[Any, int, int]]:
    """Every JSON object or list in a text, outermost ones only, with where it begins and ends."""
    position = _next_open(text, 0)
    while position >= 0:
        try:
            value, end = _DECODER.raw_decode(text, position)
        except ValueError:
            end = position + 1
        else:
            yield value, position, end
        position = _next_open(text, end)


def find_partial_json(text: str) -> Any:
    """The JSON that a text so far begins to hold; None where none has begun."""
    for value, _, _ in find_json(text):
        return value
    begin = _next_open(text, 0)
    if begin < 0:
        return None
    try:
        return from_json(text[begin:], allow_partial="trailing-strings")
    except ValueError:
        return None


def _next_open(text: str, start: int) -> int:
    found = [at for at in (text.find("{", start), text.find("[", start)) if at >= 0]
    return min(found, default=-1)


def only_json(text: str) -> str:
    """The one JSON object that a text holds beside fences and prose; otherwise the text."""
    found = [(begin, end) for value, begin, end in find_json(text) if isinstance(value, dict)]
    if len(found) != 1:
        return text
    begin, end = found[0]
    return text[begin:end]


_OPENING = re.compile(r"\s*(?:```\w*\s*)?(?=\{)")


class JsonStream:
    """Lets JSON through as it streams; holds other text back until it is clear what it is.

    Fences and prose around one JSON object are dropped, as `only_json` does. Text without one
    comes out whole, at the end.
    """

    __slots__ = ("_depth", "_escaped", "_held", "_in_string", "_json", "_where")

    def __init__(self) -> None:
        self._where: Literal["before", "inside", "after", "released"] = "before"
        self._held = ""
        self._json: list[str] = []
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def feed(self, text: str) -> str:
        """What of the text so far can go out now."""
        if self._where == "released":
            return text
        if self._where == "inside":
            return self._within(text)
        self._held += text
        opening = _OPENING.match(self._held) if self._where == "before" else None
        if opening is None:
            return ""
        text, self._held, self._where = self._held[opening.end() :], "", "inside"
        return self._within(text)

    def _within(self, text: str) -> str:
        end = self._end_of_object(text)
        if end is not None:
            self._where = "after"
            text, self._held = text[:end], text[end:]
        self._json.append(text)
        return text

    def _end_of_object(self, text: str) -> int | None:
        for position, character in enumerate(text):
            if self._escaped:
                self._escaped = False
            elif self._in_string:
                self._escaped = character == "\\"
                self._in_string = character != '"'
            elif character == '"':
                self._in_string = True
            elif character in "{}":
                self._depth += 1 if character == "{" else -1
                if self._depth == 0:
                    return position + 1
        return None

    def finish(self) -> str:
        """The rest: what was held and is no wrapping of JSON."""
        if self._where == "before":
            return only_json(self._held)
        wrapping = only_json("".join(self._json) + self._held) == "".join(self._json)
        return "" if wrapping else self._held

    def release(self) -> str:
        """Everything held, as it is: the text turned out to come before a tool call."""
        held, self._held, self._where = self._held, "", "released"
        return held
