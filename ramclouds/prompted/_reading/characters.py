"""The characters of an answer as they arrive, and what has been decided about them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Literal, NamedTuple

from ramclouds.prompted._reading.scanning import Words

Steps = Generator[None, str, None]
"""Reading on: each `yield` waits for a character, the empty string being the end."""

Kind = Literal["text", "call", "arguments"]


class Event(NamedTuple):
    """A step of the answer: a piece of text, the name of a call that begins, or its arguments."""

    kind: Kind
    text: str


class NotACallError(Exception):
    """What looked like the beginning of a call is text."""


class Reader:
    """The character that is next, those held back, and the events so far.

    What may still turn out to be text is held back when it is taken; a call drops what was held.
    """

    def __init__(self) -> None:
        self.char = ""
        self.held: list[str] = []
        self.events: list[Event] = []
        self.is_truncated = False
        self.in_fence = False
        """Inside a code block that was opened for the calls in it."""
        self.last = ""
        """The last character of the text."""
        self.is_in_line = False
        """Whether there is text on this line."""
        self.is_blank = True
        """Whether nothing was said yet."""
        self._space: list[str] = []
        self._drops_space = False

    def drop(self) -> Steps:
        self.char = yield

    def take(self) -> Steps:
        self.held.append(self.char)
        self.char = yield

    def take_space(self) -> Steps:
        while self.char.isspace():
            yield from self.take()

    def take_literal(self, literal: str) -> Steps:
        for expected in literal:
            if self.char != expected:
                raise NotACallError
            yield from self.take()

    def take_one_of(self, words: Words) -> Generator[None, str, str]:
        """Take the longest of `words`, and return it."""
        taken = ""
        while self.char and taken + self.char in words.begun:
            taken += self.char
            yield from self.take()
        if taken not in words.whole:
            raise NotACallError
        return taken

    def take_gap(self) -> Steps:
        """Take white space and comments."""
        yield from self.take_space()
        while self.char and self.char in "/#":
            opening = self.char
            yield from self.take()
            if opening == "/" and self.char == "*":
                while self.char and "".join(self.held[-2:]) != "*/":
                    yield from self.take()
            elif opening == "/" and self.char != "/":
                raise NotACallError
            else:
                while self.char and self.char != "\n":
                    yield from self.take()
            yield from self.take_space()

    @property
    def follows_call(self) -> bool:
        """Whether nothing but white space was said since the last call."""
        return self._drops_space

    def text(self, text: str) -> None:
        # White space around a call is not part of the text, so it waits for what follows it.
        body = text.rstrip()
        if body:
            self._flush_space()
            self.send("text", body)
            self.is_blank = self._drops_space = False
        self._space.append(text[len(body) :])
        self.last = text[-1:] or self.last
        line = text.rpartition("\n")[2]
        self.is_in_line = bool(line.strip()) or (self.is_in_line and line == text)

    def call(self, name: str) -> None:
        self.held.clear()
        self._space.clear()
        self.is_blank, self._drops_space = False, True
        self.send("call", name)

    def end_call(self) -> None:
        """Drop what ends a call, and the white space before it."""
        self.held.clear()
        self._space.clear()

    def arguments(self, text: str) -> None:
        self.send("arguments", text)

    def send(self, kind: Kind, text: str) -> None:
        if text:
            self.events.append(Event(kind, text))

    def release(self) -> str:
        """Let what was held back be text after all, and return it."""
        held = "".join(self.held)
        self.held.clear()
        self.text(held)
        return held

    def end_text(self) -> None:
        """Keep the white space so far, and drop what comes up to the next text."""
        self._flush_space()
        self._drops_space = True

    def close(self) -> None:
        if not self._drops_space:
            self._flush_space()

    def _flush_space(self) -> None:
        space = "".join(self._space)
        self._space.clear()
        self.send("text", space)
