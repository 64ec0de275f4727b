"""`RamClouds` for LlamaIndex against recorded servers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from llama_index_ramclouds import RamClouds, RamCloudsEmbedding
from ramclouds import AuthenticationError, BadRequestError
from scripts.prompts import CITY, EMBEDDING_MODEL, ENDS, GREETING, TEXTS, WEATHER
from scripts.recorded import Interaction, Server
from tests.replay.expected import streamed, vectors_of

pytestmark = pytest.mark.vcr


class City(BaseModel):
    """A city."""

    name: str


def get_weather(city: str) -> str:
    """The current weather of a city."""
    return f"Sunny in {city}."


TOOLS = [FunctionTool.from_defaults(get_weather)]


class SyncRun:
    """Calls a method by its name, and reads streams to their end."""

    def call(
        self, llm: RamClouds | RamCloudsEmbedding, method: str, *args: Any, **kwargs: Any
    ) -> Any:
        return getattr(llm, method)(*args, **kwargs)

    def stream(self, llm: RamClouds, method: str, *args: Any, **kwargs: Any) -> list[Any]:
        return list(getattr(llm, method)(*args, **kwargs))


class AsyncRun:
    def call(
        self, llm: RamClouds | RamCloudsEmbedding, method: str, *args: Any, **kwargs: Any
    ) -> Any:
        return asyncio.run(getattr(llm, f"a{method}")(*args, **kwargs))

    def stream(self, llm: RamClouds, method: str, *args: Any, **kwargs: Any) -> list[Any]:
        async def read() -> list[Any]:
            responses = await getattr(llm, f"a{method}")(*args, **kwargs)
            return [response async for response in responses]

        return asyncio.run(read())


@pytest.fixture(params=[SyncRun, AsyncRun], ids=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Any:
    return request.param()


@pytest.fixture
def llm(server: Server, settings: dict[str, Any]) -> RamClouds:
    return RamClouds(**server.ask, **settings)


def user(text: str) -> ChatMessage:
    return ChatMessage(role=MessageRole.USER, content=text)


def message_of(answer: Interaction) -> dict[str, Any]:
    """What a response has to say after an answer."""
    choice = answer.json["choices"][0]
    calls = [call["function"]["name"] for call in choice["message"].get("tool_calls") or ()]
    usage = answer.json["usage"]
    return {
        "text": choice["message"].get("content") or "",
        "calls": calls,
        "finish_reason": choice["finish_reason"],
        "total_tokens": usage["total_tokens"],
    }


def streamed_of(answer: Interaction) -> dict[str, Any]:
    """What the last response of a stream has to say after an answer."""
    whole = streamed(answer)
    return {
        "text": whole["text"],
        "calls": [name for _, name, _ in whole["tool_calls"]],
        "finish_reason": whole["finish_reason"],
        "total_tokens": whole["usage"].total_tokens,
    }


def content_of(llm: RamClouds, response: ChatResponse) -> dict[str, Any]:
    """What a response says."""
    calls = llm.get_tool_calls_from_response(response, error_on_no_tool_call=False)
    return {
        "text": response.message.content or "",
        "calls": [call.tool_name for call in calls],
        "finish_reason": response.additional_kwargs["finish_reason"],
        "total_tokens": response.additional_kwargs["total_tokens"],
    }


def test_plain(run: Any, llm: RamClouds, recorded: list[Interaction]) -> None:
    assert content_of(llm, run.call(llm, "chat", [user(GREETING)])) == message_of(recorded[0])


def test_complete(run: Any, llm: RamClouds, recorded: list[Interaction]) -> None:
    assert run.call(llm, "complete", GREETING).text == message_of(recorded[0])["text"]


def test_streamed(run: Any, llm: RamClouds, recorded: list[Interaction]) -> None:
    responses = run.stream(llm, "stream_chat", [user(GREETING)])
    assert content_of(llm, responses[-1]) == streamed_of(recorded[0])
    assert "".join(response.delta for response in responses) == streamed_of(recorded[0])["text"]


def test_complete_streamed(run: Any, llm: RamClouds, recorded: list[Interaction]) -> None:
    responses = run.stream(llm, "stream_complete", GREETING)
    assert responses[-1].text == streamed_of(recorded[0])["text"]


def test_multi_turn(run: Any, llm: RamClouds, recorded: list[Interaction]) -> None:
    history = [
        ChatMessage(role=MessageRole.SYSTEM, content="You answer in one short sentence."),
        user("My name is Lan."),
    ]
    first = run.call(llm, "chat", history)
    second = run.call(llm, "chat", [*history, first.message, user("What is my name?")])
    assert [content_of(llm, first), content_of(llm, second)] == [
        message_of(answer) for answer in recorded[:]
    ]


def test_stop(run: Any, llm: RamClouds, recorded: list[Interaction]) -> None:
    response = run.call(llm, "chat", [user(GREETING)], stop=ENDS)
    assert content_of(llm, response) == message_of(recorded[0])
    assert not set(ENDS) & set(response.message.content or "")


def test_json_schema(run: Any, llm: RamClouds, recorded: list[Interaction]) -> None:
    llm.structured_output_mode = "json_schema"
    city = run.call(llm, "structured_predict", City, PromptTemplate(CITY))
    assert city == City.model_validate_json(message_of(recorded[0])["text"])


def test_function_calling(run: Any, llm: RamClouds, recorded: list[Interaction]) -> None:
    llm.structured_output_mode = "function_calling"
    city = run.call(llm, "structured_predict", City, PromptTemplate(CITY))
    assert city == City.model_validate_json(_arguments(recorded[0]))


def _arguments(answer: Interaction) -> Any:
    call = answer.json["choices"][0]["message"]["tool_calls"][0]
    return call["function"]["arguments"]


def test_tool_call(run: Any, llm: RamClouds, recorded: list[Interaction]) -> None:
    response = run.call(llm, "chat_with_tools", TOOLS, WEATHER, tool_required=True)
    assert content_of(llm, response) == message_of(recorded[0])
    calls = llm.get_tool_calls_from_response(response)
    assert [list(call.tool_kwargs) for call in calls] == [["city"]]


def test_tool_call_streamed(run: Any, llm: RamClouds, recorded: list[Interaction]) -> None:
    responses = run.stream(llm, "stream_chat_with_tools", TOOLS, WEATHER, tool_required=True)
    assert content_of(llm, responses[-1]) == streamed_of(recorded[0])


def test_tool_result(run: Any, llm: RamClouds, recorded: list[Interaction]) -> None:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city": "Hanoi"}'},
    }
    history = [
        user(WEATHER),
        ChatMessage(role=MessageRole.ASSISTANT, additional_kwargs={"tool_calls": [call]}),
        ChatMessage(
            role=MessageRole.TOOL,
            content="Sunny, 31 degrees.",
            additional_kwargs={"tool_call_id": "call_1"},
        ),
    ]
    response = run.call(llm, "chat_with_tools", TOOLS, chat_history=history, tool_choice="none")
    assert content_of(llm, response) == message_of(recorded[0])


def test_wrong_key(
    run: Any, server: Server, settings: dict[str, Any], recorded: list[Interaction]
) -> None:
    wrong = RamClouds(**server.ask, **{**settings, "api_key": "wrongkey"})
    with pytest.raises(AuthenticationError) as caught:
        run.call(wrong, "chat", [user(GREETING)])
    assert (caught.value.status_code, caught.value.body) == (401, recorded[0].json)


def test_bad_request(run: Any, llm: RamClouds, recorded: list[Interaction]) -> None:
    with pytest.raises(BadRequestError) as caught:
        run.call(llm, "chat", [user(GREETING)], extra_body={"top_logprobs": 3})
    assert caught.value.body == recorded[0].json


def test_embeddings(run: Any, settings: dict[str, Any], recorded: list[Interaction]) -> None:
    with RamCloudsEmbedding(model_name=EMBEDDING_MODEL, **settings) as model:
        found = run.call(model, "get_text_embedding_batch", TEXTS)
        assert found == vectors_of(recorded[0])
        assert run.call(model, "get_query_embedding", TEXTS[0]) == vectors_of(recorded[1])[0]
