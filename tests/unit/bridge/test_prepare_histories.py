"""Histories as each dialect takes them: what is sent, and what is left out of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from ramclouds.bridge.dialects import Dialect, DialectChoice, dialect_for
from ramclouds.bridge.prepare import apply
from tests.harness import in_row

USER = {"role": "user", "content": "Hi"}
DONE = {"role": "assistant", "content": "Done."}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


def call(id: str, arguments: Any = "{}", **extra: Any) -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}} | extra


def calling(*ids: str, **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": [*map(call, ids)], **fields}


def result(id: str, content: Any = "A") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": content}


@dataclass(frozen=True)
class Row:
    name: str
    model: str
    given: list[dict[str, Any]]
    sent: list[dict[str, Any]]
    lost: str = ""

    def __str__(self) -> str:
        return self.name


LOOP = [USER, calling("c1"), result("c1")]
ROWS = [
    Row("plain", "claude-opus-4-5", [USER], [USER]),
    # Calls and results.
    Row(
        "call of a function, as it was before tools",
        "gpt-5",
        [
            USER,
            {"role": "assistant", "content": None, "function_call": {"name": "f"}},
            result("function_f"),
        ],
        [USER, calling("function_f"), result("function_f")],
    ),
    Row("open call at the end", "gpt-5", [USER, calling("c1")], [USER], "no result"),
    Row(
        "open call beside text",
        "gpt-5",
        [USER, calling("c1", content="I look."), USER],
        [USER, {"role": "assistant", "content": "I look."}, USER],
        "no result",
    ),
    Row(
        "one of two calls has a result",
        "gpt-5",
        [USER, calling("c1", "c2"), result("c2")],
        [USER, calling("c2"), result("c2")],
        "'c1'",
    ),
    Row("result without a call", "gpt-5", [USER, result("c1"), USER], [USER, USER], "no call"),
    Row(
        "two results",
        "gpt-5",
        [*LOOP, result("c1", "B")],
        [USER, calling("c1"), result("c1", "B")],
        "two results",
    ),
    Row(
        "result behind what the user says",
        "gpt-5",
        [USER, calling("c1"), USER, result("c1")],
        [USER, calling("c1"), result("c1"), USER],
    ),
    Row(
        "ids that come again",
        "gpt-5",
        [*LOOP, DONE, USER, calling("c1"), result("c1", "B")],
        [*LOOP, DONE, USER, calling("c1_2"), result("c1_2", "B")],
    ),
    Row(
        "one id twice in a message",
        "gpt-5",
        [USER, calling("c", "c"), result("c"), result("c", "B")],
        [USER, calling("c", "c_2"), result("c"), result("c_2", "B")],
    ),
    Row(
        "calls without ids",
        "gpt-5",
        [USER, calling("", ""), result("f"), result("f", "B")],
        [USER, calling("call", "call_2"), result("call"), result("call_2", "B")],
    ),
    Row("result without an id", "gpt-5", [USER, calling("c1"), result("")], LOOP),
    Row("call without a name", "gpt-5", [USER, calling(tool_calls=[{"id": "c1"}, "c2"])], [USER]),
    Row(
        "values that are not JSON in arguments",
        "gpt-5",
        [USER, calling(tool_calls=[call("c1", {"on": date(2026, 1, 2)})]), result("c1")],
        [USER, calling(tool_calls=[call("c1", '{"on":"2026-01-02"}')]), result("c1")],
    ),
    Row(
        "no calls in the list",
        "gpt-5",
        [USER, {**DONE, "tool_calls": []}, USER],
        [USER, DONE, USER],
    ),
    Row(
        "call of the Responses API",
        "gpt-5",
        [
            USER,
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"call_id": "c1", "name": "f", "arguments": "{}", "status": "x"}],
            },
            result("c1"),
        ],
        LOOP,
    ),
    Row(
        "arguments that are no object",
        "gpt-5",
        [USER, calling("c1", tool_calls=[call("c1", '{"a')]), result("c1")],
        [USER, calling("c1", tool_calls=[call("c1", '{"invalid": "{\\"a"}')]), result("c1")],
    ),
    Row(
        "ids of Kimi before Claude",
        "claude-opus-4-5",
        [USER, calling("functions.f:0"), result("functions.f:0")],
        [USER, calling("functions_f_0"), result("functions_f_0")],
    ),
    Row(
        "ids before Mistral",
        "mistral-large-latest",
        [USER, calling("call_1"), result("call_1")],
        [USER, calling("f0ce5c525"), result("f0ce5c525")],
    ),
    # Text.
    Row(
        "white space beside calls",
        "gpt-5",
        [USER, calling("c1", content=" \n"), result("c1")],
        LOOP,
    ),
    Row(
        "empty turns",
        "gpt-5",
        [USER, {**DONE, "content": " "}, {**USER, "content": ""}, USER],
        [USER, USER],
    ),
    Row(
        "empty system message",
        "claude-opus-4-5",
        [{"role": "system", "content": " "}, USER],
        [USER],
    ),
    Row(
        "empty parts",
        "claude-opus-4-5",
        [{"role": "user", "content": [{"type": "text", "text": " "}, IMAGE]}],
        [{"role": "user", "content": [IMAGE]}],
    ),
    Row(
        "nothing but a blank",
        "claude-opus-4-5",
        [{**USER, "content": " "}],
        [{**USER, "content": " "}],
    ),
    Row(
        "pictures in the text of a model",
        "gemini-2.5-flash",
        [USER, {**DONE, "content": "See ![image](data:image/png;base64,iVBO)."}, USER],
        [USER, {**DONE, "content": "See [image]."}, USER],
    ),
    # Neighbours, systems, ends.
    Row(
        "neighbours",
        "claude-opus-4-5",
        [USER, USER, DONE, DONE, USER],
        [{**USER, "content": "Hi\n\nHi"}, {**DONE, "content": "Done.\n\nDone."}, USER],
    ),
    Row("neighbours before OpenAI", "gpt-5", [USER, USER], [USER, USER]),
    Row(
        "neighbours of parts",
        "claude-opus-4-5",
        [USER, {"role": "user", "content": [IMAGE]}],
        [{"role": "user", "content": [{"type": "text", "text": "Hi"}, IMAGE]}],
    ),
    Row(
        "text before calls",
        "claude-opus-4-5",
        [USER, DONE, calling("c1"), result("c1")],
        [USER, calling("c1", content="Done."), result("c1")],
    ),
    Row(
        "late system message",
        "qwen3.5-plus",
        [{"role": "system", "content": "A"}, USER, {"role": "system", "content": "B"}],
        [{"role": "system", "content": "A\n\nB"}, USER],
    ),
    Row(
        "late system message behind the assistant",
        "claude-opus-4-6",
        [USER, DONE, {"role": "system", "content": "B"}],
        [{"role": "system", "content": "B"}, USER, DONE, {"role": "user", "content": "Continue."}],
    ),
    Row(
        "late system message between neighbours",
        "gemini-2.5-pro",
        [USER, {"role": "system", "content": "B"}, USER],
        [{"role": "system", "content": "B"}, {"role": "user", "content": "Hi\n\nHi"}],
    ),
    Row(
        "late system message stays",
        "gpt-5",
        [USER, {"role": "system", "content": "B"}],
        [USER, {"role": "system", "content": "B"}],
    ),
    Row(
        "system message alone",
        "gemini-2.5-pro",
        [{"role": "system", "content": "B"}],
        [{"role": "user", "content": "B"}],
    ),
    Row(
        "assistant first",
        "claude-opus-4-5",
        [DONE, USER],
        [{**USER, "content": "Continue."}, DONE, USER],
    ),
    Row(
        "assistant last",
        "claude-opus-4.6",
        [USER, DONE],
        [USER, DONE, {**USER, "content": "Continue."}],
    ),
    Row(
        "prefill",
        "claude-opus-4-5",
        [USER, {**DONE, "content": "Well, "}],
        [USER, {**DONE, "content": "Well,"}],
    ),
    Row(
        "user after a result",
        "mistral-large-latest",
        [USER, calling("abcdefgh1"), result("abcdefgh1"), USER],
        [USER, calling("abcdefgh1"), result("abcdefgh1"), {**DONE, "content": "(no answer)"}, USER],
    ),
    # Names and marks.
    Row(
        "name",
        "gpt-5",
        [{**USER, "name": "Research assistant"}],
        [{**USER, "name": "Research_assistant"}],
    ),
    Row("name that is not taken", "claude-opus-4-5", [{**USER, "name": "Lan"}], [USER]),
    Row(
        "cache mark",
        "claude-opus-4-5",
        [
            {
                "role": "user",
                "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}],
            }
        ],
        [
            {
                "role": "user",
                "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}],
            }
        ],
    ),
    Row(
        "cache mark that is not taken",
        "gpt-5",
        [
            {
                "role": "user",
                "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}],
            }
        ],
        [USER],
    ),
    # Media.
    Row(
        "image of a tool",
        "claude-opus-4-5",
        [USER, calling("c1"), result("c1", [{"type": "text", "text": "See."}, IMAGE])],
        [
            USER,
            calling("c1"),
            result("c1", "See.\n(The tool's media follow in the next message.)"),
            {
                "role": "user",
                "content": [{"type": "text", "text": "(Result of the tool call c1:)"}, IMAGE],
            },
        ],
    ),
    Row(
        "image of a tool before Mistral",
        "mistral-large-latest",
        [USER, calling("abcdefgh1"), result("abcdefgh1", [IMAGE])],
        [USER, calling("abcdefgh1"), result("abcdefgh1", [IMAGE])],
    ),
    Row(
        "old image before a model of text alone",
        "qwen3-max",
        [{"role": "user", "content": [IMAGE]}, DONE, {"role": "user", "content": [IMAGE]}],
        [
            {**USER, "content": "[image, not shown: this model takes text alone]"},
            DONE,
            {"role": "user", "content": [IMAGE]},
        ],
        "media of the history",
    ),
    Row(
        "video before Gemini",
        "gemini-2.5-pro",
        [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": "u"}}]}],
        [{"role": "user", "content": [{"type": "video_url", "video_url": "u"}]}],
    ),
]


def sent(row: Row, dialect: Dialect | None = None) -> tuple[list[dict[str, Any]], str]:
    body = {"model": row.model, "messages": row.given}
    prepared = apply(body, dialect or dialect_for(row.model))
    return prepared.body["messages"], "; ".join(prepared.lost)


def test_history_goes_out_as() -> None:
    for row in ROWS:
        with in_row(row):
            messages, lost = sent(row)
            assert messages == row.sent
            assert row.lost in lost
            assert bool(row.lost) == bool(lost)


def wrote(model: str, text: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, "model": model, **fields}


REASONED = {"reasoning_content": "Hm."}
KIMI, DEEPSEEK = "kimi-k2-thinking", "deepseek-v3.2"
EARLIER = [USER, calling("c1"), result("c1"), DONE, USER]
REASONING: list[tuple[str, str, list[dict[str, Any]], list[Any]]] = [
    # (case, model, what the assistant wrote, reasoning that goes back)
    ("never", "gpt-5", [calling("c1", **REASONED), result("c1")], [None]),
    (
        "calls",
        KIMI,
        [calling("c1", **REASONED), result("c1"), {**DONE, **REASONED}, USER],
        ["Hm.", None],
    ),
    ("calls, unknown", KIMI, [calling("c1"), result("c1")], [" "]),
    ("calls, blank", KIMI, [calling("c1", reasoning_content=""), result("c1")], [" "]),
    ("all", DEEPSEEK, [{**DONE, **REASONED}, USER], ["Hm."]),
    ("all, unknown, text of an earlier turn", DEEPSEEK, [DONE, USER], [None]),
    (
        "all, unknown, calls of an earlier turn",
        DEEPSEEK,
        [calling("c1"), result("c1"), USER],
        [" "],
    ),
    ("all, unknown, text of this turn", DEEPSEEK, [DONE], [" "]),
    ("all, unknown, V4", "deepseek-v4", [DONE, USER], [" "]),
    ("never, V3.1", "deepseek-v3.1", [calling("c1", **REASONED), result("c1")], [None]),
    (
        "another model's",
        KIMI,
        [wrote("deepseek-v3.2", tool_calls=[call("c1")], **REASONED), result("c1")],
        [" "],
    ),
    (
        "its own, by another name",
        KIMI,
        [wrote("moonshotai/kimi-k2-0905", tool_calls=[call("c1")], **REASONED), result("c1")],
        ["Hm."],
    ),
]


def test_reasoning_goes_back_as_the_row_says() -> None:
    for model, given, goes in [r[1:] for r in REASONING]:
        with in_row(model):
            messages = apply({"model": model, "messages": [USER, *given]}, dialect_for(model)).body
            assistants = [one for one in messages["messages"] if one["role"] == "assistant"]
            assert [one.get("reasoning_content") for one in assistants] == goes
            assert not any("model" in one for one in assistants)


def test_reasoning_goes_back_under_the_name_it_came_with() -> None:
    body = {"model": KIMI, "messages": [USER, calling("c1", reasoning="Hm."), result("c1")]}
    assert apply(body, dialect_for(KIMI)).body == body


def test_reasoning_of_the_running_turn_alone_where_the_user_wants_that() -> None:
    given = [
        USER,
        calling("a", **REASONED),
        result("a"),
        USER,
        calling("b", **REASONED),
        result("b"),
    ]
    dialect = DialectChoice(replay_reasoning="turn").of("gpt-5")
    assert dialect is not None
    messages = apply({"model": "gpt-5", "messages": given}, dialect).body["messages"]
    assert ["reasoning_content" in one for one in messages] == [False] * 4 + [True, False]


def test_inline_reasoning_goes_back_in_the_text_in_all_messages() -> None:
    own = "<think>\nHm.\n</think>\n\n"
    given = [USER, {**DONE, **REASONED}, USER, calling("c1", content=own), result("c1")]
    messages = apply({"model": "minimax-m2.1", "messages": given}, dialect_for("minimax-m2.1")).body
    assert [one["content"] for one in messages["messages"]] == ["Hi", f"{own}Done.", "Hi", own, "A"]


def test_inline_reasoning_goes_before_the_parts_of_a_message() -> None:
    parts = [{"type": "text", "text": "Done.", "cache_control": {"type": "ephemeral"}}]
    given = [USER, {"role": "assistant", "content": parts, **REASONED}, USER]
    dialect = DialectChoice(replay_reasoning="inline").of("claude-opus-4-5")
    assert dialect is not None
    messages = apply({"model": "claude-opus-4-5", "messages": given}, dialect).body
    thought = {"type": "text", "text": "<think>\nHm.\n</think>\n\n"}
    assert messages["messages"][1]["content"] == [thought, *parts]


def test_what_belongs_to_another_model_stays_out_after_a_change_of_model() -> None:
    signed = call("c1", extra_content={"google": {"thought_signature": "x"}})
    given = [USER, wrote("gemini-2.5-pro", tool_calls=[signed]), result("c1")]
    thought = wrote("minimax-m2.1", "<think>\nHm.\n</think>\n\nDone.")

    def goes_to(model: str) -> Any:
        body = {"model": model, "messages": [*given, thought, USER]}
        messages = apply(body, dialect_for(model)).body["messages"]
        return messages[1]["tool_calls"], messages[3]["content"]

    assert goes_to("gemini-3-pro-preview")[0] == [signed]
    assert goes_to("gpt-5") == ([call("c1")], "Done.")
    assert goes_to("minimax-m2.1")[1] == thought["content"]


def test_nothing_of_the_caller_is_changed() -> None:
    given = [USER, calling("f:0", model="kimi-k2"), result("f:0", [IMAGE]), USER, USER]
    before = repr(given)
    apply({"model": "claude-opus-4-5", "messages": given}, dialect_for("claude-opus-4-5"))
    assert repr(given) == before
