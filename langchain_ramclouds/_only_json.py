"""The text of a model that was asked for nothing but JSON, without what stands around it."""

from __future__ import annotations

import re
from typing import Literal

from ramclouds.bridge.json_text import json_values


def only_json(text: str) -> str:
    """The one JSON object that a text holds beside fences and prose; otherwise the text."""
    objects = [v for v in json_values(text) if v.is_whole and isinstance(v.value, dict)]
    return objects[0].text if len(objects) == 1 else text


_OPENING = re.compile(r"\s*(?:```\w*\s*)?(?=\{)")


class JsonStream:
    """Lets JSON through as it streams; keeps other text back until it is clear what it is.

    Fences and prose around one JSON object are dropped, as `only_json` does. Text without one
    comes out whole, at the end.
    """

    __slots__ = ("_buffer", "_depth", "_escaped", "_in_string", "_json", "_where")

    def __init__(self) -> None:
        self._where: Literal["before", "inside", "after", "released"] = "before"
        self._buffer = ""
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
        self._buffer += text
        opening = _OPENING.match(self._buffer) if self._where == "before" else None
        if opening is None:
            return ""
        text, self._buffer, self._where = self._buffer[opening.end() :], "", "inside"
        return self._within(text)

    def _within(self, text: str) -> str:
        end = self._end_of_object(text)
        if end is not None:
            self._where = "after"
            text, self._buffer = text[:end], text[end:]
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
        """The rest: what was kept back and is no wrapping of JSON."""
        if self._where == "before":
            return only_json(self._buffer)
        wrapping = only_json("".join(self._json) + self._buffer) == "".join(self._json)
        return "" if wrapping else self._buffer

    def release(self) -> str:
        """All that was kept back: the text turned out to come before a tool call."""
        kept, self._buffer, self._where = self._buffer, "", "released"
        return kept
