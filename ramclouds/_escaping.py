"""Control characters in texts that people read: a server's text must not steer a terminal."""

from __future__ import annotations

# Controls (C0 and C1), line and paragraph separators, marks that change a text's direction, and
# halves of surrogate pairs, which no output can encode.
_CONTROLS = (
    *range(0x20),
    *range(0x7F, 0xA0),
    *(0x061C, 0x200E, 0x200F, 0x2028, 0x2029),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    *range(0xD800, 0xE000),
)
_ESCAPED = {code: ascii(chr(code))[1:-1] for code in _CONTROLS}


def escaped(text: str) -> str:
    """A text on one line, its control characters as Python writes them in a string."""
    return text if text.isascii() and text.isprintable() else text.translate(_ESCAPED)
