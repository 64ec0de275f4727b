"""Calls that no tool may run, in LlamaIndex: whole, as they arrive, and where tools are run."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ToolCallBlock
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from llama_index_ramclouds import InvalidToolCallError, RamClouds, StructuredOutputError
from tests.gateway import Gateway, Json, Sse, call, completion, tool_chunks
from tests.harness import EACH_TWIN, Twin, each_row

pytestmark = EACH_TWIN

CUT = '{"city": "Hà N'
MADE = call("weather", CUT)
RETURN = {"on_invalid_tool_calls": "return"}


class City(BaseModel):
    """A city, all of whose fields may be left out."""

    city: str = ""


class Recorder:
    """A tool that writes down what it was run with."""

    def __init__(self) -> None:
        self.ran: list[Any] = []

    def weather(self, city: str = "nowhere") -> str:
        """Tell the weather of a city."""
        self.ran.append(city)
        return "Rain."


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def cutting(gateway: Gateway) -> Gateway:
    """A gateway whose model is cut off in the arguments of its call."""
    gateway.handler = lambda request: (
        Sse(tool_chunks(MADE, text="I look.", finish_reason="length"))
        if request.json.get("stream")
        else Json(completion("I look.", tool_calls=[MADE], finish_reason="length"))
    )
    return gateway


def tools(recorder: Recorder) -> list[FunctionTool]:
    return [FunctionTool.from_defaults(recorder.weather)]


def test_error_names_calls_text_and_what_to_do(
    cutting: Gateway, llm: RamClouds, twin: Twin, recorder: Recorder
) -> None:
    for asked in ("chat_with_tools", "stream_chat_with_tools"):
        with pytest.raises(InvalidToolCallError) as caught:
            twin.call(llm, asked, tools(recorder), user_msg="Weather?")
        assert "Hà N" in str(caught.value)
        assert "raise max_tokens" in str(caught.value)
        assert caught.value.text == "I look."
        assert [one.arguments for one in caught.value.invalid_tool_calls] == [CUT]


def test_returned_message_holds_the_calls_apart(
    cutting: Gateway, llm: RamClouds, twin: Twin, recorder: Recorder
) -> None:
    whole = twin.call(llm, "chat_with_tools", tools(recorder), user_msg="Weather?", **RETURN)
    streamed = twin.call(llm, "stream_chat_with_tools", tools(recorder), user_msg="Hm?", **RETURN)
    for response in (whole, streamed[-1]):
        message = response.message
        assert not any(isinstance(block, ToolCallBlock) for block in message.blocks)
        assert "tool_calls" not in message.additional_kwargs
        (kept,) = message.additional_kwargs["invalid_tool_calls"]
        assert (kept["name"], kept["arguments"]) == ("weather", CUT)
        assert llm.get_tool_calls_from_response(response, error_on_no_tool_call=False) == []
        with pytest.raises(InvalidToolCallError):
            llm.get_tool_calls_from_response(response)


def test_arguments_are_shown_while_they_arrive(
    cutting: Gateway, llm: RamClouds, twin: Twin, recorder: Recorder
) -> None:
    asked = twin.call(llm, "stream_chat_with_tools", tools(recorder), user_msg="Hm?", **RETURN)
    shown = [block for block in asked[-2].message.blocks if isinstance(block, ToolCallBlock)]
    assert [block.tool_name for block in shown] == ["weather"]


def test_field_of_the_llm_is_what_calls_do_not_say(
    cutting: Gateway, llm: RamClouds, twin: Twin, recorder: Recorder
) -> None:
    returning = llm.model_copy(update=RETURN)
    twin.call(returning, "chat_with_tools", tools(recorder), user_msg="Weather?")
    with pytest.raises(InvalidToolCallError):
        twin.call(
            returning,
            "chat_with_tools",
            tools(recorder),
            user_msg="Weather?",
            on_invalid_tool_calls="raise",
        )


@each_row("settings", [{}, RETURN], ids=["raise", "return"])
def test_predict_and_call_runs_nothing(
    cutting: Gateway, llm: RamClouds, twin: Twin, recorder: Recorder, settings: dict[str, Any]
) -> None:
    with pytest.raises(InvalidToolCallError):
        twin.call(llm, "predict_and_call", tools(recorder), user_msg="Weather?", **settings)
    assert recorder.ran == []


def test_structured_output_is_no_object_of_a_cut_text(
    cutting: Gateway, llm: RamClouds, twin: Twin
) -> None:
    prompt = PromptTemplate("Weather?")
    for asked in ("structured_predict", "stream_structured_predict"):
        with pytest.raises(StructuredOutputError, match="Raise max_tokens"):
            twin.call(llm, asked, City, prompt)


def test_text_that_is_no_whole_object_is_no_call_of_a_foreign_message(llm: RamClouds) -> None:
    block = ToolCallBlock(tool_call_id="c1", tool_name="weather", tool_kwargs=CUT)
    response = ChatResponse(message=ChatMessage(role="assistant", blocks=[block]))
    assert llm.get_tool_calls_from_response(response, error_on_no_tool_call=False) == []


def test_invalid_calls_do_not_go_out_again(
    gateway: Gateway, cutting: Gateway, llm: RamClouds, twin: Twin, recorder: Recorder
) -> None:
    first = twin.call(llm, "chat_with_tools", tools(recorder), user_msg="Weather?", **RETURN)
    twin.call(llm, "chat", [ChatMessage("Weather?"), first.message, ChatMessage("So?")], **RETURN)
    assert gateway.last.json["messages"][1] == {"role": "assistant", "content": "I look."}
