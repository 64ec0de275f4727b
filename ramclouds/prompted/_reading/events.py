"""What has been decided about an answer: pieces of text and calls, in their order."""

from __future__ import annotations

from typing import Literal, NamedTuple

from ramclouds.prompted._reading.json_calls import Draft


class Event(NamedTuple):
    """A piece of text, the name of a call, its arguments, or a call that no tool may run."""

    kind: Literal["text", "name", "arguments", "invalid"]
    text: str
    name: str = ""
    """Of an invalid call whose name did not go out."""
    reason: str = ""


class Events:
    """The events so far; white space around a call is not part of the text."""

    def __init__(self) -> None:
        self.behind = ""
        """The end of the text behind the last call."""
        self.follows_call = False
        """Whether nothing but white space stands behind the last call."""
        self._events: list[Event] = []
        self._space = ""

    @property
    def is_in_line(self) -> bool:
        """Whether there is text on this line, other than the marks of code."""
        return bool(self.behind.rpartition("\n")[2].strip("` \t\r"))

    def text(self, text: str) -> None:
        """Takes in text; the white space at its end waits for what follows."""
        body = text.rstrip()
        if body:
            self._events.append(Event("text", self._space + body))
            self._space, self.follows_call = "", False
        self._space += text[len(body) :]
        self.behind = (self.behind + text)[-300:]

    def name(self, name: str) -> None:
        """Takes in the name of a call whose arguments have not arrived."""
        self.end_call()
        self._events.append(Event("name", name))

    def call(self, call: Draft, *, is_named: bool = False) -> None:
        """Takes in a whole call, or the rest of the one whose name went out."""
        self.end_call()
        if call.reason:
            name = "" if is_named else call.name
            self._events.append(Event("invalid", call.arguments, name, call.reason))
            return
        if not is_named:
            self.name(call.name)
        self._events.append(Event("arguments", call.arguments))

    def end_call(self) -> None:
        """Drops the white space before a call, or before what ends one."""
        self._space, self.behind, self.follows_call = "", "", True

    def end_text(self) -> None:
        """Keeps the white space so far, and drops what comes up to the next text."""
        self.close()
        self.follows_call = True

    def close(self) -> None:
        """Keeps the white space at the end of text."""
        if self._space and not self.follows_call:
            self._events.append(Event("text", self._space))
            self._space = ""

    def taken(self) -> list[Event]:
        """The new events."""
        taken, self._events = self._events, []
        return taken
