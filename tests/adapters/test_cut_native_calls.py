"""No tool runs on arguments that were cut, broken, or came twice: agents of both frameworks.

The same ways of cutting for each: `create_agent` and FunctionAgent, streaming and not, where the
message raises and where it is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.tools import StructuredTool
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.tools import FunctionTool

from langchain_ramclouds import ChatRamClouds, InvalidToolCallError
from llama_index_ramclouds import InvalidToolCallError as LlamaIndexInvalidToolCallError
from llama_index_ramclouds import RamClouds
from ramclouds import RamCloudsError
from tests.captures.capture import named
from tests.gateway import (
    Drop,
    Gateway,
    Json,
    Raw,
    Request,
    Response,
    Sse,
    call,
    chunk,
    completion,
    error,
    text_chunks,
    tool_chunks,
)
from tests.llama_index.running import AGENT_MARKS

pytestmark = [mark for mark in AGENT_MARKS if mark.name != "parametrize"]

TOOL = "get_weather"


@dataclass(frozen=True)
class Way:
    """One way in which the call of a model comes to nothing."""

    name: str
    streamed: Callable[[], Response]
    whole: Callable[[], Response] | None = None
    """None: it is a way of streams alone."""
    first: Sequence[str] = ()
    """Captures that come before, from which the client learns about the model."""
    is_invalid_call: bool = True
    """Whether a message with an invalid call comes; else the request fails."""
    model: str = "gpt-5"

    def answer(self, request: Request) -> Response:
        if request.json.get("stream") or self.whole is None:
            return self.streamed()
        return self.whole()


def cut(arguments: str, finish_reason: str, name: str, size: int = 8) -> Way:
    made = call(TOOL, arguments)
    return Way(
        name,
        streamed=lambda: Sse(tool_chunks(made, finish_reason=finish_reason, size=size)),
        whole=lambda: Json(completion(None, tool_calls=[made], finish_reason=finish_reason)),
    )


def captured(name: str, model: str, *before: str) -> Way:
    return Way(
        name,
        streamed=lambda: Raw(named(name).data),
        first=before,
        is_invalid_call=named(name).expect.get("error") is None,
        model=model,
    )


def dropped_in_arguments() -> Response:
    made = call(TOOL, {"city": "Hà Nội"})
    return Drop("mid_body", answer=Sse(tool_chunks(made, size=4)))


def error_in_arguments() -> Response:
    events = tool_chunks(call(TOOL, {"city": "Hà Nội"}), finish_reason=None, usage=None, size=4)
    return Sse([*events[:4], error("upstream reset")], done=False)


def second_answer_behind_the_first() -> Response:
    first = tool_chunks(call(TOOL, '{"city": "Hà'), finish_reason=None, usage=None)
    again = tool_chunks(call(TOOL, {"city": "Hà Nội"}, id="call_2"), id="chatcmpl-second")
    role = chunk({"role": "assistant", "content": ""}, id="chatcmpl-second")
    return Sse([*first, role, *again[1:]])


WAYS = [
    cut('{"city": "Hà N', "length", "arguments cut by length"),
    cut("", "length", "nothing of the arguments, cut by length"),
    cut("{", "length", "cut behind the bracket"),
    cut('{"city": "Hà N', "model_context_window_exceeded", "arguments cut by the context window"),
    cut('{"city": "Hà N', "tool_calls", "arguments cut without a word"),
    cut('{"city": "Hà" + name}', "tool_calls", "an expression"),
    cut('{"city": "Hà Nội"} or {"city": "Huế"}', "tool_calls", "two objects"),
    cut('{"city": "say "hi" to me"}', "tool_calls", "unescaped quotes"),
    cut('["Hà Nội"]', "tool_calls", "a list"),
    cut('{"city": NaN}', "tool_calls", "a number that JSON does not have"),
    cut("", "content_filter", "nothing of the arguments, cut by a content filter"),
    cut("{}", "MAX_TOKENS", "nothing of the arguments, cut in a provider's words"),
    cut('{"city": ' * 100_000, "tool_calls", "runaway nesting", size=1_000_000),
    Way("connection dropped", dropped_in_arguments, is_invalid_call=False),
    Way("error event", error_in_arguments, is_invalid_call=False),
    Way("second answer", second_answer_behind_the_first, is_invalid_call=False),
    captured("claude-stream-tool-max-tokens", "claude-sonnet-4-5"),
    captured("stream-cut-in-tool-arguments", "gpt-5"),
    captured("responses-stream-cut-call-m", "gpt-5.1", "responses-stream-text-reasoning-m"),
    captured("gemini-stream-cut-after-call-later-event-m", "gemini-2.5-flash"),
]

WHOLE = Way(
    "whole",
    streamed=lambda: Sse(tool_chunks(call(TOOL, {"city": "Hà Nội"}))),
    whole=lambda: Json(completion(None, tool_calls=[call(TOOL, {"city": "Hà Nội"})])),
)
DONE = Way("done", lambda: Sse(text_chunks("Done.")), lambda: Json(completion("Done.")))


class Recorder:
    """A tool that writes down what it was run with."""

    def __init__(self) -> None:
        self.ran: list[Any] = []

    def get_weather(self, city: str = "nowhere") -> str:
        """Weather of a city."""
        self.ran.append(city)
        return "Rain."


def serve(gateway: Gateway, way: Way) -> None:
    """What comes first, the cut answer, then a text to whatever is asked next."""
    answers = [lambda _, name=name: Raw(named(name).data) for name in way.first]
    left: list[Callable[[Request], Response]] = [*answers, way.answer]
    gateway.handler = lambda request: (left.pop(0) if left else DONE.answer)(request)


async def langchain_agent(model: ChatRamClouds, recorder: Recorder, *, streamed: bool) -> None:
    agent = create_agent(model, [StructuredTool.from_function(recorder.get_weather)])
    asked: Any = {"messages": [HumanMessage("Weather?")]}
    if not streamed:
        await agent.ainvoke(asked)
        return
    async for _ in agent.astream(asked, stream_mode="messages"):
        pass


async def llama_index_agent(llm: RamClouds, recorder: Recorder, *, streamed: bool) -> None:
    tool = FunctionTool.from_defaults(recorder.get_weather)
    async with llm:
        await FunctionAgent(tools=[tool], llm=llm, streaming=streamed).run("Weather?")


def each_way(ways: list[Way]) -> pytest.MarkDecorator:
    """Each way of cutting a call, streamed, and whole where such a response exists."""
    pairs = [(way, streamed) for way in ways for streamed in (True, False) if streamed or way.whole]
    ids = [f"{way.name}-{'streamed' if streamed else 'whole'}" for way, streamed in pairs]
    return pytest.mark.parametrize(("way", "streamed"), pairs, ids=ids)


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
async def test_tools_of_whole_calls_run(
    streamed: bool,
    gateway: Gateway,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    recorder = Recorder()
    serve(gateway, WHOLE)
    await langchain_agent(chat(), recorder, streamed=streamed)
    serve(gateway, WHOLE)
    await llama_index_agent(llm(), recorder, streamed=streamed)
    assert recorder.ran == ["Hà Nội", "Hà Nội"]


@each_way(WAYS)
async def test_langchain_agent_runs_nothing(
    way: Way, streamed: bool, gateway: Gateway, chat: Callable[..., ChatRamClouds]
) -> None:
    recorder = Recorder()
    serve(gateway, way)
    model = chat(model=way.model)
    for _ in way.first:
        list(model.stream("Hi"))
    with pytest.raises(InvalidToolCallError if way.is_invalid_call else RamCloudsError):
        await langchain_agent(model, recorder, streamed=streamed)
    if way.is_invalid_call:
        serve(gateway, way)
        given = chat(model=way.model, on_invalid_tool_calls="return")
        # The agent gets the message instead of an error.
        await langchain_agent(given, recorder, streamed=streamed)
    assert recorder.ran == []


@each_way(WAYS)
async def test_function_agent_runs_nothing(
    way: Way, streamed: bool, gateway: Gateway, llm: Callable[..., RamClouds]
) -> None:
    recorder = Recorder()
    serve(gateway, way)
    model = llm(model=way.model)
    for _ in way.first:
        list(model.stream_complete("Hi"))
    expected = LlamaIndexInvalidToolCallError if way.is_invalid_call else RamCloudsError
    with pytest.raises(expected):
        await llama_index_agent(model, recorder, streamed=streamed)
    if way.is_invalid_call:
        serve(gateway, way)
        given = llm(model=way.model, on_invalid_tool_calls="return")
        # The agent gets the message instead of an error.
        await llama_index_agent(given, recorder, streamed=streamed)
    assert recorder.ran == []
