"""Repairs of JSON text that are safe: they touch punctuation, never a word or a number."""

from __future__ import annotations

import re

from pydantic_core import from_json

_LITERAL = re.compile(r"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
# As Python spells them, and so now and then a model.
PYTHON_LITERALS = {"None": "null", "True": "true", "False": "false"}
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_PUNCTUATION = re.compile(r"\\[nrtbf]|[\s\\\"'\u201c\u201d\u2018\u2019,}\]]")


def is_literal(word: str) -> bool:
    """Whether `word` is a number, a boolean or null as JSON spells them."""
    return _LITERAL.fullmatch(word) is not None


def is_json(text: str) -> bool:
    """Whether `text` is strict JSON."""
    try:
        from_json(text)
    except ValueError:
        return False
    return True


def mended(text: str) -> str | None:
    """Return `text` as strict JSON, or None where that takes more than punctuation.

    The library guesses where it must, and makes `{"sum": 3 + 4}` a 3. So a repair counts only
    where what went in comes out, but for quotes, commas, closing braces and white space.
    """
    import json_repair  # tens of milliseconds, for what most processes never need

    try:
        repaired = json_repair.repair_json(text, ensure_ascii=False)
    except (ValueError, RecursionError):  # nested too deep
        return None
    return repaired if _words(repaired) == _words(text) else None


def remainder(repaired: str, *, after: str) -> str | None:
    """Return what of `repaired` follows `after`, or None where `repaired` begins otherwise."""
    past = _TOKEN.findall(after)
    tokens = list(_TOKEN.finditer(repaired))
    if not past:
        return repaired
    if [token.group() for token in tokens[: len(past)]] != past:
        return None
    rest = repaired[tokens[len(past) - 1].end() :]
    return rest.lstrip() if after[-1].isspace() else rest


def _words(text: str) -> str:
    return _PUNCTUATION.sub("", text)
