"""Strings to stop at that the client looks for itself."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from ramclouds._stream.stops import StopCutter, cut_choice
from ramclouds.types import Choice, Chunk, ToolCall
from tests.harness import each_row


def streamed(pieces: Sequence[str], stops: Sequence[str]) -> tuple[str, bool]:
    cutter = StopCutter(stops)
    text = ""
    for place, piece in enumerate(pieces):
        last = "length" if place == len(pieces) - 1 else None
        chunk = Chunk(piece, finish_reason=last)
        cutter.cut(chunk)
        text += chunk.text
        if cutter.has_stopped:
            break
    return text, cutter.has_stopped


@example(pieces=["ba", "a"], stops=["a", "baa"])
@given(
    pieces=st.lists(st.text("abE", max_size=4), min_size=1, max_size=8),
    stops=st.lists(st.text("abE", min_size=1, max_size=3), min_size=1, max_size=2),
)
def test_stream_is_cut_where_the_whole_text_is(pieces: list[str], stops: list[str]) -> None:
    whole = Choice(text="".join(pieces), finish_reason="length")
    cut_choice(whole, stops)
    assert streamed(pieces, stops) == (whole.text, whole.finish_reason == "stop")


@each_row(
    ("text", "cut"), [("Hi END there", "Hi "), ("Hi EN", "Hi EN"), ("STOP END", ""), ("Hi", "Hi")]
)
def test_first_string_ends_the_text(text: str, cut: str) -> None:
    choice = Choice(text=text, tool_calls=(ToolCall("c", "f", "{}"),), finish_reason="tool_calls")
    cut_choice(choice, ["END", "STOP"])
    assert choice.text == cut
    assert bool(choice.tool_calls) == (cut == text)
