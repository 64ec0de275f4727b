"""The text inside of the JSON object that a grammar holds a model to: `{"text": ...}`."""

from __future__ import annotations

import json
import re

from ramclouds._json.repair import escaped
from ramclouds._json.surrogates import whole
from ramclouds.prompted._reading.answer import Answer, Wait

_ENVELOPE = re.compile(r'\s*\{\s*"text"\s*:\s*(?=\S)')
_STRING_PART = re.compile(r'(?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*', re.DOTALL)
_HALF = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}$")


def take_envelope(answer: Answer) -> Wait[None]:
    """The text inside of `{"text": ...}`: a string that says it, or JSON that is it."""
    answer.at = yield from answer.ask(_envelope_end, 0, 0)
    if answer.at == 0:
        return
    if answer.text[answer.at] == '"':
        answer.at += 1
        yield from _take_string(answer)
    else:
        end, _ = yield from answer.value_end(answer.at)
        answer.release(end)
    answer.events.end_text()
    at = yield from answer.skip(answer.at)
    answer.at = at + answer.text.startswith("}", at)


def _envelope_end(text: str, at: int) -> int | None:
    found = _ENVELOPE.match(text, at)
    if found is None:
        return None if '{"text":'.startswith(re.sub(r"\s", "", text[:300])) else at
    return found.end()


def _take_string(answer: Answer) -> Wait[None]:
    while True:
        part = _STRING_PART.match(answer.text, answer.at)
        text = part[0] if part else ""
        end = answer.at + len(text)
        is_closed = answer.text.startswith('"', end)
        if not (is_closed or answer.is_whole):
            text = _HALF.sub("", text)  # the other half of the character may follow
        answer.events.add(whole(json.loads(f'"{escaped(text)}"', strict=False)))
        answer.at += len(text) + is_closed
        if is_closed:
            return
        if answer.is_whole:
            answer.at = len(answer.text)  # an escape that was cut off
            return
        yield
