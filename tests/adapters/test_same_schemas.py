"""Schemas and names of tools as both adapters send them, and what comes back for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.tools import StructuredTool
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel, RootModel

from ramclouds.bridge.schemas import Use, prepare_schema, wrapped
from tests.adapters.asking import Way
from tests.gateway import Gateway, Json, Response, Sse, call, completion, text_chunks, tool_chunks

Build = Callable[..., Any]


class Node(BaseModel):
    name: str
    kids: list[Node] = []


class Loose(BaseModel):
    """Values of any kind."""

    values: dict[str, int]


Nodes = RootModel[list[Node]]
MODELS = {"gpt-5": "strict", "gemini-2.5-pro": "gemini", "my-model": "plain"}
ANSWER = '{"name": "root", "kids": [{"name": "leaf"}]}'
ROOT = Node(name="root", kids=[Node(name="leaf")])


class Tree(BaseModel):
    top: Node


def show(**_: Any) -> str:
    """Shows something."""
    return "shown"


def find(name: str) -> str:
    """Finds something."""
    return name


def prepared(kind: type[BaseModel], form: Any, use: Use) -> dict[str, Any]:
    """What the schema of a class becomes, without what stands beside it in a tool."""
    schema = prepare_schema(wrapped(kind.model_json_schema())[0], form, use=use).schema
    return {key: value for key, value in schema.items() if key not in ("title", "description")}


def of_body(body: dict[str, Any]) -> dict[str, Any]:
    """The schema that a request asks with."""
    if "tools" in body:
        schema = body["tools"][0]["function"]["parameters"]
    else:
        schema = body["response_format"]["json_schema"]["schema"]
    return {key: value for key, value in schema.items() if key not in ("title", "description")}


@pytest.mark.parametrize(("model", "form"), MODELS.items())
def test_both_adapters_send_a_class_whole(
    gateway: Gateway, chat: Build, llm: Build, model: str, form: Any
) -> None:
    """As a tool's arguments, a forced call and a format; a recursive class keeps its fields."""
    a_chat, an_llm = chat(model=model), llm(model=model)
    gateway.handler = lambda request: _obeying(request.json)

    a_chat.invoke("Hi", tools=[StructuredTool.from_function(show, args_schema=Tree)])
    an_llm.chat_with_tools([FunctionTool.from_defaults(show, fn_schema=Tree)], user_msg="Hi")
    prompt = PromptTemplate("Hi")
    for method in ("function_calling", "json_schema"):
        asking = llm(model=model, structured_output_mode=method)
        for kind, value in ((Node, ROOT), (Nodes, Nodes([ROOT]))):
            assert a_chat.with_structured_output(kind, method=method).invoke("Hi") == value
            assert asking.structured_predict(kind, prompt) == value

    bodies = [request.json for request in gateway.requests]
    expected = [prepared(Tree, form, "tool"), prepared(Node, form, "tool")]
    expected += [prepared(Nodes, form, "tool"), prepared(Node, form, "answer")]
    expected += [prepared(Nodes, form, "answer")]
    assert [of_body(body) for body in bodies] == [each for each in expected for _ in range(2)]
    strict = {"strict": True, "plain": False, "gemini": True}[form]
    formats = [body["response_format"]["json_schema"]["strict"] for body in bodies[6:]]
    assert formats == [strict] * 4


def _obeying(body: dict[str, Any]) -> Response:
    is_wrapped = "value" in of_body(body)["properties"]
    answer = f'{{"value": [{ANSWER}]}}' if is_wrapped else ANSWER
    if "tools" not in body:
        return Json(completion(answer))
    name = body["tools"][0]["function"]["name"]
    return Json(completion(None, tool_calls=[call(name, json.loads(answer))]))


@pytest.mark.parametrize("kind", [Loose])
def test_class_that_cannot_be_closed_says_so(
    gateway: Gateway, chat: Build, llm: Build, kind: type[BaseModel]
) -> None:
    gateway.handler = lambda _: Json(completion('{"values": {"a": 1}}'))
    made = [
        chat().with_structured_output(kind, method="json_schema").invoke("Hi"),
        llm(structured_output_mode="json_schema").structured_predict(kind, PromptTemplate("Hi")),
    ]
    assert made == [Loose(values={"a": 1})] * 2
    for request in gateway.requests:
        assert request.json["response_format"]["json_schema"]["strict"] is False


async def test_names_of_tools_are_the_users_again(
    gateway: Gateway, chat: Build, llm: Build, way: Way
) -> None:
    """In calls, fragments, results and history, for names that providers refuse."""

    def answer(request: Any) -> Response:
        sent = [tool["function"]["name"] for tool in request.json["tools"]]
        assert sent == ["lich_tim", "calendar_list"]
        last = request.json["messages"][-1]
        if last["role"] == "tool":
            (before,) = request.json["messages"][-2]["tool_calls"]
            assert before["function"]["name"] == "lich_tim"
            return Sse(text_chunks("Done.")) if way.is_streamed else Json(completion("Done."))
        called = call("lich_tim", {"name": "x"})
        if way.is_streamed:
            return Sse(tool_chunks(called))
        return Json(completion(None, tool_calls=[called]))

    gateway.handler = answer
    names = ("lịch.tìm", "calendar_list")
    tools = [StructuredTool.from_function(find, name=name) for name in names]
    model = chat()
    asked = HumanMessage("Hi")
    message = await way.langchain(model, [asked], tools=tools, tool_choice="lịch.tìm")
    assert [one["name"] for one in message.tool_calls] == ["lịch.tìm"]
    result = tools[0].invoke(message.tool_calls[0])
    final = await way.langchain(model, [asked, message, result], tools=tools)
    assert final.text == "Done."

    offered = [FunctionTool.from_defaults(find, name=name) for name in names]
    built = llm()
    question = ChatMessage("Hi")
    response = await way.llama_index(built, [question], tools=offered, tool_choice="lịch.tìm")
    (chosen,) = built.get_tool_calls_from_response(response)
    assert chosen.tool_name == "lịch.tìm"
    told = ChatMessage("x", role="tool", additional_kwargs={"tool_call_id": chosen.tool_id})
    history = [question, response.message, told]
    assert (await way.llama_index(llm(), history, tools=offered)).message.content == "Done."
    choices = [request.json.get("tool_choice") for request in gateway.requests]
    named = {"type": "function", "function": {"name": "lich_tim"}}
    assert choices == [named, None, named, None]
