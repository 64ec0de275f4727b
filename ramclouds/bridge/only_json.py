"""The text of a model that was asked for nothing but JSON, without what stands around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ramclouds._late import late
from ramclouds.bridge.arguments import ArgumentsForm, arguments_form
from ramclouds.bridge.dialects import dialect_for
from ramclouds.bridge.structured import Shape, text_of_value

__all__ = ["JsonStream", "only_json"]

_OPENING = late(r"\s*(?:```\w*\s*)?(?=\{)")


def only_json(text: str, json_schema: Mapping[str, Any], model: str) -> str:
    """The one JSON object that a text holds, unwrapped, without fences and prose; else the text.

    LangChain's agents read the text of a message by themselves, and hold it to the schema.
    """
    keys = frozenset(json_schema.get("schema", {}).get("properties") or ()) or None
    found = text_of_value(text, Shape(json_schema.get("name", ""), _object, keys))
    form = _form_of(json_schema, model)
    return found if form is None else form.read(found)


def _form_of(json_schema: Mapping[str, Any], model: str) -> ArgumentsForm | None:
    names, schema = [json_schema.get("name", "")], json_schema.get("schema", {})
    return arguments_form(names, schema, dialect_for(model).schemas)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("it is no object")
    return value


class JsonStream:
    """Lets JSON through as it streams; keeps other text back until it is clear what it is.

    Fences and prose around one JSON object are dropped, as `only_json` does. Text without one
    comes out whole, at the end.
    """

    def __init__(self, json_schema: Mapping[str, Any], model: str) -> None:
        self._schema = json_schema
        self._model = model
        self._form = _form_of(json_schema, model)
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
        # What may be wrapped is read when it is whole.
        if opening is None or (
            self._form and self._form.waits(self._buffer[opening.end() :]) is not False
        ):
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
            return only_json(self._buffer, self._schema, self._model)
        given = "".join(self._json)
        whole = only_json(given + self._buffer, self._schema, self._model)
        return "" if whole == given else self._buffer

    def release(self) -> str:
        """All that was kept back: the text turned out to come before a tool call."""
        kept, self._buffer, self._where = self._buffer, "", "released"
        return kept
