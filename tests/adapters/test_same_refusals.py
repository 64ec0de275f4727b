"""What no request can be made of: both adapters refuse it in the same words, and send nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from llama_index.core.base.llms.types import ChatMessage

import langchain_ramclouds
import llama_index_ramclouds
from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import ConfigurationError
from tests.adapters.asking import BY_TURNS, WAYS, Way
from tests.gateway import Gateway, Json, Request, Response, Sse, call, completion, tool_chunks
from tests.harness import each_row

Chat = Callable[..., ChatRamClouds]
Llm = Callable[..., RamClouds]

FORCED = {"type": "function", "function": {"name": "search"}}
NO_TOOLS = "tool_choice asks for a tool call, but there are no tools. Pass tools=[...], or"
NO_MODEL = "model must be the name of a model, such as 'gpt-5'."
NO_LIST = "tools must be a list of tool definitions."
NO_TOOL = "A tool must be a function, a class, a dict or a tool of the framework, not {}."
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"tool_choice": "required"}, NO_TOOLS),
    ({"tool_choice": "any"}, NO_TOOLS),
    ({"tool_choice": "search", "tools": []}, NO_TOOLS),
    ({"tool_choice": True, "tools": None}, NO_TOOLS),
    ({"tool_choice": FORCED}, NO_TOOLS),
    ({"tool_choice": {"type": "any"}, "tool_calling": "prompted"}, NO_TOOLS),
    ({"tools": ["x"]}, NO_TOOL.format("'x'")),
    ({"tools": [5]}, NO_TOOL.format("5")),
    ({"tools": [None], "tool_choice": "any"}, NO_TOOL.format("None")),
    ({"tools": "x"}, NO_LIST),
    ({"tools": FORCED}, NO_LIST),
    ({"tools": 5}, NO_LIST),
    ({"model": ""}, NO_MODEL),
    ({"model": " ", "tool_calling": "prompted"}, NO_MODEL),
    ({"model": 5, "tools": [FORCED]}, NO_MODEL),
]


@each_row(("given", "says"), REFUSED, ids=repr)
async def test_what_no_request_can_be_made_of(
    given: dict[str, Any], says: str, gateway: Gateway, chat: Chat, llm: Llm
) -> None:
    place = [row for row, _ in REFUSED].index(given)
    for way in BY_TURNS[place % 2]:
        with pytest.raises(ConfigurationError) as of_langchain:
            await way.langchain(chat(), [HumanMessage("Hi")], **given)
        with pytest.raises(ConfigurationError) as of_llama_index:
            await way.llama_index(llm(), [ChatMessage("Hi")], **given)
        assert str(of_langchain.value) == str(of_llama_index.value)
        assert str(of_langchain.value).startswith(says)
        assert isinstance(of_langchain.value, ValueError)
    assert gateway.requests == []


def test_wrong_tools_are_refused_where_they_are_bound(chat: Chat, llm: Llm) -> None:
    for tools, says in ((["x"], "A tool must be"), ("x", "tools must be a list")):
        with pytest.raises(ConfigurationError, match=says):
            chat().bind_tools(tools)  # type: ignore[arg-type]
        with pytest.raises(ConfigurationError, match=says):
            llm().chat_with_tools(tools, "Hi")  # type: ignore[arg-type]


@each_row("choice", ["auto", "none", {"type": "auto"}, "", False, None], ids=repr)
def test_choice_that_forces_no_call_is_left_out_where_there_are_no_tools(
    choice: Any, gateway: Gateway, chat: Chat, llm: Llm
) -> None:
    chat(dialect="none").invoke("Hi", tool_choice=choice)
    llm(dialect="none").chat([ChatMessage("Hi")], tool_choice=choice)
    assert ["tool_choice" in body for body in gateway.bodies] == [False, False]


def test_choice_of_the_llm_is_for_its_calls_with_tools(gateway: Gateway, llm: Llm) -> None:
    built = llm(additional_kwargs={"tool_choice": "required"})
    assert built.chat([ChatMessage("Hi")]).message.content
    assert "tool_choice" not in gateway.last.json


async def test_no_messages_are_refused(way: Way, gateway: Gateway, chat: Chat, llm: Llm) -> None:
    for given in ({}, {"tools": [FORCED], "tool_calling": "prompted"}):
        with pytest.raises(ConfigurationError, match=r"^messages is empty"):
            await way.langchain(chat(), [], **given)
        with pytest.raises(ConfigurationError, match=r"^messages is empty"):
            await way.llama_index(llm(), [], **given)
    assert gateway.requests == []


async def test_model_of_none_is_the_models_own(
    way: Way, gateway: Gateway, chat: Chat, llm: Llm
) -> None:
    await way.langchain(chat(), [HumanMessage("Hi")], model=None)
    await way.llama_index(llm(), [ChatMessage("Hi")], model=None)
    llm().complete("Hi", model=None)
    assert [body["model"] for body in gateway.bodies] == ["gpt-5"] * 3
    with pytest.raises(ConfigurationError, match="model must be the name"):
        llm().complete("Hi", model="")


CUT = call("weather", '{"city": "Ha')


def cut(request: Request) -> Response:
    """A call that nobody asked for, and that is cut off."""
    if request.json.get("stream"):
        return Sse(tool_chunks(CUT, finish_reason="length"))
    return Json(completion(None, tool_calls=[CUT], finish_reason="length"))


async def test_invalid_calls_are_an_error_without_tools_too(
    way: Way, gateway: Gateway, chat: Chat, llm: Llm
) -> None:
    gateway.handler = cut
    with pytest.raises(langchain_ramclouds.InvalidToolCallError) as of_langchain:
        await way.langchain(chat(), [HumanMessage("Hi")])
    with pytest.raises(llama_index_ramclouds.InvalidToolCallError) as of_llama_index:
        await way.llama_index(llm(), [ChatMessage("Hi")])
    assert str(of_langchain.value) == str(of_llama_index.value)


async def test_invalid_calls_are_returned_without_tools_where_that_is_asked_for(
    gateway: Gateway, chat: Chat, llm: Llm
) -> None:
    gateway.handler = cut
    for way in WAYS[1:3]:
        given = {"on_invalid_tool_calls": "return"}
        message = await way.langchain(chat(), [HumanMessage("Hi")], **given)
        response = await way.llama_index(llm(), [ChatMessage("Hi")], **given)
        assert message.invalid_tool_calls
        assert response.message.additional_kwargs["invalid_tool_calls"]
