"""Arguments of a tool call: JSON text, whole or still arriving, to an object."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json


def to_object(text: str) -> tuple[dict[str, Any], bool]:
    """The object as far as it has arrived, and whether the text is a whole one."""
    try:
        whole = from_json(text)
    except ValueError:
        return _begun(text), False
    return (whole, True) if isinstance(whole, dict) else ({}, False)


def _begun(text: str) -> dict[str, Any]:
    try:
        begun = from_json(text, allow_partial="trailing-strings")
    except ValueError:
        return {}
    return begun if isinstance(begun, dict) else {}


class ArrivingArguments:
    """The arguments of one streamed call: parsed again only when they have grown by a tenth.

    Agents ask for the object at every chunk, so parsing each time is quadratic.
    """

    __slots__ = ("_object", "_parsed", "text")

    _EAGER = 512

    def __init__(self) -> None:
        self.text = ""
        self._object: dict[str, Any] = {}
        self._parsed = 0

    def add(self, fragment: str) -> None:
        self.text += fragment

    def so_far(self) -> dict[str, Any]:
        """A fresh object of what had arrived, or nearly."""
        size = len(self.text)
        if size < self._EAGER or size - self._parsed >= self._parsed // 10:
            self._object, _ = to_object(self.text)
            self._parsed = size
        return dict(self._object)

    def whole(self) -> dict[str, Any] | str:
        """The object, or the text where it is none."""
        found, whole = to_object(self.text)
        return found if whole else self.text
