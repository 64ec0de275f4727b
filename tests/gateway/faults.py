"""Answers that stop halfway: a stall, or the connection gone, at every stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tests.gateway.events import text_chunks
from tests.gateway.responses import Ending, Response, Sse, Stage, Stall, Step


@dataclass
class Broken(Response):
    """An answer, played up to a stage of it."""

    stage: Stage
    answer: Response | None = None

    def steps(self) -> Iterator[Step]:
        pieces = (self.answer or Sse(text_chunks())).steps()
        headers = next(pieces)
        assert isinstance(headers, bytes)
        if self.stage == "mid_headers":
            yield headers[: len(headers) // 2]
        if self.stage in ("body", "mid_body"):
            end = headers.index(b"\r\n\r\n") + 4
            yield headers[:end]
            yield from self._body(headers[end:], pieces)

    def _body(self, rest: bytes, pieces: Iterator[Step]) -> Iterator[Step]:
        if self.stage == "body":
            return
        if rest:
            yield rest[: len(rest) // 2]
            return
        # Two whole events, so that something has arrived, and half of the third.
        yield from (next(pieces), next(pieces))
        third = next(pieces)
        assert isinstance(third, bytes)
        yield third[: len(third) // 2]


class Hang(Broken):
    """Goes silent at a stage, and leaves the connection open until the client closes it.

    accept: nothing is read; headers: no status line; mid_headers: half of them;
    body: headers only; mid_body: two events and a half (of a whole body, half).
    """

    def steps(self) -> Iterator[Step]:
        yield from super().steps()
        yield Stall()


@dataclass
class Drop(Broken):
    """Closes the connection at a stage: `rst` aborts, `fin` closes, `half` closes one direction.

    A reset may take bytes with it that the client has not read yet; `fin` never does.
    """

    how: Literal["rst", "fin", "half"] = "rst"

    @property
    def ending(self) -> Ending:  # type: ignore[override]  # a value there, computed here
        return self.how
