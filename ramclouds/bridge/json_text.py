"""JSON that stands in the text of a completion, whole or still arriving."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

__all__ = ["JsonValue", "begun_object", "json_values", "partial_object", "spoken"]

# Line breaks inside of strings are taken as they are: many models write them so.
_DECODER = json.JSONDecoder(strict=False)
_OPENING = re.compile(r"[{\[]")
_KEY = re.compile(r"""\{\s*(?:"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\n]*'|\w+)\s*:""", re.DOTALL)
# An escape outside of a string is passed over whole, or each quote in `"\"\"\"` would begin a
# string that is looked through to the end. A broken string does not go on behind its line.
_BRACKET = re.compile(r'[{}\[\]]|\\.|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|\n[ \t]*```')
_WINDOW = 1024

# <think>: DeepSeek, Qwen, GLM; <thought>: Gemma; [THINK]: Magistral; the triangles: Kimi-VL.
# In the middle of a line the opening mark is only spoken of.
_THOUGHT = re.compile(
    r"^[ \t]*(?P<opening><(?:think|thinking|thought|reasoning)>|\[THINK\]|\u25c1think\u25b7)"
    r"|</(?:think|thinking|thought|reasoning)>|\[/THINK\]|\u25c1/think\u25b7",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class JsonValue:
    """An object or list in a text; `text[start:end]` of the whole is `text` here."""

    start: int
    end: int
    text: str
    value: Any
    """What the text says; None where it is not whole."""
    is_whole: bool
    """False where the text is broken, or ends before the value does."""


def json_values(text: str) -> list[JsonValue]:
    """All outermost objects and lists in a text, in order, those in thinking blocks left out.

    What stands inside a broken value is no value of its own, so nothing is taken from inside
    something else. The time is linear in the length of the text.
    """
    whole = _whole(text)
    if whole is not None:
        return [whole]
    return [value for start, end in spoken(text) for value in _values(text, start, end)]


def partial_object(text: str) -> dict[str, Any] | None:
    """The first object of a text, as far as it has arrived; None where none has begun."""
    for found in json_values(text):
        if found.is_whole and isinstance(found.value, dict):
            return found.value
        if not found.is_whole and found.text[0] == "{":
            return begun_object(found.text)
    return None


def spoken(text: str) -> list[tuple[int, int]]:
    """The spans of a text outside of thinking blocks.

    A block without an end goes on to the end of the text. An end without a beginning ends one that
    began in the prompt, as the templates of DeepSeek R1 and Qwen begin it.
    """
    spans: list[tuple[int, int]] = []
    at, is_open = 0, False
    for mark in _THOUGHT.finditer(text):
        if mark["opening"]:
            if not is_open:
                spans.append((at, mark.start()))
            is_open = True
            continue
        if not is_open:
            spans.clear()
        at, is_open = mark.end(), False
    return spans if is_open else [*spans, (at, len(text))]


def _whole(text: str) -> JsonValue | None:
    stripped = text.strip()
    if stripped[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(stripped, strict=False)
    except (ValueError, RecursionError):
        return None
    start = text.index(stripped[0])
    return JsonValue(start, start + len(stripped), stripped, value, is_whole=True)


def _values(text: str, start: int, stop: int) -> Iterator[JsonValue]:
    opening = _OPENING.search(text, start, stop)
    while opening is not None:
        begin = opening.start()
        value, end = _decoded(text, begin, stop)
        if value is not None:
            yield JsonValue(begin, end, text[begin:end], value, is_whole=True)
        elif end == stop or _is_json_like(text, begin, end):
            end = _end_of_broken(text, begin, stop)
            yield JsonValue(begin, end, text[begin:end], None, is_whole=False)
        opening = _OPENING.search(text, end, stop)


def _decoded(text: str, begin: int, stop: int) -> tuple[Any, int]:
    """The value that begins here and its end; or None, and where it proves to be none."""
    # By windows: to make an error, `json` counts the lines of all the text that it was given.
    size = _WINDOW
    while True:
        window = text[begin : min(begin + size, stop)]
        try:
            value, end = _DECODER.raw_decode(window)
        except json.JSONDecodeError as error:
            is_cut = error.msg.startswith("Unterminated") or error.pos > len(window) - 12
            if is_cut and begin + size < stop:
                size *= 2
                continue
            return None, begin + max(error.pos, 1)
        except RecursionError:
            return None, stop
        return value, begin + end


def _is_json_like(text: str, begin: int, failed: int) -> bool:
    """Whether a key stands in what was read, so that it is broken JSON and not prose."""
    return bool(_KEY.match(text, begin) or _KEY.search(text, begin, failed + 1))


def _end_of_broken(text: str, begin: int, stop: int) -> int:
    """Where the brackets of a broken value are closed, or its code block, or the text."""
    depth = 0
    for token in _BRACKET.finditer(text, begin, stop):
        if token[0] in "{[":
            depth += 1
        elif token[0] in "}]":
            depth -= 1
        elif token[0][0] == "\n":
            return token.start()
        if depth == 0:
            return token.end()
    return stop


def begun_object(text: str) -> dict[str, Any]:
    """The object that a text is, as far as it has arrived; empty where it is none."""
    try:
        begun = from_json(text, allow_partial="trailing-strings")
    except ValueError:
        return {}
    return begun if isinstance(begun, dict) else {}
