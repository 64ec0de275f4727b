"""Arguments that a model wrapped in a call of its own: unwrapped for whoever reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import HumanMessage
from llama_index.core.program import (
    FunctionCallingProgram,
    LLMTextCompletionProgram,
    MultiModalLLMCompletionProgram,
)
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds, StructuredOutputError
from llama_index_ramclouds.output_parser import StrictOutputParser
from ramclouds._stream.arguments import ArgumentsReader
from ramclouds.bridge.arguments import ArgumentsForm, arguments_forms
from ramclouds.types import Chunk, InvalidToolCall, ToolCallDelta
from tests.adapters.asking import WAYS, Way
from tests.gateway import (
    Gateway,
    Json,
    Request,
    Response,
    Sse,
    call,
    completion,
    text_chunks,
    tool_chunks,
)
from tests.harness import each_row


class Loose(BaseModel):
    """All of whose fields are optional."""

    name: str | None = None
    tags: dict[str, Any] | None = None


LOOSE = {
    "type": "function",
    "function": {"name": "Loose", "parameters": Loose.model_json_schema()},
}
AN = '{"name": "An"}'


def nested(levels: int) -> Any:
    return {"name": "Loose", "arguments": nested(levels - 1)} if levels else {"name": "An"}


# What a model wrote, and what the tool gets; None: the same.
ROWS: list[tuple[str, str | None]] = [
    (AN, None),
    ("{}", None),
    ('{"tags": {"name": "An"}}', None),
    ('{"name": "Loose", "tags": {}}', None),
    ('{"name": "An", "parameters": {"tags": {}}}', None),
    ('{"shape": {"colour": "red"}}', None),
    ('{"name": "Loose", "parameters": {"name": "An"}}', AN),
    ('{"parameters": {"name": "An"}, "name": "Loose"}', AN),
    ('{"name": "Loose", "arguments": "{\\"name\\": \\"An\\"}"}', AN),
    ('{"type": "function", "function": {"name": "Loose", "arguments": {"name": "An"}}}', AN),
    ('{"id": "c1", "tool_name": "Loose", "input": {"name": "An"}}', AN),
    ('{"Loose": {"name": "An"}}', AN),
    ('{"arguments": "{\\"name\\": \\"An\\"}"}', AN),
    ('{"arguments": "{name"}', None),
    (json.dumps(nested(3)), AN),
    (json.dumps(nested(4)), json.dumps(nested(1))),
    ('{"name": "Lo', None),
    ("[1]", None),
]


@each_row(("written", "read"), ROWS)
def test_arguments_are_read_alike_at_any_split(written: str, read: str | None) -> None:
    forms = arguments_forms([{"type": "web_search"}, LOOSE], {}, "plain")
    assert list(forms) == ["Loose"]
    assert forms["Loose"].read(written) == (read or written)
    for size in (1, 4, 100):
        reader = ArgumentsReader(forms)
        pieces = [written[at : at + size] for at in range(0, len(written), size)]
        opened = [ToolCallDelta(index=0, id="c1", name="Loose")]
        deltas = opened + [ToolCallDelta(index=0, arguments=piece) for piece in pieces]
        chunks = [Chunk(tool_calls=(delta,)) for delta in deltas]
        chunks.append(Chunk(finish_reason="tool_calls"))
        given = [delta for chunk in chunks if reader.read(chunk) for delta in chunk.tool_calls]
        assert "".join(delta.arguments for delta in given) == (read or written)
        assert [delta.name for delta in given if delta.name] == ["Loose"]


def test_arguments_that_are_not_wrapped_stream_as_they_come() -> None:
    reader = ArgumentsReader(arguments_forms([LOOSE], {}, "plain"))
    given = []
    for piece in ('{"tags', '": {"a"', ": 1}}"):
        chunk = Chunk(tool_calls=(ToolCallDelta(index=0, name="Loose", arguments=piece),))
        reader.read(chunk)
        given += [delta.arguments for delta in chunk.tool_calls]
    assert given == ["", '{"tags": {"a"', ": 1}}"]


def test_call_that_no_tool_may_run_is_given_as_the_model_wrote_it() -> None:
    reader = ArgumentsReader(arguments_forms([LOOSE], {}, "plain"))
    written = '{"name": "Loose", "parameters": {"name": "An"}} and'
    reader.read(Chunk(tool_calls=(ToolCallDelta(index=0, name="Loose", arguments=written),)))
    invalid = InvalidToolCall("c1", "Loose", written, "No object.", 0)
    last = Chunk(finish_reason="stop", invalid_tool_calls=(invalid,))
    reader.read(last)
    assert [delta.arguments for delta in last.tool_calls] == [written]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"name": {}, "arguments": {}}},
        {"type": "object", "properties": {"q": {}}, "additionalProperties": True},
        {"type": "object"},
    ],
    ids=["a tool that calls others", "open", "no arguments"],
)
def test_what_a_tool_may_take_is_not_unwrapped(schema: dict[str, Any]) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    form = arguments_forms([tool], {}, "plain").get("f", ArgumentsForm(frozenset(), frozenset("n")))
    written = '{"name": "f", "arguments": {"q": 1}}'
    assert form.read(written) == written


def test_json_texts_of_gemini_are_objects_for_the_tool() -> None:
    parameters = {
        "type": "object",
        "properties": {
            "free": {"type": "object"},
            "counts": {"anyOf": [{"type": "object", "additionalProperties": {}}, {"type": "null"}]},
            "rows": {"type": "array", "items": {"type": "object"}},
            "text": {"type": "string"},
        },
    }
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    form = arguments_forms([tool], {}, "gemini")["f"]
    texts = {"free": '{"a": 1}', "counts": '{"b": 2}', "rows": ['{"c": 3}', "no"], "text": "{}"}
    assert json.loads(form.read(json.dumps(texts))) == {
        "free": {"a": 1},
        "counts": {"b": 2},
        "rows": [{"c": 3}, "no"],
        "text": "{}",
    }
    assert arguments_forms([tool], {}, "plain")["f"].schema is None


@each_row("strategy", [ToolStrategy, ProviderStrategy])
async def test_agents_on_gemini_get_objects_for_json_texts(
    strategy: Any, way: Way, gateway: Gateway, chat: Callable[..., ChatRamClouds]
) -> None:
    text = json.dumps({"name": "An", "tags": json.dumps({"a": 1})})

    def answer(request: Request) -> Response:
        is_streamed = request.json.get("stream")
        if not request.json.get("tools"):
            return Sse(text_chunks(text)) if is_streamed else Json(completion(text))
        made = call("Loose", text)
        return Sse(tool_chunks(made)) if is_streamed else Json(completion(None, tool_calls=[made]))

    gateway.handler = answer
    model = chat(model="gemini-2.5-flash")
    agent: Any = create_agent(model, response_format=strategy(Loose))
    assert await structured(agent, way) == UNWRAPPED
    assert '"JSON text of an object' in json.dumps(gateway.last.json)


WRAPPED = '{"name": "Loose", "parameters": {"name": "An", "tags": {"a": 1}}}'
UNWRAPPED = Loose(name="An", tags={"a": 1})


@pytest.fixture
def wrapping(gateway: Gateway) -> Gateway:
    """A gateway whose model wraps its arguments, and its text where there are no tools."""

    def answer(request: Request) -> Response:
        is_streamed = request.json.get("stream")
        if not request.json.get("tools"):
            return Sse(text_chunks(WRAPPED)) if is_streamed else Json(completion(WRAPPED))
        name = request.json["tools"][0]["function"]["name"]
        made = call(name, WRAPPED.replace("Loose", name))
        return Sse(tool_chunks(made)) if is_streamed else Json(completion(None, tool_calls=[made]))

    gateway.handler = answer
    return gateway


def lookup(name: str, tags: dict[str, Any]) -> str:
    """Look a person up."""
    return f"{name}: {tags}"


async def test_tools_get_what_is_inside(
    way: Way, wrapping: Gateway, chat: Callable[..., ChatRamClouds], llm: Callable[..., RamClouds]
) -> None:
    bound = chat().bind_tools([lookup])
    message = await way.langchain(bound, [HumanMessage("Who?")])  # type: ignore[arg-type]
    assert [one["args"] for one in message.tool_calls] == [UNWRAPPED.model_dump()]
    tools = [FunctionTool.from_defaults(lookup)]
    index = llm()
    if way.is_async:
        async with index:
            answered = await index.apredict_and_call(tools, "Who?")
    else:
        answered = index.predict_and_call(tools, "Who?")
    assert answered.response == "An: {'a': 1}"


@each_row("strategy", [ToolStrategy, ProviderStrategy])
async def test_agents_with_a_format_get_what_is_inside(
    strategy: Any, way: Way, wrapping: Gateway, chat: Callable[..., ChatRamClouds]
) -> None:
    agent: Any = create_agent(chat(), response_format=strategy(Loose))
    assert await structured(agent, way) == UNWRAPPED


async def structured(agent: Any, way: Way) -> Any:
    """What an agent with a format gives, its model streamed or not."""
    asked = {"messages": [HumanMessage("Who?")]}
    if not way.is_streamed:
        return (await agent.ainvoke(asked))["structured_response"]
    states = [state async for state in agent.astream(asked, stream_mode=["values", "messages"])]
    return [state for mode, state in states if mode == "values"][-1]["structured_response"]


@each_row("way", WAYS, ids=str)
async def test_programs_of_core_get_what_is_inside(
    way: Way, wrapping: Gateway, llm: Callable[..., RamClouds]
) -> None:
    index = llm()
    program: Any = FunctionCallingProgram.from_defaults(
        output_cls=Loose, prompt_template_str="Who?", llm=index
    )
    async with index:
        if way.is_streamed and way.is_async:
            made = [one async for one in await program.astream_call()][-1]
        elif way.is_streamed:
            made = list(program.stream_call())[-1]
        else:
            made = await program.acall() if way.is_async else program()
    assert made == UNWRAPPED


@each_row("kind", [LLMTextCompletionProgram, MultiModalLLMCompletionProgram])
@each_row(
    ("text", "says"),
    [
        (WRAPPED, ""),
        (f"<think>{AN}</think>\n```json\n{UNWRAPPED.model_dump_json()}\n```", ""),
        (f"For example: {AN} Yours: {UNWRAPPED.model_dump_json()}", "several that fit"),
        ('{"name": "An", "tags": {"a": {"b": 1}, "c', "not valid JSON"),
        ("I do not know.", "text without JSON"),
    ],
)
def test_text_programs_of_core_read_by_the_same_rule(
    kind: Any, text: str, says: str, gateway: Gateway, llm: Callable[..., RamClouds]
) -> None:
    gateway.handler = lambda request: Json(completion(text))
    program = kind.from_defaults(
        output_parser=StrictOutputParser(Loose),
        prompt_template_str="Who?",
        **{"multi_modal_llm" if kind is MultiModalLLMCompletionProgram else "llm": llm()},
    )
    if not says:
        assert program() == UNWRAPPED
        return
    with pytest.raises(StructuredOutputError, match=says) as caught:
        program()
    assert caught.value.text == text
