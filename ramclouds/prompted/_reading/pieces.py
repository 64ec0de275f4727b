"""The pieces of a JSON object, held back as they are read: keys, strings, values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Generator

from ramclouds.prompted._reading.characters import NotACallError, Reader, Steps
from ramclouds.prompted._reading.scanning import Depth, StringText, Words

# Of a tool that is not offered. With a space it is one of a format's description: "tool name".
_NAME_LIKE = re.compile(r"[\w.:/-]{,128}")

Leads = Callable[[str, bool], bool]
"""Whether a text, whole or begun, is one that is expected."""


def one_of(words: Collection[str]) -> Leads:
    found = Words(words)
    return lambda text, is_whole: text in (found.whole if is_whole else found.begun)


def is_name_like(text: str, is_whole: bool) -> bool:
    return _NAME_LIKE.fullmatch(text) is not None and bool(text or not is_whole)


def take_key(reader: Reader, leads: Leads | None) -> Generator[None, str, str]:
    """Return a key, which may lack its quotes."""
    if reader.char in "\"'":
        return (yield from take_string(reader, leads))
    word = ""
    while reader.char.isalnum() or reader.char == "_":
        word += reader.char
        if leads is not None and not leads(word, False):
            raise NotACallError
        yield from reader.take()
    if leads is not None and not leads(word, True):
        raise NotACallError
    return word


def take_string(reader: Reader, leads: Leads | None) -> Generator[None, str, str]:
    """Return a string, given up at the first character that leads to nothing expected."""
    if not reader.char or reader.char not in "\"'":
        raise NotACallError
    string, pieces, value = StringText(reader.char), [], ""
    yield from reader.take()
    while not string.is_done:
        if not reader.char:
            raise NotACallError
        pieces.append(string.push(reader.char))
        if leads is not None:
            value += pieces[-1]
            if not leads(value, string.is_done):
                raise NotACallError
        yield from reader.take()
    return "".join(pieces)


def take_value(reader: Reader) -> Steps:
    """Take one value, whatever it is: what cannot follow it rules the call out."""
    if reader.char == "'":
        yield from take_string(reader, None)
    elif reader.char and reader.char in '"{[':
        depth = Depth()
        depth.push(reader.char)
        yield from reader.take()
        while depth.is_open and not depth.ends_before(reader.char):
            depth.push(reader.char)
            yield from reader.take()
    else:
        while reader.char.isalnum() or (reader.char and reader.char in "+-._"):
            yield from reader.take()


def take_up_to_end(reader: Reader) -> Steps:
    """Take all up to the end of a member, JSON or not."""
    depth = Depth()
    while not depth.ends_before(reader.char):
        if not depth.is_open and reader.char in ",}]":
            return
        depth.push(reader.char)
        yield from reader.take()
