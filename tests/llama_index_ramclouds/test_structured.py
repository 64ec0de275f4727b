"""Structured output: each mode, what models do instead, and the faults of core that are mended."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined]
from llama_index.core.program import FunctionCallingProgram, LLMTextCompletionProgram
from llama_index.core.prompts import ChatPromptTemplate, PromptTemplate
from llama_index.core.types import PydanticProgramMode
from pydantic import BaseModel, Field

from llama_index_ramclouds import RamClouds, StructuredOutputError
from llama_index_ramclouds._structured import _strict
from ramclouds import BadRequestError, RamCloudsError
from tests.gateway import (
    Answer,
    Gateway,
    Json,
    Request,
    Sse,
    completion,
    error,
    text_chunks,
    tool_chunks,
)
from tests.gateway import call as tool_call
from tests.llama_index_ramclouds.test_events import Events
from tests.llama_index_ramclouds.twins import Twin


class Song(BaseModel):
    """A song."""

    title: str
    seconds: int = 0


class Album(BaseModel):
    name: str
    songs: list[Song] = Field(default_factory=list)


PROMPT = PromptTemplate("Make an album about {topic}.")
RIVERS = {"name": "Rivers", "songs": [{"title": "Rhine", "seconds": 60}, {"title": "Elbe"}]}
EXPECTED = Album.model_validate(RIVERS)
MODES = ("function_calling", "json_schema", "json_mode", "text")


def _mode(llm: RamClouds, mode: Any) -> RamClouds:
    llm.structured_output_mode = mode
    return llm


def _answers(gateway: Gateway, text: str) -> None:
    """Answer with text, streamed if asked."""
    gateway.handler = lambda request: (
        Sse(text_chunks(text)) if request.json.get("stream") else Json(completion(text))
    )


@pytest.mark.parametrize("mode", MODES)
async def test_each_mode_gives_the_object(llm: RamClouds, call: Twin, mode: str) -> None:
    made = await call.structured_predict(_mode(llm, mode), Album, PROMPT, topic="Rivers")
    streamed = await call.stream_structured_predict(llm, Album, PROMPT, topic="Rivers")

    assert type(made) is Album
    assert type(streamed[-1]) is Album


async def test_function_calling_forces_the_tool_also_in_streams(
    gateway: Gateway, llm: RamClouds, call: Twin
) -> None:
    await call.structured_predict(llm, Album, PROMPT, topic="rivers")
    await call.stream_structured_predict(llm, Album, PROMPT, topic="rivers")

    for body in (request.json for request in gateway.requests):
        assert body["tool_choice"] == {"type": "function", "function": {"name": "Album"}}
        assert body["tools"][0]["function"]["parameters"]["properties"].keys() == {"name", "songs"}
        assert body["messages"] == [{"role": "user", "content": "Make an album about rivers."}]


async def test_json_schema_mode_sends_a_strict_schema(
    gateway: Gateway, llm: RamClouds, call: Twin
) -> None:
    _answers(gateway, json.dumps(RIVERS))

    assert await call.structured_predict(
        _mode(llm, "json_schema"), Album, PROMPT, topic="rivers"
    ) == Album.model_validate(RIVERS)

    wire = gateway.last.json["response_format"]["json_schema"]
    assert (wire["name"], wire["strict"]) == ("Album", True)
    assert wire["schema"]["required"] == ["name", "songs"]
    assert wire["schema"]["additionalProperties"] is False
    assert wire["schema"]["$defs"]["Song"]["required"] == ["title", "seconds"]
    assert "tools" not in gateway.last.json


@pytest.mark.parametrize("model", ["claude-opus-4-5", "glm-4.6"])
async def test_json_schema_mode_is_said_in_words_where_the_channel_drops_it(
    llm: RamClouds, call: Twin, model: str
) -> None:
    llm.model = model

    made = await call.structured_predict(_mode(llm, "json_schema"), Album, PROMPT, topic="rivers")

    assert type(made) is Album


def test_a_property_named_default_survives_the_strict_schema() -> None:
    class Odd(BaseModel):
        default: int = 1

    assert _strict(Odd.model_json_schema()) == {
        "title": "Odd",
        "type": "object",
        "properties": {"default": {"title": "Default", "type": "integer"}},
        "required": ["default"],
        "additionalProperties": False,
    }


async def test_text_mode_sends_documented_fields_alone(
    gateway: Gateway, llm: RamClouds, call: Twin
) -> None:
    _answers(gateway, json.dumps(RIVERS))

    await call.structured_predict(_mode(llm, "text"), Album, PROMPT, topic="rivers")

    assert gateway.last.json.keys() <= {"model", "messages", "stream"}
    (message,) = gateway.last.json["messages"]
    assert message["role"] == "user"
    assert message["content"].startswith("Make an album about rivers.\n\n")
    assert '{"$defs": {"Song"' in message["content"]
    assert "{{" not in message["content"]


async def test_json_mode_asks_for_an_object(gateway: Gateway, llm: RamClouds, call: Twin) -> None:
    await call.structured_predict(_mode(llm, "json_mode"), Album, PROMPT, topic="rivers")

    assert gateway.last.json["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(RIVERS),
        f"```json\n{json.dumps(RIVERS, indent=1)}\n```",
        f"Here it is:\n```\n{json.dumps(RIVERS)}\n```\nEnjoy {{it}}!",
        f"Sure [really]! {json.dumps(RIVERS)} Anything else?",
        f'<think>{{"name": "draft"}}</think>{json.dumps(RIVERS)}',
    ],
    ids=["bare", "fenced", "fence-in-prose", "prose", "after-thinking"],
)
@pytest.mark.parametrize("mode", ["auto", *MODES])
async def test_json_is_found_in_the_text(
    gateway: Gateway, llm: RamClouds, call: Twin, mode: str, text: str
) -> None:
    _answers(gateway, text)
    _mode(llm, mode)

    assert await call.structured_predict(llm, Album, PROMPT, topic="rivers") == EXPECTED
    streamed = await call.stream_structured_predict(llm, Album, PROMPT, topic="rivers")
    assert streamed[-1] == EXPECTED
    assert len(gateway.requests) == 2


async def test_punctuation_is_mended(gateway: Gateway, llm: RamClouds, call: Twin) -> None:
    _answers(gateway, "{'name': 'Rivers', 'songs': [],}")

    made = await call.structured_predict(llm, Album, PROMPT, topic="rivers")

    assert made == Album(name="Rivers")


async def test_an_answer_cut_off_is_no_object(gateway: Gateway, llm: RamClouds, call: Twin) -> None:
    class Loose(BaseModel):
        name: str = ""
        songs: list[Song] = Field(default_factory=list)

    cut = json.dumps(RIVERS)[:60]
    one = tool_call("Loose", cut)
    gateway.reply(
        Json(completion(cut, finish_reason="length")),
        Json(completion(None, tool_calls=[one], finish_reason="length")),
        Sse(tool_chunks(one, finish_reason="length")),
        Sse(text_chunks(cut, finish_reason="length")),
    )

    for _ in range(2):
        with pytest.raises(StructuredOutputError, match="raise max_tokens"):
            await call.structured_predict(llm, Loose, PROMPT, topic="rivers")
    for _ in range(2):
        with pytest.raises(StructuredOutputError, match="raise max_tokens"):
            await call.stream_structured_predict(llm, Loose, PROMPT, topic="rivers")


@pytest.mark.parametrize("text", ["I cannot do that.", "", '{"songs": []}', "{" * 50])
async def test_an_answer_without_the_object_is_an_error_that_keeps_the_text(
    gateway: Gateway, llm: RamClouds, call: Twin, text: str
) -> None:
    _answers(gateway, text)

    with pytest.raises(StructuredOutputError, match="holds no Album") as plain:
        await call.structured_predict(llm, Album, PROMPT, topic="rivers")
    with pytest.raises(StructuredOutputError) as streamed:
        await call.stream_structured_predict(llm, Album, PROMPT, topic="rivers")

    assert plain.value.text == streamed.value.text == text
    assert isinstance(plain.value, RamCloudsError)
    assert isinstance(plain.value, ValueError)


async def test_a_call_with_wrong_arguments_is_an_error(
    gateway: Gateway, llm: RamClouds, call: Twin
) -> None:
    wrong = tool_call("Album", {"songs": "none"})
    gateway.reply(Json(completion(None, tool_calls=[wrong])), Sse(tool_chunks(wrong)))

    with pytest.raises(StructuredOutputError, match="Field required"):
        await call.structured_predict(llm, Album, PROMPT, topic="rivers")
    with pytest.raises(StructuredOutputError, match="Field required"):
        await call.stream_structured_predict(llm, Album, PROMPT, topic="rivers")


async def test_partial_objects_arrive_while_it_streams(
    gateway: Gateway, llm: RamClouds, call: Twin
) -> None:
    gateway.reply(
        Sse(tool_chunks(tool_call("Album", RIVERS), size=12)),
        Sse(text_chunks(json.dumps(RIVERS))),
    )

    by_call = await call.stream_structured_predict(llm, Album, PROMPT, topic="rivers")
    by_text = await call.stream_structured_predict(
        _mode(llm, "text"), Album, PROMPT, topic="rivers"
    )

    for arrived in (by_call, by_text):
        assert arrived[-1] == EXPECTED
        counts = [len(one.songs or []) for one in arrived]
        assert counts == sorted(counts)
        assert set(counts) == {0, 1, 2}
        assert all(a != b for a, b in itertools.pairwise(arrived))


async def test_the_system_prompt_is_sent_in_all_four(gateway: Gateway, call: Twin) -> None:
    llm = RamClouds(
        model="gpt-5", api_key="test-key", base_url=gateway.base_url, system_prompt="Be brief."
    )

    await call.structured_predict(llm, Album, PROMPT, topic="rivers")
    await call.stream_structured_predict(llm, Album, PROMPT, topic="rivers")

    roles = [
        [message["role"] for message in request.json["messages"]] for request in gateway.requests
    ]
    assert roles == [["system", "user"]] * 2
    llm.close()


async def test_the_callers_kwargs_stay_as_they_are(
    gateway: Gateway, llm: RamClouds, call: Twin
) -> None:
    kwargs = {"tool_required": False, "tool_choice": "auto", "temperature": 0}

    await call.structured_predict(llm, Album, PROMPT, llm_kwargs=kwargs, topic="Album of rivers")

    assert kwargs == {"tool_required": False, "tool_choice": "auto", "temperature": 0}
    assert (gateway.last.json["tool_choice"], gateway.last.json["temperature"]) == ("auto", 0)


async def test_a_gateway_that_refuses_tools_is_asked_in_text(
    gateway: Gateway, llm: RamClouds, call: Twin
) -> None:
    def answer(request: Request) -> Answer:
        if "tools" in request.json:
            return Json(error("Unsupported parameter: 'tool_choice'"), 400)
        text = json.dumps(RIVERS)
        return Sse(text_chunks(text)) if request.json.get("stream") else Json(completion(text))

    gateway.handler = answer

    made = await call.structured_predict(llm, Album, PROMPT, topic="rivers")
    streamed = await call.stream_structured_predict(llm, Album, PROMPT, topic="rivers")

    assert made == streamed[-1] == EXPECTED
    assert len(gateway.requests) == 4


async def test_a_chosen_mode_that_is_refused_is_an_error(
    gateway: Gateway, llm: RamClouds, call: Twin
) -> None:
    gateway.reply(Json(error("Unsupported parameter: 'tools'", "invalid_request_error"), 400))

    with pytest.raises(BadRequestError):
        await call.structured_predict(_mode(llm, "function_calling"), Album, PROMPT, topic="rivers")
    assert len(gateway.requests) == 1


async def test_another_bad_request_is_not_tried_again(
    gateway: Gateway, llm: RamClouds, call: Twin
) -> None:
    gateway.reply(Json(error("max_tokens is too large", "invalid_request_error"), 400))

    with pytest.raises(BadRequestError):
        await call.structured_predict(llm, Album, PROMPT, topic="rivers")
    assert len(gateway.requests) == 1


async def test_structured_llm(gateway: Gateway, llm: RamClouds, call: Twin) -> None:
    answer = await call.structured_chat(llm, Album, [ChatMessage("An album, {please}: {{1}}")])

    assert type(answer.raw) is Album
    assert json.loads(answer.message.content) == answer.raw.model_dump()
    assert gateway.last.json["messages"][0]["content"] == "An album, {please}: {{1}}"


async def test_structured_llm_of_a_model_without_function_calling(
    gateway: Gateway, call: Twin
) -> None:
    llm = RamClouds(
        model="gpt-5",
        api_key="test-key",
        base_url=gateway.base_url,
        is_function_calling_model=False,
    )
    _answers(gateway, json.dumps(RIVERS))

    assert (await call.structured_chat(llm, Album, [ChatMessage("An album")])).raw == EXPECTED
    assert "tools" not in gateway.last.json
    llm.close()


# Core's own StructuredLLM calls json() of pydantic 1.
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
async def test_structured_llm_streams(llm: RamClouds) -> None:
    structured = llm.as_structured_llm(Album)
    ask = [ChatMessage("An album")]

    chunks = list(structured.stream_chat(ask))
    async with llm:
        achunks = [one async for one in await structured.astream_chat(ask)]

    assert type(chunks[-1].raw) is type(achunks[-1].raw) is Album


@pytest.mark.parametrize(
    ("program_mode", "has_tools"),
    [(PydanticProgramMode.FUNCTION, True), (PydanticProgramMode.LLM, False)],
)
async def test_the_program_mode_is_obeyed(
    gateway: Gateway, llm: RamClouds, call: Twin, program_mode: Any, has_tools: bool
) -> None:
    llm.pydantic_program_mode = program_mode

    made = await call.structured_predict(llm, Album, PROMPT, topic="rivers")

    assert type(made) is Album
    assert ("tools" in gateway.last.json) is has_tools


async def test_a_program_mode_of_others_is_left_to_core(llm: RamClouds, call: Twin) -> None:
    llm.pydantic_program_mode = PydanticProgramMode.LM_FORMAT_ENFORCER

    with pytest.raises(ImportError, match="lmformatenforcer"):
        await call.structured_predict(llm, Album, PROMPT, topic="rivers")
    with pytest.raises(ImportError, match="lmformatenforcer"):
        await call.stream_structured_predict(llm, Album, PROMPT, topic="rivers")


async def test_generic_classes_have_names_that_models_take(
    gateway: Gateway, llm: RamClouds, call: Twin
) -> None:
    from typing import Generic, TypeVar

    T = TypeVar("T")

    class Box(BaseModel, Generic[T]):
        held: T

    made = await call.structured_predict(llm, Box[int], PromptTemplate("Box 7"))

    assert isinstance(made.held, int)
    assert gateway.last.json["tool_choice"]["function"]["name"] == "Box_int_"


@pytest.mark.parametrize("program_cls", [FunctionCallingProgram, LLMTextCompletionProgram])
def test_cores_own_programs_run(gateway: Gateway, llm: RamClouds, program_cls: Any) -> None:
    if program_cls is LLMTextCompletionProgram:
        # Core doubles the braces of the schema that it sends.
        _answers(gateway, f"```json\n{json.dumps(RIVERS)}\n```")
    program = program_cls.from_defaults(
        output_cls=Album, prompt_template_str="An album about {topic}", llm=llm
    )

    assert type(program(topic="rivers")) is Album
    assert len(list(program.stream_call(topic="rivers"))) > 0


def test_chat_prompts_and_lists_of_messages(gateway: Gateway, llm: RamClouds) -> None:
    prompt: Any = ChatPromptTemplate.from_messages([("system", "Be {how}."), ("user", "An album")])

    made = llm.structured_predict(Album, prompt, how="brief")

    assert type(made) is Album
    assert gateway.last.json["messages"][0] == {"role": "system", "content": "Be brief."}


async def test_events_of_structured_prediction_come_once(llm: RamClouds, call: Twin) -> None:
    handler = Events(seen=[])
    root = get_dispatcher()
    root.add_event_handler(handler)
    try:
        await call.structured_predict(llm, Album, PROMPT, topic="rivers")
        await call.stream_structured_predict(llm, Album, PROMPT, topic="rivers")
    finally:
        root.event_handlers.remove(handler)

    names = [event.class_name() for event in handler.seen]
    assert names.count("LLMStructuredPredictStartEvent") == 2
    assert names.count("LLMStructuredPredictEndEvent") == 2
    assert "LLMStructuredPredictInProgressEvent" in names


def test_leaving_a_stream_of_objects_frees_the_connection(gateway: Gateway, llm: RamClouds) -> None:
    async def leave() -> None:
        stream = await llm.astream_structured_predict(Album, PROMPT, topic="rivers")
        async for _ in stream:
            break
        await stream.aclose()
        await asyncio.to_thread(gateway.wait_idle)
        await llm.aclose()

    objects = llm.stream_structured_predict(Album, PROMPT, topic="rivers")
    next(objects)
    objects.close()
    gateway.wait_idle()
    asyncio.run(leave())
