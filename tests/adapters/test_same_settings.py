"""One setting through both adapters, and the client: what is stored, what is refused."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from llama_index.core.base.llms.types import ChatMessage
from pydantic import ValidationError

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import Client, ConfigurationError
from tests.gateway import Gateway

Chat = Callable[..., ChatRamClouds]
Llm = Callable[..., RamClouds]

SECRET = "s3cret"


@pytest.mark.parametrize(
    "name", ["Authorization", "Cookie", "X-Api-Key", "X-Auth-Token", "X-Client-Secret"]
)
def test_no_store_holds_a_header_that_may_be_secret(name: str, chat: Chat, llm: Llm) -> None:
    headers = {"default_headers": {name: SECRET, "X-Team": "blue"}}
    model, index = chat(**headers), llm(**headers)
    with Client(api_key="test-key", **headers) as client:  # type: ignore[arg-type]
        stored = [pickle.dumps(one) for one in (client, model, index)]
    stored += [json.dumps(index.to_dict()).encode(), index.model_dump_json().encode()]
    assert [SECRET.encode() in one for one in stored] == [False] * 5
    assert [b"X-Team" in one for one in stored] == [True] * 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"tool_calling": "sometimes"},
        {"on_unsupported": "shrug"},
        {"on_invalid_tool_calls": "shrug"},
        {"temperature": 3},
    ],
    ids=repr,
)
def test_wrong_setting_of_a_call_is_the_same_error(wrong: Any, chat: Chat, llm: Llm) -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        chat().invoke([HumanMessage("Hi")], tools=tools, **wrong)
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        llm().chat([ChatMessage("Hi")], tools=tools, **wrong)


def test_wrong_setting_of_the_model_differs_as_pinned(chat: Chat, llm: Llm) -> None:
    with pytest.raises(ValidationError, match="temperature"):
        chat(temperature=3)
    with pytest.raises(ConfigurationError, match="temperature"):
        llm(temperature=3)


def test_timeout_as_text_differs_as_pinned(chat: Chat, llm: Llm) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        chat(timeout="30")
    assert llm(timeout="30").timeout == 30.0


@pytest.mark.parametrize("build", ["chat", "llm"])
def test_unknown_setting_names_the_closest_one(build: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(TypeError, match=r"Did you mean '?temperature"):
        request.getfixturevalue(build)(temprature=0.5)


async def test_whole_calls_that_are_streamed_ask_for_a_stream(
    gateway: Gateway, chat: Chat, llm: Llm
) -> None:
    model = chat(stream_whole_calls=True)
    assert (await model.ainvoke("Hi")).text == model.invoke("Hi").text
    assert llm(stream_whole_calls=True).chat([ChatMessage("Hi")]).message.content
    assert [request.json["stream"] for request in gateway.requests] == [True, True, True]
