"""Repairs of JSON text that are safe: they touch punctuation, never a word or a number."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json

from ramclouds._json.parsing import refuse_constant
from ramclouds._late import late

PYTHON_LITERALS = {"None": "null", "True": "true", "False": "false"}

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
# A comment holds no quote and no bracket, or it may be part of a string; behind a colon it would be
# a value: `{link: //host}`.
_STRINGS = late(_STRING)
_COMMENT = late(
    rf"({_STRING}|:\s*(?=[/#]))|/\*[^\"'{{}}\[\]]*?\*/|(?://|#)[ \t][^\n\"'{{}}\[\]]*(?=\n)"
)
_ESCAPE = late(r"\\(u[0-9a-fA-F]{4}|.|$)", re.DOTALL)
# "C:\new\x": a drive and backslashes, or one and a dot, or a word alone, as no text has it:
# "Q:\nWhat is it?". "\\server\share": a host, and one later.
_PATH = late(
    r'"(?:[A-Za-z]:\\(?!u[0-9a-fA-F]{4})\w(?:[^"\n:*?<>|]*(?:\\\w|\.)|[\w-]*(?="))'
    r"|\\\\[A-Za-z][\w.-]+\\(?!u[0-9a-fA-F]{4})(?=[\w$]))"
    r'[^"\n:*?<>|]*"'
)
# "cd C:\Users\new": one within a text.
_PATH_INSIDE = late(r"""(?<=[\s'=(])[A-Za-z]:(?:\\\w[^\s"'\\:*?<>|]*)+""")
# An escape that JSON does not have shows a path. Where there is none, spaces show a text, as in
# "P:\nA line.\nAnother", and so do the letters of lists and questions.
_NO_ESCAPE = late(r"\\(?![\"\\/bfnrt]|u[0-9a-fA-F]{4})")
_IS_PATH = late(r'"(?:\\.*|[C-PR-Zc-pr-z]:(?:\S*|.*\.\w{1,5})")', re.DOTALL)
_LITERAL = late(r"\b(?:None|True|False)\b")
_PUNCTUATION = late(r"[\s\\\"'`\u201c\u201d\u2018\u2019,;:=>{}\[\]]+")
_QUOTES = "\"'`\u201c\u201d\u2018\u2019"
_QUOTED_MARKS = late(r"[\\\"'`\u201c\u201d\u2018\u2019]")
# `{city: Hanoi}`, `{city: Ho Chi Minh}`: but no `a.b`, `f()`, `a + b`, which are code.
_BARE = late(
    r"(?!.*\b(?:and|or|not|in|is|if|else|await|new|undefined|NaN|Infinity)\b)"
    r"[^\W\d]\w*(?:[ -]\w+)*|"
)
# `["a"][0]`
_SUBSCRIPT = late(r"[\]\"]\s*\[")
# A repair takes time that grows faster than the text.
_LONGEST = 32_768
# The first quote inside of a string closes one: `a" + b`, but not `say "hi"`, nor `a 5" pipe`.
_CODE = late(r"""[^"]*[^"\d\s(]"(?:[\s+*%,;:=)]|$)""")
_ESCAPED_QUOTE = late(r'(?<!\\)(?:\\\\)*\\"')
_PAIRS = (("{", "}"), ("[", "]"))
_DECODED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def is_json(text: str) -> bool:
    """Whether `text` is strict JSON."""
    try:
        from_json(text, allow_inf_nan=False)
    except (ValueError, TypeError):  # a TypeError for half a surrogate pair
        return False
    return True


def sound(text: str) -> Any:
    """The value of a text that is JSON but for line breaks in its strings.

    Raises:
        ValueError: it is not, or an object has two values under one key.
    """
    try:
        return json.loads(
            text, strict=False, object_pairs_hook=_unique, parse_constant=refuse_constant
        )
    except RecursionError:
        raise ValueError("nested too deep") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs) and any(found[key] != value for key, value in pairs):
        raise ValueError("two values under one key")
    return found


def escaped(text: str) -> str:
    r"""JSON text in which each backslash that JSON has no escape for stands for itself.

    Models write `"\d+"` and `"C:\Users"`. In a path the valid ones do so too: `"C:\new"`.
    """
    if "\\" not in text:
        return text
    text = _PATH_INSIDE.sub(_raw_path, _PATH.sub(_raw_path, text))
    return _ESCAPE.sub(_escape, text)


def _raw_path(path: re.Match[str]) -> str:
    is_path = _NO_ESCAPE.search(path[0]) or _IS_PATH.fullmatch(path[0])
    return path[0].replace("\\", "\\\\") if is_path else path[0]


def _escape(escape: re.Match[str]) -> str:
    code = escape[1]
    if code == "'":  # of Python and JavaScript
        return code
    return escape[0] if len(code) == 5 or code in tuple('"\\/bfnrt') else f"\\{escape[0]}"


def repaired(text: str, schema: Mapping[str, Any] | None = None) -> Any:
    """The value that `text` is meant to be, or None where that takes more than punctuation.

    `json_repair` guesses where it must: it makes `{"sum": 3 + 4}` a 3. So a repair counts only
    where each word of the text is in it, in its order, and each key stands in the text as a key.
    `schema` tells which keys an object may have.
    """
    text = _COMMENT.sub(lambda found: found[1] or " ", escaped(text))
    try:
        return sound(text)
    except ValueError:
        pass
    if len(text) > _LONGEST:
        return None
    # Imported here: it takes tens of milliseconds, and most processes never need it.
    import json_repair

    try:
        value = json_repair.loads(text)
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):  # nested too deep
        return None
    if not isinstance(value, {"{": dict, "[": list}.get(text.lstrip()[:1], ())):
        return None
    value = _placed(_with_ends(value, _decoded(text)), schema or {})
    return value if _is_same(value, text, schema or {}) else None


def _with_ends(value: Any, plain: str) -> Any:
    """The value with the ends of its strings as the text has them.

    `json_repair` strips white space there, and keeps a quote of `'Xi'an'`.
    """
    if isinstance(value, str):
        return _with_end(value, plain)
    if isinstance(value, dict):
        return {key: _with_ends(item, plain) for key, item in value.items()}
    return [_with_ends(item, plain) for item in value] if isinstance(value, list) else value


def _with_end(string: str, plain: str) -> str:
    last, quoted = string[-1:], re.escape(string)
    if last in ("'", '"', "`"):
        # With the one that it begins with, the last quote is its end: `'it's'`.
        is_odd = string.count(last) % 2
        end = rf"{quoted}[\"'`]?" if is_odd else rf"{last}{quoted}(?!{last})"
        if re.search(rf"{end}\s*[,}}\]]", plain):
            return string[:-1]
    found = re.search(rf"[{_QUOTES}]{re.escape(string)}(\s+)[{_QUOTES},}}\]]", plain)
    return string + found[1] if found and string else string


def _placed(value: Any, schema: Any) -> Any:
    """The value with members behind a lost brace back in the object that the schema has them in."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(value, dict) or not isinstance(properties, Mapping):
        return value
    placed: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(item, dict):
            placed[key] = item
            continue
        inner = properties.get(key)
        own = inner.get("properties") if isinstance(inner, Mapping) else None
        beside = {*(own or ()), *value}
        strays = {n: i for n, i in item.items() if n in properties and n not in beside}
        if strays and not own:
            return None  # either reading fits
        placed[key] = _placed({n: i for n, i in item.items() if n not in strays}, inner)
        placed |= strays
    return placed


def _is_same(value: Any, text: str, schema: Mapping[str, Any]) -> bool:
    if not value or _SUBSCRIPT.search(_STRINGS.sub('""', text)):
        return False
    if '"' in _ESCAPED_QUOTE.sub("", text) and len(_ESCAPED_QUOTE.findall(text)) > sum(
        string.count('"') for string in (*_strings(value), *_keys(value))
    ):
        return False  # `"C:\"}`: the quote belongs to the value
    properties = _properties(schema)
    plain = _decoded(text)
    return (
        _words(json.dumps(value, ensure_ascii=False)) == _words(text)
        and all(_is_key(key, text, properties) for key in _keys(value))
        and all(_stands_in(string, text, plain) for string in _strings(value))
    )


def _words(text: str) -> str:
    return _PUNCTUATION.sub("", _LITERAL.sub(lambda word: word[0].lower(), _decoded(text))).replace(
        "none", "null"
    )


def _decoded(text: str) -> str:
    return _ESCAPE.sub(_character, text)


def _character(escape: re.Match[str]) -> str:
    code = escape[1]
    return chr(int(code[1:], 16)) if len(code) == 5 else _DECODED.get(code, code)


def _is_key(key: str, text: str, properties: frozenset[str]) -> bool:
    """Whether `key` is one in the text: of the schema, or quoted behind a bracket or a comma."""
    name = re.escape(json.dumps(key, ensure_ascii=False)[1:-1])
    if key in properties:
        return bool(
            re.search(rf"(?<!\w){name}[{_QUOTES}]?\s*[:=]|[{_QUOTES}]{name}[{_QUOTES}]", text)
        )
    return bool(re.search(rf"[{{,;}}\]][\s]*[{_QUOTES}]{name}[{_QUOTES}]\s*:", text)) or (
        not properties and bool(re.search(rf"[{{,]\s*{name}\s*:", text))
    )


def _stands_in(string: str, text: str, plain: str) -> bool:
    """Whether the very text of a string stands in the text, in quotes or as a bare word."""
    if not string:
        return bool(re.search(rf"[:=\[,]\s*([{_QUOTES}])\1", text))
    if _CODE.match(string):
        return False  # `"a"; "b"`, `"a" + b + "c"` as one string
    if string.endswith(("}", "]")) and any(string.count(a) < string.count(b) for a, b in _PAIRS):
        return False  # the end of what the string stands in
    marked = _QUOTED_MARKS.sub("", string)
    if marked not in _QUOTED_MARKS.sub("", plain) and marked not in _QUOTED_MARKS.sub("", text):
        return False
    if _BARE.fullmatch(string):
        return True
    if string.rstrip().endswith(",") and not re.search(
        rf"{re.escape(string)}[{_QUOTES}]\s*[,}}\]]", plain
    ):
        return False  # a list whose next string lost its quote
    head, tail = string[:12], string[-12:]
    return any(
        quote + head in source or tail + quote in source
        for quote in _QUOTES
        for source in (plain, text)
    )


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _properties(schema: Any) -> frozenset[str]:
    """All names of properties in a schema, at any depth."""
    if isinstance(schema, list):
        return frozenset().union(*map(_properties, schema))
    if not isinstance(schema, Mapping):
        return frozenset()
    own = schema.get("properties")
    names = frozenset(own) if isinstance(own, Mapping) else frozenset()
    return names.union(*map(_properties, schema.values()))
