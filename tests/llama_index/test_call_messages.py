"""Tool calls, their results and the reasoning before them on the wire."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from tests.llama_index.conversing import (
    PNG,
    PNG_URL,
    WIRE_F,
    F,
    calling,
    result,
    user,
    wire,
)


def test_tool_calls_go_back_from_blocks() -> None:
    assert wire(calling(F)) == [{"role": "assistant", "content": None, "tool_calls": [WIRE_F]}]
    assert wire(calling(F, text="Well.")) == [
        {"role": "assistant", "content": "Well.", "tool_calls": [WIRE_F]}
    ]


def test_tool_calls_go_back_once_with_their_extra_keys_and_spelling() -> None:
    listed = {
        "id": "call_1",
        "type": "function",
        "extra_content": {"google": {"thought_signature": "abc"}},
        "function": {"name": "f", "arguments": '{"a":1}'},
    }

    assert wire(calling(F, tool_calls=[listed]))[0]["tool_calls"] == [listed]


def test_a_block_that_was_changed_wins_over_the_listed_call() -> None:
    changed = F.model_copy(update={"tool_kwargs": {"a": 2}})

    sent = wire(calling(changed, tool_calls=[WIRE_F]))[0]["tool_calls"]

    assert sent == [{**WIRE_F, "function": {"name": "f", "arguments": '{"a": 2}'}}]


def test_tool_calls_of_foreign_histories_go_back() -> None:
    class Function:
        """As the openai package has it."""

        def model_dump(self, **_: Any) -> dict[str, Any]:
            return WIRE_F

    sent = wire(
        ChatMessage(role="assistant", additional_kwargs={"tool_calls": [Function()]}),
        ChatMessage(role="assistant", additional_kwargs={"tool_calls": [{**WIRE_F, "index": 0}]}),
    )

    assert [message["tool_calls"] for message in sent] == [[WIRE_F], [WIRE_F]]


@pytest.mark.parametrize(
    ("kwargs", "sent"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ("", "{}"),
        ('{"a": 1, "b": "x', '{"a": 1, "b": "x"}'),
        ("not json", "{}"),
        ("[1]", "{}"),
        ({}, "{}"),
        ({"a": "ü"}, '{"a": "ü"}'),
    ],
)
def test_arguments_go_back_as_a_json_object(kwargs: Any, sent: str) -> None:
    block = F.model_copy(update={"tool_kwargs": kwargs})

    assert wire(calling(block))[0]["tool_calls"][0]["function"]["arguments"] == sent


def test_calls_without_ids_are_answered_in_order() -> None:
    """Ollama's have none, and its results name the tool."""
    first, second = (ToolCallBlock(tool_name="f", tool_kwargs={"a": n}) for n in (1, 2))
    sent = wire(calling(first, second), result("5", id="f"), ChatMessage(role="tool", content="6"))

    assert [call["id"] for call in sent[0]["tool_calls"]] == ["call_0_0", "call_0_1"]
    assert sent[1:] == [
        {"role": "tool", "tool_call_id": "call_0_0", "content": "5"},
        {"role": "tool", "tool_call_id": "call_0_1", "content": "6"},
    ]


def test_listed_calls_without_ids_are_answered_in_order() -> None:
    listed = {"function": {"name": "f", "arguments": {"a": 1}}}
    sent = wire(calling(tool_calls=[listed]), result("5", id="f"))

    assert sent[0]["tool_calls"] == [{**WIRE_F, "id": "call_0_0"}]
    assert sent[1] == {"role": "tool", "tool_call_id": "call_0_0", "content": "5"}


def test_images_of_tool_results_follow_in_a_user_message() -> None:
    other = ToolCallBlock(tool_call_id="call_2", tool_name="g")
    picture = ChatMessage(
        role="tool", blocks=[ImageBlock(image=PNG)], additional_kwargs={"tool_call_id": "call_1"}
    )

    sent = wire(user(TextBlock(text="Draw")), calling(F, other), picture, result("5", "call_2"))

    assert sent[2:] == [
        {
            "role": "tool",
            "tool_call_id": "call_1",
            "content": "The result follows in the next user message.",
        },
        {"role": "tool", "tool_call_id": "call_2", "content": "5"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Result of tool call call_1:"},
                {"type": "image_url", "image_url": {"url": PNG_URL}},
            ],
        },
    ]


def test_calls_that_return_direct_left_open_are_dropped() -> None:
    other = ToolCallBlock(tool_call_id="call_2", tool_name="g")

    sent = wire(
        user(TextBlock(text="Go")),
        calling(F, other),
        result("5"),
        ChatMessage(role="assistant", content="5"),
        user(TextBlock(text="Again")),
    )

    assert sent[1]["tool_calls"] == [WIRE_F]


def test_reasoning_goes_back_within_the_running_tool_loop_alone() -> None:
    thought = ThinkingBlock(content="I need f.")
    turn = ChatMessage(role="assistant", blocks=[thought, TextBlock(text=""), F])
    messages = (user(TextBlock(text="a")), turn, result("5"), user(TextBlock(text="b")), turn)

    replayed = [message.get("reasoning_content") for message in wire(*messages, replay=True)]

    assert replayed == [None, None, None, None, "I need f."]
    assert not [one for one in wire(*messages) if "reasoning_content" in one]


def test_a_loop_without_kept_reasoning_sends_a_space() -> None:
    sent = wire(user(TextBlock(text="a")), calling(F), result("5"), replay=True)

    assert sent[1]["reasoning_content"] == " "


def test_inline_reasoning_goes_back_into_the_text() -> None:
    thought = ThinkingBlock(content="I need f.")
    turn = ChatMessage(role="assistant", blocks=[thought, TextBlock(text="Wait."), F])

    sent = wire(user(TextBlock(text="a")), turn, model="minimax-m2.1", replay=True)

    assert sent[1]["content"] == "<think>\nI need f.\n</think>\n\nWait."
    assert "reasoning_content" not in sent[1]
