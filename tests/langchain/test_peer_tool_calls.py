"""Tool calls that other integrations lose or break, each with where it was reported."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage

from tests.gateway import (
    Gateway,
    Json,
    Sse,
    call,
    chunk,
    completion,
    tool_chunks,
)
from tests.langchain.conftest import Chat
from tests.langchain.recording import total


@pytest.mark.parametrize("index", [None, "0", 0])
def test_tool_call_pieces_are_joined_whatever_their_index(
    gateway: Gateway, chat: Chat, index: Any
) -> None:
    """langchain#34654, #38456, #38673: broken calls."""

    def piece(**fields: Any) -> dict[str, Any]:
        place = {} if index is None else {"index": index}
        return chunk({"tool_calls": [{**place, **fields}]})

    gateway.reply(
        Sse(
            [
                piece(id="a", type="function", function={"name": "f", "arguments": ""}),
                piece(function={"arguments": '{"x"'}),
                piece(function={"arguments": ": 1}"}),
                chunk({}, "tool_calls"),
            ]
        )
    )
    assert total(chat().stream("x")).tool_calls == [
        {"name": "f", "args": {"x": 1}, "id": "a", "type": "tool_call"}
    ]


def test_missing_tool_call_id_is_made_up_the_same_each_time(gateway: Gateway, chat: Chat) -> None:
    """vllm#18412, sglang#7048, langgraph#3992: id None, and calls that vanish from blocks."""
    nameless = {key: value for key, value in call("f", {"x": 1}).items() if key != "id"}
    gateway.reply(*[Json(completion(None, tool_calls=[nameless]))] * 2)
    first, second = (chat().invoke("x").tool_calls[0]["id"] for _ in range(2))
    assert first
    assert first == second


def test_calls_without_text_have_null_content(gateway: Gateway, chat: Chat) -> None:
    """langchain PR #30803, hermes-agent#31583: OpenAI's own spelling, with calls only."""
    gateway.reply(Json(completion()))
    asked = AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "a"}])
    chat().invoke([asked, ToolMessage("1", tool_call_id="a"), AIMessage("")])
    contents = [message["content"] for message in gateway.last.json["messages"]]
    assert contents == [None, "1"]


def test_arguments_as_an_object_are_read(gateway: Gateway, chat: Chat) -> None:
    """Measured on four peers: a validation error."""
    asked = {"id": "a", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}
    gateway.reply(Json(completion(None, tool_calls=[asked])))
    assert chat().invoke("x").tool_calls[0]["args"] == {"x": 1}


def test_tool_chunks_next_to_text_stay_fragments_in_v1(gateway: Gateway, chat: Chat) -> None:
    """LangChain's best effort makes a finished call of the first fragment beside text."""
    function = {"name": "f", "arguments": '{"x": '}
    first = {"content": "I", "tool_calls": [{"index": 0, "id": "a", "function": function}]}
    rest = {"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]}
    gateway.reply(Sse([chunk(first), chunk(rest), chunk({}, "tool_calls")]))
    parts = list(chat(output_version="v1").stream("x"))
    types = [block["type"] for part in parts for block in part.content_blocks]
    assert "tool_call" not in types
    assert total(parts).tool_calls[0]["args"] == {"x": 1}


def test_streamed_calls_without_arguments_have_an_empty_object(
    gateway: Gateway, chat: Chat
) -> None:
    gateway.reply(Sse(tool_chunks(call("f", ""))))
    assert total(chat().stream("x")).tool_calls[0]["args"] == {}
