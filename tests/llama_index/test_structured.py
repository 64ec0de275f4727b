"""Structured output: each mode, and the faults of core that it avoids."""

from __future__ import annotations

import json

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined]
from llama_index.core.prompts import ChatPromptTemplate, PromptTemplate
from pydantic import BaseModel

from llama_index_ramclouds import RamClouds
from ramclouds import BadRequestError
from tests.gateway import (
    Gateway,
    Json,
    Request,
    Response,
    Sse,
    completion,
    error,
    text_chunks,
)
from tests.harness import EACH_TWIN, Twin, each_row
from tests.llama_index.albums import (
    EXPECTED,
    MODES,
    PROMPT,
    RIVERS,
    Album,
    answer_with,
    in_mode,
)
from tests.llama_index.running import Events

pytestmark = EACH_TWIN


@each_row("mode", MODES)
def test_each_mode_gives_the_object(llm: RamClouds, twin: Twin, mode: str) -> None:
    made = twin.call(in_mode(llm, mode), "structured_predict", Album, PROMPT, topic="Rivers")
    streamed = twin.call(llm, "stream_structured_predict", Album, PROMPT, topic="Rivers")

    assert type(made) is Album
    assert type(streamed[-1]) is Album


def test_function_calling_forces_the_tool_also_in_streams(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    llm.structured_output_mode = "function_calling"
    twin.call(llm, "structured_predict", Album, PROMPT, topic="rivers")
    twin.call(llm, "stream_structured_predict", Album, PROMPT, topic="rivers")

    for body in (request.json for request in gateway.requests):
        assert body["tool_choice"] == {"type": "function", "function": {"name": "Album"}}
        assert body["tools"][0]["function"]["parameters"]["properties"].keys() == {"name", "songs"}
        assert body["messages"] == [{"role": "user", "content": "Make an album about rivers."}]


def test_json_schema_mode_sends_a_strict_schema(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    answer_with(gateway, json.dumps(RIVERS))

    assert twin.call(
        in_mode(llm, "json_schema"), "structured_predict", Album, PROMPT, topic="rivers"
    ) == Album.model_validate(RIVERS)

    wire = gateway.last.json["response_format"]["json_schema"]
    assert (wire["name"], wire["strict"]) == ("Album", True)
    assert wire["schema"]["required"] == ["name", "songs"]
    assert wire["schema"]["additionalProperties"] is False
    assert wire["schema"]["$defs"]["Song"]["required"] == ["title", "seconds"]
    assert "tools" not in gateway.last.json


@each_row("model", ["claude-opus-4-5", "glm-4.6"])
def test_json_schema_mode_goes_through_the_prompt_where_the_channel_drops_it(
    llm: RamClouds, twin: Twin, model: str
) -> None:
    llm.model = model

    made = twin.call(
        in_mode(llm, "json_schema"), "structured_predict", Album, PROMPT, topic="rivers"
    )

    assert type(made) is Album


def test_text_mode_sends_documented_fields_alone(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    answer_with(gateway, json.dumps(RIVERS))

    twin.call(in_mode(llm, "text"), "structured_predict", Album, PROMPT, topic="rivers")

    assert gateway.last.json.keys() <= {"model", "messages", "stream"}
    (message,) = gateway.last.json["messages"]
    assert message["role"] == "user"
    assert message["content"].startswith("Make an album about rivers.\n\n")
    assert '{"$defs": {"Song"' in message["content"]
    assert "{{" not in message["content"]


def test_json_mode_asks_for_an_object(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    twin.call(in_mode(llm, "json_mode"), "structured_predict", Album, PROMPT, topic="rivers")

    assert gateway.last.json["response_format"] == {"type": "json_object"}


def test_the_system_prompt_is_sent_in_all_four(gateway: Gateway, twin: Twin) -> None:
    llm = RamClouds(
        model="gpt-5", api_key="test-key", base_url=gateway.base_url, system_prompt="Be brief."
    )

    twin.call(llm, "structured_predict", Album, PROMPT, topic="rivers")
    twin.call(llm, "stream_structured_predict", Album, PROMPT, topic="rivers")

    roles = [
        [message["role"] for message in request.json["messages"]] for request in gateway.requests
    ]
    assert roles == [["system", "user"]] * 2
    llm.close()


def test_the_callers_kwargs_stay_as_they_are(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    llm.structured_output_mode = "function_calling"
    kwargs = {"tool_required": False, "tool_choice": "auto", "seed": 0}

    twin.call(llm, "structured_predict", Album, PROMPT, llm_kwargs=kwargs, topic="Album of rivers")

    assert kwargs == {"tool_required": False, "tool_choice": "auto", "seed": 0}
    assert (gateway.last.json["tool_choice"], gateway.last.json["seed"]) == ("auto", 0)


def test_a_gateway_that_refuses_tools_is_asked_in_text(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    def answer(request: Request) -> Response:
        if "tools" in request.json:
            return Json(error("Unsupported parameter: 'tool_choice'"), 400)
        text = json.dumps(RIVERS)
        return Sse(text_chunks(text)) if request.json.get("stream") else Json(completion(text))

    gateway.handler = answer

    claude = {"llm_kwargs": {"model": "claude-opus-4-5"}}
    made = twin.call(llm, "structured_predict", Album, PROMPT, topic="rivers", **claude)
    streamed = twin.call(llm, "stream_structured_predict", Album, PROMPT, topic="rivers", **claude)

    assert made == streamed[-1] == EXPECTED
    assert len(gateway.requests) == 4


def test_a_chosen_mode_that_is_refused_is_an_error(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    gateway.reply(Json(error("Unsupported parameter: 'tools'", "invalid_request_error"), 400))

    with pytest.raises(BadRequestError):
        twin.call(
            in_mode(llm, "function_calling"), "structured_predict", Album, PROMPT, topic="rivers"
        )
    assert len(gateway.requests) == 1


def test_another_bad_request_is_not_tried_again(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    gateway.reply(Json(error("max_tokens is too large", "invalid_request_error"), 400))

    with pytest.raises(BadRequestError):
        twin.call(llm, "structured_predict", Album, PROMPT, topic="rivers")
    assert len(gateway.requests) == 1


def test_generic_classes_have_names_that_models_take(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    llm.structured_output_mode = "function_calling"
    from typing import Generic, TypeVar

    T = TypeVar("T")

    class Box(BaseModel, Generic[T]):
        held: T

    made = twin.call(llm, "structured_predict", Box[int], PromptTemplate("Box 7"))

    assert isinstance(made.held, int)
    assert gateway.last.json["tool_choice"]["function"]["name"] == "Box_int_"


def test_events_of_structured_prediction_come_once(llm: RamClouds, twin: Twin) -> None:
    handler = Events(seen=[])
    root = get_dispatcher()
    root.add_event_handler(handler)
    try:
        twin.call(llm, "structured_predict", Album, PROMPT, topic="rivers")
        twin.call(llm, "stream_structured_predict", Album, PROMPT, topic="rivers")
    finally:
        root.event_handlers.remove(handler)

    names = [event.class_name() for event in handler.seen]
    assert names.count("LLMStructuredPredictStartEvent") == 2
    assert names.count("LLMStructuredPredictEndEvent") == 2
    assert "LLMStructuredPredictInProgressEvent" in names


def test_instructions_behind_a_system_message_are_a_message_of_their_own(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    answer_with(gateway, json.dumps(RIVERS))
    prompt = ChatPromptTemplate([ChatMessage("Make albums.", role="system")])

    twin.call(in_mode(llm, "text"), "structured_predict", Album, prompt)

    sent = gateway.last.json["messages"]
    assert [message["role"] for message in sent] == ["system", "user"]
    assert "songs" in sent[1]["content"]
