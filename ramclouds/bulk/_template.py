"""Prompts that are made of the columns of a row: `Translate: {text}`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from string import Formatter
from typing import Any

from ramclouds.errors import ConfigurationError


class Template:
    """A text with names of columns in braces; `{{` and `}}` are braces."""

    def __init__(self, text: str) -> None:
        try:
            self._parts = [(before, name) for before, name, *_ in _parsed(text)]
        except ValueError as exc:
            raise ConfigurationError(
                f"The template prompt={text!r:.80} cannot be read: {exc}. Write {{{{ and }}}} for "
                "braces that are text."
            ) from exc
        self.columns = [name for _, name in self._parts if name is not None]
        if not self.columns:
            raise ConfigurationError(
                f"The template prompt={text!r:.80} names no column. Write one in braces: "
                "prompt='Translate: {text}'."
            )

    def fill(self, row: Mapping[str, Any] | str) -> str:
        """The prompt of a row; a plain text is the one column of a template with one.

        Raises:
            ValueError: the row has no such column; the message begins in mid-sentence.
        """
        if isinstance(row, str):
            if len(set(self.columns)) > 1:
                raise ValueError("is a text, but the template has several columns.")
            row = dict.fromkeys(self.columns, row)
        return "".join(
            before + ("" if name is None else _text(row, name)) for before, name in self._parts
        )


def _parsed(text: str) -> list[tuple[str, str | None, str | None, str | None]]:
    parts = list(Formatter().parse(text))
    for _, name, form, conversion in parts:
        if name == "":
            raise ValueError("a pair of braces is empty")
        if form or conversion:
            raise ValueError(f"{name!r} has a format behind it")
    return parts


def _text(row: Mapping[str, Any], name: str) -> str:
    if name not in row:
        raise ValueError(f"has no column {name!r}; it has {', '.join(map(str, row)) or 'none'}.")
    value = row[name]
    if value is None:
        raise ValueError(f"has nothing in its column {name!r}.")
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
