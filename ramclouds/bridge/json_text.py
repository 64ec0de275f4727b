"""JSON that stands in the text of a completion, whole or still arriving."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from ramclouds._json.parsing import loaded
from ramclouds._json.repair import is_json, repaired
from ramclouds._late import late
from ramclouds.types import Completion

__all__ = [
    "JsonValue",
    "asks_for_json",
    "begun_object",
    "is_prose",
    "json_text",
    "json_values",
    "outside_thoughts",
    "partial_object",
    "shows_example",
    "spoken",
    "unfenced",
    "unparsable_end",
]

# Line breaks inside of strings are taken as they are: many models write them so.
_DECODER = json.JSONDecoder(strict=False)
_OPENING = late(r"[{\[]")
_KEY = late(r"""\{\s*(?:"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\n]*'|\w+)\s*:""", re.DOTALL)
# An escape outside of a string is passed over whole, or each quote in `"\"\"\"` would begin a
# string that is looked through to the end. A broken string does not go on behind its line.
_BRACKET = late(r'[{}\[\]]|\\.|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|\n[ \t]*```')
_WINDOW = 1024
_FENCE = late(r"\A\s*(?:```[\w-]*\s*)?")
_OPEN_NUMBER = late(r"(?<=[\s:,\[])-?[\d.eE+-]*\Z")

# <think>: DeepSeek, Qwen, GLM; <thought>: Gemma; [THINK]: Magistral; the triangles: Kimi-VL. In the
# middle of a line the opening mark is only mentioned.
_THOUGHT = late(
    r"^[ \t]*(?P<opening><(?:(?:seed:)?think|thinking|thought|reasoning)>"
    r"|\[THINK\]|\u25c1think\u25b7)"
    r"|</(?:(?:seed:)?think|thinking|thought|reasoning)>|\[/THINK\]|\u25c1/think\u25b7",
    re.IGNORECASE | re.MULTILINE,
)
# What shows that the JSON behind it is an example.
_EXAMPLE = late(
    r"\b(?:for (?:example|instance)|e\.g|such as|an? example|examples?(?=\W{0,3}:)|like this"
    r"|ví dụ|zum beispiel|par exemple|por ejemplo)\b|例如|比如|например",
    re.IGNORECASE,
)
_HOW_TO = late(
    r"\b(?:you (?:can|could|may|might|would|should|must|need|call|write|send|use)|how (?:to|you)"
    r"|(?<!need )(?<!going )(?<!have )(?<!want )(?<!like )to (?:call|use|invoke|make|write|send)"
    r"|(?:would|could|might) (?:look|be|call|write|send|use)|looks? like|by writing|instead of"
    r"|(?:never|don't|do not) (?:call|write|send|use|do)|usage(?=:)|use(?=:)"
    r"|(?:following|this|the|same) (?:format|form|syntax|schema|structure|shape)|is written)\b",
    re.IGNORECASE,
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
    is_closed: bool = True
    """False where its end did not come."""


def json_values(text: str) -> list[JsonValue]:
    """All outermost objects and lists in a text, in order, those in thinking blocks left out.

    What stands inside a broken value is no value of its own, so nothing is taken from inside
    something else. The time is linear in the length of the text.
    """
    whole = _whole(text)
    if whole is not None:
        return [whole]
    return [value for start, end in spoken(text) for value in _values(text, start, end)]


def json_text(text: str) -> str:
    """The JSON in a completion: without a code fence or words around it, repaired where safe.

    A text without JSON, or with several objects, comes back as it is.
    """
    if is_json(text.strip()):
        return text.strip()
    found = json_values(text)
    whole = [value for value in found if value.is_whole and value.value]
    likely = [value for value in whole if isinstance(value.value, dict)] or whole
    if likely:
        return likely[0].text if len(likely) == 1 else text
    closed = [value.text for value in found if value.is_closed and not value.is_whole]
    texts = [json.dumps(value, ensure_ascii=False) for value in map(repaired, closed) if value]
    return texts[0] if len(texts) == 1 else text


def asks_for_json(response_format: Mapping[str, Any] | None) -> bool:
    """Whether a `response_format` asks for JSON, of any shape or of one."""
    kind = None if response_format is None else response_format.get("type")
    return kind in ("json_object", "json_schema")


def is_prose(response_format: Mapping[str, Any] | None, completion: Completion) -> bool:
    """Whether JSON was asked for and the completion, whole as it is, has none."""
    if response_format is None or not asks_for_json(response_format):
        return False
    if completion.finish_reason != "stop" or completion.tool_calls or completion.refusal:
        return False
    schema = response_format.get("json_schema", {}).get("schema", {})
    # The "[1]" of a source is no value, unless a list was asked for.
    wanted = (dict, list) if schema.get("type") == "array" else dict
    if any(isinstance(value.value, wanted) for value in json_values(completion.text)):
        return False
    found = json_text(completion.text)
    return not is_json(found) or (found[0] == "[" and found != unfenced(completion.text))


def partial_object(text: str) -> dict[str, Any] | None:
    """The object that a text begins with, as far as it has arrived; None where it begins with none.

    A fence and thinking blocks may stand before it; what stands behind words may be an example.
    """
    text = outside_thoughts(text)
    begin = len(_FENCE.match(text)[0])  # type: ignore[index]  # it matches nothing too
    found = next(iter(json_values(text)), None)
    if found is None or found.start != begin or found.text[0] != "{":
        return None
    return found.value if found.is_whole else begun_object(found.text)


def unfenced(text: str) -> str:
    """A text without the code fence around it."""
    return _FENCE.sub("", text, count=1).rstrip().removesuffix("```").rstrip()


def outside_thoughts(text: str) -> str:
    """A text without its thinking blocks; JSON that holds their marks is left as it is."""
    if _whole(text) is not None:
        return text
    return "".join(text[start:end] for start, end in spoken(text))


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


def shows_example(before: str, *, goes_on: bool) -> bool:
    """Whether JSON behind these words is an example; after a how-to it is one if prose follows."""
    return bool(_EXAMPLE.search(before) or (goes_on and _HOW_TO.search(before)))


def _whole(text: str) -> JsonValue | None:
    stripped = text.strip()
    if stripped[:1] not in ("{", "["):
        return None
    value = loaded(stripped)
    if value is None:
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
            end, is_closed = _end_of_broken(text, begin, stop)
            yield JsonValue(begin, end, text[begin:end], None, False, is_closed)
        opening = _OPENING.search(text, end, stop)


def _decoded(text: str, begin: int, stop: int) -> tuple[Any, int]:
    """The value that begins here, and its end; or None, and where the text breaks it."""
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


def _end_of_broken(text: str, begin: int, stop: int) -> tuple[int, bool]:
    """Where the brackets of a broken value are closed, or its code block, or the text."""
    depth = 0
    for token in _BRACKET.finditer(text, begin, stop):
        if token[0] in "{[":
            depth += 1
        elif token[0] in "}]":
            depth -= 1
        elif token[0][0] == "\n":
            return token.start(), False
        if depth == 0:
            return token.end(), True
    return stop, False


def begun_object(text: str) -> dict[str, Any]:
    """The object that a text is, as far as it has arrived; empty where it is none.

    None of it changes later: a number that may go on is left out, since `12` may become 123.
    """
    try:
        begun = from_json(_OPEN_NUMBER.sub("", text), allow_partial="trailing-strings")
    except ValueError:
        return {}
    return begun if isinstance(begun, dict) else {}


def unparsable_end(arguments: str) -> str:
    """An end that makes LangChain's partial parser give up, so that it shows no guessed arguments.

    It ends an open string, then closes a bracket that is not the innermost open one:
    https://github.com/langchain-ai/langchain/blob/master/libs/core/langchain_core/utils/json.py
    """
    closers: list[str] = []
    in_string = escaped = False
    for character in arguments:
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        elif character in "{[":
            closers.append("}" if character == "{" else "]")
        elif character in "}]" and closers and closers[-1] == character:
            closers.pop()
    end = ("\\" if escaped else "") + ('"' if in_string else "")
    return end + ("}" if closers and closers[-1] == "]" else "]")
