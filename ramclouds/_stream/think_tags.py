"""Inline `<think>` text of a stream to reasoning, at any split.

Two things write it: New API's channel option "thinking to content" and MiniMax's models. Only a
block at the very beginning of the text counts: the model quotes a tag that comes later.
"""

from __future__ import annotations

from ramclouds._stream.stops import held_back

_OPEN = "<think>"
_CLOSE = "</think>"


class ThinkSplitter:
    """Splits text that arrives in pieces into text and reasoning."""

    def __init__(self) -> None:
        self._state = "start"
        self._buffer = ""
        self._trim = False

    def feed(self, text: str) -> tuple[str, str]:
        """Takes in the next piece; gives the text and the reasoning that are certain by now."""
        reasoning = ""
        text = self._buffer + text
        self._buffer = ""
        if self._state == "start":
            text = self._open(text)
        if self._state == "inside":
            reasoning, text = self._inside(text)
        return (self._after(text) if self._state == "after" else ""), reasoning

    def close(self) -> tuple[str, str]:
        """The end of the text; gives what waited for the rest of a tag."""
        rest, self._buffer = self._buffer, ""
        return ("", rest) if self._state == "inside" else (rest, "")

    def _open(self, text: str) -> str:
        body = text.lstrip()
        if body.startswith(_OPEN):
            self._state = "inside"
            self._trim = True
            return body[len(_OPEN) :]
        if _OPEN.startswith(body):
            self._buffer = text
            return ""
        self._state = "after"
        return text

    def _inside(self, text: str) -> tuple[str, str]:
        """The reasoning that is certain by now, and what stands behind its end."""
        if self._trim and text:
            text = text.removeprefix("\n")
            self._trim = False
        head, tag, rest = text.partition(_CLOSE)
        if tag:
            self._state = "after"
            self._trim = True
            return head, rest
        certain = len(text) - held_back(text, (_CLOSE,))
        self._buffer = text[certain:]
        return text[:certain], ""

    def _after(self, text: str) -> str:
        if self._trim:
            text = text.lstrip("\n")
            self._trim = not text
        return text


def split_think_tags(text: str) -> tuple[str, str]:
    """Splits a whole text into text and reasoning."""
    splitter = ThinkSplitter()
    plain, reasoning = splitter.feed(text)
    rest, more = splitter.close()
    return plain + rest, reasoning + more
