"""`RamClouds` for LlamaIndex against recorded servers."""

from __future__ import annotations

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
from tests.harness import EACH_TWIN, Twin
from tests.replay.expected import streamed, vectors_of

pytestmark = [pytest.mark.vcr, EACH_TWIN]


class City(BaseModel):
    """A city."""

    name: str


def get_weather(city: str) -> str:
    """The current weather of a city."""
    return f"Sunny in {city}."


TOOLS = [FunctionTool.from_defaults(get_weather)]


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


def test_plain(twin: Twin, llm: RamClouds, recorded: list[Interaction]) -> None:
    assert content_of(llm, twin.call(llm, "chat", [user(GREETING)])) == message_of(recorded[0])


def test_complete(twin: Twin, llm: RamClouds, recorded: list[Interaction]) -> None:
    assert twin.call(llm, "complete", GREETING).text == message_of(recorded[0])["text"]


def test_streamed(twin: Twin, llm: RamClouds, recorded: list[Interaction]) -> None:
    responses = twin.call(llm, "stream_chat", [user(GREETING)])
    assert content_of(llm, responses[-1]) == streamed_of(recorded[0])
    assert "".join(response.delta for response in responses) == streamed_of(recorded[0])["text"]


def test_complete_streamed(twin: Twin, llm: RamClouds, recorded: list[Interaction]) -> None:
    responses = twin.call(llm, "stream_complete", GREETING)
    assert responses[-1].text == streamed_of(recorded[0])["text"]


def test_multi_turn(twin: Twin, llm: RamClouds, recorded: list[Interaction]) -> None:
    history = [
        ChatMessage(role=MessageRole.SYSTEM, content="You answer in one short sentence."),
        user("My name is Lan."),
    ]
    first = twin.call(llm, "chat", history)
    second = twin.call(llm, "chat", [*history, first.message, user("What is my name?")])
    assert [content_of(llm, first), content_of(llm, second)] == [
        message_of(answer) for answer in recorded[:]
    ]


def test_stop(twin: Twin, llm: RamClouds, recorded: list[Interaction]) -> None:
    response = twin.call(llm, "chat", [user(GREETING)], stop=ENDS)
    assert content_of(llm, response) == message_of(recorded[0])
    assert not set(ENDS) & set(response.message.content or "")


def test_json_schema(twin: Twin, llm: RamClouds, recorded: list[Interaction]) -> None:
    llm.structured_output_mode = "json_schema"
    city = twin.call(llm, "structured_predict", City, PromptTemplate(CITY))
    assert city == City.model_validate_json(message_of(recorded[0])["text"])


def test_function_calling(twin: Twin, llm: RamClouds, recorded: list[Interaction]) -> None:
    llm.structured_output_mode = "function_calling"
    city = twin.call(llm, "structured_predict", City, PromptTemplate(CITY))
    assert city == City.model_validate_json(_arguments(recorded[0]))


def _arguments(answer: Interaction) -> Any:
    call = answer.json["choices"][0]["message"]["tool_calls"][0]
    return call["function"]["arguments"]


def test_tool_call(twin: Twin, llm: RamClouds, recorded: list[Interaction]) -> None:
    response = twin.call(llm, "chat_with_tools", TOOLS, WEATHER, tool_required=True)
    assert content_of(llm, response) == message_of(recorded[0])
    calls = llm.get_tool_calls_from_response(response)
    assert [list(call.tool_kwargs) for call in calls] == [["city"]]


def test_tool_call_streamed(twin: Twin, llm: RamClouds, recorded: list[Interaction]) -> None:
    responses = twin.call(llm, "stream_chat_with_tools", TOOLS, WEATHER, tool_required=True)
    assert content_of(llm, responses[-1]) == streamed_of(recorded[0])


def test_tool_result(twin: Twin, llm: RamClouds, recorded: list[Interaction]) -> None:
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
    response = twin.call(llm, "chat_with_tools", TOOLS, chat_history=history, tool_choice="none")
    assert content_of(llm, response) == message_of(recorded[0])


def test_wrong_key(
    twin: Twin, server: Server, settings: dict[str, Any], recorded: list[Interaction]
) -> None:
    wrong = RamClouds(**server.ask, **{**settings, "api_key": "wrongkey"})
    with pytest.raises(AuthenticationError) as caught:
        twin.call(wrong, "chat", [user(GREETING)])
    assert (caught.value.status_code, caught.value.body) == (401, recorded[0].json)


def test_bad_request(twin: Twin, llm: RamClouds, recorded: list[Interaction]) -> None:
    with pytest.raises(BadRequestError) as caught:
        twin.call(llm, "chat", [user(GREETING)], extra_body={"top_logprobs": 3})
    assert caught.value.body == recorded[0].json


def test_embeddings(twin: Twin, settings: dict[str, Any], recorded: list[Interaction]) -> None:
    with RamCloudsEmbedding(model_name=EMBEDDING_MODEL, **settings) as model:
        found = twin.call(model, "get_text_embedding_batch", TEXTS)
        assert found == vectors_of(recorded[0])
        assert twin.call(model, "get_query_embedding", TEXTS[0]) == vectors_of(recorded[1])[0]
