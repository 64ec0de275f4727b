"""The client against recorded servers: what it sends, and what it makes of the answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from ramclouds import (
    AuthenticationError,
    BadRequestError,
    Chunk,
    Completion,
    ContextLengthError,
    Embeddings,
    Model,
    ModelUnavailableError,
    NotFoundError,
    RamCloudsError,
    Usage,
)
from scripts.prompts import (
    CITY,
    CITY_FORMAT,
    COUNTING,
    ENDS,
    GREETING,
    TEXTS,
    WEATHER,
    WEATHER_TOOL,
    user,
)
from scripts.recorded import Interaction, Server
from tests.harness import EACH_TWIN, Calls, Twin
from tests.replay.expected import completion_of, joined, streamed, vectors_of

pytestmark = [pytest.mark.vcr, EACH_TWIN]


class Ask(Calls):
    """Calls whose requests have the fields of a server."""

    def __init__(self, twin: Twin, fields: dict[str, Any], **settings: Any) -> None:
        super().__init__(twin, **settings)
        self._fields = fields

    def complete(self, **params: Any) -> Completion:
        return super().complete(**self._fields | params)

    def stream(self, **params: Any) -> list[Chunk]:
        return super().stream(**self._fields | params)


@pytest.fixture
def asking(twin: Twin, server: Server, settings: dict[str, Any]) -> Iterator[Any]:
    """Makes clients with other settings."""
    with ExitStack() as opened:

        def make(**changes: Any) -> Ask:
            return opened.enter_context(closing(Ask(twin, server.ask, **settings | changes)))

        yield make


@pytest.fixture
def ask(asking: Any) -> Ask:
    made: Ask = asking()
    return made


def refused(recorded: list[Interaction], error: RamCloudsError) -> None:
    """The error holds what the server sent."""
    answer = recorded[-1]
    assert error.status_code == answer.status
    assert error.body == answer.json
    assert error.request_id == answer.headers.get("x-oneapi-request-id")
    assert answer.json["error"]["message"] in error.message
    assert not error.retryable


def test_plain(ask: Ask, recorded: list[Interaction]) -> None:
    assert ask.complete(messages=[user(GREETING)]) == completion_of(recorded[0])


def test_streamed(ask: Ask, recorded: list[Interaction]) -> None:
    assert joined(ask.stream(messages=[user(GREETING)])) == streamed(recorded[0])
    assert streamed(recorded[0])["usage"].total_tokens > 0


def test_streamed_without_usage(ask: Ask, recorded: list[Interaction]) -> None:
    chunks = ask.stream(messages=[user(GREETING)], stream_usage=False)
    assert joined(chunks) == streamed(recorded[0])


def test_multi_turn(ask: Ask, recorded: list[Interaction]) -> None:
    history = [
        {"role": "system", "content": "You answer in one short sentence."},
        user("My name is Lan."),
    ]
    first = ask.complete(messages=history)
    history += [{"role": "assistant", "content": first.text}, user("What is my name?")]
    second = ask.complete(messages=history)
    assert [first, second] == [completion_of(answer) for answer in recorded[:]]
    assert recorded[1].sent["messages"][2]["content"] == first.text


def test_stop(ask: Ask, recorded: list[Interaction]) -> None:
    completion = ask.complete(messages=[user(GREETING)], stop=ENDS)
    assert completion == completion_of(recorded[0])
    assert completion.finish_reason == "stop"
    assert not set(ENDS) & set(completion.text)


def test_length(ask: Ask, recorded: list[Interaction]) -> None:
    completion = ask.complete(messages=[user(COUNTING)], max_tokens=16)
    assert completion == completion_of(recorded[0])
    assert completion.finish_reason == "length"


def test_several_answers(ask: Ask, recorded: list[Interaction]) -> None:
    completion = ask.complete(messages=[user(GREETING)], n=2)
    assert completion == completion_of(recorded[0])
    assert [choice.index for choice in completion.choices] == [0, 1]


def test_parameters(ask: Ask, recorded: list[Interaction]) -> None:
    completion = ask.complete(
        messages=[user(GREETING)],
        frequency_penalty=0.1,
        presence_penalty=0.1,
        seed=7,
        user="cassette",
    )
    assert completion == completion_of(recorded[0])


def test_unknown_field(ask: Ask, recorded: list[Interaction]) -> None:
    completion = ask.complete(messages=[user(GREETING)], extra_body={"not_a_field": True})
    assert completion == completion_of(recorded[0])


def test_reasoning(ask: Ask, recorded: list[Interaction]) -> None:
    chunks = ask.stream(messages=[user("What is 2 + 2?")], reasoning_effort="low")
    assert joined(chunks) == streamed(recorded[0])


def test_json_schema(ask: Ask, recorded: list[Interaction]) -> None:
    completion = ask.complete(messages=[user(CITY)], response_format=CITY_FORMAT)
    assert completion == completion_of(recorded[0])
    assert list(json.loads(completion.text)) == ["name"]


def test_json_schema_streamed(ask: Ask, recorded: list[Interaction]) -> None:
    answer = joined(ask.stream(messages=[user(CITY)], response_format=CITY_FORMAT))
    assert answer == streamed(recorded[0])
    assert list(json.loads(answer["text"])) == ["name"]


def test_tool_call(ask: Ask, recorded: list[Interaction]) -> None:
    tools: dict[str, Any] = {"tools": [WEATHER_TOOL], "tool_choice": "required"}
    completion = ask.complete(messages=[user(WEATHER)], **tools)
    assert completion == completion_of(recorded[0])
    assert [call.name for call in completion.tool_calls] == ["get_weather"]


def test_tool_call_streamed(ask: Ask, recorded: list[Interaction]) -> None:
    tools: dict[str, Any] = {"tools": [WEATHER_TOOL], "tool_choice": "required"}
    answer = joined(ask.stream(messages=[user(WEATHER)], **tools))
    assert answer == streamed(recorded[0])
    assert [name for _, name, _ in answer["tool_calls"]] == ["get_weather"]


def test_tool_result(ask: Ask, recorded: list[Interaction]) -> None:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city": "Hanoi"}'},
    }
    completion = ask.complete(
        messages=[
            user(WEATHER),
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": "Sunny, 31 degrees."},
        ],
        tools=[WEATHER_TOOL],
        tool_choice="none",
    )
    assert completion == completion_of(recorded[0])
    assert completion.text


def test_models(ask: Ask, recorded: list[Interaction]) -> None:
    models = ask.models()
    assert models == [
        Model(
            id=sent["id"],
            owned_by=sent["owned_by"],
            created=sent["created"],
            supported_endpoint_types=tuple(sent.get("supported_endpoint_types") or ()),
            raw=sent,
        )
        for sent in recorded[0].json["data"]
    ]
    assert models


def test_wrong_key(asking: Any, recorded: list[Interaction]) -> None:
    with pytest.raises(AuthenticationError) as caught:
        asking(api_key="wrongkey").complete(messages=[user(GREETING)])
    refused(recorded, caught.value)


def test_wrong_key_streamed(asking: Any, recorded: list[Interaction]) -> None:
    with pytest.raises(AuthenticationError) as caught:
        asking(api_key="wrongkey").stream(messages=[user(GREETING)])
    refused(recorded, caught.value)


def test_bad_request(ask: Ask, recorded: list[Interaction]) -> None:
    with pytest.raises(BadRequestError) as caught:
        ask.complete(messages=[user(GREETING)], extra_body={"tool_choice": "nonsense"})
    refused(recorded, caught.value)


def test_bad_request_streamed(ask: Ask, recorded: list[Interaction]) -> None:
    with pytest.raises(BadRequestError) as caught:
        ask.stream(messages=[user(GREETING)], extra_body={"tool_choice": "nonsense"})
    refused(recorded, caught.value)


def test_malformed(ask: Ask, recorded: list[Interaction]) -> None:
    with pytest.raises(BadRequestError) as caught:
        ask.complete(messages=[user(GREETING)], extra_body={"tools": "none"})
    refused(recorded, caught.value)


def test_unknown_model(ask: Ask, recorded: list[Interaction]) -> None:
    with pytest.raises(ModelUnavailableError) as caught:
        ask.complete(model="no-such-model", messages=[user(GREETING)])
    refused(recorded, caught.value)


def test_wrong_path(asking: Any, settings: dict[str, Any], recorded: list[Interaction]) -> None:
    with pytest.raises(NotFoundError) as caught:
        asking(base_url=settings["base_url"] + "/nowhere").complete(messages=[user(GREETING)])
    refused(recorded, caught.value)


def test_too_long(ask: Ask, recorded: list[Interaction]) -> None:
    with pytest.raises(ContextLengthError) as caught:
        ask.complete(messages=[user("hello " * 1_200)])
    refused(recorded, caught.value)


def test_embeddings(ask: Ask, recorded: list[Interaction]) -> None:
    found = ask.embed(input=TEXTS)
    answer = recorded[0]
    assert answer.sent["encoding_format"] == "base64"
    assert found.vectors == vectors_of(answer)
    counted = answer.json["usage"]
    assert found == Embeddings(
        vectors=found.vectors,
        model=answer.json["model"],
        usage=Usage(
            prompt_tokens=counted["prompt_tokens"],
            total_tokens=counted["total_tokens"],
            raw=counted,
        ),
        request_id=answer.headers.get("x-oneapi-request-id"),
        raw={name: value for name, value in answer.json.items() if name != "data"},
    )


def test_embeddings_as_numbers(ask: Ask, recorded: list[Interaction]) -> None:
    found = ask.embed(input=TEXTS[0], encoding_format="float")
    assert type(recorded[0].json["data"][0]["embedding"]) is list
    assert found.vectors == vectors_of(recorded[0])


def test_embeddings_by_several_requests(ask: Ask, recorded: list[Interaction]) -> None:
    found = ask.embed_many(TEXTS, chunk_size=1, max_concurrency=1)
    assert found.vectors == [vectors_of(answer)[0] for answer in recorded[:]]
    assert len(recorded) == len(TEXTS)


def test_embeddings_with_wrong_key(asking: Any, recorded: list[Interaction]) -> None:
    with pytest.raises(AuthenticationError) as caught:
        asking(api_key="wrongkey").embed(input=TEXTS)
    refused(recorded, caught.value)
