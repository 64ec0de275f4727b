"""How a completion is shown: Markdown in a terminal as it comes, plain text elsewhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.markdown import Markdown
from rich.segment import Segment
from rich.text import Text

from ramclouds.types import Chunk

# Controls, without line breaks and tabs: a model's text must not steer the terminal.
_CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(0x7F, 0xA0)])
_FENCE = re.compile(r"^ {0,3}(```|~~~)", re.M)
_REFRESH = 12


def show_plain(chunks: Iterable[Chunk], out: TextIO) -> None:
    """Writes the text alone, as it comes."""
    last = "\n"
    for chunk in chunks:
        text = chunk.text or chunk.refusal
        last = text[-1:] or last
        out.write(text)
        out.flush()
    if last != "\n":
        out.write("\n")


class Screen:
    """Shows completions in a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    def show(self, chunks: Iterable[Chunk]) -> None:
        """Shows a completion as it comes: its reasoning dimmed, its text as Markdown."""
        if self.console.is_dumb_terminal:
            show_plain(map(_cleaned, chunks), sys.stdout)
            return
        rest = iter(chunks)
        first = self._show_reasoning(rest)
        if first is not None:
            self._show_text(first, rest)

    def note(self, text: str) -> None:
        """Shows a dimmed line."""
        self.console.print(Text(_clean(text), style="dim"))

    def error(self, text: str) -> None:
        """Shows an error."""
        self.console.print(Text(_clean(text), style="red"))

    def _show_reasoning(self, chunks: Iterator[Chunk]) -> Chunk | None:
        """Shows what comes before the text; gives the first chunk with text."""
        has_reasoned = False
        try:
            for chunk in chunks:
                if chunk.text or chunk.refusal:
                    return chunk
                if chunk.reasoning:
                    has_reasoned = True
                    shown = Text(_clean(chunk.reasoning), style="dim")
                    self.console.print(shown, end="", soft_wrap=True)
        finally:
            if has_reasoned:
                self.console.print("\n")
        return None

    def _show_text(self, first: Chunk, chunks: Iterator[Chunk]) -> None:
        tail = ""
        try:
            with Live(
                console=self.console,
                get_renderable=lambda: _Block(tail, is_growing=True),
                refresh_per_second=_REFRESH,
                transient=True,
            ):
                for chunk in chain([first], chunks):
                    tail += _clean(chunk.text or chunk.refusal)
                    end = whole_blocks(tail)
                    if end:
                        self.console.print(_Block(tail[:end]))
                        self.console.print()
                        tail = tail[end:]
        finally:
            self.console.print(_Block(tail))


class _Block:
    """Markdown without blank lines around it; while it grows, the lines that fit on the screen."""

    def __init__(self, text: str, *, is_growing: bool = False) -> None:
        self._text = text
        self._is_growing = is_growing

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(Markdown(self._text), options, pad=False)
        shown = [at for at, line in enumerate(lines) if any(part.text.strip() for part in line)]
        lines = lines[shown[0] : shown[-1] + 1] if shown else []
        if self._is_growing:
            lines = lines[-max(options.size.height - 2, 1) :]
        for line in lines:
            yield from line
            yield Segment.line()


def whole_blocks(text: str) -> int:
    """Where the blocks at the beginning of a Markdown text end that later text cannot change.

    A block ends at a blank line outside of code, if the line after it is not indented, as that of
    a list's item is.
    """
    for found in reversed(list(re.finditer(r"\n\s*\n(?=\S)", text))):
        if len(_FENCE.findall(text[: found.start()])) % 2 == 0:
            return found.end()
    return 0


def _cleaned(chunk: Chunk) -> Chunk:
    return replace(chunk, text=_clean(chunk.text), refusal=_clean(chunk.refusal))


def _clean(text: str) -> str:
    return text.translate(_CONTROLS)
