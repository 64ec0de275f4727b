"""Tools: what is sent, what is read back, and what happens when the model does not obey."""

from __future__ import annotations

import json
from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
    TextBlock,
    ToolCallBlock,
)
from llama_index.core.llms.llm import ToolSelection
from pydantic import BaseModel

from llama_index_ramclouds import MissingToolCallError, RamClouds
from llama_index_ramclouds._tools import to_wire_choice
from ramclouds import ConfigurationError, RamCloudsError
from tests.gateway import Gateway, Json, Sse, completion, text_chunks
from tests.harness import EACH_TWIN, Twin, each_row
from tests.llama_index.toolbox import (
    ADD,
    TOOLS,
    TWO_CALLS,
    call_both,
)

NAMED = {"type": "function", "function": {"name": "add"}}


@EACH_TWIN
def test_tools_are_sent_with_parameters(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    history = [ChatMessage("Hello")]

    twin.call(llm, "chat_with_tools", TOOLS, user_msg="Good day", chat_history=history)

    sent = gateway.last.json
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["add", "weather"]
    assert sent["tools"][0] == {
        "type": "function",
        "function": {
            "name": "add",
            "description": ADD.metadata.description,
            "parameters": {
                "type": "object",
                "properties": {
                    "a": {"type": "integer"},
                    "b": {"type": "integer"},
                },
                "required": ["a", "b"],
            },
        },
    }
    assert not {"tool_choice", "parallel_tool_calls"} & sent.keys()
    assert [message["content"] for message in sent["messages"]] == ["Hello", "Good day"]
    assert history == [ChatMessage("Hello")]


def test_raw_tools_may_be_functions_classes_and_mappings(gateway: Gateway, llm: RamClouds) -> None:
    def find(query: str) -> str:
        """Finds something."""
        return query

    class Find(BaseModel):
        """Finds something."""

        query: str

    gateway.reply(Json(completion("Hi")))
    mapping = {"name": "seek", "input_schema": Find.model_json_schema()}
    llm.chat([ChatMessage("Hi")], tools=[find, Find, mapping])
    sent = [tool["function"] for tool in gateway.last.json["tools"]]
    assert [tool["name"] for tool in sent] == ["find", "Find", "seek"]
    for tool in sent:
        assert tool["parameters"]["properties"] == {"query": {"type": "string"}}
        assert tool["parameters"]["required"] == ["query"]
    with pytest.raises(ConfigurationError, match="web_search_options"):
        llm.chat([ChatMessage("Hi")], tools=[{"type": "web_search"}])


def test_no_tools_send_nothing_about_tools(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    twin.call(llm, "chat_with_tools", [], user_msg=ChatMessage("Hello"), tool_required=True)

    assert not {"tools", "tool_choice", "parallel_tool_calls"} & gateway.last.json.keys()


@each_row(
    ("kwargs", "sent"),
    [
        ({"tool_required": True}, "required"),
        ({"tool_required": True, "tool_choice": None}, "required"),
        ({"tool_choice": ""}, None),
        ({"tool_choice": "auto"}, "auto"),
        ({"tool_choice": "none"}, "none"),
        ({"tool_choice": "any"}, "required"),
        ({"tool_choice": True}, "required"),
        ({"tool_choice": False}, "none"),
        ({"tool_choice": "add"}, NAMED),
        ({"tool_choice": ADD}, NAMED),
        ({"tool_choice": NAMED}, NAMED),
        ({"tool_choice": {"type": "function", "name": "add"}}, NAMED),
        ({"tool_choice": {"type": "tool", "name": "add"}}, NAMED),
        ({"tool_choice": {"type": "any"}}, "required"),
    ],
    # Without the tool's address, which is another one in each process that shares the tests.
    ids=lambda value: str(value).partition(" object at ")[0],
)
def test_tool_choice_in_all_spellings(
    gateway: Gateway, llm: RamClouds, twin: Twin, kwargs: dict[str, Any], sent: Any
) -> None:
    twin.call(llm, "chat_with_tools", TOOLS, user_msg="Hello", **kwargs)

    assert gateway.last.json.get("tool_choice") == sent


@pytest.mark.parametrize("choice", ["ad", {"type": "tool", "name": "nothing"}, {"type": "odd"}])
def test_a_tool_choice_that_is_none_of_the_tools_is_an_error(choice: Any) -> None:
    with pytest.raises(ConfigurationError, match="tool_choice"):
        to_wire_choice(choice, [{"function": {"name": "add"}}], required=False)


def test_parallel_calls_as_blocks_and_as_wire_dicts(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    call_both(gateway)
    ask: dict[str, Any] = {"user_msg": "Both", "allow_parallel_tool_calls": True}

    plain = twin.call(llm, "chat_with_tools", TOOLS, **ask)
    streamed = (twin.call(llm, "stream_chat_with_tools", TOOLS, **ask))[-1]

    for answer in (plain, streamed):
        assert answer.message.blocks == [
            TextBlock(text=""),
            ToolCallBlock(tool_call_id="call_a", tool_name="add", tool_kwargs={"a": 2, "b": 3}),
            ToolCallBlock(tool_call_id="call_b", tool_name="weather", tool_kwargs={"city": "Hue"}),
        ]
        assert answer.message.additional_kwargs == {"tool_calls": list(TWO_CALLS)}
        assert llm.get_tool_calls_from_response(answer) == [
            ToolSelection(tool_id="call_a", tool_name="add", tool_kwargs={"a": 2, "b": 3}),
            ToolSelection(tool_id="call_b", tool_name="weather", tool_kwargs={"city": "Hue"}),
        ]


def test_one_call_is_kept_where_several_are_not_allowed(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    call_both(gateway)

    plain = twin.call(llm, "chat_with_tools", TOOLS, user_msg="Both")
    chunks = twin.call(llm, "stream_chat_with_tools", TOOLS, user_msg="Both")

    for answer in (plain, *chunks[-2:]):
        assert [block.tool_call_id for block in answer.message.blocks[1:]] == ["call_a"]
        assert answer.message.additional_kwargs == {"tool_calls": [TWO_CALLS[0]]}


@EACH_TWIN
def test_a_demanded_call_that_never_came_is_an_error(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    gateway.reply(Json(completion("I would rather talk.")), Sse(text_chunks("I will not.")))

    with pytest.raises(MissingToolCallError, match="I would rather talk") as plain:
        twin.call(llm, "chat_with_tools", TOOLS, user_msg="Add", tool_required=True)
    with pytest.raises(MissingToolCallError) as streamed:
        twin.call(llm, "stream_chat_with_tools", TOOLS, user_msg="Add", tool_choice="add")

    assert (plain.value.text, streamed.value.text) == ("I would rather talk.", "I will not.")
    assert isinstance(plain.value, RamCloudsError)
    assert isinstance(plain.value, ValueError)
    assert plain.value.request_id is not None


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        (completion("I wou", finish_reason="length"), "Raise max_tokens"),
        (completion(None, refusal="I must not."), "refusal. Change the messages"),
    ],
    ids=["cut off", "refused"],
)
def test_a_missing_call_says_what_to_do(
    gateway: Gateway, llm: RamClouds, twin: Twin, answer: Any, advice: str
) -> None:
    gateway.reply(Json(answer))

    with pytest.raises(MissingToolCallError, match=advice) as caught:
        twin.call(llm, "chat_with_tools", TOOLS, user_msg="Add", tool_required=True)

    assert "tool_calling" not in str(caught.value)


@EACH_TWIN
def test_no_call_is_fine_where_none_was_demanded(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    gateway.reply(Json(completion("Hello.")), Sse(text_chunks("Hello.")))

    plain = twin.call(llm, "chat_with_tools", TOOLS, user_msg="Hello")
    chunks = twin.call(llm, "stream_chat_with_tools", TOOLS, user_msg="Hello")

    assert plain.message.content == chunks[-1].message.content == "Hello."
    assert llm.get_tool_calls_from_response(plain, error_on_no_tool_call=False) == []
    with pytest.raises(ValueError, match="A tool call was expected"):
        llm.get_tool_calls_from_response(plain)


@EACH_TWIN
def test_predict_and_call(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    call_both(gateway)
    gateway.reply(Json(completion(None, tool_calls=list(TWO_CALLS))))

    one = twin.call(llm, "predict_and_call", TOOLS, user_msg="Both")
    gateway._queue.popleft()
    both = twin.call(
        llm, "predict_and_call", TOOLS, user_msg="Both", allow_parallel_tool_calls=True
    )

    assert str(one) == "5"
    assert str(both) == "5\n\nRain in Hue."


# Core's workflows look at every attribute of an agent.
@EACH_TWIN
@pytest.mark.usefixtures("core_leaves_open")
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
def test_predict_and_call_without_function_calling_reasons_in_text(
    gateway: Gateway, without_function_calling: RamClouds, twin: Twin
) -> None:
    thought = 'Thought: add them.\nAction: add\nAction Input: {"a": 2, "b": 3}'
    gateway.handler = lambda request: (
        Sse(text_chunks(thought)) if request.json.get("stream") else Json(completion(thought))
    )

    answer = twin.call(without_function_calling, "predict_and_call", TOOLS, user_msg="Add 2 and 3")

    assert str(answer) == "5"
    assert "tools" not in gateway.last.json


@EACH_TWIN
def test_a_multi_turn_history_with_tools_is_accepted(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    history = [ChatMessage('Please call add(2, 3) and weather("Hue")')]
    asked = twin.call(
        llm, "chat_with_tools", TOOLS, chat_history=history, allow_parallel_tool_calls=True
    )
    history.append(asked.message)
    for selected in llm.get_tool_calls_from_response(asked):
        text = json.dumps(selected.tool_kwargs)
        kwargs = {"tool_call_id": selected.tool_id}
        history.append(ChatMessage(role="tool", content=text, additional_kwargs=kwargs))

    answer = twin.call(llm, "chat_with_tools", TOOLS, chat_history=history)
    without_tools = twin.call(llm, "chat", history)

    assert answer.message.content == 'The result is: {"a": 2, "b": 3}; {"city": "Hue"}'
    assert without_tools.message.content == answer.message.content


@pytest.mark.parametrize("tool", [5, "weather", None])
def test_what_is_no_tool_is_a_clear_error(llm: RamClouds, twin: Twin, tool: Any) -> None:
    with pytest.raises(ConfigurationError, match="A tool must be"):
        twin.call(llm, "chat", [ChatMessage("Hi")], tools=[tool])
