"""The chat template of a GGUF file, read from its head: llama.cpp is not loaded for it.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

_TEMPLATE = "tokenizer.chat_template"
# Bytes of a value by the number of its type; 8 is a string, 9 an array.
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9


def chat_template(path: Path) -> str | None:
    """The template as the file has it, empty if it has none; None if it is no whole GGUF file."""
    with path.open("rb") as file:
        try:
            return _template(file)
        except (struct.error, KeyError):
            return None


def _template(file: BinaryIO) -> str | None:
    magic, _, _, count = struct.unpack("<4sIQQ", file.read(24))
    if magic != b"GGUF":
        return None
    for _ in range(count):
        key = _string(file)
        (kind,) = struct.unpack("<I", file.read(4))
        if key == _TEMPLATE and kind == _STRING:
            return _string(file)
        _skip(file, kind)
    return ""


def _string(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", file.read(8))
    return file.read(length).decode("utf-8", "replace")


def _skip(file: BinaryIO, kind: int) -> None:
    if kind == _STRING:
        (length,) = struct.unpack("<Q", file.read(8))
        file.seek(length, 1)
    elif kind == _ARRAY:
        inner, length = struct.unpack("<IQ", file.read(12))
        if inner in _SIZES:
            file.seek(_SIZES[inner] * length, 1)
        else:
            for _ in range(length):
                _skip(file, inner)
    else:
        file.seek(_SIZES[kind], 1)
