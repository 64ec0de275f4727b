"""`ChatRamClouds` against recorded servers."""

from __future__ import annotations

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
from tests.harness import EACH_TWIN, Twin
from tests.replay.expected import streamed, usage_of, vectors_of

pytestmark = [pytest.mark.vcr, EACH_TWIN]


class City(BaseModel):
    """A city."""

    name: str


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


def test_plain(twin: Twin, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    assert content_of(twin.call(model, "invoke", GREETING)) == message_of(recorded[0])


def test_streamed(twin: Twin, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    chunks: list[AIMessageChunk] = twin.call(model, "stream", GREETING)
    assert content_of(reduce(add, chunks)) == streamed_of(recorded[0])


def test_multi_turn(twin: Twin, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    history: list[Any] = [
        SystemMessage("You answer in one short sentence."),
        HumanMessage("My name is Lan."),
    ]
    first = twin.call(model, "invoke", history)
    second = twin.call(model, "invoke", [*history, first, HumanMessage("What is my name?")])
    assert [content_of(first), content_of(second)] == [message_of(answer) for answer in recorded[:]]


def test_stop(twin: Twin, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    message = twin.call(model, "invoke", GREETING, stop=ENDS)
    assert content_of(message) == message_of(recorded[0])
    assert not set(ENDS) & set(message.text)


def test_json_schema(twin: Twin, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    structured = model.with_structured_output(City, method="json_schema")
    assert twin.call(structured, "invoke", CITY) == City.model_validate_json(_text(recorded[0]))


def _text(answer: Interaction) -> Any:
    return answer.json["choices"][0]["message"]["content"]


def test_function_calling(twin: Twin, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    by_call = model.with_structured_output(City, method="function_calling")
    city = twin.call(by_call, "invoke", CITY)
    call = recorded[0].json["choices"][0]["message"]["tool_calls"][0]
    assert city == City.model_validate_json(call["function"]["arguments"])


def test_tool_call(twin: Twin, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    bound = model.bind_tools([WEATHER_TOOL], tool_choice="required")
    message = twin.call(bound, "invoke", WEATHER)
    assert content_of(message) == message_of(recorded[0])
    assert [list(call["args"]) for call in message.tool_calls] == [["city"]]


def test_tool_call_streamed(twin: Twin, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    bound = model.bind_tools([WEATHER_TOOL], tool_choice="required")
    message = reduce(add, twin.call(bound, "stream", WEATHER))
    assert content_of(message) == streamed_of(recorded[0])
    assert [list(call["args"]) for call in message.tool_calls] == [["city"]]


def test_tool_result(twin: Twin, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    call = {"name": "get_weather", "args": {"city": "Hanoi"}, "id": "call_1", "type": "tool_call"}
    history = [
        HumanMessage(WEATHER),
        AIMessage("", tool_calls=[call]),
        ToolMessage("Sunny, 31 degrees.", tool_call_id="call_1"),
    ]
    message = twin.call(model.bind_tools([WEATHER_TOOL], tool_choice="none"), "invoke", history)
    assert content_of(message) == message_of(recorded[0])


def test_models(twin: Twin, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    models = twin.call(model, "list_models")
    assert [one.id for one in models] == [one["id"] for one in recorded[0].json["data"]]


def test_wrong_key(
    twin: Twin, model: ChatRamClouds, server: Server, settings: Any, recorded: list[Interaction]
) -> None:
    wrong = ChatRamClouds(**server.ask, **{**settings, "api_key": "wrongkey"})
    with pytest.raises(AuthenticationError) as caught:
        twin.call(wrong, "invoke", GREETING)
    assert (caught.value.status_code, caught.value.body) == (401, recorded[0].json)


def test_bad_request(twin: Twin, model: ChatRamClouds, recorded: list[Interaction]) -> None:
    with pytest.raises(BadRequestError) as caught:
        twin.call(model.bind(extra_body={"top_logprobs": 3}), "invoke", GREETING)
    assert caught.value.body == recorded[0].json


def test_embeddings(twin: Twin, settings: dict[str, Any], recorded: list[Interaction]) -> None:
    model = RamCloudsEmbeddings(model=EMBEDDING_MODEL, **settings)
    assert twin.call(model, "embed_documents", TEXTS) == vectors_of(recorded[0])
    assert twin.call(model, "embed_query", TEXTS[0]) == vectors_of(recorded[1])[0]
    for client in CLIENTS.clear():
        if isinstance(client, Client):
            client.close()
