"""The text inside of the JSON object that a grammar holds a model to: `{"text": ...}`."""

from __future__ import annotations

import json
import re

from ramclouds._json.repair import escaped
from ramclouds._json.surrogates import whole
from ramclouds.prompted._reading.answer import Answer, Wait

_ENVELOPE = '{"text":'
_STRING_PART = re.compile(r'(?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*', re.DOTALL)
_HALF = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}$")
_LOOKED_AT = 300


def take_envelope(answer: Answer) -> Wait[None]:
    """The text inside of `{"text": ...}`: a string that says it, or JSON that is it."""
    while True:
        begun = re.sub(r"\s", "", answer.text[:_LOOKED_AT])
        if begun.startswith(_ENVELOPE) and (len(begun) > len(_ENVELOPE) or answer.is_whole):
            break
        if answer.is_whole or not _ENVELOPE.startswith(begun):
            return
        yield
    answer.at = yield from answer.skip(answer.text.index(":") + 1)
    if answer.text[answer.at : answer.at + 1] == '"':
        answer.at += 1
        yield from _take_string(answer)
    else:
        end, _ = yield from answer.value_end(answer.at)
        answer.release(end)
    answer.events.end_text()
    at = yield from answer.skip(answer.at)
    answer.at = at + 1 if answer.text[at : at + 1] == "}" else at


def _take_string(answer: Answer) -> Wait[None]:
    while True:
        part = _STRING_PART.match(answer.text, answer.at)
        assert part is not None
        text, end = part[0], part.end()
        if answer.text[end : end + 1] != '"' and not answer.is_whole:
            text = _HALF.sub("", text)  # the other half of the character may follow
        answer.events.text(whole(json.loads(f'"{escaped(text)}"', strict=False)))
        answer.at += len(text)
        if answer.text[end : end + 1] == '"':
            answer.at = end + 1
            return
        if answer.is_whole:
            answer.at = len(answer.text)
            return
        yield
