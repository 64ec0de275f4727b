"""Arguments of a call as the user's tool takes them, out of what models write instead."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ramclouds._json.parsing import loaded
from ramclouds._late import late
from ramclouds.bridge._schema_tree import resolved
from ramclouds.bridge.schemas import Form, prepare_schema
from ramclouds.bridge.wrapping import LABELS, decoded_by, unwrapped

__all__ = ["ArgumentsForm", "arguments_form", "arguments_forms"]

_STRING = r'"((?:[^"\\]|\\.)*)"'
_FIRST_KEY = late(rf"\s*\{{\s*{_STRING}\s*:?\s*")
_FIRST_TEXT = late(_STRING)
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class ArgumentsForm:
    """What one tool takes, and how the model's text for its arguments is read."""

    names: frozenset[str]
    """The tool's own name and the one that was sent."""
    keys: frozenset[str]
    """The names of its arguments."""
    schema: Mapping[str, Any] | None = None
    """Schema of its arguments, if some of them were asked for as JSON text."""

    def waits(self, begun: str) -> bool | None:
        """Whether arguments with this beginning can be read only when they are whole.

        None: that is not known yet.
        """
        if self.schema is not None:
            return True
        first = _FIRST_KEY.match(begun)
        if first is None:
            return None if begun.lstrip()[:1] in ("", "{") and len(begun) < _LONGEST_KEY else False
        if first[1] not in self.keys:
            return True
        if first[1] not in LABELS:
            return False
        # {"name": "Person", "parameters": {...}}: the tool's own arguments may have a `name` too.
        text = _FIRST_TEXT.match(begun, first.end())
        if text is None:
            return None if begun[first.end() : first.end() + 1] in ("", '"') else False
        return text[1] in self.names

    def read(self, text: str) -> str:
        """The arguments without a call or a key around them, and with values for JSON texts."""
        if self.waits(text) is False:
            return text
        value = loaded(text)
        if value is None:
            return text
        found = unwrapped(value, self.names, self.keys)
        if self.schema is not None:
            found = decoded_by(self.schema, found)
        return text if found is value else json.dumps(found, ensure_ascii=False)


def arguments_forms(
    tools: Sequence[Mapping[str, Any]], sent: Mapping[str, str], form: Form
) -> dict[str, ArgumentsForm]:
    """What the tools of a request take, by their names; `sent` are those that go out instead."""
    forms: dict[str, ArgumentsForm] = {}
    for tool in tools:
        function = tool.get("function")
        given = function.get("parameters") if isinstance(function, Mapping) else None
        if not isinstance(given, Mapping):
            continue
        name = str(tool["function"].get("name"))
        found = arguments_form({name, sent.get(name, name)}, given, form)
        if found is not None:
            forms[name] = found
    return forms


def arguments_form(
    names: Iterable[str], schema: Mapping[str, Any], form: Form
) -> ArgumentsForm | None:
    """What a schema takes, under one of the names; None where it may take anything."""
    schema = resolved(schema)
    keys = frozenset(schema.get("properties") or ())
    if not keys or schema.get("additionalProperties") not in (None, False):
        return None
    has_texts = form == "gemini" and prepare_schema(schema, form, use="tool").has_texts
    return ArgumentsForm(frozenset(names), keys, schema if has_texts else None)
