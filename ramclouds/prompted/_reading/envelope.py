"""The text inside of the JSON object that a grammar holds a model to: `{"text": ...}`."""

from __future__ import annotations

import json
import re

from ramclouds._json.repair import escaped
from ramclouds._json.surrogates import whole
from ramclouds.prompted._reading.buffer import Buffer, Wait

_ENVELOPE = re.compile(r'\s*\{\s*"text"\s*:\s*(?=\S)')
_STRING_PART = re.compile(r'(?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*', re.DOTALL)
_HALF = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}$")


def take_envelope(buffer: Buffer) -> Wait[None]:
    """The text inside of `{"text": ...}`: a string that says it, or JSON that is it."""
    buffer.at = yield from buffer.ask(_envelope_end, 0, 0)
    if buffer.at == 0:
        return
    if buffer.text[buffer.at] == '"':
        buffer.at += 1
        yield from _take_string(buffer)
    else:
        end, _ = yield from buffer.value_end(buffer.at)
        buffer.release(end)
    buffer.events.end_text()
    at = yield from buffer.skip(buffer.at)
    buffer.at = at + buffer.text.startswith("}", at)


def _envelope_end(text: str, at: int) -> int | None:
    found = _ENVELOPE.match(text, at)
    if found is None:
        return None if '{"text":'.startswith(re.sub(r"\s", "", text[:300])) else at
    return found.end()


def _take_string(buffer: Buffer) -> Wait[None]:
    while True:
        part = _STRING_PART.match(buffer.text, buffer.at)
        text = part[0] if part else ""
        end = buffer.at + len(text)
        is_closed = buffer.text.startswith('"', end)
        if not (is_closed or buffer.is_whole):
            text = _HALF.sub("", text)  # the other half of the character may follow
        buffer.events.add(whole(json.loads(f'"{escaped(text)}"', strict=False)))
        buffer.at += len(text) + is_closed
        if is_closed:
            return
        if buffer.is_whole:
            buffer.at = len(buffer.text)  # an escape that was cut off
            return
        yield
