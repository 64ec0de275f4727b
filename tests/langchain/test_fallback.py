"""Native requests that a channel ignores: noticed, named, and sent once more through the prompt."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import HumanMessage
from langchain_core.runnables import ConfigurableField
from pydantic import ValidationError

from langchain_ramclouds import ChatRamClouds, MissingToolCallError, StructuredOutputError
from ramclouds import ConfigurationError
from tests.gateway import Gateway, Json, call, completion
from tests.gateway.documented import is_documented
from tests.langchain.conftest import Chat
from tests.langchain.recording import total
from tests.langchain.tools import Report, add


@pytest.fixture
def ignored(gateway: Gateway) -> Gateway:
    """A gateway whose channel drops what is not documented."""
    gateway.model.dropped = frozenset({"tools", "tool_choice", "response_format"})
    return gateway


def _ways(gateway: Gateway) -> list[str]:
    return ["words" if _is_in_words(body) else "native" for body in gateway.bodies]


def _is_in_words(body: dict[str, Any]) -> bool:
    return is_documented(body)


# --- raise ---


def test_ignored_forced_call_names_both_ways_out(ignored: Gateway, chat: Chat) -> None:
    model = chat().bind_tools([add], tool_choice="any")
    with pytest.raises(MissingToolCallError) as caught:
        model.invoke("2 + 3")
    assert 'tool_calling="prompted"' in str(caught.value)
    assert 'on_unsupported="fallback"' in str(caught.value)
    assert caught.value.partial is not None
    with pytest.raises(MissingToolCallError, match="on_unsupported"):
        list(model.stream("2 + 3"))
    assert _ways(ignored) == ["native"] * 2


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_ignored_structure_names_both_ways_out(ignored: Gateway, chat: Chat, method: Any) -> None:
    structured = chat().with_structured_output(Report, method=method)
    with pytest.raises(StructuredOutputError) as caught:
        structured.invoke("Hi")
    assert 'tool_calling="prompted"' in str(caught.value)
    assert 'on_unsupported="fallback"' in str(caught.value)
    assert "gpt-5" in str(caught.value)


# --- fallback ---


def test_ignored_forced_call_is_asked_for_once_more_through_the_prompt(
    ignored: Gateway, chat: Chat
) -> None:
    model = chat(on_unsupported="fallback").bind_tools([add], tool_choice="any")
    first, second = model.invoke("2 + 3"), model.invoke("2 + 3")
    assert [c["name"] for c in (*first.tool_calls, *second.tool_calls)] == ["add", "add"]
    assert first.response_metadata["tool_calling"] == "prompted"
    assert _ways(ignored) == ["native", "words", "words"]


async def test_async_ignored_call_is_asked_for_through_the_prompt(
    ignored: Gateway, chat: Chat
) -> None:
    model = chat(on_unsupported="fallback").bind_tools([add], tool_choice="any")
    assert (await model.ainvoke("2 + 3")).tool_calls[0]["name"] == "add"
    assert _ways(ignored) == ["native", "words"]


def test_streamed_ignored_call_is_asked_for_through_the_prompt(
    ignored: Gateway, chat: Chat
) -> None:
    model = chat(on_unsupported="fallback").bind_tools([add], tool_choice="any")
    parts = list(model.stream("2 + 3"))
    assert "".join(str(part.text) for part in parts) == ""
    streamed = total(parts)
    assert streamed.tool_calls[0]["args"] == {"a": 2, "b": 3}
    assert streamed.response_metadata["tool_calling"] == "prompted"
    assert _ways(ignored) == ["native", "words"]


async def test_async_streamed_ignored_call_is_asked_for_through_the_prompt(
    ignored: Gateway, chat: Chat
) -> None:
    model = chat(on_unsupported="fallback").bind_tools([add], tool_choice="any")
    parts = [part async for part in model.astream("2 + 3")]
    assert "".join(part["args"] for p in parts for part in p.tool_call_chunks) == (  # type: ignore[union-attr]
        '{"a": 2, "b": 3}'
    )
    assert _ways(ignored) == ["native", "words"]


@pytest.mark.parametrize("method", ["function_calling", "json_schema", "json_mode"])
def test_structure_falls_back_too(ignored: Gateway, chat: Chat, method: Any) -> None:
    schema = Report if method != "json_mode" else None
    structured = chat(on_unsupported="fallback").with_structured_output(schema, method=method)
    answers = [structured.invoke("Hi Huế"), list(structured.stream("Hi Huế"))[-1]]
    assert answers[0] == answers[1]
    assert isinstance(answers[0], Report if schema else dict)
    assert _ways(ignored) == ["native", "words", "words"]


def test_agent_falls_back_and_comes_to_an_end(ignored: Gateway, chat: Chat) -> None:
    model = chat(on_unsupported="fallback")
    agent = create_agent(model, tools=[add], response_format=ToolStrategy(Report))
    result = agent.invoke({"messages": [HumanMessage('add(2, 3), then report on "Huế".')]})
    assert result["structured_response"] == Report(city="Huế", sunny=True)
    assert _ways(ignored) == ["native", "words", "words"]


def test_effect_of_the_native_way_is_left_alone(gateway: Gateway, chat: Chat) -> None:
    model = chat(on_unsupported="fallback").bind_tools([add], tool_choice="any")
    assert model.invoke("2 + 3").tool_calls[0]["args"] == {"a": 2, "b": 3}
    assert len(list(model.stream("2 + 3"))) > 2
    assert _ways(gateway) == ["native", "native"]


def test_call_that_comes_in_neither_way_is_an_error(gateway: Gateway, chat: Chat) -> None:
    gateway.handler = lambda _: Json(completion("I would rather talk."))
    model = chat(on_unsupported="fallback").bind_tools([add], tool_choice="any")
    with pytest.raises(MissingToolCallError, match="through the prompt"):
        model.invoke("2 + 3")
    assert _ways(gateway) == ["native", "words"]


# --- what is remembered, and for whom ---


def test_copies_share_what_was_learned(ignored: Gateway, chat: Chat) -> None:
    model = chat(on_unsupported="fallback")
    model.bind_tools([add], tool_choice="any").invoke("2 + 3")
    copies = [
        model.model_copy(update={"temperature": 0.5}),
        copy.deepcopy(model),
        model.configurable_fields(temperature=ConfigurableField(id="t")).with_config(
            configurable={"t": 1.0}
        ),
        chat(on_unsupported="fallback"),
    ]
    for copied in copies:
        copied.invoke("2 + 3", tools=[_ADD], tool_choice="required")
    asyncio.run(model.ainvoke("2 + 3", tools=[_ADD], tool_choice="required"))
    assert _ways(ignored) == ["native"] + ["words"] * 6


_ADD = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


def test_other_models_settings_and_keys_learn_for_themselves(ignored: Gateway, chat: Chat) -> None:
    others = [{}, {"model": "glm-4.6"}, {"api_key": "other-key"}]
    for settings in others:
        model = chat(on_unsupported="fallback", **settings)
        model.bind_tools([add], tool_choice="any").invoke("2 + 3")
    assert _ways(ignored) == ["native", "words"] * 3


# --- which way ---


def test_native_is_the_default_and_knows_no_words(gateway: Gateway, chat: Chat) -> None:
    for settings in ({}, {"tool_calling": "native"}):
        chat(**settings).bind_tools([add]).invoke("2 + 3")
        assert gateway.last.json["messages"] == [{"role": "user", "content": "2 + 3"}]
        assert gateway.last.json["tools"]


def test_plain_call_after_a_fallback_goes_out_and_comes_back_as_native(
    ignored: Gateway, chat: Chat
) -> None:
    model = chat(on_unsupported="fallback")
    model.bind_tools([add], tool_choice="any").invoke("2 + 3")
    ignored.forget()
    assert "tool_calling" not in model.invoke("Hi").response_metadata
    assert "tool_calling" not in total(model.stream("Hi")).response_metadata
    assert ignored.bodies[1]["stream_options"] == {"include_usage": True}  # type: ignore[index]


def test_call_says_its_own_way(gateway: Gateway, chat: Chat) -> None:
    native, words = chat(), chat(tool_calling="prompted")
    native.bind(tool_calling="prompted").invoke("2 + 3", tools=[_ADD])
    native.bind_tools([add], tool_calling="prompted").invoke("2 + 3")
    native.with_structured_output(Report, tool_calling="prompted").invoke("Report on Huế")
    words.invoke("2 + 3", tools=[_ADD], tool_calling="native")
    assert _ways(gateway) == ["words", "words", "words", "native"]


def test_grammar_sends_the_schema_of_an_answer(gateway: Gateway, chat: Chat) -> None:
    model = chat(tool_calling="grammar").bind_tools([add])
    called = model.invoke("add(2, 3)")
    parts = list(model.stream("Say exactly: Hello there"))
    assert called.tool_calls[0]["args"] == {"a": 2, "b": 3}
    assert called.response_metadata["tool_calling"] == "grammar"
    assert "".join(str(part.text) for part in parts) == "Hello there"
    assert all(body["response_format"]["type"] == "json_schema" for body in gateway.bodies)
    assert not any(body.keys() & {"tools", "tool_choice"} for body in gateway.bodies)


@pytest.mark.parametrize("name", ["tool_calling", "on_unsupported"])
def test_unknown_way_is_an_error(chat: Chat, name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        chat(**{name: "magic"})
    with pytest.raises(ConfigurationError, match=f"{name}='magic'"):
        chat().invoke("Hi", **{name: "magic"})


def test_cache_key_differs_by_the_way(chat: Chat) -> None:
    models: list[ChatRamClouds] = [
        chat(),
        chat(tool_calling="prompted"),
        chat(tool_calling="grammar"),
        chat(on_unsupported="fallback"),
    ]
    assert len({model._get_llm_string() for model in models}) == 4
    assert len({model._get_llm_string(tool_calling="prompted") for model in models[:1]}) == 1
    assert models[0]._get_llm_string(tool_calling="prompted") != models[0]._get_llm_string()
    assert [model._identifying_params.get("tool_calling") for model in models] == [
        None,
        "prompted",
        "grammar",
        None,
    ]


def test_native_call_in_a_prompted_completion_is_taken_too(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion(None, tool_calls=[call("add", {"a": 1, "b": 2})])))
    answer = chat(tool_calling="prompted").bind_tools([add]).invoke("1 + 2")
    assert answer.tool_calls[0]["args"] == {"a": 1, "b": 2}
