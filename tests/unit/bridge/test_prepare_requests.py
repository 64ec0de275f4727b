"""Parameters of a request as each dialect takes them together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ramclouds.bridge.dialects import dialect_for
from ramclouds.bridge.prepare import apply
from tests.harness import in_row

USER = {"role": "user", "content": "Hi"}
EMPTY = {"type": "object", "properties": {}, "required": []}
TOOL = {"type": "function", "function": {"name": "f", "parameters": EMPTY}}
OTHER = {"type": "function", "function": {"name": "g", "parameters": EMPTY}}
FORCED = {"type": "function", "function": {"name": "f"}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
FORMAT = {"type": "json_schema", "json_schema": {"name": "A", "schema": SCHEMA}}
ANY = {"type": "json_object"}
TEXT = {"type": "text"}
GONE = "<gone>"


@dataclass(frozen=True)
class Row:
    name: str
    model: str
    given: dict[str, Any]
    sent: dict[str, Any]
    """What differs from what was given."""
    words: str = ""
    """What the system message says."""
    lost: str = ""
    stop: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.name}, {self.model}"


CLAUDE, GEMINI, DEEPSEEK, KIMI = "claude-opus-4-5", "gemini-2.5-pro", "deepseek-v3.2", "kimi-k2.5"
TOOLS = {"tools": [TOOL]}
THINK = {"reasoning_effort": "low"}
ROWS = [
    Row(
        "what needs tools",
        "gpt-5",
        {"tool_choice": "auto", "parallel_tool_calls": False},
        {"tool_choice": GONE, "parallel_tool_calls": GONE},
    ),
    # Forced calls.
    Row("forced", "gpt-5", {**TOOLS, "tool_choice": FORCED}, {}),
    Row("forced", CLAUDE, {**TOOLS, "tool_choice": FORCED}, {}),
    Row("forced by its name", f"{CLAUDE}-nothinking", {**TOOLS, "tool_choice": FORCED}, {}),
    Row(
        "forced while thinking",
        CLAUDE,
        {**TOOLS, **THINK, "tool_choice": FORCED},
        {"tool_choice": "auto"},
        "you must call the tool f",
    ),
    Row(
        "forced while thinking",
        DEEPSEEK,
        {**TOOLS, "tool_choice": "required"},
        {"tool_choice": "auto"},
        "at least one tool",
    ),
    Row(
        "forced, not thinking",
        DEEPSEEK,
        {**TOOLS, "tool_choice": FORCED, "enable_thinking": False},
        {"thinking": {"type": "disabled"}},
    ),
    Row(
        "forced while thinking",
        KIMI,
        {**TOOLS, "tool_choice": {"type": "any"}},
        {"tool_choice": "auto"},
        "at least one tool",
    ),
    Row(
        "forced",
        "glm-4.6",
        {**TOOLS, "tool_choice": "required"},
        {"tool_choice": "auto"},
        "at least one tool",
    ),
    Row(
        "allowed tools",
        CLAUDE,
        {
            "tools": [TOOL, OTHER],
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [FORCED]},
            },
        },
        {"tools": [TOOL], "tool_choice": "auto"},
    ),
    Row(
        "allowed tools without a mode",
        CLAUDE,
        {"tools": [TOOL, OTHER], "tool_choice": {"type": "allowed_tools", "tools": [FORCED]}},
        {"tools": [TOOL], "tool_choice": "auto"},
    ),
    # Formats.
    Row("text", "qwen3-32b", {"response_format": TEXT}, {"response_format": GONE, "top_p": 0.95}),
    Row("schema", "gpt-5", {"response_format": FORMAT}, {}),
    Row("schema", GEMINI, {"response_format": FORMAT}, {}),
    Row(
        "schema beside tools",
        GEMINI,
        {**TOOLS, "response_format": FORMAT},
        {"response_format": GONE},
        '{"type": "object"',
    ),
    Row("schema beside tools", "gemini-3-pro-preview", {**TOOLS, "response_format": FORMAT}, {}),
    Row("schema", CLAUDE, {"response_format": FORMAT}, {"response_format": GONE}, "JSON schema"),
    Row("schema", DEEPSEEK, {"response_format": FORMAT}, {"response_format": ANY}, "JSON schema"),
    Row("schema", KIMI, {"response_format": FORMAT}, {"response_format": ANY}, "JSON schema"),
    Row("schema", "glm-4.6", {"response_format": FORMAT}, {"response_format": GONE}, "JSON schema"),
    Row(
        "schema",
        "qwen3-max",
        {"response_format": FORMAT},
        {"response_format": ANY, "top_p": 0.8},
        "JSON schema",
    ),
    Row(
        "schema while thinking",
        "qwen3-32b",
        {"response_format": FORMAT},
        {"response_format": GONE, "top_p": 0.95},
        "JSON schema",
    ),
    Row("any JSON", DEEPSEEK, {"response_format": ANY}, {}, "one JSON object"),
    Row("any JSON", CLAUDE, {"response_format": ANY}, {"response_format": GONE}, "one JSON object"),
    Row("any JSON", GEMINI, {"response_format": ANY}, {}, "one JSON object"),
    Row("schema", "my-model", {"response_format": FORMAT}, {}),
    # Sampling.
    Row(
        "temperature and top_p",
        CLAUDE,
        {"temperature": 0.5, "top_p": 0.9},
        {"top_p": GONE},
        lost="top_p",
    ),
    Row(
        "temperature and top_p",
        "claude-3-5-sonnet-20241022",
        {"temperature": 0.5, "top_p": 0.9},
        {},
    ),
    Row(
        "temperature while thinking",
        CLAUDE,
        {**THINK, "temperature": 0.5},
        {"temperature": GONE},
        lost="temperature",
    ),
    Row("temperature of 1 while thinking", CLAUDE, {**THINK, "temperature": 1}, {}),
    Row("limit below the thinking", CLAUDE, {**THINK, "max_tokens": 100}, {"max_tokens": 1380}),
    Row("limit above the thinking", CLAUDE, {**THINK, "max_tokens": 2000}, {}),
    Row(
        "limit below a given budget",
        CLAUDE,
        {"thinking": {"type": "enabled", "budget_tokens": 3000}, "max_tokens": 100},
        {"max_tokens": 3100},
    ),
    Row("two limits", "gpt-5", {"max_tokens": 5, "max_completion_tokens": 6}, {"max_tokens": GONE}),
    Row("limit", "gpt-5", {"max_tokens": 5}, {"max_tokens": GONE, "max_completion_tokens": 5}),
    Row(
        "two limits",
        CLAUDE,
        {"max_tokens": 5, "max_completion_tokens": 6},
        {"max_completion_tokens": GONE},
    ),
    Row(
        "other name of the limit",
        GEMINI,
        {"max_completion_tokens": 6},
        {"max_completion_tokens": GONE, "max_tokens": 6},
    ),
    Row(
        "penalty",
        "gpt-5",
        {"presence_penalty": 1},
        {"presence_penalty": GONE},
        lost="presence_penalty",
    ),
    Row("top_p unset", "qwen3-max", {}, {"top_p": 0.8}),
    Row("top_p set", "qwen3-max", {"top_p": 0.5}, {}),
    Row("temperature", "gpt-5", {"temperature": 0.5}, {"temperature": GONE}, lost="temperature"),
    Row(
        "temperature, not thinking", "gpt-5.1", {"temperature": 0.5, "reasoning_effort": "none"}, {}
    ),
    # Stops.
    Row("stop", "gpt-4o", {"stop": ["END"]}, {}),
    Row("stop", "gpt-5", {"stop": ["END"]}, {"stop": GONE}, stop=("END",)),
    Row(
        "no thinking",
        "qwen3-32b",
        {"reasoning_effort": "none"},
        {"enable_thinking": False, "top_p": 0.8},
    ),
    Row("no thinking", KIMI, {"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
    Row("no thinking", KIMI, {"enable_thinking": False}, {"thinking": {"type": "disabled"}}),
    Row("no thinking", "gpt-5", {"reasoning_effort": "none"}, {}),
    Row("five stops", "gpt-4o", {"stop": [*"ABCDE"]}, {"stop": [*"ABCD"]}, stop=("E",)),
    Row("six stops", GEMINI, {"stop": [*"ABCDEF"]}, {"stop": [*"ABCDE"]}, stop=("F",)),
    Row("blank stop", CLAUDE, {"stop": ["\n\n", "END"]}, {"stop": ["END"]}, stop=("\n\n",)),
    Row("blank stop alone", CLAUDE, {"stop": "\n"}, {"stop": GONE}, stop=("\n",)),
    Row("empty stop", "gpt-5", {"stop": ["", "END"]}, {"stop": GONE}, stop=("END",)),
    Row("no stops", "gpt-4o", {"stop": []}, {"stop": GONE}),
    Row("temperature", "gpt-4o", {"temperature": 2}, {}),
    Row("hot", CLAUDE, {"temperature": 1.5}, {"temperature": 1}, lost="temperature 1.5"),
    Row("hot", "kimi-k2", {"temperature": 1.5}, {"temperature": 1}, lost="temperature 1.5"),
    Row("hot", "glm-4.6", {"temperature": 2}, {"temperature": 1}, lost="temperature 2"),
    Row("cold", "minimax-m2.1", {"temperature": 0}, {"temperature": 0.01}, lost="temperature 0"),
    Row("one stop", "glm-4.6", {"stop": ["END"]}, {"stop": "END"}),
    Row("two stops", "glm-4.6", {"stop": ["END", "STOP"]}, {"stop": GONE}, stop=("END", "STOP")),
    Row("stop", "mistral-large-latest", {"stop": "END"}, {"stop": GONE}, stop=("END",)),
]


def test_request_goes_out_as() -> None:
    for row in ROWS:
        with in_row(row):
            dialect = dialect_for(row.model)
            prepared = apply({"model": row.model, "messages": [USER], **row.given}, dialect)
            *system, user = prepared.body.pop("messages")
            expected = {"model": row.model, **row.given, **row.sent}
            assert prepared.body == {key: value for key, value in expected.items() if value != GONE}
            assert user == USER
            assert [row.words in one["content"] for one in system] == [True] * bool(row.words)
            assert row.lost in "; ".join(prepared.lost)
            assert prepared.stop == row.stop


def test_claude_is_not_asked_to_think_about_a_result() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    called = {"role": "assistant", "content": None, "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": "a", "content": "1"}
    spoken = {"role": "assistant", "content": "One."}
    loops = (([USER, called, result], False), ([USER, called, result, spoken, USER], True))
    for messages, thinks in loops:
        body = {"model": CLAUDE, "messages": messages, "tools": [TOOL], **THINK}
        sent = apply(body, dialect_for(CLAUDE)).body
        assert ("reasoning_effort" in sent) is thinks
        assert "reasoning_effort" in apply(body, dialect_for("gpt-5")).body


def test_word_json_stands_with_the_user_where_systems_are_no_input() -> None:
    system = {"role": "system", "content": "Answer in JSON."}
    parts = [{"type": "text", "text": "Hi"}]
    for messages in ([system, USER], [{**USER, "content": parts}, {**USER, "role": "assistant"}]):
        body = {"model": "gpt-5", "messages": messages, "response_format": ANY}
        first = apply(body, dialect_for("gpt-5")).body
        assert [one["role"] for one in first["messages"]] == [one["role"] for one in messages]
        assert [one["role"] for one in first["messages"] if "one JSON" in str(one)] == ["user"]
        assert apply(first, dialect_for("gpt-5")).body == first
        assert parts == [{"type": "text", "text": "Hi"}]


def test_words_join_the_system_message_that_is_there() -> None:
    system = {"role": "system", "content": "Be brief."}
    parts = {"role": "system", "content": [{"type": "text", "text": "Be brief."}]}
    for first in (system, parts):
        body = {"model": DEEPSEEK, "messages": [first, USER], "response_format": FORMAT}
        sent = apply(body, dialect_for(DEEPSEEK)).body["messages"]
        assert [one["role"] for one in sent] == ["system", "user"]
        assert sent[0]["content"].startswith("Be brief.\n")


def test_model_that_takes_streams_alone_while_it_thinks_is_asked_for_one() -> None:
    for body, as_stream in (({}, True), ({"enable_thinking": False}, False)):
        asked = {"model": "qwen3-32b", "messages": [USER], **body}
        assert apply(asked, dialect_for("qwen3-32b")).as_stream is as_stream
