"""Answers of which an argument could get lost, and answers that only show or make up something."""

from __future__ import annotations

from tests.unit.prompted.families import PHO, TAG, family, search
from tests.unit.prompted.transcripts import CALL, CALLED, TIMED

LOST = family(
    "lost",
    # Nothing that a model wrote as an argument gets lost in silence.
    *(
        (text, [("search", '{"query": "a"}, {"query": "b"}', "invalid")])
        for text in (
            '<function=search>{"query": "a"}, {"query": "b"}</function>',
            '[TOOL_CALLS]search[ARGS]{"query": "a"}, {"query": "b"}',
            '<|tool_call_begin|>functions.search:0<|tool_call_argument_begin|>{"query": "a"},'
            ' {"query": "b"}<|tool_call_end|>',
            '<tool_call name="search">{"query": "a"}, {"query": "b"}</tool_call>',
        )
    ),
    (
        '<tool_call>{"name": "search", "arguments": {"query": "a"}, "limit": 3}</tool_call>',
        [("search", '{"query": "a", "limit": 3}')],
    ),
    (
        '{"name": "search", "arguments": {"query": "a"}, "query": "b"}',
        [("search", '[{"query": "a"}, {"query": "b"}]', "invalid")],
    ),
    (f'{{"tool_calls": [{CALL}], "text": "I look."}}', [CALLED, "I look."]),
    ('<tool_call name="search" query="pho"/>', [PHO]),
    (
        '<invoke name="search" id="7" limit="3"><parameter name="query">a</parameter></invoke>',
        [("search", '{"query": "a", "limit": 3}')],
    ),
    (
        "<function=search><parameter=lim or it>1</parameter></function>",
        [("search", "<parameter=lim or it>1</parameter>", "invalid")],
    ),
    (
        '<invoke name="search"><parameter name="query">pho</query><parameter name="limit">3</limit>'
        "</invoke>",
        [("search", '{"query": "pho", "limit": 3}')],
    ),
    (
        "<tool_call>search<arg_key>query</arg_key><arg_value>pho<arg_key>limit</arg_key>"
        "<arg_value>3</arg_value></tool_call>",
        [("search", '{"query": "pho", "limit": 3}')],
    ),
    (
        "<tool_call>search<arg_key>query</arg_key>",
        [("search", "<arg_key>query</arg_key>", "invalid")],
    ),
    (
        '<invoke name="search"><query>pho</query><limit>3',
        [("search", "<query>pho</query><limit>3", "invalid")],
    ),
    ("<tool_call><tool>search</tool><args><query>pho</query></args></tool_call>", [PHO]),
    (
        '<tool_calls_begin><tool_call_begin>search<|tool_sep|>{"query": "pho"}'
        "<|tool_call_end|><|tool_calls_end|>",
        [PHO],
    ),
    ("<seed:tool_call><function=get_time></function></seed:tool_call>", [TIMED]),
    (
        r'<function=search>{"query": "C:\new\table"}</function>',
        [("search", r'{"query": "C:\\new\\table"}')],
    ),
    (
        r'<function=search>{"query": "a\"}</function>',
        [("search", r'{"query": "a\"}', "invalid")],
    ),
    (search(r'"cd C:\Users\new && dir"'), [("search", r'{"query": "cd C:\\Users\\new && dir"}')]),
    (search(r'"P:\nA line.\nMore"'), [("search", r'{"query": "P:\nA line.\nMore"}')]),
    (search("undefined"), [("search", '{"query": undefined}', "invalid")]),
    (search("NaN"), [("search", '{"query": NaN}', "invalid")]),
    ('```tool_code\nsearch("\\ud83d")\n```', [("search", '{"query": "\ufffd"}')]),
    ("```tool_code\nfunctions.get_time()\n```", [TIMED]),
)
SHOWN = family(
    "shown",
    # An example is text, whatever form it has.
    *(
        (text, [text])
        for text in (
            f"Example:\n```json\n{CALL}\n```",
            f"Ví dụ:\n```json\n{CALL}\n```",
            "For example:\n```tool_code\nget_time()\n```",
            "You can call it so:\n```tool_code\nget_time()\n```\nand so on.",
            f"One could write\n{CALL}\nbut I will not.",
            f"Usage:\n```json\n{CALL}\n```\nwhere city is a name.",
            f"<seed:think>{TAG}</seed:think>",
        )
    ),
    (
        f"I need to use the tool.\n```json\n{CALL}\n```\nI will wait.",
        ["I need to use the tool.", CALLED, "\nI will wait."],
    ),
    # What a model makes up as a tool's answer is neither shown nor sent back.
    *(
        (f"{TAG}{made_up}\nDone.", [CALLED, "\nDone."])
        for made_up in (
            "<tool_response/>",
            "\n<tool_output>31</tool_output>",
            "<function_response>31</function_response>",
            "\n```tool_output\n31\n```",
            "[TOOL_RESULTS]31[/TOOL_RESULTS]",
            "<\uff5ctool▁output▁begin\uff5c>31<\uff5ctool▁output▁end\uff5c>",
        )
    ),
    (f"{TAG}\nIt says:\n<tool_response>31</tool_response>", [CALLED, "\nIt says:"]),
    ("```tool_output\n31\n```", ["```tool_output\n31\n```"]),
)
