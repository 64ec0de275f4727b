"""Tools and structured output through the prompt: on three roles and string content alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel

from llama_index_ramclouds import MissingToolCallError, RamClouds, StructuredOutputError
from ramclouds import ConfigurationError
from tests.gateway import Gateway, Json, Request, Response, Sse, completion, text_chunks
from tests.gateway import call as tool_call
from tests.harness import Twin, each_row
from tests.llama_index.running import MODELS
from tests.llama_index.toolbox import TOOLS

pytestmark = pytest.mark.usefixtures("documented_only")

BOTH = 'Please: add(2, 3) and weather("Huế")'


TWO_CALLS = [("add", {"a": 2, "b": 3}), ("weather", {"city": "Huế"})]


class City(BaseModel):
    """A city."""

    name: str
    people: int = 0


PROMPT = PromptTemplate("Tell me about {city}.")


def _calls(llm: RamClouds, answer: Any) -> list[tuple[str, Any]]:
    selected = llm.get_tool_calls_from_response(answer, error_on_no_tool_call=False)
    return [(one.tool_name, one.tool_kwargs) for one in selected]


def _says(text: str) -> Any:
    def answer(request: Request) -> Response:
        return Sse(text_chunks(text)) if request.json.get("stream") else Json(completion(text))

    return answer


# --- tools ---


@each_row("model", MODELS)
def test_parallel_calls_plain_and_streamed(
    prompted_mode: RamClouds, twin: Twin, model: str
) -> None:
    prompted_mode.model = model
    ask: dict[str, Any] = {"user_msg": BOTH, "allow_parallel_tool_calls": True}

    plain = twin.call(prompted_mode, "chat_with_tools", TOOLS, **ask)
    chunks = twin.call(prompted_mode, "stream_chat_with_tools", TOOLS, **ask)

    for answer in (plain, chunks[-1]):
        assert _calls(prompted_mode, answer) == TWO_CALLS
        assert (answer.message.content or "") == ""
        assert answer.additional_kwargs["tool_calling"] == "prompted"
        assert answer.additional_kwargs["finish_reason"] == "tool_calls"
        assert answer.raw["usage"]["total_tokens"] > 0
        listed = answer.message.additional_kwargs["tool_calls"]
        assert [one["function"]["name"] for one in listed] == ["add", "weather"]
    assert "".join(chunk.delta for chunk in chunks) == ""


def test_one_call_at_a_time_is_asked_for(
    gateway: Gateway, prompted_mode: RamClouds, twin: Twin
) -> None:
    answer = twin.call(prompted_mode, "chat_with_tools", TOOLS, user_msg=BOTH)

    assert _calls(prompted_mode, answer) == TWO_CALLS[:1]
    assert "Make one call at a time." in gateway.last.json["messages"][0]["content"]


@each_row(
    ("kwargs", "called"),
    [
        ({}, []),
        ({"tool_choice": "auto"}, []),
        ({"tool_choice": "none"}, []),
        ({"tool_choice": "any"}, ["add"]),
        ({"tool_required": True}, ["add"]),
        ({"tool_choice": "weather"}, ["weather"]),
        ({"tool_choice": {"type": "tool", "name": "weather"}}, ["weather"]),
    ],
    ids=str,
)
def test_tool_choice_is_obeyed(
    prompted_mode: RamClouds, twin: Twin, kwargs: dict[str, Any], called: list[str]
) -> None:
    plain = twin.call(
        prompted_mode, "chat_with_tools", TOOLS, user_msg="Say exactly: 1 2", **kwargs
    )
    streamed = twin.call(
        prompted_mode, "stream_chat_with_tools", TOOLS, user_msg="Say exactly: 1 2", **kwargs
    )

    assert [[name for name, _ in _calls(prompted_mode, one)] for one in (plain, streamed[-1])] == [
        called,
        called,
    ]
    assert bool(plain.message.content) is not bool(called)


def test_text_streams_word_by_word(prompted_mode: RamClouds, twin: Twin) -> None:
    chunks = twin.call(prompted_mode, "stream_chat_with_tools", TOOLS, user_msg="count to 5")

    assert [chunk.delta for chunk in chunks if chunk.delta] == ["1", " 2", " 3", " 4", " 5"]
    assert chunks[-1].message.content == "1 2 3 4 5"


def test_predict_and_call(prompted_mode: RamClouds, twin: Twin) -> None:
    one = twin.call(prompted_mode, "predict_and_call", TOOLS, user_msg=BOTH)
    both = twin.call(
        prompted_mode, "predict_and_call", TOOLS, user_msg=BOTH, allow_parallel_tool_calls=True
    )

    assert (str(one), str(both)) == ("5", "5\n\nRain in Huế.")


def test_a_history_of_calls_goes_through_the_prompt(
    gateway: Gateway, prompted_mode: RamClouds, twin: Twin
) -> None:
    asked = ToolCallBlock(tool_call_id="a", tool_name="weather", tool_kwargs={"city": "Huế"})
    blocks = [ThinkingBlock(content="Hm."), TextBlock(text="Let me look."), asked]
    history = [
        ChatMessage("Be brief.", role="system"),
        ChatMessage("Weather?", additional_kwargs={"name": "Lan"}),
        ChatMessage(role="assistant", blocks=blocks),
        ChatMessage("Rain", role="tool", additional_kwargs={"tool_call_id": "a"}),
        ChatMessage("Rain.", role="assistant"),
        ChatMessage(blocks=[TextBlock(text="Say exactly: thanks")]),
    ]

    answer = twin.call(prompted_mode, "chat", history)
    twin.call(prompted_mode, "chat_with_tools", TOOLS, chat_history=history)

    assert answer.message.content == "thanks"
    told = [
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": 'Let me look.\n<tool_call>\n{"name": "weather", "arguments": '
            '{"city": "Huế"}}\n</tool_call>',
        },
        {"role": "user", "content": '<tool_response name="weather">\nRain\n</tool_response>'},
        {"role": "assistant", "content": "Rain."},
        {"role": "user", "content": "Say exactly: thanks"},
    ]
    without, with_tools = (request.json["messages"] for request in gateway.requests)
    assert without == [{"role": "system", "content": "Be brief."}, *told]
    assert with_tools[1:] == told
    assert with_tools[0]["content"].startswith("Be brief.\n\nYou can call these tools:")


def test_a_multi_turn_conversation_goes_round(prompted_mode: RamClouds, twin: Twin) -> None:
    history = [ChatMessage(BOTH)]
    asked = twin.call(
        prompted_mode,
        "chat_with_tools",
        TOOLS,
        chat_history=history,
        allow_parallel_tool_calls=True,
    )
    history.append(asked.message)
    for selected in prompted_mode.get_tool_calls_from_response(asked):
        kwargs = {"tool_call_id": selected.tool_id}
        text = json.dumps(selected.tool_kwargs, ensure_ascii=False)
        history.append(ChatMessage(text, role="tool", additional_kwargs=kwargs))

    answer = twin.call(prompted_mode, "chat_with_tools", TOOLS, chat_history=history)

    assert answer.message.content == 'The result is: {"a": 2, "b": 3}; {"city": "Huế"}'


def test_a_native_call_is_taken_too(gateway: Gateway, prompted_mode: RamClouds, twin: Twin) -> None:
    gateway.reply(Json(completion(None, tool_calls=[tool_call("add", {"a": 1, "b": 2})])))

    answer = twin.call(prompted_mode, "chat_with_tools", TOOLS, user_msg="1 + 2")

    assert _calls(prompted_mode, answer) == [("add", {"a": 1, "b": 2})]


def test_an_image_cannot_go_through_the_prompt(prompted_mode: RamClouds, twin: Twin) -> None:
    image = ChatMessage(blocks=[ImageBlock(url="https://example.com/a.png")])

    with pytest.raises(ConfigurationError, match='tool_calling="native"'):
        twin.call(prompted_mode, "chat", [image])


# --- structured output ---


@each_row("model", MODELS)
@each_row("mode", ["auto", "function_calling", "json_schema", "json_mode", "text"])
def test_structured_output_in_each_mode(
    prompted_mode: RamClouds, twin: Twin, mode: Any, model: str
) -> None:
    prompted_mode.structured_output_mode = mode
    prompted_mode.model = model

    whole = twin.call(prompted_mode, "structured_predict", City, PROMPT, city="Huế")
    streamed = twin.call(prompted_mode, "stream_structured_predict", City, PROMPT, city="Huế")
    chatted = twin.call(
        prompted_mode.as_structured_llm(City), "chat", [ChatMessage("Tell me about Huế.")]
    )

    assert isinstance(whole, City)
    assert streamed[-1] == chatted.raw == whole


def test_the_schema_is_sent_once(gateway: Gateway, prompted_mode: RamClouds, twin: Twin) -> None:
    twin.call(prompted_mode, "structured_predict", City, PROMPT, city="Huế")

    system, user = gateway.last.json["messages"]
    schema = json.loads(system["content"].rpartition("\n")[2])
    assert schema == {k: v for k, v in City.model_json_schema().items() if k != "title"}
    assert user == {"role": "user", "content": "Tell me about Huế."}


# --- answers that do not follow ---


def test_a_missing_call_names_the_way(
    gateway: Gateway, prompted_mode: RamClouds, twin: Twin
) -> None:
    gateway.handler = _says("I would rather talk.")
    ask: dict[str, Any] = {"user_msg": "2 + 3", "tool_required": True}

    with pytest.raises(
        MissingToolCallError, match=r"through the prompt \(tool_calling='prompted'\)"
    ):
        twin.call(prompted_mode, "chat_with_tools", TOOLS, **ask)
    with pytest.raises(MissingToolCallError, match="another model"):
        twin.call(prompted_mode, "stream_chat_with_tools", TOOLS, **ask)


@each_row("mode", ["auto", "function_calling", "json_schema", "json_mode", "text"])
def test_prose_names_the_way(
    gateway: Gateway, prompted_mode: RamClouds, twin: Twin, mode: Any
) -> None:
    prompted_mode.structured_output_mode = mode
    gateway.handler = _says("I would rather talk.")

    with pytest.raises(
        StructuredOutputError, match=r"through the prompt \(tool_calling='prompted'\)"
    ):
        twin.call(prompted_mode, "structured_predict", City, PROMPT, city="Huế")
    with pytest.raises(StructuredOutputError, match="another model"):
        twin.call(prompted_mode, "stream_structured_predict", City, PROMPT, city="Huế")
