"""What the gateway is sent for each kind of LangChain message and content block."""

from __future__ import annotations

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

from langchain_ramclouds._messages import to_wire
from ramclouds import ConfigurationError
from tests.harness import each_row

_TOOL_CALL = {"name": "f", "args": {"city": "Hà Nội"}, "id": "c1"}
_WIRE_CALL = {
    "id": "c1",
    "type": "function",
    "function": {"name": "f", "arguments": '{"city": "Hà Nội"}'},
}


@each_row(
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
            {"role": "assistant", "content": "hello", "name": "Research assistant"},
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


@each_row(
    "block",
    [
        {"type": "thinking", "thinking": "hm", "signature": "x"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "reasoning", "reasoning": "hm"},
        {"type": "reasoning_content", "reasoning_content": "hm"},
        {"type": "tool_call", "id": "c1", "name": "f", "args": {}},
        {"type": "server_tool_call", "id": "s", "name": "search", "args": {}},
        {"type": "non_standard", "value": {}},
        {"type": "image_generation_call", "result": "iVBO"},
    ],
)
def test_foreign_block_of_an_assistant_is_not_sent(block: dict[str, Any]) -> None:
    message = AIMessage(["Hello ", block, {"type": "text", "text": "there"}])
    assert to_wire([message])[0]["content"] == "Hello there"


CALLED: list[tuple[AIMessage, str]] = [
    (AIMessage([{"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}]), '{"a": 1}'),
    (AIMessage([{"type": "tool_use", "id": "c1", "name": "f", "partial_json": "{}"}]), "{}"),
    (AIMessage([{"type": "tool_use", "id": "c1", "name": "f"}]), "{}"),
    (
        AIMessage([{"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}]),
        "{}",
    ),
    (AIMessage([{"type": "tool_call", "id": "c1", "name": "f", "args": {"a": 1}}]), '{"a": 1}'),
    (AIMessage("", additional_kwargs={"function_call": {"name": "f"}}), "{}"),
    (AIMessage("", additional_kwargs={"tool_calls": [{"call_id": "c1", "name": "f"}]}), "{}"),
]


@each_row(("message", "arguments"), CALLED)
def test_calls_of_other_packages_are_calls(message: AIMessage, arguments: str) -> None:
    [call] = to_wire([message])[0]["tool_calls"]
    assert call["id"] in ("c1", "function_f")
    assert call["function"] == {"name": "f", "arguments": arguments}


def test_message_that_is_no_message_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="RemoveMessage"):
        to_wire([RemoveMessage(id="x")])


@each_row(
    ("block", "text"),
    [
        ({"type": "json", "json": {"a": 1}}, '{"type":"json","json":{"a":1}}'),
        ({"type": "reasoning", "reasoning": "hm"}, '{"type":"reasoning","reasoning":"hm"}'),
        ({"type": "file", "url": "https://x/a.pdf"}, "[file: https://x/a.pdf]"),
        ({"type": "resource_link", "uri": "u", "name": "a.txt"}, "[file: a.txt]"),
        ({"type": "image", "size": 3}, '{"type":"image","size":3}'),
        ({"type": "document", "title": "A"}, "[file: A]"),
        ({"type": "text"}, '{"type":"text"}'),
        ({"type": "text", "text": 5}, '{"type":"text","text":5}'),
        ({"a": 1}, '{"a":1}'),
        ({"a": b"\xff"}, '{"a":"_w=="}'),
    ],
)
def test_result_of_a_tool_that_has_no_form_is_text(block: dict[str, Any], text: str) -> None:
    result = ToolMessage(["See.", block], tool_call_id="c1")
    assert to_wire([result])[0]["content"] == f"See.\n{text}"


@each_row(
    "block",
    [
        {"type": "text"},
        {"type": "text", "text": None},
        {"type": "text-plain", "base64": "!!"},
        {"type": "image_url"},
        {"type": "image_url", "image_url": {}},
        {"type": "image_url", "image_url": {"url": None}},
        {"type": "image_url", "image_url": 5},
        {"type": "input_audio"},
        {"type": "input_audio", "input_audio": {"data": ""}},
        {"type": "video_url"},
        {"type": "video_url", "video_url": {"url": ""}},
        {"type": "document", "source": {}},
    ],
)
def test_malformed_block_of_a_user_is_a_clear_error(block: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=block["type"]):
        to_wire([HumanMessage([block])])


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
