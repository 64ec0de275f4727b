"""An agent's memory between two runs on one `Context`, which core forgets beside a new pydantic."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.workflow import Context

from llama_index_ramclouds import RamClouds
from tests.gateway import Gateway, Json, completion
from tests.llama_index.running import AGENT_MARKS

pytestmark = [mark for mark in AGENT_MARKS if mark.name != "parametrize"]
IS_NEW = tuple(map(int, version("pydantic").split(".")[:2])) >= (2, 14)


@pytest.mark.xfail(
    IS_NEW, strict=True, reason="llama-index-core 0.14.25: repaired when this passes; then docs too"
)
async def test_agent_remembers_the_run_before(gateway: Gateway, llm: RamClouds) -> None:
    gateway.reply(Json(completion("Hello An.")), Json(completion("An.")))
    agent = FunctionAgent(tools=[], llm=llm, streaming=False)
    async with llm:
        context: Context = Context(agent)
        await agent.run("My name is An.", ctx=context)
        await agent.run("What is my name?", ctx=context)
    assert [message["role"] for message in gateway.last.json["messages"]] == [
        "user",
        "assistant",
        "user",
    ]
