"""What answers say, whole and at any split."""

from __future__ import annotations

import random
from dataclasses import replace

from ramclouds import Choice, Chunk, Completion, InvalidToolCall, ToolCall, ToolCallDelta
from ramclouds.prompted import PromptedParser
from ramclouds.prompted._reading.marks import ELEMENTS, WRAPPERS
from tests.harness import in_row
from tests.unit.prompted.families import FAMILIES
from tests.unit.prompted.losses import LOST, SHOWN
from tests.unit.prompted.reading import (
    TOOLS,
    assert_keeps_contract,
    merged,
    parsed,
    parts_in,
    to_tool,
)
from tests.unit.prompted.trained import TRAINED
from tests.unit.prompted.transcripts import ENVELOPES, TRANSCRIPTS

ALL = [*TRANSCRIPTS, *TRAINED, *FAMILIES, *LOST, *SHOWN, *ENVELOPES]
# Hypothesis looks for splits of its own in `test_properties`.
SPLITS = 2


def random_split(text: str, cuts: random.Random) -> list[str]:
    places = sorted(cuts.choices(range(len(text) + 1), k=cuts.randint(1, 12)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


def test_answer_says_the_same_whole_and_at_any_split() -> None:
    for transcript in ALL:
        with in_row(transcript.name):
            grammar = transcript in ENVELOPES
            text, finish_reason = transcript.text, transcript.finish_reason
            chunks = parsed([text], finish_reason, grammar=grammar)
            assert parts_in(chunks) == transcript.said
            assert_keeps_contract(chunks)
            assert_completion_says_the_same(chunks, text, finish_reason, grammar=grammar)

            whole = merged(chunks)
            cuts = random.Random(transcript.name)
            for pieces in [list(text), *(random_split(text, cuts) for _ in range(SPLITS))]:
                chunks = parsed(pieces, finish_reason, grammar=grammar)
                assert merged(chunks) == whole, pieces
                assert_keeps_contract(chunks)


def test_form_is_read_as_its_models_write_it() -> None:
    """The table of marks holds bytes as seen."""
    for form in [*WRAPPERS, *ELEMENTS]:
        with in_row(form[2]):
            text = form[1]
            assert parts_in(parsed([text], tools=[to_tool("f", a="integer")])) == [
                ("f", '{"a": 1}')
            ]


def assert_completion_says_the_same(
    chunks: list[Chunk], text: str, finish_reason: str | None, *, grammar: bool
) -> None:
    parts = merged(chunks)
    deltas = [part for part in parts if isinstance(part, ToolCallDelta)]
    invalid = [part for part in parts if isinstance(part, InvalidToolCall)]
    choice = Choice(text=text, finish_reason=finish_reason)
    completion = Completion(id="chatcmpl-1", choices=(choice,))
    assert PromptedParser(tools=TOOLS, grammar=grammar).parse(completion) == Completion(
        id="chatcmpl-1",
        choices=(
            Choice(
                text="".join(chunk.text for chunk in chunks),
                tool_calls=tuple(ToolCall(str(d.id), str(d.name), d.arguments) for d in deltas),
                finish_reason=chunks[-1].finish_reason,
                invalid_tool_calls=tuple(replace(call, index=None) for call in invalid),
            ),
        ),
        tool_calling="grammar" if grammar else "prompted",
    )
