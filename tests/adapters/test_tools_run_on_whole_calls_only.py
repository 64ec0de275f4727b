"""Agents with tools through the prompt: a tool runs on what was written, or it does not run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from llama_index.core.agent.workflow import FunctionAgent

from langchain_ramclouds import ChatRamClouds
from langchain_ramclouds import InvalidToolCallError as LangChainInvalidToolCallError
from llama_index_ramclouds import InvalidToolCallError, RamClouds
from tests.gateway import (
    Gateway,
    Json,
    Request,
    Response,
    Sse,
    completion,
    text_chunks,
)
from tests.harness import each_row
from tests.llama_index.running import AGENT_MARKS

pytestmark = AGENT_MARKS


class Case(NamedTuple):
    """What a model wrote, and the commands that ran; None where an error ends the turn."""

    name: str
    written: str
    ran: list[str] | None
    finish_reason: str = "stop"


def tagged(arguments: str, end: str = "}\n</tool_call>") -> str:
    return f'<tool_call>\n{{"name": "run", "arguments": {arguments}{end}'


CASES = [
    Case("whole", tagged('{"cmd": "ls"}'), ["ls"]),
    Case("quotes_in_quotes", tagged('{"cmd": "rm -rf /srv/"x"/y"}'), ['rm -rf /srv/"x"/y']),
    Case("expression", tagged('{"cmd": "ls" + dir}'), None),
    Case("call_of_a_function", tagged('{"cmd": os.getcwd()}'), None),
    Case("one_or_the_other", tagged('{"cmd": "a"} or {"cmd": "b"}'), None),
    Case("cut_in_a_string", tagged('{"cmd": "rm -rf /srv/x', ""), None, "length"),
    Case("cut_behind_a_brace", tagged("{", ""), None, "length"),
    Case("cut_behind_the_call", tagged('{"cmd": "ls"}', "}"), None, "length"),
    Case("closed_before_the_cut", tagged('{"cmd": "ls"}'), ["ls"], "length"),
    Case("only_the_name_arrived", '<tool_call>\n{"name": "run"', None),
    Case("nothing_between_the_braces", tagged("{", "\n</tool_call>"), None),
    Case("given_twice", tagged('{"cmd": "a"}, "arguments": {"cmd": "b"}'), None),
    Case("two_objects", '<function=run>{"cmd": "a"}, {"cmd": "b"}</function>', None),
    Case("argument_as_an_attribute", '<tool_call name="run" cmd="ls"/>', ["ls"]),
    Case("beside_the_arguments", tagged('{"cmd": "a"}, "cmd": "b"'), None),
    Case("element_of_a_list", tagged('{"cmd": ["ls"][0]}'), None),
    Case("not_an_object", tagged('"ls"'), None),
    Case("bare_and_cut", '{"name": "run", "arguments": {"cmd": "ls"}}', None, "length"),
    Case("bare", '{"name": "run", "arguments": {"cmd": "ls"}}', ["ls"]),
    Case("example", 'For example: {"name": "run", "arguments": {"cmd": "ls"}}', []),
    Case("parameter_cut", '<invoke name="run"><parameter name="cmd">rm -rf /srv', None, "length"),
]


def prompted(case: Case) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        text, reason = case.written, case.finish_reason
        if len(request.json["messages"]) > 2:
            text, reason = "Done.", "stop"
        if request.json.get("stream"):
            return Sse(text_chunks(text, finish_reason=reason))
        return Json(completion(text, finish_reason=reason))

    return answer


def recorder() -> tuple[Callable[[str], str], list[str]]:
    ran: list[str] = []

    def run(cmd: str = "nothing") -> str:
        """Run a command."""
        ran.append(cmd)
        return "ok"

    return run, ran


@each_row("case", CASES, ids=lambda case: case.name)
async def test_langchain_agent(
    gateway: Gateway,
    chat: Callable[..., ChatRamClouds],
    case: Case,
    streaming: bool,
) -> None:
    gateway.handler = prompted(case)
    tool, ran = recorder()
    agent = create_agent(chat(tool_calling="prompted"), tools=[tool], system_prompt="Be brief.")
    asked: Any = {"messages": [HumanMessage("Do it.")]}

    async def turn() -> None:
        if streaming:
            async for _ in agent.astream(asked, stream_mode="messages"):
                pass
        else:
            await agent.ainvoke(asked)

    if case.ran is None:
        with pytest.raises(LangChainInvalidToolCallError, match="run"):
            await turn()
    else:
        await turn()
    assert ran == (case.ran or [])


@each_row("case", CASES, ids=lambda case: case.name)
async def test_llama_index_agent(
    gateway: Gateway,
    llm: Callable[..., RamClouds],
    case: Case,
    streaming: bool,
) -> None:
    gateway.handler = prompted(case)
    tool, ran = recorder()
    model = llm(tool_calling="prompted")
    agent = FunctionAgent(tools=[tool], llm=model, streaming=streaming, system_prompt="Be brief.")
    if case.ran is None:
        with pytest.raises(InvalidToolCallError, match="run"):
            await agent.run("Do it.")
    else:
        await agent.run("Do it.")
    assert ran == (case.ran or [])
