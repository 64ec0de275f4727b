"""Native requests that a channel ignores: noticed, named, and sent once more through the prompt."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel

from llama_index_ramclouds import MissingToolCallError, RamClouds, StructuredOutputError
from ramclouds import ConfigurationError
from tests.gateway import Gateway, Json, Request, Response, completion, error, is_documented
from tests.harness import Twin, each_row
from tests.llama_index.toolbox import ADD

WIRE_ADD = ADD.metadata.to_openai_tool()
FORCED: dict[str, Any] = {"user_msg": "2 + 3", "tool_required": True}


class City(BaseModel):
    """A city."""

    name: str
    people: int = 0


PROMPT = PromptTemplate("Tell me about {city}.")


def _ways(gateway: Gateway) -> list[str]:
    return ["words" if is_documented(body) else "native" for body in _bodies(gateway)]


def _bodies(gateway: Gateway) -> list[Any]:
    return [request.json for request in gateway.requests]


@pytest.fixture
def falling(dropping: Gateway, llm: RamClouds) -> RamClouds:
    """An LLM that changes to words where its channel drops tools."""
    return llm.model_copy(update={"on_unsupported": "fallback"})


# --- raise ---


def test_an_ignored_call_names_both_ways_out(dropping: Gateway, llm: RamClouds, twin: Twin) -> None:
    with pytest.raises(MissingToolCallError) as plain:
        twin.call(llm, "chat_with_tools", [ADD], **FORCED)
    with pytest.raises(MissingToolCallError) as streamed:
        twin.call(llm, "stream_chat_with_tools", [ADD], **FORCED)

    for caught in (plain, streamed):
        assert 'tool_calling="prompted"' in str(caught.value)
        assert 'on_unsupported="fallback"' in str(caught.value)
        assert "'gpt-5'" in str(caught.value)
    assert _ways(dropping) == ["native"] * 2


def test_an_ignored_call_of_plain_chat_is_an_error_too(
    dropping: Gateway, llm: RamClouds, twin: Twin
) -> None:
    ask: dict[str, Any] = {"tools": [WIRE_ADD], "tool_choice": "required"}

    with pytest.raises(MissingToolCallError, match="on_unsupported") as plain:
        twin.call(llm, "chat", [ChatMessage("2 + 3")], **ask)
    with pytest.raises(MissingToolCallError, match="on_unsupported") as streamed:
        twin.call(llm, "stream_chat", [ChatMessage("2 + 3")], **ask)

    assert plain.value.text == streamed.value.text != ""


@each_row("mode", ["auto", "function_calling", "json_schema", "json_mode"])
def test_ignored_structure_names_both_ways_out(
    gateway: Gateway, llm: RamClouds, twin: Twin, mode: Any
) -> None:
    gateway.handler = lambda _: Json(completion("I would rather talk."))
    llm.structured_output_mode = mode

    with pytest.raises(StructuredOutputError) as caught:
        twin.call(llm, "structured_predict", City, PROMPT, city="Huế")

    assert 'tool_calling="prompted"' in str(caught.value)
    assert 'on_unsupported="fallback"' in str(caught.value)


def test_an_answer_of_the_wrong_shape_names_no_other_way(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    gateway.handler = lambda _: Json(completion('{"title": "Huế"}'))

    with pytest.raises(StructuredOutputError, match="name Field required") as caught:
        twin.call(llm, "structured_predict", City, PROMPT, city="Huế")

    assert "Describe the fields" in str(caught.value)
    assert "tool_calling" not in str(caught.value)


# --- fallback ---


def test_an_ignored_call_is_asked_for_once_more_and_then_through_the_prompt(
    dropping: Gateway, falling: RamClouds, twin: Twin
) -> None:
    first = twin.call(falling, "chat_with_tools", [ADD], **FORCED)
    second = twin.call(falling, "chat_with_tools", [ADD], **FORCED)
    streamed = twin.call(falling, "stream_chat_with_tools", [ADD], **FORCED)

    for answer in (first, second, streamed[-1]):
        assert falling.get_tool_calls_from_response(answer)[0].tool_kwargs == {"a": 2, "b": 3}
        assert answer.additional_kwargs["tool_calling"] == "prompted"
    assert _ways(dropping) == ["native", "words", "words", "words"]


def test_a_streamed_ignored_call_shows_nothing_of_the_first_answer(
    dropping: Gateway, falling: RamClouds, twin: Twin
) -> None:
    chunks = twin.call(falling, "stream_chat_with_tools", [ADD], **FORCED)

    assert "".join(chunk.delta for chunk in chunks) == ""
    assert falling.get_tool_calls_from_response(chunks[-1])[0].tool_kwargs == {"a": 2, "b": 3}
    assert _ways(dropping) == ["native", "words"]


@pytest.mark.parametrize("mode", ["auto", "function_calling", "json_schema", "json_mode"])
def test_structure_falls_back_too(
    dropping: Gateway, falling: RamClouds, twin: Twin, mode: Any
) -> None:
    falling.structured_output_mode = mode
    dropping.reply(Json(completion("I would rather talk.")))

    whole = twin.call(falling, "structured_predict", City, PROMPT, city="Huế")
    streamed = twin.call(falling, "stream_structured_predict", City, PROMPT, city="Huế")

    assert isinstance(whole, City)
    assert streamed[-1] == whole
    assert _ways(dropping) == ["native", "words", "words"]


def test_tools_that_the_gateway_refuses_are_asked_for_through_the_prompt(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    def answer(request: Request) -> Response:
        if "tools" in request.json:
            return Json(error("tools is not supported", "invalid_request_error"), 400)
        return gateway.model.answer(request)

    gateway.handler = answer
    llm.on_unsupported = "fallback"

    plain = twin.call(llm, "chat_with_tools", [ADD], user_msg="2 + 3", tool_choice="add")
    made = twin.call(llm, "structured_predict", City, PROMPT, city="Huế")
    streamed = twin.call(llm, "stream_structured_predict", City, PROMPT, city="Huế")

    assert llm.get_tool_calls_from_response(plain)[0].tool_kwargs == {"a": 2, "b": 3}
    assert streamed[-1] == made
    assert _ways(gateway) == ["native", "words", "words", "words"]


def test_what_took_effect_is_left_alone(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    llm.on_unsupported = "fallback"

    plain = twin.call(llm, "chat_with_tools", [ADD], **FORCED)
    chunks = twin.call(llm, "stream_chat_with_tools", [ADD], **FORCED)

    for answer in (plain, chunks[-1]):
        assert llm.get_tool_calls_from_response(answer)[0].tool_kwargs == {"a": 2, "b": 3}
        assert "tool_calling" not in answer.additional_kwargs
    assert _ways(gateway) == ["native", "native"]


def test_a_call_that_comes_in_neither_way_is_an_error(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    llm.on_unsupported = "fallback"
    gateway.handler = lambda _: Json(completion("I would rather talk."))

    with pytest.raises(MissingToolCallError, match="through the prompt"):
        twin.call(llm, "chat_with_tools", [ADD], **FORCED)

    assert _ways(gateway) == ["native", "words"]


# --- what is remembered, and for whom ---


def test_copies_share_what_was_learned(dropping: Gateway, falling: RamClouds) -> None:
    before = [falling.model_copy(), copy.deepcopy(falling)]
    falling.chat_with_tools([ADD], **FORCED)
    after = [falling.model_copy(update={"temperature": 0.5}), copy.deepcopy(falling)]

    for copied in (*before, *after):
        with copied:
            copied.chat_with_tools([ADD], **FORCED)

    async def ask() -> None:
        async with falling:
            await falling.achat_with_tools([ADD], **FORCED)

    asyncio.run(ask())
    assert _ways(dropping) == ["native"] + ["words"] * 6


@pytest.mark.parametrize("other", [{"model": "glm-4.6"}, {"default_headers": {"X-Team": "tides"}}])
def test_other_models_and_settings_learn_for_themselves(
    dropping: Gateway, falling: RamClouds, other: dict[str, Any]
) -> None:
    with falling.model_copy(update=other) as copied:
        for llm in (falling, copied, falling, copied):
            llm.chat_with_tools([ADD], **FORCED)

    assert _ways(dropping) == [*["native", "words"] * 2, "words", "words"]


# --- which way ---


def test_plain_call_after_a_fallback_goes_out_and_comes_back_as_native(
    dropping: Gateway, llm: RamClouds, twin: Twin
) -> None:
    asking = llm.model_copy(update={"on_unsupported": "fallback"})
    twin.call(asking, "chat_with_tools", [ADD], user_msg="add(2, 3)", tool_required=True)
    dropping.forget()

    whole = twin.call(asking, "chat", [ChatMessage("Hi")])
    streamed = (twin.call(asking, "stream_chat", [ChatMessage("Hi")]))[-1]

    assert "tool_calling" not in whole.additional_kwargs
    assert "tool_calling" not in streamed.additional_kwargs
    assert dropping.bodies[1]["stream_options"] == {"include_usage": True}  # type: ignore[index]


def test_a_call_says_its_own_way(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    words: dict[str, Any] = {"tool_calling": "prompted"}

    twin.call(llm, "chat_with_tools", [ADD], user_msg="add(2, 3)", **words)
    twin.call(llm, "structured_predict", City, PROMPT, words, city="Huế")
    twin.call(llm, "chat", [ChatMessage("Hi")], tools=[WIRE_ADD], **words)
    twin.call(
        llm.model_copy(update=words),
        "chat",
        [ChatMessage("Hi")],
        tools=[WIRE_ADD],
        tool_calling="native",
    )

    assert _ways(gateway) == ["words", "words", "words", "native"]


def test_a_way_that_there_is_not_is_an_error(llm: RamClouds, twin: Twin) -> None:
    with pytest.raises(ValueError, match="tool_calling"):
        RamClouds(model="gpt-5", api_key="test-key", tool_calling="magic")
    with pytest.raises(ConfigurationError, match="on_unsupported='magic'"):
        twin.call(llm, "chat", [ChatMessage("Hi")], on_unsupported="magic")


def test_grammar_sends_the_schema_of_an_answer(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    llm.tool_calling = "grammar"

    called = twin.call(llm, "chat_with_tools", [ADD], user_msg="add(2, 3)")
    said = twin.call(llm, "stream_chat_with_tools", [ADD], user_msg="Say exactly: Hello there")
    made = twin.call(llm, "structured_predict", City, PROMPT, city="Huế")

    assert llm.get_tool_calls_from_response(called)[0].tool_kwargs == {"a": 2, "b": 3}
    assert called.additional_kwargs["tool_calling"] == "grammar"
    assert said[-1].message.content == "".join(one.delta for one in said) == "Hello there"
    assert isinstance(made, City)
    assert all(body["response_format"]["type"] == "json_schema" for body in _bodies(gateway))
    assert not any(body.keys() & {"tools", "tool_choice"} for body in _bodies(gateway))


def test_the_ways_are_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    ways: dict[str, Any] = {"tool_calling": "prompted", "on_unsupported": "fallback"}
    llm = RamClouds(model="gpt-5", api_key="test-key", **ways)
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")

    for stored in (RamClouds.from_dict(llm.to_dict()), pickle.loads(pickle.dumps(llm))):
        assert {name: getattr(stored, name) for name in ways} == ways
