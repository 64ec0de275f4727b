"""Answers in the formats that models were trained on, and answers that only show a call."""

from __future__ import annotations

from tests.unit.prompted.transcripts import (
    CALL,
    CALLED,
    HANOI,
    TIME,
    TIMED,
    Transcript,
)

QWEN_CODER = """<tool_call>
<function=get_weather>
<parameter=city>
Hanoi
</parameter>
<parameter=days>
3
</parameter>
</function>
</tool_call>"""
CLAUDE = """<function_calls>
<invoke name="get_weather">
<parameter name="city">Hanoi</parameter>
</invoke>
<invoke name="get_time">
</invoke>
</function_calls>"""
GLM = """<tool_call>get_weather
<arg_key>city</arg_key>
<arg_value>Hanoi</arg_value>
<arg_key>days</arg_key>
<arg_value>3</arg_value>
</tool_call>"""
KIMI = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0"
    f"<|tool_call_argument_begin|>{HANOI}<|tool_call_end|><|tool_call_begin|>functions.get_time:1"
    "<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>"
)
DEEPSEEK = """<|tool▁calls▁begin|><|tool▁call▁begin|>function<|tool▁sep|>get_weather
```json
{"city": "Hanoi"}
```<|tool▁call▁end|>
<|tool▁call▁begin|>function<|tool▁sep|>get_time
```json
{}
```<|tool▁call▁end|><|tool▁calls▁end|><|end▁of▁sentence|>""".replace("|", "\uff5c")
DEEPSEEK_31 = (
    f"<|tool▁calls▁begin|><|tool▁call▁begin|>get_weather<|tool▁sep|>{HANOI}"
    "<|tool▁call▁end|><|tool▁calls▁end|>"
).replace("|", "\uff5c")
DAYS = ("get_weather", '{"city": "Hanoi", "days": 3}')

TRAINED = [
    Transcript("function_element", f"<function=get_weather>{HANOI}</function> ok", [CALLED, " ok"]),
    Transcript(
        "second_parameter_cut",
        "<function=get_weather><parameter=city>Hanoi</parameter><parameter=da",
        [("get_weather", "<parameter=city>Hanoi</parameter><parameter=da", "invalid")],
    ),
    Transcript(
        "second_pair_cut",
        "<tool_call>get_weather\n<arg_key>city</arg_key><arg_value>Hanoi</arg_value><arg_key>days",
        [
            (
                "get_weather",
                "<arg_key>city</arg_key><arg_value>Hanoi</arg_value><arg_key>days",
                "invalid",
            )
        ],
    ),
    Transcript("function_not_closed", f"Hm. <function=get_weather>{HANOI}", ["Hm.", CALLED]),
    Transcript("function_without_arguments", "<function=get_time></function>", [TIMED]),
    Transcript("qwen_coder", f"See.\n{QWEN_CODER}\n{QWEN_CODER}\n", ["See.", DAYS, DAYS]),
    Transcript("claude", f"{CLAUDE}\nok", [CALLED, TIMED, "\nok"]),
    Transcript(
        "claude_with_prefix",
        CLAUDE.replace("<", "<antml:").replace("<antml:/", "</antml:"),
        [CALLED, TIMED],
    ),
    Transcript(
        "deepseek_32",
        CLAUDE.replace("<", "<|DSML|").replace("<|DSML|/", "</|DSML|").replace("|", "\uff5c"),
        [CALLED, TIMED],
    ),
    Transcript(
        "minimax",
        CLAUDE.replace("function_calls", "minimax:tool_call"),
        [CALLED, TIMED],
    ),
    Transcript("invoke_alone", CLAUDE.partition("\n")[2], [CALLED, TIMED]),
    Transcript("glm", f"{GLM}\n<tool_call>get_time\n</tool_call> ok", [DAYS, TIMED, " ok"]),
    Transcript("name_before_arguments", f"<tool_call>get_weather\n{HANOI}\n</tool_call>", [CALLED]),
    Transcript("kimi", KIMI, [CALLED, TIMED]),
    Transcript("deepseek", DEEPSEEK, [CALLED, TIMED]),
    Transcript("deepseek_31", DEEPSEEK_31, [CALLED]),
    Transcript("llama", f"<|python_tag|>{CALL}; {TIME}<|eom_id|>", [CALLED, TIMED]),
    Transcript("mistral", f"[TOOL_CALLS] [{CALL}, {TIME}]", [CALLED, TIMED]),
    Transcript(
        "mistral_names",
        f"[TOOL_CALLS]get_weather[CALL_ID]a1B[ARGS]{HANOI}[TOOL_CALLS]get_time{{}}",
        [CALLED, TIMED],
    ),
    Transcript("granite", f"<|tool_call|>[{CALL}]", [CALLED]),
    Transcript("unknown_function_in_tag", "<tool_call><function=f>{}</function>", [("f", "{}")]),
    # What is around calls.
    Transcript(
        "tags_in_tags", f"<tool_calls>\n<tool_call>{CALL}</tool_call></tool_calls>", [CALLED]
    ),
    Transcript("opened_for_closed", f"<tool_call>{CALL}<tool_call>{TIME}", [CALLED, TIMED]),
    Transcript("other_closing_tag", f"<tool_call>{CALL}</function_call> ok", [CALLED, " ok"]),
    Transcript("end_of_turn", f"<tool_call>{CALL}</tool_call><|im_end|>", [CALLED]),
    Transcript("braces_of_a_template", f"<tool_call>{{{CALL}}}</tool_call>", [CALLED]),
    Transcript("bracket_too_many", f"<tool_call>{CALL}]</tool_call>", [CALLED]),
    Transcript("fence_in_other_letters", f"``` JSON\n{CALL}\n```", [CALLED]),
    Transcript("words_in_a_fence", f"```\n{CALL}\nso\n```\n{TIME}", [CALLED, "\nso\n```", TIMED]),
    Transcript(
        "fence_closed_by_the_next",
        f"```\n{CALL}\n\n```python\nx = {TIME}\n```",
        [CALLED, f"\n\n```python\nx = {TIME}\n```"],
    ),
    Transcript(
        "bare_keys_and_comments",
        "<tool_call>{ // so\n  name: 'get_weather', /* in */ arguments: {city: \"Hanoi\"} # it\n}",
        [CALLED],
    ),
    # What only looks like a call.
    Transcript(
        "function_unknown", "<function=launch>{}</function>", ["<function=launch>{}</function>"]
    ),
    Transcript(
        "function_without_what_it_needs",
        "<function=search></function>",
        ["<function=search></function>"],
    ),
    Transcript(
        "pairs_of_an_unknown_tool",
        "<tool_call>launch\n<arg_key>a</arg_key>",
        ["<tool_call>launch\n<arg_key>a</arg_key>"],
    ),
    Transcript("python_in_a_tag", "<tool_call>search(1)", ["<tool_call>search(1)"]),
    Transcript("closing_tags_alone", "a </tool_call> <|im_end|>", ["a </tool_call> <|im_end|>"]),
    Transcript("markup", '<invoke name="x"> [TOOL] [T', ['<invoke name="x"> [TOOL] [T']),
    Transcript(
        "name_with_a_space",
        '<tool_call>{"name": "tool name", "arguments": {}}</tool_call>',
        ['<tool_call>{"name": "tool name", "arguments": {}}</tool_call>'],
    ),
    Transcript(
        "code_in_a_line",
        f"Write `<tool_call>{CALL}</tool_call>`, or ``{CALL}``.\n{TIME}",
        [f"Write `<tool_call>{CALL}</tool_call>`, or ``{CALL}``.", TIMED],
    ),
    Transcript("tick_in_a_word", f"it`s\n{TIME}", ["it`s", TIMED]),
    Transcript("tick_without_another", f"the ` key\n{TIME}", ["the ` key", TIMED]),
    Transcript("line_of_code", f"so\n`{TIME}`", ["so\n`", TIMED, "`"]),
    Transcript(
        "thought", f"<think>Or {CALL}?</think>\n{TIME}", [f"<think>Or {CALL}?</think>", TIMED]
    ),
    Transcript("thought_without_end", f"<think>Or {CALL}?", [f"<think>Or {CALL}?"]),
    Transcript("tag_think_in_words", f"A <think> tag.\n{TIME}", ["A <think> tag.", TIMED]),
    Transcript(
        "schema_of_a_tool",
        '{"name": "search", "parameters": {"type": "object", "properties": {}}}',
        ['{"name": "search", "parameters": {"type": "object", "properties": {}}}'],
    ),
    # Cut off: never completed.
    Transcript(
        "cut_in_a_parameter",
        "<function=search><parameter=query>pho</par",
        [("search", "<parameter=query>pho</par", "invalid")],
    ),
    Transcript(
        "cut_in_a_key", "<function=search><parameter=que", [("search", "<parameter=que", "invalid")]
    ),
    Transcript(
        "cut_in_a_number",
        "<function=search><parameter=limit>1",
        [("search", "<parameter=limit>1", "invalid")],
    ),
    Transcript(
        "cut_after_a_parameter",
        "<function=search><parameter=limit>1</parameter>\n",
        [("search", "<parameter=limit>1</parameter>", "invalid")],
        "length",
    ),
    Transcript(
        "words_after_a_parameter",
        "<function=search><parameter=limit>1</parameter> and",
        [("search", '{"limit": 1}'), " and"],
    ),
]
