"""The agent that asks again after invalid tool calls, and what the others do."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.memory import Memory

from llama_index_ramclouds import InvalidToolCallError, RamClouds
from llama_index_ramclouds.agent import AskAgainAgent
from tests.gateway import (
    Gateway,
    call,
    calls_in_turn,
)
from tests.harness import each_row
from tests.llama_index.running import AGENT_MARKS
from tests.llama_index.toolbox import add

pytestmark = AGENT_MARKS

CUT = call("add", '{"a": 2, "b"', id="call_1")
WHOLE = call("add", {"a": 2, "b": 3}, id="call_2")


def serve(gateway: Gateway, *calls: Any) -> None:
    gateway.handler = calls_in_turn(*calls, text="I add.")


@each_row("in_workflow", [False, True], ids=["alone", "in a workflow"])
async def test_model_reads_what_was_wrong_and_is_asked_again(
    gateway: Gateway, llm: RamClouds, streaming: bool, in_workflow: bool
) -> None:
    serve(gateway, WHOLE, CUT, CUT)
    agent: Any = AskAgainAgent(llm=llm, tools=[add], streaming=streaming)
    memory = Memory.from_defaults(session_id="a", token_limit=9000)
    runner = AgentWorkflow(agents=[agent]) if in_workflow else agent
    async with llm:
        output = await runner.run("2 + 3?", memory=memory)
    assert str(output) == "Five."
    roles = [message.role.value for message in await memory.aget()]
    assert roles == ["user", "assistant", "tool", "assistant"]
    sent = gateway.bodies[3]["messages"][3:]
    assert [message["role"] for message in sent] == ["assistant", "tool", "assistant", "tool"]
    assert sent[0]["content"] == "I add."
    assert sent[0]["tool_calls"][0]["function"]["arguments"].startswith('{"invalid": "{')
    assert "Call it again with one whole JSON object." in sent[1]["content"]


@each_row(("kind", "requests"), [(FunctionAgent, 1), (AskAgainAgent, 3)], ids=["core's", "ours"])
async def test_error_reaches_the_user_with_calls_text_and_advice(
    gateway: Gateway, llm: RamClouds, streaming: bool, kind: Any, requests: int
) -> None:
    serve(gateway, CUT, CUT, CUT, CUT)
    async with llm:
        with pytest.raises(InvalidToolCallError, match="no tool was run") as caught:
            await kind(llm=llm, tools=[add], streaming=streaming).run("2 + 3?")
    assert caught.value.text == "I add."
    assert [one.arguments for one in caught.value.invalid_tool_calls] == ['{"a": 2, "b"']
    assert len(gateway.bodies) == requests
