"""Real calls with one slip each: what models do to JSON when nothing holds them to it."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

EACH = 50

SCHEMAS: dict[str, dict[str, Any]] = {
    "get_weather": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "search": {
        "query": {"type": "string"},
        "limit": {"type": "integer"},
        "sites": {"type": "array", "items": {"type": "string"}},
    },
    "send_email": {
        "to": {"type": "array", "items": {"type": "string"}},
        "subject": {"type": "string"},
        "body": {"type": "string"},
        "urgent": {"type": "boolean"},
    },
    "write_file": {"path": {"type": "string"}, "content": {"type": "string"}},
    "run": {
        "command": {"type": "string"},
        "timeout": {"type": "number"},
        "env": {"type": "object", "properties": {"LANG": {"type": "string"}}},
    },
    "book_table": {
        "guests": {"type": "integer"},
        "place": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "street": {"type": "string"}},
        },
        "notes": {"type": ["string", "null"]},
    },
}
TOOLS = [
    {
        "type": "function",
        "function": {"name": name, "parameters": {"type": "object", "properties": properties}},
    }
    for name, properties in SCHEMAS.items()
]
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("get_weather", {"city": "Hanoi"}),
    ("get_weather", {"city": "Hồ Chí Minh City", "days": 3}),
    ("get_weather", {"city": "Xi'an", "days": 10}),
    ("search", {"query": "history of pho", "limit": 5}),
    ("search", {"query": "what is 2 + 3, and why?", "sites": ["en.wikipedia.org", "arxiv.org"]}),
    ("search", {"query": "best ramen near me (open now)", "limit": 12, "sites": ["maps.example"]}),
    (
        "send_email",
        {
            "to": ["lan@example.com", "minh@example.com"],
            "subject": "Lunch: tomorrow",
            "body": "Hi Lan,\n\nsee you at noon.\nBest, Minh",
            "urgent": False,
        },
    ),
    ("send_email", {"to": ["a@example.com"], "subject": "Re: Q3", "body": "Done!", "urgent": True}),
    ("write_file", {"path": "/srv/app/main.py", "content": "def f(x):\n    return {'a': x}\n"}),
    ("write_file", {"path": "notes/todo.md", "content": "# Todo\n- [ ] buy milk\n- [x] call Bob"}),
    ("write_file", {"path": "index.html", "content": "<p>Hello, <b>world</b>; it works.</p>"}),
    ("run", {"command": "ls -la /srv | grep log", "timeout": 2.5}),
    ("run", {"command": "git log --oneline -n 5", "timeout": 30, "env": {"LANG": "C.UTF-8"}}),
    ("run", {"command": "echo done; exit 0", "env": {"LANG": "vi_VN"}, "timeout": 1}),
    ("book_table", {"guests": 4, "place": {"name": "Quan An Ngon", "street": "18 Phan Boi Chau"}}),
    ("book_table", {"guests": 2, "place": {"name": "Sakura"}, "notes": "by the window, please"}),
    ("book_table", {"place": {"name": "Chez Nous", "street": "Rue 5"}, "guests": 3, "notes": None}),
]

Slip = Callable[[str, random.Random], str | None]
"""The text of arguments with one slip, or None where they have no place for it."""


class Sample(NamedTuple):
    kind: str
    name: str
    arguments: dict[str, Any]
    text: str
    """The arguments, damaged."""


def _places(pattern: str, text: str) -> list[re.Match[str]]:
    return list(re.finditer(pattern, text))


def _replaced(pattern: str, text: str, dice: random.Random, new: str, group: int = 1) -> str | None:
    places = _places(pattern, text)
    if not places:
        return None
    place = dice.choice(places)
    return text[: place.start(group)] + new + text[place.end(group) :]


def _end_quote_lost(text: str, dice: random.Random) -> str | None:
    return _replaced(r'[^\s\\:,{\["](")(?=[,}\]])', text, dice, "")


def _begin_quote_lost(text: str, dice: random.Random) -> str | None:
    return _replaced(r'(?:[\[:] |\[|, )(")(?=\w)(?!\w+":)', text, dice, "")


def _key_quote_lost(text: str, dice: random.Random) -> str | None:
    return _replaced(r'[{,]\s*"\w+(")(?=:)|[{,]\s*(")(?=\w+":)', text, dice, "", group=0) and (
        _replaced(r'[{ ]"?\w+(")(?=:)', text, dice, "")
    )


def _inner_quotes(text: str, dice: random.Random) -> str | None:
    places = _places(r'(?<=[\w"][ (/])([A-Za-z]{2,}|\d{2,})(?=[ ,.!)/][^"]*")', text)
    if not places:
        return None
    place = dice.choice(places)
    return f'{text[: place.start()]}"{place[0]}"{text[place.end() :]}'


def _comma_lost(text: str, dice: random.Random) -> str | None:
    return _replaced(r'["\d}\]el](,)(?= ")', text, dice, "")


def _comma_too_many(text: str, dice: random.Random) -> str | None:
    return _replaced(r'["\d}\]el]()[}\]]', text, dice, ",")


def _comma_twice(text: str, dice: random.Random) -> str | None:
    return _replaced(r'["\d}\]el](,)(?= ")', text, dice, ",,")


def _single_quotes(text: str, dice: random.Random) -> str | None:
    return repr(json.loads(text)) if dice.random() < 0.5 else _single_quoted(text)


def _single_quoted(text: str) -> str:
    return re.sub(r'(?<!\\)"', "'", text)


def _bare_keys(text: str, dice: random.Random) -> str | None:
    return re.sub(r'(?<=[{ ])"(\w+)"(?=: )', r"\1", text)


def _bare_word(text: str, dice: random.Random) -> str | None:
    return _replaced(r'(?<=[:\[,] )("[A-Za-z]+(?: [A-Za-z]+)*")(?=[,}\]])', text, dice, "") and (
        re.sub(r'(?<=[:\[,] )"([A-Za-z]+(?: [A-Za-z]+)*)"(?=[,}\]])', r"\1", text)
    )


def _bracket_lost(text: str, dice: random.Random) -> str | None:
    return _replaced(r'["\d](\])', text, dice, "")


def _brace_lost(text: str, dice: random.Random) -> str | None:
    return _replaced(r'["\d}\]el](\})', text, dice, "")


def _bracket_swapped(text: str, dice: random.Random) -> str | None:
    if dice.random() < 0.5:
        return _replaced(r'["\d](\])', text, dice, "}")
    return _replaced(r'["\d}\]el](\})', text, dice, "]")


def _bracket_too_many(text: str, dice: random.Random) -> str | None:
    return _replaced(r'["\d}\]el]()(?=[}\]])', text, dice, dice.choice("}]"))


def _line_break(text: str, dice: random.Random) -> str | None:
    return text.replace("\\n", "\n") if "\\n" in text else None


def _escape_unknown(text: str, dice: random.Random) -> str | None:
    return _replaced(
        r'(?<=[A-Za-z])([ /.])(?=[A-Za-z][^"]*")', text, dice, dice.choice(["\\d", "\\s", "\\("])
    )


def _comment(text: str, dice: random.Random) -> str | None:
    note = dice.choice([" // as asked\n", " /* the user said so */ ", " # as asked\n"])
    return _replaced(r'(?<=["\d}\]el],)( )(?=")', text, dice, note)


def _python_words(text: str, dice: random.Random) -> str | None:
    named = text.replace(": true", ": True").replace(": false", ": False")
    named = named.replace(": null", ": None")
    return None if named == text else named


def _curly_quotes(text: str, dice: random.Random) -> str | None:
    return re.sub(r'(?<!\\)"((?:[^"\\]|\\.)*)"', "\u201c\\1\u201d", text)


def _colon_lost(text: str, dice: random.Random) -> str | None:
    return _replaced(r'"\w+"(:)(?= )', text, dice, "")


def _semicolon(text: str, dice: random.Random) -> str | None:
    return _replaced(r'["\d}\]el](,)(?= ")', text, dice, ";")


def _equals(text: str, dice: random.Random) -> str | None:
    return _replaced(r'"\w+"(:)(?= )', text, dice, dice.choice([" =", " =>"]))


def _quote_twice(text: str, dice: random.Random) -> str | None:
    return _replaced(r'\w(")(?=[,}\]])', text, dice, '""')


SLIPS: dict[str, Slip] = {
    "closing quote lost": _end_quote_lost,
    "opening quote lost": _begin_quote_lost,
    "key's quote lost": _key_quote_lost,
    "quotes in quotes": _inner_quotes,
    "comma lost": _comma_lost,
    "comma before a bracket": _comma_too_many,
    "comma twice": _comma_twice,
    "single quotes": _single_quotes,
    "bare keys": _bare_keys,
    "bare words": _bare_word,
    "bracket lost": _bracket_lost,
    "brace lost": _brace_lost,
    "bracket of the other kind": _bracket_swapped,
    "bracket too many": _bracket_too_many,
    "unknown escape": _escape_unknown,
    "comment": _comment,
    "words of Python": _python_words,
    "curly quotes": _curly_quotes,
    "colon lost": _colon_lost,
    "semicolon": _semicolon,
    "equals sign": _equals,
    "quote twice": _quote_twice,
}


def _as_before(damaged: str, sound: str) -> dict[str, Any]:
    meant: dict[str, Any] = json.loads(sound)
    return meant


def _with_escapes(damaged: str, sound: str) -> dict[str, Any]:
    meant: dict[str, Any] = json.loads(re.sub(r"(?<!\\)\\([ds(])", r"\\\\\1", damaged))
    return meant


def _with_quotes(damaged: str, sound: str) -> dict[str, Any]:
    """The quotes that were put in belong to the value."""
    begin = next(
        at for at, pair in enumerate(zip(damaged, sound, strict=False)) if pair[0] != pair[1]
    )
    end = damaged.index('"', begin + 1)
    word = damaged[begin + 1 : end]
    meant: dict[str, Any] = json.loads(f'{damaged[:begin]}\\"{word}\\"{damaged[end + 1 :]}')
    return meant


_MEANT: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "unknown escape": _with_escapes,
    "quotes in quotes": _with_quotes,
}


def samples(seed: int = 20261126) -> Iterator[Sample]:
    """`EACH` samples of each kind of slip, the same for the same seed."""
    dice = random.Random(seed)
    for kind, slip in SLIPS.items():
        made = 0
        while made < EACH:
            name, arguments = dice.choice(CALLS)
            arguments = _varied(arguments, dice)
            text = json.dumps(arguments, ensure_ascii=False)
            damaged = slip(text, dice)
            if damaged is None or _is_sound(damaged):
                continue
            made += 1
            yield Sample(kind, name, _MEANT.get(kind, _as_before)(damaged, text), damaged)


def _varied(arguments: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    items = list(arguments.items())
    dice.shuffle(items)
    return {key: dice.randint(1, 99) if type(item) is int else item for key, item in items}


def _is_sound(text: str) -> bool:
    try:
        json.loads(text, strict=True)
    except ValueError:
        return False
    return True
