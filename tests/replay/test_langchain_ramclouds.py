"""`ChatRamClouds` against recorded servers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import reduce
from operator import add
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from langchain_ramclouds import ChatRamClouds, RamCloudsEmbeddings
from langchain_ramclouds._connection import CLIENTS
from ramclouds import AuthenticationError, BadRequestError, Client, Usage
from scripts.prompts import (
    CITY,
    EMBEDDING_MODEL,
    ENDS,
    GREETING,
    TEXTS,
    WEATHER,
    WEATHER_TOOL,
)
from scripts.recorded import Interaction, Server
from tests.replay.expected import streamed, usage_of, vectors_of

pytestmark = pytest.mark.vcr


class City(BaseModel):
    """A city."""

    name: str


class SyncRun:
    """Runs what LangChain runs, and reads streams to their end."""

    def invoke(self, runnable: Runnable[Any, Any], given: Any, **kwargs: Any) -> Any:
        return runnable.invoke(given, **kwargs)

    def stream(self, runnable: Runnable[Any, Any], given: Any) -> list[Any]:
        return list(runnable.stream(given))

    def models(self, model: ChatRamClouds) -> Any:
        return model.list_models()

    def embed(self, model: RamCloudsEmbeddings, given: str | list[str]) -> Any:
        return model.embed_query(given) if isinstance(given, str) else model.embed_documents(given)


class AsyncRun:
    def invoke(self, runnable: Runnable[Any, Any], given: Any, **kwargs: Any) -> Any:
        return asyncio.run(runnable.ainvoke(given, **kwargs))

    def stream(self, runnable: Runnable[Any, Any], given: Any) -> list[Any]:
        async def read() -> list[Any]:
            return [chunk async for chunk in runnable.astream(given)]

        return asyncio.run(read())

    def models(self, model: ChatRamClouds) -> Any:
        return asyncio.run(model.alist_models())

    def embed(self, model: RamCloudsEmbeddings, given: str | list[str]) -> Any:
        if isinstance(given, str):
            return asyncio.run(model.aembed_query(given))
        return asyncio.run(model.aembed_documents(given))


@pytest.fixture(params=[SyncRun, AsyncRun], ids=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Any:
    return request.param()


@pytest.fixture
def model(server: Server, settings: dict[str, Any]) -> Iterator[ChatRamClouds]:
    yield ChatRamClouds(**server.ask, **settings)
    for client in CLIENTS.clear():
        if isinstance(client, Client):
            client.close()


def message_of(answer: Interaction) -> dict[str, Any]:
    """What a message has to say after an answer."""
    sent = answer.json
    message = sent["choices"][0]["message"]
    return {
        "text": message.get("content") or "",
        "calls": [
            (call["function"]["name"], call["id"]) for call in message.get("tool_calls") or ()
        ],
        "finish_reason": sent["choices"][0]["finish_reason"],
        "model": sent["model"],
        "usage": _counts(usage_of(sent["usage"])),
    }


def streamed_of(answer: Interaction) -> dict[str, Any]:
    """What a streamed message has to say after an answer."""
    whole = streamed(answer)
    return {
        "text": whole["text"],
        "calls": [(name, id) for id, name, _ in whole["tool_calls"]],
        "finish_reason": whole["finish_reason"],
        "model": whole["model"],
        "usage": _counts(whole["usage"]),
    }


def content_of(message: AIMessage) -> dict[str, Any]:
    """What a message says."""
    usage = message.usage_metadata
    assert usage
    return {
        "text": message.text,
        "calls": [(call["name"], call["id"]) for call in message.tool_calls],
        "finish_reason": message.response_metadata["finish_reason"],
        "model": message.response_metadata["model_name"],
        "usage": (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]),
    }


def _counts(usage: Usage) -> tuple[int, int, int]:
    return (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)


def test_plain(run: Any, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    assert content_of(run.invoke(model, GREETING)) == message_of(recorded[0])


def test_streamed(run: Any, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    chunks: list[AIMessageChunk] = run.stream(model, GREETING)
    assert content_of(reduce(add, chunks)) == streamed_of(recorded[0])


def test_multi_turn(run: Any, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    history: list[Any] = [
        SystemMessage("You answer in one short sentence."),
        HumanMessage("My name is Lan."),
    ]
    first = run.invoke(model, history)
    second = run.invoke(model, [*history, first, HumanMessage("What is my name?")])
    assert [content_of(first), content_of(second)] == [message_of(answer) for answer in recorded[:]]


def test_stop(run: Any, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    message = run.invoke(model, GREETING, stop=ENDS)
    assert content_of(message) == message_of(recorded[0])
    assert not set(ENDS) & set(message.text)


def test_json_schema(run: Any, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    structured = model.with_structured_output(City, method="json_schema")
    assert run.invoke(structured, CITY) == City.model_validate_json(_text(recorded[0]))


def _text(answer: Interaction) -> Any:
    return answer.json["choices"][0]["message"]["content"]


def test_function_calling(run: Any, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    by_call = model.with_structured_output(City, method="function_calling")
    city = run.invoke(by_call, CITY)
    call = recorded[0].json["choices"][0]["message"]["tool_calls"][0]
    assert city == City.model_validate_json(call["function"]["arguments"])


def test_tool_call(run: Any, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    bound = model.bind_tools([WEATHER_TOOL], tool_choice="required")
    message = run.invoke(bound, WEATHER)
    assert content_of(message) == message_of(recorded[0])
    assert [list(call["args"]) for call in message.tool_calls] == [["city"]]


def test_tool_call_streamed(run: Any, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    bound = model.bind_tools([WEATHER_TOOL], tool_choice="required")
    message = reduce(add, run.stream(bound, WEATHER))
    assert content_of(message) == streamed_of(recorded[0])
    assert [list(call["args"]) for call in message.tool_calls] == [["city"]]


def test_tool_result(run: Any, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    call = {"name": "get_weather", "args": {"city": "Hanoi"}, "id": "call_1", "type": "tool_call"}
    history = [
        HumanMessage(WEATHER),
        AIMessage("", tool_calls=[call]),
        ToolMessage("Sunny, 31 degrees.", tool_call_id="call_1"),
    ]
    message = run.invoke(model.bind_tools([WEATHER_TOOL], tool_choice="none"), history)
    assert content_of(message) == message_of(recorded[0])


def test_models(run: Any, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    models = run.models(model)
    assert [one.id for one in models] == [one["id"] for one in recorded[0].json["data"]]


def test_wrong_key(
    run: Any, model: ChatRamClouds, server: Server, settings: Any, recorded: list[Interaction]
) -> None:
    wrong = ChatRamClouds(**server.ask, **{**settings, "api_key": "wrongkey"})
    with pytest.raises(AuthenticationError) as caught:
        run.invoke(wrong, GREETING)
    assert (caught.value.status_code, caught.value.body) == (401, recorded[0].json)


def test_bad_request(run: Any, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    with pytest.raises(BadRequestError) as caught:
        run.invoke(model.bind(extra_body={"top_logprobs": 3}), GREETING)
    assert caught.value.body == recorded[0].json


def test_embeddings(run: Any, settings: dict[str, Any], recorded: list[Interaction]) -> None:
    model = RamCloudsEmbeddings(model=EMBEDDING_MODEL, **settings)
    assert run.embed(model, TEXTS) == vectors_of(recorded[0])
    assert run.embed(model, TEXTS[0]) == vectors_of(recorded[1])[0]
    for client in CLIENTS.clear():
        if isinstance(client, Client):
            client.close()
