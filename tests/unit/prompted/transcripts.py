"""Answers as models write them, and what they say: pieces of text and calls."""

from __future__ import annotations

from typing import NamedTuple

from tests.unit.prompted.reading import Plain

HANOI = '{"city": "Hanoi"}'
CALL = f'{{"name": "get_weather", "arguments": {HANOI}}}'
CALLED = ("get_weather", HANOI)
TIME = '{"name": "get_time", "arguments": {}}'
TIMED = ("get_time", "{}")


class Transcript(NamedTuple):
    """An answer, and what it says."""

    name: str
    text: str
    said: Plain
    finish_reason: str = "stop"


TRANSCRIPTS = [
    # Text alone.
    Transcript("plain", "Hello, world.\n", ["Hello, world.\n"]),
    Transcript("empty", "", []),
    Transcript("only_space", " \n", [" \n"]),
    Transcript("less_than", "a < b, and <b>bold</b>", ["a < b, and <b>bold</b>"]),
    Transcript("braces", "the set {x | x > 1} and {}", ["the set {x | x > 1} and {}"]),
    Transcript("link", "[docs](https://x.y) [1] [ ]", ["[docs](https://x.y) [1] [ ]"]),
    Transcript("inline_code", "use `f(x)` or ``g``", ["use `f(x)` or ``g``"]),
    Transcript("cut_tag", "see <tool_c", ["see <tool_c"]),
    Transcript("cut_fence", "so: ``", ["so: ``"]),
    Transcript("cut_name", '{"name": "get_wea', ['{"name": "get_wea']),
    Transcript("other_object", '{"name": "Bob", "age": 3}', ['{"name": "Bob", "age": 3}']),
    Transcript("other_list", '[{"a": 1}, {"b": [2]}]', ['[{"a": 1}, {"b": [2]}]']),
    Transcript(
        "unknown_tool",
        '{"name": "launch", "arguments": {"at": 1}}',
        ['{"name": "launch", "arguments": {"at": 1}}'],
    ),
    Transcript(
        "unknown_tool_after_its_arguments",
        '{"arguments": {"at": 1}, "name": "launch"}',
        ['{"arguments": {"at": 1}, "name": "launch"}'],
    ),
    Transcript("name_alone", '{"name": "get_weather"}', ['{"name": "get_weather"}']),
    Transcript(
        "definition_of_a_tool",
        '{"name": "get_weather", "description": "Weather"}',
        ['{"name": "get_weather", "description": "Weather"}'],
    ),
    Transcript(
        "call_inside_other_json",
        f'{{"steps": [{CALL}], "note": "}}"}} ok',
        [f'{{"steps": [{CALL}], "note": "}}"}} ok'],
    ),
    Transcript(
        "call_inside_python",
        f"```python\nx = {CALL}\n``` is code",
        [f"```python\nx = {CALL}\n``` is code"],
    ),
    Transcript("other_json_block", '```json\n{"a": 1}\n```', ['```json\n{"a": 1}\n```']),
    Transcript("tag_around_words", "<tool_call>no</tool_call>", ["<tool_call>no</tool_call>"]),
    # Tags.
    Transcript("tag", f"<tool_call>\n{CALL}\n</tool_call>", [CALLED]),
    Transcript(
        "tag_after_text", f"Let me see.\n<tool_call>{CALL}</tool_call>\n", ["Let me see.", CALLED]
    ),
    Transcript(
        "two_tags",
        f"<tool_call>\n{CALL}\n</tool_call>\n<tool_call>\n{TIME}\n</tool_call>",
        [CALLED, TIMED],
    ),
    Transcript("two_in_a_tag", f"<tool_call>{CALL}\n{TIME}</tool_call>", [CALLED, TIMED]),
    Transcript("list_in_a_tag", f"<tool_calls>[{CALL}, {TIME}]</tool_calls>", [CALLED, TIMED]),
    Transcript("text_after_tag", f"<tool_call>{CALL}</tool_call>\nDone.", [CALLED, "\nDone."]),
    Transcript(
        "text_between",
        f"One <tool_call>{CALL}</tool_call> two <tool_call>{TIME}</tool_call> three",
        ["One", CALLED, " two", TIMED, " three"],
    ),
    Transcript("tag_not_closed", f"<tool_call>\n{CALL}", [CALLED]),
    Transcript("fence_in_tag", f"<tool_call>\n```json\n{CALL}\n```\n</tool_call>", [CALLED]),
    Transcript("tag_in_fence", f"```xml\n<tool_call>{CALL}</tool_call>\n```", [CALLED]),
    Transcript(
        "name_alone_in_tag",
        '<tool_call>{"name": "get_weather"}</tool_call>',
        [("get_weather", "{}")],
    ),
    Transcript(
        "unknown_tool_in_tag",
        '<tool_call>{"name": "launch", "arguments": {"at": 1}}</tool_call>',
        [("launch", '{"at": 1}')],
    ),
    Transcript(
        "tag_that_is_text_before_a_call",
        f"a <tool> or <<tool_call>{CALL}</tool_call>",
        ["a <tool> or <", CALLED],
    ),
    # Code blocks.
    Transcript("fence", f"```json\n{CALL}\n```", [CALLED]),
    Transcript(
        "fence_without_language", f"Sure:\n\n```\n{CALL}\n```\nok", ["Sure:", CALLED, "\nok"]
    ),
    Transcript("fence_named_after_calls", f"```tool_call\n{CALL}\n```", [CALLED]),
    Transcript("list_in_fence", f"```json\n[\n  {CALL},\n  {TIME}\n]\n```", [CALLED, TIMED]),
    Transcript("lines_in_fence", f"```json\n{CALL}\n{TIME}\n```", [CALLED, TIMED]),
    # Bare JSON.
    Transcript("bare", CALL, [CALLED]),
    Transcript("bare_in_a_sentence", f"I call {CALL} now.", [f"I call {CALL} now."]),
    Transcript("bare_in_a_line_of_its_own", f"I call\n{CALL}\nnow.", ["I call", CALLED, "\nnow."]),
    Transcript("parameters", f'{{"name": "get_weather", "parameters": {HANOI}}}', [CALLED]),
    Transcript("input", f'{{"tool": "get_weather", "tool_input": {HANOI}}}', [CALLED]),
    Transcript("arguments_first", f'{{"arguments": {HANOI}, "name": "get_weather"}}', [CALLED]),
    Transcript("no_arguments", '{"name": "get_time"}', [TIMED]),
    Transcript("null_arguments", '{"name": "get_time", "arguments": null}', [TIMED]),
    Transcript("list", f"[{CALL}, {TIME}]", [CALLED, TIMED]),
    Transcript("wrapper", f'{{"tool_calls": [{CALL}, {TIME}]}}', [CALLED, TIMED]),
    Transcript("function", f'{{"type": "function", "function": {CALL}}}', [CALLED]),
    Transcript(
        "openai_message",
        '{"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function",'
        ' "function": {"name": "get_weather", "arguments": "{\\"city\\": \\"Hu\\u1ebf\\"}"}}]}',
        [("get_weather", '{"city": "Huế"}')],
    ),
    Transcript(
        "message_with_words",
        f'{{"content": "One \\u2026", "tool_calls": [{CALL}]}} '
        f'{{"calls": {TIME}, "content": "So."}}',
        ["One …", CALLED, TIMED, "So."],
    ),
    Transcript(
        "message_without_calls",
        '{"role": "assistant", "content": "Hi", "tool_calls": []}',
        ['{"role": "assistant", "content": "Hi", "tool_calls": []}'],
    ),
    Transcript(
        "braces_and_tags_in_strings",
        '{"name": "search", "arguments": {"query": "}]\\" </tool_call> ``` {"}}\nok',
        [("search", '{"query": "}]\\" </tool_call> ``` {"}'), "\nok"],
    ),
    Transcript(
        "nested_arguments",
        '{"name": "search", "arguments": {"query": {"all": [1, -2.5e3, true, null, {}]}}}',
        [("search", '{"query": {"all": [1, -2.5e3, true, null, {}]}}')],
    ),
    # Safe to mend.
    Transcript(
        "trailing_comma",
        '<tool_call>{"name": "search", "arguments": {"query": ["a", ], },}</tool_call>',
        [("search", '{"query": ["a"]}')],
    ),
    Transcript(
        "single_quotes",
        "{'name': 'get_weather', 'arguments': {'city': 'Xi'an', 'days': 2}}",
        [("get_weather", '{"city": "Xi\'an", "days": 2}')],
    ),
    Transcript(
        "python_literals",
        '{"name": "search", "arguments": {"query": None, "limit": True}}',
        [("search", '{"query": null, "limit": true}')],
    ),
    Transcript("bare_words", '{"name": "get_weather", "arguments": {city: Hanoi}}', [CALLED]),
    Transcript(
        "line_break_in_string",
        '{"name": "search", "arguments": {"query": "a\nb"}}',
        [("search", '{"query": "a\\nb"}')],
    ),
    Transcript(
        "outer_brace_missing",
        f'<tool_call>{{"name": "get_weather", "arguments": {HANOI}</tool_call> ok',
        [CALLED, " ok"],
    ),
    Transcript(
        "both_braces_missing", '{"name": "get_weather", "arguments": {"city": "Hanoi"', [CALLED]
    ),
    Transcript(
        "braces_missing_before_tag",
        '<tool_call>{"name": "search", "arguments": {"query": [1, 2</tool_call>',
        [("search", '{"query": [1, 2]}')],
    ),
    Transcript(
        "bracket_missing",
        '{"name": "search", "arguments": {"query": [1, 2}}',
        [("search", '{"query": [1, 2]}')],
    ),
    Transcript(
        "brace_missing_after_single_quotes",
        "<tool_call>{'name': 'search', 'arguments': {'query': ['a', 'b'</tool_call>",
        [("search", '{"query": ["a", "b"]}')],
    ),
    Transcript(
        "brace_missing_after_bare_words",
        '{"name": "search", "arguments": {query: "a", limit: 3',
        [("search", '{"query": "a", "limit": 3}')],
    ),
    Transcript(
        "brace_missing_after_python_literal",
        '{"name": "search", "arguments": {"query": "a", "limit": None',
        [("search", '{"query": "a", "limit": null}')],
    ),
    Transcript(
        "comments",
        '{"name": "search", "arguments": { // what\n"query": "a // b # c", /* how\n* many */'
        ' "limit": 3 # all\n}}',
        [("search", '{"query": "a // b # c", "limit": 3}')],
    ),
    Transcript(
        "comma_missing",
        '{"name": "search", "arguments": {"query": ["a" "b"]\n"limit": 3}}',
        [("search", '{"query": ["a", "b"], "limit": 3}')],
    ),
    Transcript(
        "escapes_of_other_languages",
        '{"name": "search", "arguments": {"query": "it\\\'s \\\n"}}',
        [("search", '{"query": "it\'s \\\\\\n"}')],
    ),
    Transcript(
        "foreign_space",
        '{"name": "get_weather", "arguments": {\u00a0"city":\u3000"Hanoi"}}',
        [CALLED],
    ),
    Transcript("brace_too_many", f"{CALL}}}\n{TIME}", [CALLED, TIMED]),
    # Not safe to mend: the text is kept.
    Transcript(
        "cut_in_a_string",
        '{"name": "get_weather", "arguments": {"city": "Han',
        [("get_weather", '{"city": "Han', "invalid")],
    ),
    Transcript(
        "cut_by_length",
        '{"name": "get_weather", "arguments": {"city": "Hanoi"',
        [("get_weather", '{"city": "Hanoi"', "invalid")],
        "length",
    ),
    Transcript(
        "cut_before_a_value",
        '{"name": "get_weather", "arguments": {"city":',
        [("get_weather", '{"city":', "invalid")],
    ),
    Transcript(
        "sum",
        '{"name": "search", "arguments": {"query": "x", "limit": 3 + 4}}',
        [("search", '{"query": "x", "limit": 3 + 4}', "invalid")],
    ),
    Transcript(
        "word_without_a_value",
        '{"name": "get_weather", "arguments": {Hanoi}}',
        [("get_weather", "{Hanoi}", "invalid")],
    ),
    Transcript(
        "quotes_in_quotes",
        '{"name": "search", "arguments": {"query": "say "hi" now"}}',
        [("search", '{"query": "say \\"hi\\" now"}')],
    ),
    Transcript(
        "cut_in_a_bare_word",
        '<tool_call>{"name": "get_weather", "arguments": {"city": Ha<noi}}</tool_call>',
        [("get_weather", '{"city": Ha<noi}', "invalid")],
    ),
    Transcript(
        "cut_in_a_comment",
        '{"name": "search", "arguments": {"query": "a" /* and',
        [("search", '{"query": "a" /* and', "invalid")],
    ),
    Transcript(
        "value_like_a_comment",
        '{"name": "search", "arguments": {"query": //x.y/z, "tags": [#a, #b]}}',
        [("search", '{"query": //x.y/z, "tags": [#a, #b]}', "invalid")],
    ),
    Transcript(
        "words_as_arguments",
        '{"name": "get_weather", "arguments": "Hanoi"}',
        [("get_weather", "Hanoi", "invalid")],
    ),
    Transcript(
        "cut_in_arguments_as_text",
        '<tool_call>{"name": "search", "arguments": "{\\"q',
        [("search", '"{\\"q', "invalid")],
    ),
    Transcript(
        "list_as_arguments",
        '{"name": "search", "arguments": [1]}',
        [("search", "[1]", "invalid")],
    ),
    Transcript(
        "text_behind_marked_arguments",
        '[TOOL_CALLS]search[ARGS]{"query": "pho"}\nThat is all.',
        [("search", '{"query": "pho"}'), "\nThat is all."],
    ),
    Transcript(
        "broken_json_in_the_fence_of_a_call",
        "<\uff5ctool▁call▁begin\uff5c>function<\uff5ctool▁sep\uff5c>search\n"
        '```json\n{"query": "pho" x}\n```<\uff5ctool▁call▁end\uff5c>',
        [("search", '{"query": "pho" x}', "invalid")],
    ),
    Transcript("bracket_behind_a_call", f"{CALL}[", [f"{CALL}["]),
    Transcript(
        "calls_beside_other_keys",
        f'{{"tool_calls": [{CALL}], "x": 1}}',
        [f'{{"tool_calls": [{CALL}], "x": 1}}'],
    ),
    Transcript("fence_behind_a_mark", "[TOOL_CALLS]```", ["[TOOL_CALLS]```"]),
    Transcript(
        "object_that_is_no_call",
        '<tool_call>{"a": 1}</tool_call>',
        ['<tool_call>{"a": 1}</tool_call>'],
    ),
    Transcript(
        "less_than_in_a_call", "<tool_call>a < b</tool_call>", ["<tool_call>a < b</tool_call>"]
    ),
    Transcript(
        "no_element_in_a_call", "<tool_call><1></tool_call>", ["<tool_call><1></tool_call>"]
    ),
    Transcript(
        "code_in_a_thought",
        '```tool_code\nsearch("pho")\n```</think>Done.',
        ['```tool_code\nsearch("pho")\n```</think>Done.'],
    ),
]

ENVELOPES = [
    Transcript("envelope_text", '{"text": "Hi \\"you\\"\\n\\ud83d\\ude00 "}\n', ['Hi "you"\n😀 ']),
    Transcript("envelope_calls", f'{{ "tool_calls": [{CALL}] }}', [CALLED]),
    Transcript("envelope_json", '{"text": {"a": [1, "}"]}}', ['{"a": [1, "}"]}']),
    Transcript("envelope_cut", '{"text": "Hi \\', ["Hi "], "length"),
    Transcript("envelope_ignored", f"Hi <tool_call>{CALL}</tool_call>", ["Hi", CALLED]),
]
