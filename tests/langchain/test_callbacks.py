"""What callbacks and event streams get: each token once, the end, and errors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langgraph.graph import END, START, MessagesState, StateGraph

from ramclouds import RamCloudsError, StreamTruncatedError
from tests.gateway import (
    Drop,
    Gateway,
    Json,
    Sse,
    call,
    chunk,
    completion,
    text_chunks,
    tool_chunks,
)
from tests.langchain.conftest import Chat
from tests.langchain.recording import COUNTED, USAGE, Recorder


def test_stream_tells_each_token_once(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Sse(text_chunks("one two three", usage=USAGE)))
    recorder = Recorder()
    chunks = list(chat().stream("Hi", config={"callbacks": [recorder]}))
    assert recorder.tokens == [c.content for c in chunks]
    assert [c.message for c in recorder.chunks] == chunks
    assert "".join(recorder.tokens) == "one two three"
    (result,) = recorder.ended
    assert result.generations[0][0].message.usage_metadata == COUNTED  # type: ignore[union-attr]


async def test_astream_tells_each_token_once(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Sse(text_chunks("one two three", usage=USAGE)))
    recorder = Recorder()
    chunks = [c async for c in chat().astream("Hi", config={"callbacks": [recorder]})]
    assert recorder.tokens == [c.content for c in chunks]
    assert "".join(recorder.tokens) == "one two three"
    assert len(recorder.ended) == 1


def test_stream_events_v2_tells_each_token_once(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Sse(text_chunks("one two three")))
    recorder = Recorder()

    async def run() -> list[str]:
        events = chat().astream_events("Hi", config={"callbacks": [recorder]}, version="v2")
        return [
            e["data"]["chunk"].content async for e in events if e["event"] == "on_chat_model_stream"
        ]

    tokens = asyncio.run(run())
    assert recorder.tokens == tokens
    assert "".join(tokens) == "one two three"


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
def test_stream_events_v3_tells_each_token_once(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Sse(text_chunks("one two three", reasoning="Hm hm", usage=USAGE)))
    recorder = Recorder()
    stream = chat().stream_events("Hi", config={"callbacks": [recorder]}, version="v3")
    assert list(stream.text) == ["one", " two", " three"]
    message = stream.output
    assert "".join(recorder.tokens) == "one two three"
    assert message.usage_metadata == COUNTED
    assert message.content == [
        {"type": "reasoning", "reasoning": "Hm hm", "index": "lc_reasoning"},
        {"type": "text", "text": "one two three", "index": "lc_text"},
    ]


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
async def test_astream_events_v3_has_tool_calls(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(
        Sse(tool_chunks(call("f", {"a": 1}, id="a"), call("g", {"b": 2}, id="b"), text="x"))
    )
    recorder = Recorder()
    stream = await chat().astream_events("Hi", config={"callbacks": [recorder]}, version="v3")
    message = await stream.output
    assert "".join(recorder.tokens) == "x"
    assert [(c["name"], c["args"], c["id"]) for c in message.tool_calls] == [
        ("f", {"a": 1}, "a"),
        ("g", {"b": 2}, "b"),
    ]


def _graph(model: Any) -> Any:
    def answer(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("answer", answer)
    graph.add_edge(START, "answer")
    graph.add_edge("answer", END)
    return graph.compile()


def test_invoke_under_langgraph_tells_each_token_once(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Sse(text_chunks("one two three", usage=USAGE)))
    recorder = Recorder()
    stream = _graph(chat()).stream(
        {"messages": [("user", "Hi")]}, config={"callbacks": [recorder]}, stream_mode="messages"
    )
    seen = [message.content for message, _ in stream]
    assert seen == recorder.tokens
    assert "".join(seen) == "one two three"
    assert gateway.last.json["stream"] is True


def test_error_in_a_stream_reaches_callbacks_with_the_partial_answer(
    gateway: Gateway, chat: Chat
) -> None:
    gateway.reply(Sse([chunk({"role": "assistant", "content": "Hel"}), chunk({"content": "lo"})]))
    recorder = Recorder()
    with pytest.raises(StreamTruncatedError) as caught:
        list(chat().stream("Hi", config={"callbacks": [recorder]}))
    ((error, response),) = recorder.failed
    assert error is caught.value
    assert response.generations[0][0].text == "Hello"
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hello"


async def test_error_in_an_async_stream_reaches_callbacks_with_the_partial_answer(
    gateway: Gateway, chat: Chat
) -> None:
    gateway.reply(Drop("mid_body", how="fin"))
    recorder = Recorder()
    with pytest.raises(Exception) as caught:  # noqa: PT011  any of ours
        [c async for c in chat().astream("Hi", config={"callbacks": [recorder]})]
    ((error, _),) = recorder.failed
    assert error is caught.value


@pytest.mark.parametrize("streaming", [True, False])
def test_error_in_invoke_holds_the_partial_answer(
    gateway: Gateway, chat: Chat, streaming: bool
) -> None:
    """LangChain gives `response` no text here; the error has it."""
    events = [chunk({"role": "assistant", "content": "Hel"}), chunk({"content": "lo"})]
    gateway.reply(Sse(events) if streaming else Json(completion("Hello")))
    recorder = Recorder()
    forced = chat(streaming=streaming).bind_tools([_TOOL], tool_choice="any")
    with pytest.raises(RamCloudsError) as caught:
        forced.invoke("Hi", config={"callbacks": [recorder]})
    ((error, _),) = recorder.failed
    assert error is caught.value
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hello"


_TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
