"""What has been decided about an answer: pieces of text and calls, in their order."""

from __future__ import annotations

from typing import Literal, NamedTuple

from ramclouds.prompted._reading.json_calls import Draft

Kind = Literal["text", "name", "arguments", "invalid"]


class Event(NamedTuple):
    """A piece of text, the name of a call, its arguments, or a call that no tool may run."""

    kind: Kind
    text: str
    name: str = ""
    """Of an invalid call whose name did not go out."""
    reason: str = ""


class Events:
    """The events so far, and where in its line the text stands.

    White space around a call is not part of the text, so it waits for what follows it.
    """

    def __init__(self) -> None:
        self.last = ""
        """The last character of the text."""
        self.is_in_line = False
        """Whether there is text on this line."""
        self.paragraphs = ""
        """The end of the text since the last call."""
        self._events: list[Event] = []
        self._space: list[str] = []
        self._drops_space = False

    @property
    def follows_call(self) -> bool:
        """Whether nothing but white space stands behind the last call."""
        return self._drops_space

    def text(self, text: str) -> None:
        body = text.rstrip()
        if body:
            self._flush_space()
            self._events.append(Event("text", body))
            self._drops_space = False
        self._space.append(text[len(body) :])
        self.last = text[-1:] or self.last
        line = text.rpartition("\n")[2]
        self.is_in_line = bool(line.strip()) or (self.is_in_line and line == text)
        self.paragraphs = (self.paragraphs + text)[-300:]

    def name(self, name: str) -> None:
        self._begin_call()
        self._events.append(Event("name", name))

    def end(self, call: Draft) -> None:
        """The arguments of the call whose name went out, or why no tool may run it."""
        kind: Kind = "invalid" if call.reason else "arguments"
        self._events.append(Event(kind, call.arguments, reason=call.reason))

    def call(self, call: Draft) -> None:
        """A whole call; of one that no tool may run, nothing goes out before."""
        self._begin_call()
        if call.reason:
            self._events.append(Event("invalid", call.arguments, call.name, call.reason))
        else:
            self.name(call.name)
            self.end(call)

    def end_call(self) -> None:
        """Drop the white space before what ends a call."""
        self._space.clear()

    def close(self) -> None:
        if not self._drops_space:
            self._flush_space()

    def end_text(self) -> None:
        """Keep the white space so far, and drop what comes up to the next text."""
        self._flush_space()
        self._drops_space = True

    def taken(self) -> list[Event]:
        """The new events."""
        taken, self._events = self._events, []
        return taken

    def _begin_call(self) -> None:
        self._space.clear()
        self.paragraphs = ""
        self.is_in_line, self._drops_space = False, True

    def _flush_space(self) -> None:
        space = "".join(self._space)
        self._space.clear()
        if space:
            self._events.append(Event("text", space))
