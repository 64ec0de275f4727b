"""When each chunk comes, and what it carries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ramclouds import Chunk, InvalidToolCall, ToolCallDelta, Usage
from ramclouds.prompted import PromptedParser
from tests.harness import each_row, in_row
from tests.unit.prompted.reading import TOOLS, parsed, parts_in, to_tool

# What each piece is answered with at once: text, or a piece of a call.
STEPS: list[tuple[str, list[tuple[str, list[Any]]]]] = [
    ("words", [("Hel", ["Hel"]), ("lo", ["lo"]), (" you", [" you"])]),
    ("space_waits", [("a ", ["a"]), ("\n", []), ("b", [" \nb"])]),
    ("text_before_a_call", [("Sure. <", ["Sure."]), ("tool", []), ("_x", [" <tool_x"])]),
    ("tag_ruled_out", [("<to", []), ("do>", ["<todo>"])]),
    ("fence_ruled_out", [("``", []), ("`p", ["```"]), ("yt", ["p"]), ("hon", ["yth"])]),
    ("key_ruled_out", [('{"', []), ("n", []), ("o", ['{"no'])]),
    ("name_ruled_out", [('{"name": "get_', []), ("x", ['{"name": "get_x']), ('"', ['"'])]),
    ("list_ruled_out", [("[", []), ("1", ["[1"])]),
    ("brace_ruled_out", [("{", []), ("x", ["{x"])]),
    ("code_in_a_line", [("as `", ["as"]), ("{", [" `{"]), ('"name', ['"name'])]),
    ("bare_call_waits_for_the_end", [('{"name": "get_time"', []), ("}", []), ("\n", [])]),
    (
        "name_goes_out_at_once",
        [
            ('<tool_call>{"name": "search", "argu', []),
            ('ments": {"qu', [("search", "")]),
            ('ery": "ab"}', []),
            ("}", []),
            ("</tool", []),
            ("_call>", [(None, '{"query": "ab"}')]),
        ],
    ),
    (
        "name_of_an_element_goes_out_at_once",
        [
            ("<function=search>\n", []),
            ("<pa", [("search", "")]),
            ("rameter=query>\nab\n</parameter>\n</func", []),
            ("tion>", [(None, '{"query": "ab"}')]),
        ],
    ),
]


def test_piece_goes_on_as_soon_as_it_is_decided() -> None:
    for name, steps in STEPS:
        with in_row(name):
            parser = PromptedParser(tools=TOOLS)
            for piece, expected in steps:
                said: list[Any] = []
                for chunk in parser.feed(Chunk(text=piece)):
                    said += [chunk.text] if chunk.text else []
                    said += [(delta.name, delta.arguments) for delta in chunk.tool_calls]
                assert said == expected, piece


def test_envelope_text_streams() -> None:
    parser = PromptedParser(tools=TOOLS, grammar=True)
    texts = [
        [chunk.text for chunk in parser.feed(Chunk(text=piece))]
        for piece in ['{"te', 'xt": "He', "l\\", 'nlo"', "}"]
    ]
    assert texts == [[], ["He"], ["l"], ["\nlo"], []]


def test_chunk_carries_what_it_came_with() -> None:
    usage = Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3)
    parser = PromptedParser(tools=TOOLS)
    fed = [
        Chunk(id="c", model="m", request_id="r", raw={"n": 0}),
        Chunk(reasoning="Hm. <tool_call>", logprobs={"content": []}, raw={"n": 1}),
        Chunk(text='Ok <tool_call>{"name": "get_time"}</tool_call>', raw={"n": 2}),
        Chunk(text=" bye", finish_reason="stop", usage=usage, raw={"n": 3}),
    ]
    chunks = [out for chunk in fed for out in parser.feed(chunk)]
    call_id = chunks[1].tool_calls[0].id
    assert call_id is not None
    assert call_id.startswith("call_")
    assert chunks == [
        Chunk(
            reasoning="Hm. <tool_call>",
            logprobs={"content": []},
            id="c",
            model="m",
            request_id="r",
            raw={"n": 1},
            tool_calling="prompted",
        ),
        Chunk(
            text="Ok",
            tool_calls=(ToolCallDelta(0, call_id, "get_time", "{}"),),
            raw={"n": 2},
        ),
        Chunk(text=" bye", finish_reason="tool_calls", usage=usage, raw={"n": 3}),
    ]


def test_text_after_a_call_is_a_chunk_of_its_own() -> None:
    chunks = parsed(['<tool_call>{"name": "get_time"}</tool_call>ok\n{"name": "get_time"}'])
    assert [(chunk.text, len(chunk.tool_calls)) for chunk in chunks] == [
        ("", 1),
        ("ok", 0),
        ("", 1),
    ]


@each_row("finish_reason", ["stop", "length", "content_filter", "tool_calls"])
def test_only_stop_becomes_tool_calls(finish_reason: str) -> None:
    chunks = parsed(['<tool_call>{"name": "get_time"}</tool_call>'], finish_reason)
    expected = "tool_calls" if finish_reason == "stop" else finish_reason
    assert chunks[-1].finish_reason == expected


def test_answer_without_calls_stays_stopped() -> None:
    assert parsed(["Hi"])[-1].finish_reason == "stop"


def test_calls_that_the_server_found_keep_their_place() -> None:
    parser = PromptedParser(tools=TOOLS)
    chunks = [
        *parser.feed(Chunk(text='<tool_call>{"name": "get_time"}</tool_call>')),
        *parser.feed(Chunk(tool_calls=(ToolCallDelta(0, "n1", "search", "{"),))),
        *parser.feed(
            Chunk(tool_calls=(ToolCallDelta(0, arguments="}"),), finish_reason="tool_calls")
        ),
    ]
    assert [
        (delta.index, delta.name, delta.arguments) for chunk in chunks for delta in chunk.tool_calls
    ] == [(0, "get_time", "{}"), (1, "search", "{"), (1, None, "}")]


def test_invalid_calls_that_the_server_found_keep_their_place() -> None:
    parser = PromptedParser(tools=TOOLS)
    invalid = InvalidToolCall("n1", "search", "{", "The arguments are cut off.", 0)
    chunks = [
        *parser.feed(Chunk(text='<tool_call>{"name": "get_time"}</tool_call>')),
        *parser.feed(Chunk(tool_calls=(ToolCallDelta(0, "n1", "search", "{"),))),
        *parser.feed(Chunk(finish_reason="tool_calls", invalid_tool_calls=(invalid,))),
    ]
    assert chunks[-1].invalid_tool_calls == (replace(invalid, index=1),)


def test_close_returns_what_a_broken_stream_had_buffered() -> None:
    parser = PromptedParser(tools=TOOLS)
    assert parser.feed(Chunk(text='{"name": "get_', id="c")) == []
    assert parser.close() == [Chunk(text='{"name": "get_', id="c", tool_calling="prompted")]


def test_ids_are_the_same_for_the_same_answer_and_differ_between_answers() -> None:
    def ids(answer: str, seed: str = "") -> list[str | None]:
        parser = PromptedParser(tools=TOOLS, seed=seed)
        text = '[{"name": "get_time"}, {"name": "get_time"}]'
        chunks = parser.feed(Chunk(text=text, id=answer, finish_reason="stop"))
        return [delta.id for chunk in chunks for delta in chunk.tool_calls]

    assert ids("a") == ids("a")
    assert len({*ids("a"), *ids("b"), *ids("", "1"), *ids("", "2")}) == 8


@pytest.mark.parametrize("settings", [{"tools": []}, {"tools": TOOLS, "tool_choice": "none"}])
def test_without_a_tool_to_call_chunks_pass_as_they_are(settings: dict[str, Any]) -> None:
    chunk = Chunk(text='<tool_call>{"name": "get_time"}</tool_call> ', finish_reason="stop")
    parser = PromptedParser(**settings)
    assert parser.feed(chunk) == [chunk]
    assert parser.close() == []


def test_only_the_named_tool_is_known() -> None:
    parser = PromptedParser(
        tools=TOOLS, tool_choice={"type": "function", "function": {"name": "search"}}
    )
    text = '{"name": "get_time"}\n{"name": "search", "arguments": {}}'
    assert parts_in(parser.feed(Chunk(text=text, finish_reason="stop"))) == [
        '{"name": "get_time"}',
        ("search", "{}"),
    ]


def test_long_answers_lose_nothing() -> None:
    """Quadratic time would meet the limit on a test's time."""
    for text in [
        "word " * 10_000,
        "<{[`" * 5_000,
        '{"name": "search", "arguments": {"query": "' + "x" * 25_000 + '"}}',
        '{"name": "search", "arguments": {"query": ' + "[" * 12_500,
        '{"arguments": {"query": "' + "x" * 25_000,
        "{'name': 'search', 'arguments': {'query': '" + "x" * 12_500 + "'}}",
        " " * 25_000,
        '{"a": [' + '{"name": "get_time"}, ' * 1_250,
        "<function=search><parameter=query>" + "\n</param" * 2_500,
        '{"calls": ' * 2_500,
        '{"function": ' * 2_500,
        "<tool_call>" * 2_500,
        "<tool_call>" + "{" * 12_500,
        "[" + " " * 25_000 + "x",
        '{"name": "search", "arguments": {"a" ' + "{" * 10_000 + "x" * 10_000,
    ]:
        with in_row(text):
            chunks = parsed([text[at : at + 7] for at in range(0, len(text), 7)], "length")
            length = sum(
                len(part) if isinstance(part, str) else len(part[1]) for part in parts_in(chunks)
            )
            assert length >= len(text) - 60


def test_many_tools_are_distinguished() -> None:
    tools = [to_tool(f"tool_{number}") for number in range(200)]
    text = '{"name": "tool_19"}\nand\n{"name": "tool_199"}\nand\n{"name": "tool_1999"}'
    assert parts_in(parsed(list(text), tools=tools)) == [
        ("tool_19", "{}"),
        "\nand",
        ("tool_199", "{}"),
        '\nand\n{"name": "tool_1999"}',
    ]


def test_many_calls_stand_in_one_block() -> None:
    calls = '{"name": "get_time", "arguments": {}}\n' * 1_500
    assert len(parts_in(parsed([f"<tool_call>{calls}</tool_call>"]))) == 1_500
