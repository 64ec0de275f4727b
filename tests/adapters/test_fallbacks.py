"""Fallback models through both adapters: each model is asked as if it were the first."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.load import dumpd, dumps, load, loads
from langchain_core.messages import AIMessage, HumanMessage
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from langchain_ramclouds import ChatRamClouds, RamCloudsEmbeddings
from llama_index_ramclouds import RamClouds, RamCloudsEmbedding
from ramclouds import ConfigurationError, RamCloudsError, ServerError
from ramclouds._resting import RESTS
from tests.adapters.asking import BY_TURNS, Way
from tests.gateway import Gateway, Json, Request, Response, error
from tests.harness import each_row

Chat = Callable[..., ChatRamClouds]
Llm = Callable[..., RamClouds]
PAIRS = [
    ("gpt-5", "claude-sonnet-4-5"),  # response_format, then a forced tool call
    ("claude-sonnet-4-5", "gpt-5"),
    ("gpt-5", "glm-4.6"),  # response_format, then in words
]


def each_pair(*pairs: tuple[str, str]) -> pytest.MarkDecorator:
    """Each pair whole and streamed, sync and async by turns."""
    asked = [(pair, way) for place, pair in enumerate(pairs) for way in BY_TURNS[place % 2]]
    ids = [f"{'-'.join(pair)}-{way}" for pair, way in asked]
    return pytest.mark.parametrize(("pair", "way"), asked, ids=ids)


DOWN = Json(error("the provider is down", type="upstream_error"), 500)


class Weather(BaseModel):
    city: str
    sunny: bool


def forecast(city: str) -> str:
    """The forecast for a city."""
    return f"{city}: sun"


def fails(gateway: Gateway, *models: str) -> None:
    RESTS.forget()
    gateway.requests.clear()

    def handler(request: Request) -> Response:
        return DOWN if request.json["model"] in models else gateway.model.answer(request)

    gateway.handler = handler


def asked(gateway: Gateway) -> list[str]:
    return [request.json["model"] for request in gateway.requests]


LC_HISTORY = [
    HumanMessage("What is 2 + 2?"),
    AIMessage(
        "4",
        additional_kwargs={"reasoning_content": "I add."},
        response_metadata={"model_provider": "ramclouds", "model_name": "deepseek-v3.2"},
    ),
    HumanMessage("Use the tool for Hanoi."),
]


@each_pair(*PAIRS[:2])
async def test_langchain_asks_each_model_as_if_it_were_the_first(
    gateway: Gateway, chat: Chat, way: Way, pair: tuple[str, str]
) -> None:
    first, second = pair
    both = chat(model=first, fallback_models=[second], temperature=0.5)
    alone = chat(model=second, temperature=0.5)
    for kwargs in ({}, {"tools": [forecast], "tool_choice": "forecast"}):
        fails(gateway, first)
        message = await way.langchain(both, LC_HISTORY, **kwargs)
        same = await way.langchain(alone, LC_HISTORY, **kwargs)
        assert gateway.bodies[1] == gateway.bodies[2]
        assert asked(gateway) == [first, second, second]
        assert message.text == same.text
        assert message.tool_calls == same.tool_calls
        about = message.response_metadata
        assert (about["model_name"], about["fallback_from"]) == (second, first)


LI_HISTORY = [
    ChatMessage("What is 2 + 2?"),
    ChatMessage(
        "4",
        role="assistant",
        additional_kwargs={"reasoning_content": "I add.", "model": "deepseek-v3.2"},
    ),
    ChatMessage("Use the tool for Hanoi."),
]


@each_pair(*PAIRS[:2])
async def test_llama_index_asks_each_model_as_if_it_were_the_first(
    gateway: Gateway, llm: Llm, way: Way, pair: tuple[str, str]
) -> None:
    first, second = pair
    tools = [FunctionTool.from_defaults(forecast)]
    for kwargs in ({}, {"tools": tools, "tool_choice": "forecast"}):
        both = llm(model=first, fallback_models=[second], temperature=0.5)
        alone = llm(model=second, temperature=0.5)
        fails(gateway, first)
        response = await way.llama_index(both, LI_HISTORY, **kwargs)
        same = await way.llama_index(alone, LI_HISTORY, **kwargs)
        assert gateway.bodies[1] == gateway.bodies[2]
        assert asked(gateway) == [first, second, second]
        assert response.message.blocks == same.message.blocks
        assert response.raw["model"] == second
        assert response.additional_kwargs["fallback_from"] == first


@each_pair(*PAIRS)
async def test_structured_output_is_asked_of_each_model_in_its_own_way(
    gateway: Gateway, chat: Chat, llm: Llm, way: Way, pair: tuple[str, str]
) -> None:
    first, second = pair

    async def of_langchain(model: ChatRamClouds) -> Any:
        asking: Any = model.with_structured_output(Weather)
        if way.is_streamed:
            if way.is_async:
                return [part async for part in asking.astream("?")][-1]
            return list(asking.stream("?"))[-1]
        return await asking.ainvoke("?") if way.is_async else asking.invoke("?")

    async def of_llama_index(model: RamClouds) -> Any:
        asked = (Weather, PromptTemplate("?"))
        if not way.is_async:
            found = model.structured_predict(*asked)
            return list(model.stream_structured_predict(*asked))[-1] if way.is_streamed else found
        async with model:
            if not way.is_streamed:
                return await model.astructured_predict(*asked)
            return [part async for part in await model.astream_structured_predict(*asked)][-1]

    for build, ask in ((chat, of_langchain), (llm, of_llama_index)):
        fails(gateway, first)
        found = await ask(build(model=first, fallback_models=[second]))  # type: ignore[arg-type]
        by_fallback = gateway.bodies[-1]
        assert await ask(build(model=second)) == found  # type: ignore[arg-type]
        assert gateway.bodies[-1] == by_fallback
        assert asked(gateway)[:2] == [first, second]
        assert isinstance(found, Weather)


def test_model_that_ignores_tools_is_asked_through_the_prompt(
    gateway: Gateway, chat: Chat, llm: Llm, way: Way
) -> None:
    gateway.model.dropped = frozenset({"tools", "tool_choice", "response_format"})
    settings = {"fallback_models": ["claude-sonnet-4-5"], "on_unsupported": "fallback"}
    order = ["gpt-5", "claude-sonnet-4-5", "claude-sonnet-4-5"]
    fails(gateway, "gpt-5")
    kwargs = {"tools": [forecast], "tool_choice": "forecast"}
    message = asyncio.run(way.langchain(chat(**settings), LC_HISTORY, **kwargs))
    assert [called["name"] for called in message.tool_calls] == ["forecast"]
    assert (message.response_metadata["fallback_from"], asked(gateway)) == ("gpt-5", order)
    fails(gateway, "gpt-5")
    tools = [FunctionTool.from_defaults(forecast)]
    kwargs = {"tools": tools, "tool_choice": "forecast"}
    response = asyncio.run(way.llama_index(llm(**settings), LI_HISTORY, **kwargs))
    assert [block.tool_name for block in response.message.blocks if block.block_type == "tool_call"]
    assert asked(gateway) == order


async def test_error_names_the_model_that_was_asked_last(
    gateway: Gateway, chat: Chat, llm: Llm, way: Way
) -> None:
    gateway.model.dropped = frozenset({"tools", "tool_choice", "response_format"})
    settings = {"fallback_models": ["claude-sonnet-4-5"]}
    named = "the model 'claude-sonnet-4-5'"
    fails(gateway, "gpt-5")
    kwargs = {"tools": [forecast], "tool_choice": "forecast"}
    with pytest.raises(RamCloudsError, match=named):
        await way.langchain(chat(**settings), LC_HISTORY, **kwargs)
    kwargs["tools"] = [FunctionTool.from_defaults(forecast)]
    with pytest.raises(RamCloudsError, match=named):
        await way.llama_index(llm(**settings), LI_HISTORY, **kwargs)
    with pytest.raises(RamCloudsError, match=named):
        llm(**settings).structured_predict(Weather, PromptTemplate("?"))
    with pytest.raises(RamCloudsError, match=named):
        chat(**settings).with_structured_output(Weather).invoke("?")


async def test_all_fail(gateway: Gateway, chat: Chat, llm: Llm, way: Way) -> None:
    settings = {"fallback_models": ["claude-sonnet-4-5"]}
    message = r"^No model completed the call\. gpt-5: ServerError: .*; claude-sonnet-4-5: "
    fails(gateway, "gpt-5", "claude-sonnet-4-5")
    with pytest.raises(ServerError, match=message) as caught:
        await way.langchain(chat(**settings), LC_HISTORY)
    assert caught.value.is_retryable  # type: ignore[attr-defined]
    fails(gateway, "gpt-5", "claude-sonnet-4-5")
    with pytest.raises(ServerError, match=message):
        await way.llama_index(llm(**settings), LI_HISTORY)


def test_agent_goes_on_with_another_model(gateway: Gateway, chat: Chat) -> None:
    fails(gateway)
    turns = iter(["gpt-5"])

    def handler(request: Request) -> Response:
        # The first turn works, and the second does not.
        is_first = request.json["model"] == "gpt-5" and next(turns, None)
        fails = request.json["model"] == "gpt-5" and not is_first
        return DOWN if fails else gateway.model.answer(request)

    gateway.handler = handler
    agent = create_agent(chat(fallback_models=["claude-sonnet-4-5"]), [forecast])
    messages = agent.invoke({"messages": [HumanMessage("Call forecast for Hanoi.")]})["messages"]
    assert asked(gateway) == ["gpt-5", "gpt-5", "claude-sonnet-4-5"]
    names = [one.response_metadata["model_name"] for one in messages if isinstance(one, AIMessage)]
    assert names == ["gpt-5", "claude-sonnet-4-5"]


def test_setting_of_one_call(gateway: Gateway, chat: Chat, llm: Llm) -> None:
    fails(gateway, "gpt-5")
    assert chat().invoke("Hi", fallback_models=["glm-4.6"]).response_metadata["fallback_from"]
    bound = chat(fallback_models=["claude-sonnet-4-5"]).bind(fallback_models=None)
    with pytest.raises(ServerError):
        bound.invoke("Hi")
    fails(gateway, "gpt-5")
    llm().complete("Hi", fallback_models=["glm-4.6"])
    assert asked(gateway) == ["gpt-5", "glm-4.6"]
    fails(gateway)
    # The setting may name the model that a call asks.
    llm(fallback_models=["glm-4.6"]).complete("Hi", model="glm-4.6")
    chat(fallback_models=["glm-4.6"]).invoke("Hi", model="glm-4.6")
    assert asked(gateway) == ["glm-4.6", "glm-4.6"]


def test_with_fallbacks_of_langchain_works_beside_it(gateway: Gateway, chat: Chat) -> None:
    fails(gateway, "gpt-5", "claude-sonnet-4-5")
    model = chat(fallback_models=["claude-sonnet-4-5"]).with_fallbacks([chat(model="glm-4.6")])
    assert model.invoke("Hi").response_metadata["model_name"] == "glm-4.6"
    assert asked(gateway) == ["gpt-5", "claude-sonnet-4-5", "glm-4.6"]


@each_row(
    ("given", "hint"),
    [
        ("glm-4.6", "must be a list"),
        ([], "must be a list"),
        (["glm-4.6", 4], "must be a name"),
        (["glm-4.6", "glm-4.6"], "twice"),
        (["glm-4.6", "gpt-5"], "twice"),
    ],
)
def test_wrong_settings(gateway: Gateway, chat: Chat, llm: Llm, given: Any, hint: str) -> None:
    for build in (chat, llm):
        with pytest.raises(ConfigurationError, match=hint):
            build(fallback_models=given)
    with pytest.raises(ConfigurationError, match=hint):
        chat().invoke("Hi", fallback_models=given)
    with pytest.raises(ConfigurationError, match=hint):
        llm().complete("Hi", fallback_models=given)
    assert gateway.requests == []


@pytest.mark.parametrize("kind", [RamCloudsEmbeddings, RamCloudsEmbedding])
def test_embeddings_have_no_fallback(kind: Any) -> None:
    with pytest.raises(TypeError, match="Another model's vectors"):
        kind(model="text-embedding-3-small", api_key="test-key", fallback_models=["other"])


@pytest.mark.filterwarnings("ignore:The function `load")
def test_stored_models_keep_the_setting(
    chat: Chat, llm: Llm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    names = ["claude-sonnet-4-5"]
    model, other = chat(fallback_models=names), llm(fallback_models=names)
    allowed: Any = {"valid_namespaces": ["langchain_ramclouds"], "secrets_from_env": True}
    allowed["allowed_objects"] = [ChatRamClouds]
    copies = [
        pickle.loads(pickle.dumps(model)),
        model.model_copy(),
        load(dumpd(model), **allowed),
        loads(dumps(model), **allowed),
        pickle.loads(pickle.dumps(other)),
        RamClouds.from_dict(json.loads(other.to_json())),
    ]
    assert [each.fallback_models for each in copies] == [names] * len(copies)
    assert model._identifying_params["fallback_models"] == names
    assert model._get_llm_string() != chat()._get_llm_string()
