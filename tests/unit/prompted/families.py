"""Answers in the manner of ten families of models, asked for tools through the prompt."""

from __future__ import annotations

from tests.unit.prompted.reading import Plain
from tests.unit.prompted.transcripts import CALL, CALLED, HANOI, TIME, TIMED, Transcript

DAYS = ("get_weather", '{"city": "Hanoi", "days": 3}')
UTC = ("get_time", '{"zone": "UTC"}')
PHO = ("search", '{"query": "pho"}')
SEARCH = '{"name": "search", "arguments": {"query": "pho"}}'
TAG = f"<tool_call>\n{CALL}\n</tool_call>"


def search(query: str) -> str:
    """A call of `search` whose query is written as given."""
    return f'{{"name": "search", "arguments": {{"query": {query}}}}}'


def family(model: str, *rows: tuple[str, Plain] | tuple[str, Plain, str]) -> list[Transcript]:
    return [Transcript(f"{model}_{at}", *row) for at, row in enumerate(rows, 1)]


GPT = family(
    "gpt",
    (TAG, [CALLED]),
    (f"{TAG}\n<tool_call>\n{TIME}\n</tool_call>", [CALLED, TIMED]),
    (f"```json\n{CALL}\n```", [CALLED]),
    (f"I'll check the weather for you.\n\n{TAG}", ["I'll check the weather for you.", CALLED]),
    (f'{{"tool_calls": [{CALL}, {TIME}]}}', [CALLED, TIMED]),
    (
        '{"tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "search",'
        ' "arguments": "{\\"query\\": \\"pho\\"}"}}]}',
        [PHO],
    ),
    ('{"name": "functions.get_weather", "arguments": {"city": "Hanoi"}}', [CALLED]),
    ('<tool_call>{"name": "functions.launch", "arguments": {}}</tool_call>', [("launch", "{}")]),
    ('{"recipient_name": "functions.get_time"}', ['{"recipient_name": "functions.get_time"}']),
    (
        f"For instance, a call looks like this:\n\n{CALL}\n\nAsk me anything.",
        [f"For instance, a call looks like this:\n\n{CALL}\n\nAsk me anything."],
    ),
    (
        f"To call the tool you would write:\n```json\n{CALL}\n```\nand the result comes back.",
        [f"To call the tool you would write:\n```json\n{CALL}\n```\nand the result comes back."],
    ),
    (f"The JSON {CALL} is a call.", [f"The JSON {CALL} is a call."]),
    (f"{TAG[:-13]}", [("get_weather", HANOI, "invalid")], "length"),
    (TAG, [CALLED], "length"),
)
CLAUDE = family(
    "claude",
    (
        '<function_calls>\n<invoke name="search">\n<parameter name="query">pho</parameter>\n'
        "</invoke>\n</function_calls>",
        [PHO],
    ),
    ('<invoke name="get_time"/>', [TIMED]),
    ('<function_calls><invoke name="get_time"></invoke></function_calls>', [TIMED]),
    (
        "<function_calls><invoke name='search'><parameter name='query'>pho</parameter></invoke>"
        "</function_calls>",
        [PHO],
    ),
    (
        '<function_calls><invoke name="search"><parameter name="query">close it with </parameter>'
        " at the end</parameter></invoke></function_calls>",
        [("search", '{"query": "close it with </parameter> at the end"}')],
    ),
    (
        '<function_calls><invoke name="search"><parameter name="query">pho\n'
        '<parameter name="limit">3</parameter></invoke></function_calls>',
        [("search", '{"query": "pho", "limit": 3}')],
    ),
    (
        '<function_calls><invoke name="search"><parameter name="query">pho</invoke>'
        "</function_calls>",
        [PHO],
    ),
    ('<invoke name="search"><parameter name="query" value="pho"/></invoke>', [PHO]),
    ('<invoke name="search"><parameter value="pho" name="query"></parameter></invoke>', [PHO]),
    ('<invoke name="search"><query>pho</query></invoke>', [PHO]),
    (
        "<function_calls><invoke><tool_name>search</tool_name><parameters><query>pho</query>"
        "</parameters></invoke></function_calls>",
        [PHO],
    ),
    ('<tool_call name="search"><parameter name="query">pho</parameter></tool_call>', [PHO]),
    ('<tool_call name="search">{"query": "pho"}</tool_call>', [PHO]),
    ('<TOOL_CALL>{"name": "get_time"}</TOOL_CALL>', [TIMED]),
    (
        f"{TAG}\n<tool_response>\n31 degrees\n</tool_response>\nIt is 31 degrees.",
        [CALLED, "\nIt is 31 degrees."],
    ),
    (f"{TAG}\n<tool_response name='get_weather'>31", [CALLED]),
    (
        "A <tool_response> holds what a tool gave.",
        ["A <tool_response> holds what a tool gave."],
    ),
    (
        '<invoke name="search"><parameter name="query"># Pho\n```py\nx = {}\n```\n</parameter>'
        "</invoke>",
        [("search", '{"query": "# Pho\\n```py\\nx = {}\\n```"}')],
    ),
    (
        '<function_calls><invoke name="search"><parameter name="query">pho',
        [("search", '<parameter name="query">pho', "invalid")],
        "length",
    ),
)
GEMINI = family(
    "gemini",
    ('```tool_code\nprint(default_api.get_weather(city="Hanoi", days=3))\n```', [DAYS]),
    ('```tool_code\nget_weather(city="Hanoi")\nget_time()\n```', [CALLED, TIMED]),
    ('```tool_code\nresult = search("pho")\n```', [PHO]),
    (
        '```tool_code\nsearch(query="a" + b)\n```',
        ['```tool_code\nsearch(query="a" + b)\n```'],
    ),
    (
        "```tool_code\nlaunch(at=1)\n```",
        ["```tool_code\nlaunch(at=1)\n```"],
    ),
    (
        "```tool_code\nimport os\nget_time()\n```",
        ["```tool_code\nimport os\nget_time()\n```"],
    ),
    (
        '```python\nget_weather(city="Hanoi")\n```',
        ['```python\nget_weather(city="Hanoi")\n```'],
    ),
    (f"```tool_code\n{CALL}\n```", [CALLED]),
    (f"```json\n[{CALL},\n {TIME}]\n```", [CALLED, TIMED]),
    (f"```json\n[\n{CALL},\n{TIME},\n]\n```", [CALLED, TIMED]),
    ('```json\n{"tool": "search", "tool_input": {"query": "pho"}}\n```\n', [PHO]),
    (f"Okay, I will look it up.\n```json\n{SEARCH}\n```", ["Okay, I will look it up.", PHO]),
)
DEEPSEEK = family(
    "deepseek",
    (
        "<\uff5ctool▁calls▁begin\uff5c><\uff5ctool▁call▁begin\uff5c>search<\uff5ctool▁sep\uff5c>"
        '{"query": "pho"}<\uff5ctool▁call▁end\uff5c><\uff5ctool▁calls▁end\uff5c>',
        [PHO],
    ),
    (
        "<\uff5ctool▁call▁begin\uff5c>function<\uff5ctool▁sep\uff5c>search\n```json\n"
        '{"query": "pho"}\n```<\uff5ctool▁call▁end\uff5c>',
        [PHO],
    ),
    (
        '<\uff5cDSML\uff5cfunction_calls>\n<\uff5cDSML\uff5cinvoke name="search">\n'
        '<\uff5cDSML\uff5cparameter name="query" string="true">pho</\uff5cDSML\uff5cparameter>\n'
        "</\uff5cDSML\uff5cinvoke>\n</\uff5cDSML\uff5cfunction_calls>",
        [PHO],
    ),
    (
        '<|DSML|function_calls><|DSML|invoke name="search"><|DSML|parameter name="query">pho'
        "</|DSML|parameter></|DSML|invoke></|DSML|function_calls>",
        [PHO],
    ),
    (
        "<\uff5ctool▁call▁begin\uff5c>launch<\uff5ctool▁sep\uff5c>{}<\uff5ctool▁call▁end\uff5c>",
        [("launch", "{}")],
    ),
    (f"Or {CALL}?\n{CALL}\n</think>\n{TIME}", [f"Or {CALL}?\n{CALL}\n</think>", TIMED]),
    (f"{CALL}\n</think>\n\n{TIME}", [f"{CALL}\n</think>", TIMED]),
    (f"<think>\n{CALL}\n</think>\n\n{TAG}", [f"<think>\n{CALL}\n</think>", CALLED]),
    (f"<think>a</think>\n<think>\n{CALL}", [f"<think>a</think>\n<think>\n{CALL}"]),
    (f"<think>\n{CALL}\n", [f"<think>\n{CALL}\n"]),
    (
        "<\uff5ctool▁call▁begin\uff5c>search<\uff5ctool▁sep\uff5c>{",
        [("search", "{", "invalid")],
        "length",
    ),
    (
        "<\uff5ctool▁call▁begin\uff5c>search<\uff5ctool▁sep\uff5c>"
        '{"query": "pho"}<\uff5ctool▁call▁end\uff5c>',
        [PHO],
        "length",
    ),
)
QWEN = family(
    "qwen",
    (TAG, [CALLED]),
    (f"<tool_call>\n{CALL}\n{TIME}\n</tool_call>", [CALLED, TIMED]),
    ('<tool_call>\n{"name": "get_weather", "arguments": {"city": "Hanoi"}\n</tool_call>', [CALLED]),
    (
        "<tool_call>\n<function=search>\n<parameter=query>\npho\n</parameter>\n</function>\n"
        "</tool_call>",
        [PHO],
    ),
    ("<function=search><parameter=query>pho</parameter></function>", [PHO]),
    ('<function name="search"><parameter name="query">pho</parameter></function>', [PHO]),
    ("<function=get_time/>", [TIMED]),
    (
        "<tool_call>\n<function=search>\n<parameter=query>\na </parameter> b\n</parameter>\n"
        "</function>\n</tool_call>",
        [("search", '{"query": "a </parameter> b"}')],
    ),
    (
        '<tool_call>{"thought": "It is about food.", "name": "search", "arguments": {"query":'
        ' "pho"}, "id": 7}</tool_call>',
        [PHO],
    ),
    ('<tool_call>{"arguments": {"query": "pho"}, "name": "search"}</tool_call>', [PHO]),
    ('<tool_call>{"name": "search", "kwargs": {"query": "pho"}}</tool_call>', [PHO]),
    ('<tool_call>{"name": "search", "tool_arguments": {"query": "pho"}}</tool_call>', [PHO]),
    ('<tool_call>{"name": "search", "query": "pho"}</tool_call>', [PHO]),
    ('<tool_call>{"function": "search()", "parameters": {"query": "pho"}}</tool_call>', [PHO]),
    ('<tool_call>{"name": " search ", "input": {"query": "pho"}}</tool_call>', [PHO]),
    (
        f'<tool_call>{{"name": "search", "arguments": {{"query": "a "b}}}}</tool_call> So.\n{TAG}',
        [("search", '{"query": "a "b}', "invalid"), " So.", CALLED],
    ),
    (f"{TAG}<|im_end|>", [CALLED]),
    (f"{CALL}\n</tool_call>", [CALLED]),
    (f"{CALL}</tool_call>", [CALLED]),
    (f"Sure.\n{CALL}<|im_end|>", ["Sure.", CALLED]),
    (f"{CALL}\n<tool_response>\n31\n</tool_response>", [CALLED]),
    (
        '<tool_call>{"name": "search", "arguments": {"query": "a", "query"',
        [("search", '{"query": "a", "query"', "invalid")],
    ),
)
KIMI = family(
    "kimi",
    (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.search:0"
        '<|tool_call_argument_begin|>{"query": "pho"}<|tool_call_end|><|tool_calls_section_end|>',
        [PHO],
    ),
    (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.search"
        '<|tool_call_argument_begin|>{"query": "pho"}<|tool_call_end|><|tool_calls_section_end|>',
        [PHO],
    ),
    (
        "<|tool_call_section_begin|><|tool_call_begin|>search:3<|tool_call_argument_begin|>"
        '{"query": "pho"}<|tool_call_end|><|tool_call_section_end|>',
        [PHO],
    ),
    (
        "Let me look.<|tool_calls_section_begin|><|tool_call_begin|>functions.launch:0"
        "<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>",
        ["Let me look.", ("launch", "{}")],
    ),
    (
        "<|tool_call_begin|>functions.search:0<|tool_call_argument_begin|>"
        '{"query": "say "hi""}<|tool_call_end|>',
        [("search", '{"query": "say \\"hi\\""}')],
    ),
    (
        f"\u25c1think\u25b7{CALL}\u25c1/think\u25b7\n{TIME}",
        [f"\u25c1think\u25b7{CALL}\u25c1/think\u25b7", TIMED],
    ),
    (
        "<|tool_call_begin|>functions.search:0<|tool_call_argument_begin|>"
        '{"query": "pho", "limit": }<|tool_call_end|>',
        [("search", '{"query": "pho", "limit": }', "invalid")],
    ),
    (f"I will call the tool now.\n{CALL}", ["I will call the tool now.", CALLED]),
    (f"{CALL}\n{TIME}\n", [CALLED, TIMED]),
)
GLM = family(
    "glm",
    (
        "<tool_call>search\n<arg_key>query</arg_key>\n<arg_value>pho</arg_value>\n</tool_call>",
        [PHO],
    ),
    ("<tool_call>search<arg_key>query</arg_key><arg_value>pho</arg_value></tool_call>", [PHO]),
    (
        "<tool_call>search\n<arg_key>query</arg_key>\n<arg_value>1</arg_value>\n"
        "<arg_key>limit</arg_key>\n<arg_value>1</arg_value>\n</tool_call>",
        [("search", '{"query": "1", "limit": 1}')],
    ),
    (
        "<tool_call>launch\n<arg_key>at</arg_key>\n<arg_value>1</arg_value>\n</tool_call>",
        [("launch", '{"at": 1}')],
    ),
    ("<tool_call>get_time</tool_call>", [TIMED]),
    (
        "<tool_call>search\n<arg_key>query</arg_key>\n<arg_value>pho",
        [("search", "<arg_key>query</arg_key>\n<arg_value>pho", "invalid")],
        "length",
    ),
    (f"<tool_call>get_weather\n{HANOI}\n</tool_call>", [CALLED]),
    (f"<thought>{CALL}</thought>\n{TIME}", [f"<thought>{CALL}</thought>", TIMED]),
    ("<tool_calls><tool_call>get_time</tool_call></tool_calls>", [TIMED]),
    (
        "<tool_call>search\n<arg_key>query</arg_key>\n<arg_value>a</arg_value> b</arg_value>\n"
        "</tool_call>",
        [("search", '{"query": "a</arg_value> b"}')],
    ),
)
MINIMAX = family(
    "minimax",
    (
        '<minimax:tool_call>\n<invoke name="search">\n<parameter name="query">pho</parameter>\n'
        "</invoke>\n</minimax:tool_call>",
        [PHO],
    ),
    (
        '<minimax:tool_call>\n<invoke name="get_weather">\n<parameter name="city">Hanoi'
        '</parameter>\n</invoke>\n<invoke name="get_time">\n</invoke>\n</minimax:tool_call>',
        [CALLED, TIMED],
    ),
    (
        '<minimax:tool_call>\n<invoke name="launch"></invoke>\n</minimax:tool_call>',
        [("launch", "{}")],
    ),
    (f"<tool_calls>\n{CALL}\n{TIME}\n</tool_calls>", [CALLED, TIMED]),
    (f"<think>\nHm.\n</think>\n\n{TAG}", ["<think>\nHm.\n</think>", CALLED]),
    ("<tool_call><get_weather><city>Hanoi</city></get_weather></tool_call>", [CALLED]),
    (
        '<tool_call><name>search</name><arguments>{"query": "pho"}</arguments></tool_call>',
        [PHO],
    ),
    (
        '<invoke name="search"><parameter name="limit">three</parameter></invoke>',
        [("search", '{"limit": "three"}')],
    ),
)
LLAMA = family(
    "llama",
    ('{"name": "search", "parameters": {"query": "pho"}}', [PHO]),
    ('<|python_tag|>{"name": "search", "parameters": {"query": "pho"}}<|eom_id|>', [PHO]),
    ('<function=search>{"query": "pho"}</function>', [PHO]),
    ('{"type": "function", "name": "search", "parameters": {"query": "pho"}}', [PHO]),
    (f"{CALL}; {TIME}", [CALLED, TIMED]),
    ("{'name': 'search', 'parameters': {'query': 'pho'}}", [PHO]),
    (
        '{"name": "search", "parameters": {"query": "pho"',
        [("search", '{"query": "pho"', "invalid")],
        "length",
    ),
    (
        '{"name": "search", "parameters": {"query": "pho"}}',
        [("search", '{"query": "pho"}', "invalid")],
        "length",
    ),
    (f"{CALL}\nThe weather", [CALLED, "\nThe weather"], "length"),
    (
        '{"name": "search", "description": "Search", "parameters": {"type": "object",'
        ' "properties": {}}}',
        [
            '{"name": "search", "description": "Search", "parameters": {"type": "object",'
            ' "properties": {}}}'
        ],
    ),
    ('{"name": "Bob", "parameters": {}}', ['{"name": "Bob", "parameters": {}}']),
)
MISTRAL = family(
    "mistral",
    (f"[TOOL_CALLS][{SEARCH}]", [PHO]),
    (f"[TOOL_CALLS] [{CALL}, {TIME}]</s>", [CALLED, TIMED, "</s>"]),
    ('[TOOL_CALLS]search[ARGS]{"query": "pho"}', [PHO]),
    ('[TOOL_CALLS]search{"query": "pho"}[TOOL_CALLS]get_time{}', [PHO, TIMED]),
    ('[TOOL_CALLS]search[CALL_ID]9kqP2xYz1[ARGS]{"query": "pho"}', [PHO]),
    ("[TOOL_CALLS]launch[ARGS]{}", [("launch", "{}")]),
    (f"[THINK]{CALL}[/THINK]\n{TIME}", [f"[THINK]{CALL}[/THINK]", TIMED]),
    ('[TOOL_CALLS]search[ARGS]{"que', [("search", '{"que', "invalid")], "length"),
    ("[TOOL_CALLS] are what I make.", ["[TOOL_CALLS] are what I make."]),
)
ESCAPES = family(
    "escapes",
    (search(r'"\d+ (\w+)"'), [("search", r'{"query": "\\d+ (\\w+)"}')]),
    (search(r'"C:\Users\new"'), [("search", r'{"query": "C:\\Users\\new"}')]),
    (search(r'"C:\new\table"'), [("search", r'{"query": "C:\\new\\table"}')]),
    (search(r'"C:\\new\\table"'), [("search", r'{"query": "C:\\new\\table"}')]),
    (search(r'"\\server\new"'), [("search", r'{"query": "\\\\server\\new"}')]),
    (search(r'"\\\\server\\new"'), [("search", r'{"query": "\\\\server\\new"}')]),
    (search(r'"\alpha + \beta"'), [("search", r'{"query": "\\alpha + \beta"}')]),
    (search('"He said "hi" to me"'), [("search", r'{"query": "He said \"hi\" to me"}')]),
    (
        search('"<a href="x">y</a>"'),
        [("search", r'{"query": "<a href=\"x\">y</a>"}')],
    ),
    (search(r'"\ud83d"'), [("search", '{"query": "\ufffd"}')]),
    (search(r'"\u12"'), [("search", r'{"query": "\\u12"}')]),
    (search('"it\\\'s"'), [("search", '{"query": "it\'s"}')]),
    # Code is no value.
    (search('"ls" + dir'), [("search", '{"query": "ls" + dir}', "invalid")]),
    (search("dir + 'x'"), [("search", "{\"query\": dir + 'x'}", "invalid")]),
    (search("os.getcwd()"), [("search", '{"query": os.getcwd()}', "invalid")]),
    (search("2 + 3"), [("search", '{"query": 2 + 3}', "invalid")]),
    (search('["a"][0]'), [("search", '{"query": ["a"][0]}', "invalid")]),
    (search("x and y"), [("search", '{"query": x and y}', "invalid")]),
    (search('"5" pipe"'), [("search", '{"query": "5" pipe"}', "invalid")]),
    (search(r'"D:\temp"'), [("search", r'{"query": "D:\\temp"}')]),
    (search(r'"Q:\nWhat is it?"'), [("search", r'{"query": "Q:\nWhat is it?"}')]),
    (search('"\ud83d"'), [("search", '{"query": "\ufffd"}')]),
    ("<function=search>{'query': 'it's'}</function>", [("search", '{"query": "it\'s"}')]),
    (search("f(1)"), [("search", '{"query": f(1)}', "invalid")]),
    (search('"a" if b else "c"'), [("search", '{"query": "a" if b else "c"}', "invalid")]),
    (search('["a"] * 3'), [("search", '{"query": ["a"] * 3}', "invalid")]),
    (search("`ls`"), [("search", '{"query": "ls"}')]),
    (
        '<tool_call>{"name": "search", "arguments": {"query": "a"} or {"query": "b"}}</tool_call>',
        [("search", '{"query": "a"} or {"query": "b"}', "invalid")],
    ),
    (
        '<function=search>{"query": "a"} or {"query": "b"}</function>',
        [("search", '{"query": "a"} or {"query": "b"}', "invalid")],
    ),
    ("<function=search>{query: pho}</function>", [PHO]),
    ("<tool_call>{name: search, arguments: {query: pho}}</tool_call>", [PHO]),
)
ONCE = family(
    "once",
    # Nothing arrived, so no tool runs on its defaults.
    ('<tool_call>{"name": "get_time"', [("get_time", "", "invalid")]),
    ('<tool_call>{"name": "get_time", "arguments": {</tool_call>', [("get_time", "{", "invalid")]),
    ('<invoke name="get_time">', [("get_time", "", "invalid")]),
    ('<invoke name="get_time" arguments=\'{"zone": "UTC"}\'></invoke>', [UTC]),
    ('<tool_call>{"name": "get_time", "arguments": {}, "zone": "UTC"}</tool_call>', [UTC]),
    (
        '<tool_call>{"name": "get_time", "arguments": {}, "input": {"zone": "UTC"}}</tool_call>',
        [UTC],
    ),
    # Two values, of which none is more meant than the other.
    (
        '<tool_call>{"name": "search", "arguments": {"query": "a"}, "arguments": {"query": "b"}}',
        [("search", '{"query": "a"}, "arguments": {"query": "b"}', "invalid")],
    ),
    (
        '{"name": "search", "arguments": {"query": "a"}, "arguments": {"query": "a"}}',
        [("search", '{"query": "a"}')],
    ),
    (
        '<function=search>{"query": "a", "query": "b"}</function>',
        [("search", '{"query": "a", "query": "b"}', "invalid")],
    ),
    (
        '<invoke name="search"><parameter name="query">a</parameter>'
        '<parameter name="query">b</parameter></invoke>',
        [("search", '{"query": "b"}', "invalid")],
    ),
    (
        '{"name": "search", "args": {"query": "a"}, "params": {"query": "b"}}',
        [("search", '[{"query": "a"}, {"query": "b"}]', "invalid")],
    ),
    (
        f"<tool_call>{SEARCH} or {SEARCH}</tool_call>",
        [("search", f"{SEARCH} or {SEARCH}", "invalid")],
    ),
    (
        '[TOOL_CALLS]search{"query": "a"} or {"query": "b"}',
        [("search", '{"query": "a"} or {"query": "b"}', "invalid")],
    ),
    # A mark inside of a value is a part of it.
    (
        '<invoke name="search"><parameter name="query">write <tool_call> or </invoke> so'
        "</parameter></invoke>",
        [("search", '{"query": "write <tool_call> or </invoke> so"}')],
    ),
    (
        '<invoke name="search"><parameter name="query">a <invoke name="get_time"></invoke>',
        [
            ("search", '<parameter name="query">a', "invalid"),
            TIMED,
        ],
    ),
    # JSON text in broken JSON has lost its escapes.
    (
        r'<tool_call>{"name": "search", "arguments": "{\"query\": \"say \\"hi\\"\"}"}</tool_call>',
        [("search", r'"{\"query\": \"say \\"hi\\"\"}"', "invalid")],
    ),
    (f"[THINK]Hm.[/THINK]{TIME}", ["[THINK]Hm.[/THINK]", TIMED]),
    ('<invoke id="1" name=get_time></invoke>', [TIMED]),
    ("<tool_call>functions.get_time(){}</tool_call>", [TIMED]),
    ('[TOOL_CALLS]launch{"at": 1}', [("launch", '{"at": 1}')]),
)
FAMILIES = [
    *(GPT + CLAUDE + GEMINI + DEEPSEEK + QWEN),
    *(KIMI + GLM + MINIMAX + LLAMA + MISTRAL + ESCAPES + ONCE),
]
