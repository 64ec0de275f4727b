"""What texts that people read must not hold: control characters, and anything like a key."""

from __future__ import annotations

from ramclouds._late import late

MASK = "sk-***"
# With `*`: the gateway repeats keys as sk-abc***xyz, and that is still a piece of one.
KEY_SHAPED = late(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_*\-]{3,}")

# Controls (C0 and C1), line and paragraph separators, marks that change a text's direction, and
# halves of surrogate pairs, which no output can encode: a server's text must not steer a terminal.
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


def masked(text: str) -> str:
    """A text without what looks like a key."""
    return KEY_SHAPED.sub(MASK, text)
