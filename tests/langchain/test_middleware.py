"""The middleware that asks again after invalid tool calls, in agents."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage

from langchain_ramclouds import InvalidToolCallError
from langchain_ramclouds.middleware import AskAgainOnInvalidToolCalls
from tests.gateway import (
    Gateway,
    call,
    calls_in_turn,
)
from tests.langchain.conftest import Chat
from tests.langchain.tools import add

CUT = call("add", '{"a": 2, "b"', id="call_1")
WHOLE = call("add", {"a": 2, "b": 3}, id="call_2")


def serve(gateway: Gateway, *calls: Any) -> None:
    gateway.handler = calls_in_turn(*calls)


async def run(chat: Chat, *, streamed: bool, **settings: Any) -> dict[str, Any]:
    middleware = AskAgainOnInvalidToolCalls(**settings)
    agent: Any = create_agent(chat(), [add], middleware=[middleware])
    asked: Any = {"messages": [HumanMessage("2 + 3?")]}
    if not streamed:
        return agent.invoke(asked)  # type: ignore[no-any-return]
    async for mode, part in agent.astream(asked, stream_mode=["messages", "values"]):
        last = part if mode == "values" else None
    assert last is not None
    return last  # type: ignore[no-any-return]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_model_reads_what_was_wrong_and_is_asked_again(
    gateway: Gateway, chat: Chat, streamed: bool
) -> None:
    serve(gateway, CUT, CUT, WHOLE)
    result = await run(chat, streamed=streamed)
    assert [message.type for message in result["messages"]] == ["human", "ai", "tool", "ai"]
    assert [message.text for message in result["messages"][2:]] == ["5", "Five."]
    told = gateway.bodies[1]["messages"]
    again = told[1]["tool_calls"][0]["function"]["arguments"]
    assert again.startswith('{"invalid": "{\\"a\\": 2, \\"b\\"')
    assert told[2]["tool_call_id"] == "call_1"
    assert told[2]["content"].startswith("The arguments are not one JSON object.")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_agent_ends_with_an_error_after_the_last_request(
    gateway: Gateway, chat: Chat, streamed: bool
) -> None:
    serve(gateway, CUT, CUT, CUT, CUT)
    with pytest.raises(InvalidToolCallError, match="not whole") as caught:
        await run(chat, streamed=streamed)
    assert len(gateway.requests) == 3
    assert caught.value.invalid_tool_calls[0].arguments == '{"a": 2, "b"'


async def test_other_messages_pass(gateway: Gateway, chat: Chat) -> None:
    serve(gateway, WHOLE)
    result = await run(chat, streamed=False, most=0)
    assert result["messages"][-1].text == "Five."
