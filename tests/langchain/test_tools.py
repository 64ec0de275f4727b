"""Tools: what is sent for them, and what comes back."""

from __future__ import annotations

import typing
from typing import Any

import pytest
from langchain_core.runnables import RunnableBinding
from langchain_core.tools import Tool, tool
from pydantic import BaseModel, Field
from typing_extensions import NotRequired, TypedDict

from langchain_ramclouds import MissingToolCallError, RefusalError
from langchain_ramclouds._tools import _say_strict_is_dropped
from ramclouds import ConfigurationError
from tests.gateway import Gateway, Json, Sse, call, chunk, completion, text_chunks, tool_chunks
from tests.harness import each_row
from tests.langchain.conftest import Chat


@tool
def get_weather(city: str) -> str:
    """Weather of a city."""
    return f"Sunny in {city}"


@tool
def get_time() -> str:
    """Time of day."""
    return "noon"


class Weather(BaseModel):
    """Weather of a city."""

    city: str = Field(description="its name")


class WeatherDict(TypedDict):
    """Weather of a city."""

    city: str


class TypingDict(typing.TypedDict):
    """Weather of a city."""

    city: str


_EMPTY = {"type": "object", "properties": {}}


@each_row(
    ("tool_", "name"),
    [
        (get_weather, "get_weather"),
        (Weather, "Weather"),
        (WeatherDict, "WeatherDict"),
        (TypingDict, "TypingDict"),
        (Tool("old", print, "Of one text."), "old"),
        (Weather.model_json_schema(), "Weather"),
        (lambda: None, "_lambda_"),
        ({"name": "x", "description": "y"}, "x"),
        ({"name": "x", "input_schema": _EMPTY}, "x"),
        ({"type": "function", "function": {"name": "x"}}, "x"),
    ],
)
def test_every_spelling_of_a_tool_is_a_function_with_parameters(
    gateway: Gateway, chat: Chat, tool_: Any, name: str
) -> None:
    gateway.reply(Json(completion()))
    bound = chat().bind_tools([tool_])
    bound.invoke("Hi")
    (sent,) = gateway.last.json["tools"]
    assert isinstance(bound, RunnableBinding)
    assert sent["type"] == "function"
    assert sent["function"]["name"] == name
    assert sent["function"]["parameters"]["type"] == "object"


def test_tool_of_a_provider_is_refused_when_it_is_bound(chat: Chat) -> None:
    with pytest.raises(ConfigurationError, match="web_search_options"):
        chat().bind_tools([{"type": "web_search", "search_context_size": "low"}])
    shell = Tool("shell", print, "Of OpenAI's grammars.", metadata={"type": "custom_tool"})
    with pytest.raises(ConfigurationError, match="write a function"):
        chat().bind_tools([shell])


def test_binding_does_not_change_the_users_dict(chat: Chat) -> None:
    mine: dict[str, Any] = {"type": "function", "function": {"name": "x"}}
    chat().bind_tools([mine])
    assert mine == {"type": "function", "function": {"name": "x"}}


_NAMED = {"type": "function", "function": {"name": "get_weather"}}


@each_row(
    ("choice", "sent"),
    [
        ("any", "required"),
        ("required", "required"),
        (True, "required"),
        ("auto", "auto"),
        ("none", "none"),
        ("get_weather", _NAMED),
        (_NAMED, _NAMED),
        ({"type": "tool", "name": "get_weather"}, _NAMED),
        ({"type": "any"}, "required"),
        ({"type": "auto"}, "auto"),
        (None, None),
        (False, None),
        ("", None),
    ],
)
def test_tool_choice_is_sent_as(gateway: Gateway, chat: Chat, choice: Any, sent: Any) -> None:
    gateway.reply(Json(completion(None, tool_calls=[call("get_weather", {"city": "Huế"})])))
    chat().bind_tools([get_weather, get_time], tool_choice=choice).invoke("Hi")
    assert gateway.last.json.get("tool_choice") == sent


@pytest.mark.parametrize("choice", ["get_wether", {"type": "function", "function": {"name": "x"}}])
def test_unknown_tool_choice_is_an_error_that_lists_the_tools(chat: Chat, choice: Any) -> None:
    with pytest.raises(ValueError, match="get_weather, get_time"):
        chat().bind_tools([get_weather, get_time], tool_choice=choice)


def test_no_tools_send_nothing_about_tools(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion()))
    chat().bind_tools([], tool_choice="any", parallel_tool_calls=True).invoke("Hi")
    assert gateway.last.json == {
        "model": "gpt-5",
        "messages": [{"role": "user", "content": "Hi"}],
    }


def test_strict_of_tools_has_no_effect_and_warns_once(
    gateway: Gateway, chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.reply(Json(completion()))
    _say_strict_is_dropped.cache_clear()
    for _ in range(2):
        bound = chat().bind_tools([get_weather], strict=True, parallel_tool_calls=False)
    bound.invoke("Hi")
    body = gateway.last.json
    assert body["parallel_tool_calls"] is False
    assert "strict" not in body["tools"][0]["function"]
    assert [record.levelname for record in caplog.records].count("WARNING") == 1


def test_settings_of_one_call_mean_what_bound_ones_mean(gateway: Gateway, chat: Chat) -> None:
    """Functions, classes and words are taken by `bind` and `invoke` as by `bind_tools`."""

    def get_news(topic: str) -> str:
        """News about a topic."""
        return topic

    gateway.reply(*[Json(completion("{}"))] * 4)
    model = chat(on_invalid_tool_calls="return")
    with pytest.raises(MissingToolCallError):
        model.bind(tools=[get_news], tool_choice="any").invoke("Hi")
    with pytest.raises(MissingToolCallError):
        model.bind_tools([get_news], tool_choice="any").invoke("Hi")
    model.invoke("Hi", tools=[get_weather], response_format=Weather)
    model.bind_tools([get_weather], response_format=Weather).invoke("Hi")
    first, second, third, fourth = [request.json for request in gateway.requests]
    assert (first["tools"], first["tool_choice"]) == (second["tools"], "required")
    assert first == second
    assert third == fourth
    assert third["response_format"]["json_schema"]["strict"] is True


def test_response_format_may_be_a_class(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion('{"city": "Huế"}')))
    chat().bind_tools([], response_format=Weather).invoke("Hi")
    sent = gateway.last.json["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["name"] == "Weather"
    assert sent["json_schema"]["schema"]["properties"]["city"]["type"] == "string"


def test_format_that_an_agent_binds_is_enforced_where_it_can_be(
    gateway: Gateway, chat: Chat
) -> None:
    """`create_agent(response_format=...)` binds a format without `strict`."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    wire = {"name": "Place", "schema": schema}
    bound = chat().bind_tools([], response_format={"type": "json_schema", "json_schema": wire})
    gateway.reply(Json(completion('{"city": "Huế"}')))
    bound.invoke("Hi")
    closed = {**schema, "required": ["city"], "additionalProperties": False}
    sent = gateway.last.json["response_format"]["json_schema"]
    assert sent == {"name": "Place", "schema": closed, "strict": True}


class Tree(TypedDict):
    """A tree."""

    name: str
    kids: NotRequired[list[Tree]]


def test_typed_dict_may_hold_itself_and_lack_keys(gateway: Gateway, chat: Chat) -> None:
    tree = {"name": "root", "kids": [{"name": "leaf"}]}
    gateway.reply(Json(completion(None, tool_calls=[call("Tree", tree)])))
    assert chat().with_structured_output(Tree, method="function_calling").invoke("Hi") == tree
    parameters = gateway.last.json["tools"][0]["function"]["parameters"]
    assert parameters["required"] == ["name"]
    assert parameters["properties"]["kids"]["items"] == {"$ref": "#/$defs/Tree"}


def test_parallel_tool_calls_are_parsed(gateway: Gateway, chat: Chat) -> None:
    calls = [call("get_weather", {"city": "Huế"}, id="a"), call("get_time", "", id="b")]
    gateway.reply(Json(completion(None, tool_calls=calls)))
    message = chat().bind_tools([get_weather, get_time]).invoke("Hi")
    assert message.content == ""
    assert message.tool_calls == [
        {"name": "get_weather", "args": {"city": "Huế"}, "id": "a", "type": "tool_call"},
        {"name": "get_time", "args": {}, "id": "b", "type": "tool_call"},
    ]


@pytest.mark.parametrize("arguments", ['{"city": ', "[1]", "Huế"])
def test_arguments_that_are_no_object_are_an_invalid_tool_call(
    gateway: Gateway, chat: Chat, arguments: str
) -> None:
    gateway.reply(Json(completion(None, tool_calls=[call("get_weather", arguments, id="a")])))
    message = chat(on_invalid_tool_calls="return").bind_tools([get_weather]).invoke("Hi")
    (invalid,) = message.invalid_tool_calls
    assert message.tool_calls == []
    assert (invalid["name"], invalid["args"], invalid["id"]) == ("get_weather", arguments, "a")
    assert invalid["error"]


def test_what_the_gateway_wants_back_with_a_call_is_sent_back(gateway: Gateway, chat: Chat) -> None:
    google = {"extra_content": {"google": {"thought_signature": "abc"}}}
    signed = call("get_time", "{}", id="a", **google)
    gateway.reply(Json(completion(None, tool_calls=[signed])), Json(completion("noon")))
    gateway.reply(Sse(tool_chunks(signed)), Json(completion("noon")))
    model = chat(model="gemini-3-pro-preview").bind_tools([get_time])
    whole = model.invoke("Hi")
    model.invoke([("user", "Hi"), whole, get_time.invoke(whole.tool_calls[0])])
    parts = list(model.stream("Hi"))
    total = parts[0]
    for part in parts[1:]:
        total += part
    model.invoke([("user", "Hi"), total, get_time.invoke(total.tool_calls[0])])
    sent = [gateway.bodies[i]["messages"][1]["tool_calls"][0] for i in (1, 3)]
    assert [one["extra_content"] for one in sent] == [google["extra_content"]] * 2


def test_forced_call_that_never_came_is_an_error(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion("I would rather talk.")))
    with pytest.raises(MissingToolCallError, match="call was expected") as caught:
        chat().bind_tools([get_weather], tool_choice="any").invoke("Hi")
    assert caught.value.partial is not None
    assert caught.value.partial.text == "I would rather talk."


async def test_forced_call_that_never_came_in_a_stream_is_an_error(
    gateway: Gateway, chat: Chat
) -> None:
    gateway.reply(Sse(text_chunks("I would rather talk.", reasoning="Hm")))
    model = chat().bind_tools([get_weather], tool_choice="get_weather")
    with pytest.raises(MissingToolCallError, match="call was expected") as caught:
        [c async for c in model.astream("Hi")]
    assert caught.value.partial is not None
    assert caught.value.partial.text == "I would rather talk."
    assert caught.value.partial.reasoning == "Hm"


@pytest.mark.parametrize(
    ("finish_reason", "advice"), [("length", "max_tokens"), ("content_filter", "filter")]
)
def test_missing_call_says_why_where_the_finish_reason_does(
    gateway: Gateway, chat: Chat, finish_reason: str, advice: str
) -> None:
    gateway.reply(Json(completion("I", finish_reason=finish_reason)))
    with pytest.raises(MissingToolCallError, match=advice):
        chat().bind_tools([get_weather], tool_choice="any").invoke("Hi")


def test_refusal_of_a_forced_call_is_a_refusal(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion(None, refusal="No.")))
    with pytest.raises(RefusalError, match=r"No\."):
        chat().bind_tools([get_weather], tool_choice="any").invoke("Hi")


def test_forced_call_that_came_in_a_stream_is_streamed(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Sse(tool_chunks(call("get_weather", {"city": "Huế"}, id="a"))))
    parts = list(chat().bind_tools([get_weather], tool_choice="any").stream("Hi"))
    assert "".join(part.tool_call_chunks[0]["args"] for part in parts if part.tool_call_chunks) == (
        '{"city": "Huế"}'
    )


def test_reasoning_goes_back_in_the_tool_loop_of_a_model_that_needs_it(
    gateway: Gateway, chat: Chat
) -> None:
    model = chat(model="kimi-k2-thinking").bind_tools([get_weather])
    question = ("user", 'Do get_weather({"city": "Huế"})')
    answer = model.invoke([question])
    assert answer.additional_kwargs["reasoning_content"]
    result = get_weather.invoke(answer.tool_calls[0])
    final = model.invoke([question, answer, result])
    assert "Sunny in Huế" in final.text
    assert (
        gateway.last.json["messages"][1]["reasoning_content"]
        == (answer.additional_kwargs["reasoning_content"])
    )


@each_row(
    ("model", "replay", "sent"),
    [
        ("gpt-5", None, None),
        ("gpt-5", True, None),
        ("gpt-5", "turn", "Hm"),
        ("deepseek-v3.2", None, "Hm"),
        ("deepseek-v3.2", False, None),
    ],
)
def test_replay_follows_the_model_unless_the_user_decides(
    gateway: Gateway, chat: Chat, model: str, replay: bool | None, sent: str | None
) -> None:
    thought = completion(None, tool_calls=[call("get_time")], reasoning_content="Hm")
    gateway.reply(Json(thought), Json(completion("noon")))
    bound = chat(model=model, replay_reasoning=replay).bind_tools([get_time])
    answer = bound.invoke("Hi")
    bound.invoke([("user", "Hi"), answer, get_time.invoke(answer.tool_calls[0])])
    assert gateway.last.json["messages"][1].get("reasoning_content") == sent


def test_stream_whose_last_event_holds_a_whole_forced_call_is_fine(
    gateway: Gateway, chat: Chat
) -> None:
    delta = {"tool_calls": [{"index": 0, **call("get_time", "{}", id="a")}]}
    gateway.reply(Sse([chunk(delta, "stop")]))
    parts = list(chat().bind_tools([get_time], tool_choice="any").stream("Hi"))
    assert [part.tool_call_chunks == [] for part in parts] == [False, False, True]


def test_reasoning_taken_out_of_the_text_goes_back_into_it(gateway: Gateway, chat: Chat) -> None:
    """MiniMax wants its `<think>` text unchanged in the history."""
    gateway.reply(Json(completion("<think>Hm</think>", tool_calls=[call("get_time")])))
    gateway.reply(Json(completion("noon")))
    bound = chat(model="minimax-m2.1", think_tags=True).bind_tools([get_time])
    answer = bound.invoke("Hi")
    bound.invoke([("user", "Hi"), answer, get_time.invoke(answer.tool_calls[0])])
    assert answer.content == ""
    assert gateway.last.json["messages"][1]["content"] == "<think>\nHm\n</think>\n\n"
