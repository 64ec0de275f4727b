"""What the gateway is sent for each kind of LangChain message and content block."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from langchain_ramclouds._errors import ConfigurationError
from langchain_ramclouds._messages import to_wire

_TOOL_CALL = {"name": "f", "args": {"city": "Hà Nội"}, "id": "c1"}
_WIRE_CALL = {
    "id": "c1",
    "type": "function",
    "function": {"name": "f", "arguments": '{"city": "Hà Nội"}'},
}


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (HumanMessage("hi"), {"role": "user", "content": "hi"}),
        (HumanMessage(""), {"role": "user", "content": ""}),
        (HumanMessage("hi", name="Lan"), {"role": "user", "content": "hi", "name": "Lan"}),
        (SystemMessage("be kind"), {"role": "system", "content": "be kind"}),
        (
            SystemMessage("be kind", additional_kwargs={"__openai_role__": "developer"}),
            {"role": "system", "content": "be kind"},
        ),
        (AIMessage("hello"), {"role": "assistant", "content": "hello"}),
        (
            AIMessage("hello", name="Research assistant"),
            {"role": "assistant", "content": "hello", "name": "Research_assistant"},
        ),
        (AIMessageChunk(content="hello"), {"role": "assistant", "content": "hello"}),
        (ChatMessage(content="hi", role="human"), {"role": "user", "content": "hi"}),
        (ChatMessage(content="hi", role="developer"), {"role": "system", "content": "hi"}),
        (ChatMessage(content="hi", role="assistant"), {"role": "assistant", "content": "hi"}),
        (
            ToolMessage("4", tool_call_id="c1", name="f", artifact=b"secret", status="error"),
            {"role": "tool", "tool_call_id": "c1", "content": "4"},
        ),
        (
            FunctionMessage(content="4", name="f"),
            {"role": "tool", "tool_call_id": "function_f", "content": "4"},
        ),
        (
            HumanMessage("done", additional_kwargs={"lc_source": "x", "lc_data": {"a": 1}}),
            {"role": "user", "content": "done"},
        ),
        (
            AIMessage("", tool_calls=[_TOOL_CALL]),
            {"role": "assistant", "content": None, "tool_calls": [_WIRE_CALL]},
        ),
        (
            AIMessage("I look.", tool_calls=[_TOOL_CALL]),
            {"role": "assistant", "content": "I look.", "tool_calls": [_WIRE_CALL]},
        ),
        (
            AIMessage(
                "",
                tool_calls=[_TOOL_CALL],
                additional_kwargs={"tool_call_extras": {"c1": {"extra_content": {"sig": "x"}}}},
            ),
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{**_WIRE_CALL, "extra_content": {"sig": "x"}}],
            },
        ),
        (
            AIMessage("", additional_kwargs={"function_call": {"name": "f", "arguments": "{}"}}),
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "function_f",
                        "type": "function",
                        "function": {"name": "f", "arguments": "{}"},
                    }
                ],
            },
        ),
        (
            AIMessage(
                [
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "c1", "name": "f", "input": {"city": "Hà Nội"}},
                ]
            ),
            {"role": "assistant", "content": "I look.", "tool_calls": [_WIRE_CALL]},
        ),
    ],
)
def test_message_is_sent_as(message: BaseMessage, wire: dict[str, Any]) -> None:
    assert to_wire([message]) == [wire]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "thinking", "thinking": "hm", "signature": "x"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "reasoning", "reasoning": "hm"},
        {"type": "reasoning_content", "reasoning_content": "hm"},
        {"type": "tool_call", "id": "c1", "name": "f", "args": {}},
        {"type": "server_tool_call", "id": "s", "name": "search", "args": {}},
        {"type": "non_standard", "value": {}},
        {"type": "image", "url": "https://x/y.png"},
    ],
)
def test_foreign_block_of_an_assistant_is_not_sent(block: dict[str, Any]) -> None:
    message = AIMessage(["Hello ", block, {"type": "text", "text": "there"}])
    assert to_wire([message]) == [{"role": "assistant", "content": "Hello there"}]


def test_message_that_is_no_message_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="RemoveMessage"):
        to_wire([RemoveMessage(id="x")])


def test_images_of_parallel_tool_results_follow_them_in_a_message_of_the_user() -> None:
    image = {"type": "image", "url": "https://x/y.png"}
    messages = [
        AIMessage("", tool_calls=[_TOOL_CALL, {"name": "g", "args": {}, "id": "c2"}]),
        ToolMessage([{"type": "text", "text": "a chart"}, image], tool_call_id="c1"),
        ToolMessage("4", tool_call_id="c2"),
        AIMessage("Nice."),
    ]
    note = "(The tool's media follow in the next message.)"
    assert to_wire(messages)[1:] == [
        {"role": "tool", "tool_call_id": "c1", "content": f"a chart\n{note}"},
        {"role": "tool", "tool_call_id": "c2", "content": "4"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "(Result of the tool call c1:)"},
                {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
            ],
        },
        {"role": "assistant", "content": "Nice."},
    ]


def test_anthropic_tool_results_of_a_user_become_tool_messages() -> None:
    message = HumanMessage(
        [
            {
                "type": "tool_result",
                "tool_use_id": "c1",
                "content": [{"type": "text", "text": "4"}],
            },
            {"type": "text", "text": "And now?"},
        ]
    )
    assert to_wire([message]) == [
        {"role": "tool", "tool_call_id": "c1", "content": "4"},
        {"role": "user", "content": "And now?"},
    ]


def test_image_of_an_anthropic_tool_result_follows_it_in_a_message_of_the_user() -> None:
    image = {"type": "image", "url": "https://x/y.png"}
    result = {"type": "tool_result", "tool_use_id": "c1", "content": [image]}
    sent = to_wire([HumanMessage([result])])
    assert [message["role"] for message in sent] == ["tool", "user"]
    assert sent[1]["content"][-1] == {"type": "image_url", "image_url": {"url": "https://x/y.png"}}


def test_invalid_tool_call_is_sent_only_with_its_result() -> None:
    message = AIMessage(
        "",
        invalid_tool_calls=[
            {
                "name": "f",
                "args": '{"a": ',
                "id": "c1",
                "error": "bad",
                "type": "invalid_tool_call",
            },
            {"name": "g", "args": "{}", "id": "c2", "error": "bad", "type": "invalid_tool_call"},
        ],
    )
    result = ToolMessage("invalid JSON", tool_call_id="c1", status="error")
    function = {"name": "f", "arguments": json.dumps({"invalid": '{"a": '})}
    assert to_wire([message, result]) == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "invalid JSON"},
    ]


def _loop(**settings: Any) -> list[BaseMessage]:
    old = AIMessage("", tool_calls=[_TOOL_CALL], additional_kwargs={"reasoning_content": "old"})
    return [
        HumanMessage("one"),
        old,
        ToolMessage("1", tool_call_id="c1"),
        AIMessage("done", additional_kwargs={"reasoning_content": "old too"}),
        HumanMessage("two"),
        AIMessage("", tool_calls=[_TOOL_CALL], **settings),
        ToolMessage("2", tool_call_id="c1"),
    ]


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({"additional_kwargs": {"reasoning_content": "new"}}, "new"),
        ({"content_blocks": [{"type": "reasoning", "reasoning": "new"}]}, "new"),
        ({"content": [{"type": "thinking", "thinking": "new"}]}, "new"),
        ({}, " "),
    ],
)
def test_reasoning_of_the_running_tool_loop_alone_is_replayed(
    settings: dict[str, Any], sent: str
) -> None:
    *past, human, _, result = _loop()
    fields = {"content": "", "tool_calls": [_TOOL_CALL], **settings}
    wire = to_wire([*past, human, AIMessage(**fields), result], replay="field")
    assert [message.get("reasoning_content") for message in wire] == [
        *(None,) * 5,
        sent,
        None,
    ]


def test_inline_reasoning_is_replayed_in_the_text() -> None:
    loop = _loop(additional_kwargs={"reasoning_content": "new"})
    wire = to_wire(loop, replay="inline")
    assert [wire[1]["content"], wire[5]["content"]] == [None, "<think>\nnew\n</think>\n\n"]


def test_reasoning_is_not_replayed_unless_asked() -> None:
    assert not any("reasoning_content" in message for message in to_wire(_loop()))
