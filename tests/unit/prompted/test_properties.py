"""What holds for any answer: no split matters, no text is lost, what is rendered is read back."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ramclouds import Chunk
from ramclouds.prompted import render
from tests.unit.prompted.reading import (
    TOOLS,
    assert_keeps_contract,
    merged,
    parsed,
    parts_in,
)

FRAGMENTS = st.sampled_from(
    [
        *"{}[]\"',:<>`/\\ \nan1",
        "<tool_call>",
        "</tool_call>",
        "```json\n",
        "```",
        '{"name": "',
        "get_time",
        "search",
        '", "arguments": {',
        '"query": ',
        '{"text": "',
        '{"tool_calls": [',
        '"function": ',
        "\\u00e9",
        "\\ud83d",
        "tru",
        "None",
        "-1",
    ]
)
ANSWERS = st.lists(FRAGMENTS, max_size=25).map("".join)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(TEXT, JSON, max_size=4)
many = settings(max_examples=100)


@many
@given(answer=ANSWERS, cuts=st.lists(st.integers(0, 200), max_size=8), grammar=st.booleans())
def test_split_does_not_matter(answer: str, cuts: list[int], grammar: bool) -> None:
    places = sorted(min(cut, len(answer)) for cut in cuts)
    pieces = [answer[a:b] for a, b in zip([0, *places], [*places, len(answer)], strict=True)]
    chunks = parsed(pieces, grammar=grammar)
    assert_keeps_contract(chunks)
    assert merged(chunks) == merged(parsed([answer], grammar=grammar))


@many
@given(answer=ANSWERS | TEXT)
def test_answer_without_calls_is_its_own_text(answer: str) -> None:
    chunks = parsed([answer])
    if not any(chunk.tool_calls or chunk.invalid_tool_calls for chunk in chunks):
        assert "".join(chunk.text for chunk in chunks) == answer


@settings(max_examples=50)
@given(calls=st.lists(ARGUMENTS, min_size=1, max_size=3), text=st.just("") | st.just("Let me see."))
def test_rendered_calls_are_read_back(calls: list[dict[str, Any]], text: str) -> None:
    wire = [
        {
            "id": str(at),
            "type": "function",
            "function": {"name": "search", "arguments": json.dumps(call)},
        }
        for at, call in enumerate(calls)
    ]
    messages = [{"role": "assistant", "content": text, "tool_calls": wire}]
    for grammar in (False, True):
        said = render(messages, TOOLS, grammar=grammar)[-1]["content"]
        read = parts_in(parsed([said], grammar=grammar))
        found = [json.loads(part[1]) for part in read if not isinstance(part, str)]
        assert found == calls or (grammar and text)


# Without backslashes: `\\\\server\\new` may be a path, whose backslashes are read as such.
PLAIN = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\:")), JSON
)


@settings(max_examples=50)
@given(
    arguments=PLAIN.filter(
        lambda found: "\\\\" not in json.dumps(found) and ":\\" not in json.dumps(found)
    ),
    indent=st.sampled_from([None, 2]),
)
@example(arguments={"</THINK>": None}, indent=None)
@example(arguments={"q": "a </think> b"}, indent=2)
def test_sound_arguments_are_passed_on_untouched(
    arguments: dict[str, Any], indent: int | None
) -> None:
    text = json.dumps(arguments, indent=indent, ensure_ascii=False)
    answer = f'{{"name": "search", "arguments": {text}}}'
    assert parts_in(parsed(list(answer))) == [("search", text)]


@many
@given(answer=TEXT)
def test_envelope_says_its_text(answer: str) -> None:
    enveloped = json.dumps({"text": answer})
    chunks: list[Chunk] = parsed(list(enveloped), grammar=True)
    assert "".join(chunk.text for chunk in chunks) == answer
