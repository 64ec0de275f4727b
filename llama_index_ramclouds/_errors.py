"""The two ways in which an answer that arrived whole is still not what was asked for."""

from __future__ import annotations

from ramclouds import Choice, Completion, ResponseError


class MissingToolCallError(ResponseError, ValueError):
    """A tool call was demanded, and the model answered with text instead: it is in `text`."""

    @property
    def text(self) -> str:
        """What the model said instead."""
        return self.partial.text if self.partial else ""


class StructuredOutputError(ResponseError, ValueError):
    """The answer holds no object that fits the asked-for class: its text is in `text`."""

    @property
    def text(self) -> str:
        """What the model said."""
        return self.partial.text if self.partial else ""


def said(text: str) -> Completion:
    """What an error keeps of an answer of which only the text is known."""
    return Completion(choices=(Choice(text=text),))
