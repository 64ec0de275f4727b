"""How many tokens a text has, about: the gateway's models have no common tokenizer."""

from __future__ import annotations


def estimate_tokens(text: str) -> int:
    """About how many tokens a text has, by its length.

    Four characters of English make a token, and one of most other scripts does.
    """
    ascii_only = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
    return (ascii_only + 3) // 4 + len(text) - ascii_only
