"""The text inside of the JSON object that a grammar holds a model to: `{"text": ...}`."""

from __future__ import annotations

import json
import re

from ramclouds._json.repair import escaped
from ramclouds._json.surrogates import whole
from ramclouds.prompted._reading.blocks import BlockReader
from ramclouds.prompted._reading.source import Steps

_ENVELOPE = '{"text":'
_STRING_PART = re.compile(r'(?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*', re.DOTALL)
_HALF = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}$")
_LOOKED_AT = 300


def take_envelope(reader: BlockReader) -> Steps:
    """The text inside of `{"text": ...}`: a string that says it, or JSON that is it."""
    source = reader.source
    while True:
        begun = re.sub(r"\s", "", source.text[:_LOOKED_AT])
        if begun.startswith(_ENVELOPE) and (len(begun) > len(_ENVELOPE) or source.is_whole):
            break
        if source.is_whole or not _ENVELOPE.startswith(begun):
            return
        yield
    source.at = yield from source.skip_space(source.text.index(":") + 1)
    if source.text[source.at : source.at + 1] == '"':
        source.at += 1
        yield from _take_string(reader)
    else:
        end, _ = yield from source.value_end(source.at)
        reader.release(end)
    reader.events.end_text()
    at = yield from source.skip_space(source.at)
    source.at = at + 1 if source.text[at : at + 1] == "}" else at


def _take_string(reader: BlockReader) -> Steps:
    source = reader.source
    while True:
        part = _STRING_PART.match(source.text, source.at)
        assert part is not None
        text, end = part[0], part.end()
        if source.text[end : end + 1] != '"' and not source.is_whole:
            text = _HALF.sub("", text)  # the other half of the character may follow
        reader.events.text(whole(json.loads(f'"{escaped(text)}"', strict=False)))
        source.at += len(text)
        if source.text[end : end + 1] == '"':
            source.at = end + 1
            return
        if source.is_whole:
            source.at = len(source.text)
            return
        yield
