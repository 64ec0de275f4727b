"""What is sent: the documented examples to the letter, parameters within their ranges."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds import ConfigurationError
from tests.gateway import Json, OfflineGateway, Sse, completion, text_chunks
from tests.harness import ASK, MESSAGES, Calls, each_row, in_row

EXAMPLES: dict[str, dict[str, Any]] = {
    "basic": {
        "model": "gpt-5",
        "messages": [{"role": "user", "content": "What is the capital of France?"}],
    },
    "system_message": {
        "model": "claude-opus-4-5",
        "messages": [
            {"role": "system", "content": "You are a helpful coding assistant."},
            {"role": "user", "content": "Write a Python function to reverse a string"},
        ],
    },
    "multi_turn": {
        "model": "gemini-2.5-pro",
        "messages": [
            {"role": "system", "content": "You are a math tutor."},
            {"role": "user", "content": "What is 2 + 2?"},
            {"role": "assistant", "content": "2 + 2 equals 4."},
            {"role": "user", "content": "And if we multiply that by 3?"},
        ],
    },
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_documented_example_sends_the_documented_json(
    gateway: OfflineGateway, calls: Calls, example: str
) -> None:
    gateway.reply(Json(completion()))
    calls.complete(**EXAMPLES[example])
    assert gateway.last.json == EXAMPLES[example]
    assert (gateway.last.method, gateway.last.path) == ("POST", "/v1/chat/completions")
    assert gateway.last.headers["authorization"] == "Bearer test-key"
    assert gateway.last.headers["content-type"] == "application/json"


def test_documented_stream_sends_the_documented_json(gateway: OfflineGateway, calls: Calls) -> None:
    example = {"model": "gpt-5", "messages": [{"role": "user", "content": "Tell me a story"}]}
    gateway.reply(Sse(text_chunks()))
    calls.stream(**example, stream_usage=False)
    assert gateway.last.json == {**example, "stream": True}


def test_documented_response_is_read(gateway: OfflineGateway, calls: Calls) -> None:
    body = {
        "id": "chatcmpl-abc123",
        "object": "chat.completion",
        "created": 1706486400,
        "model": "gpt-5",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "The capital of France is Paris."},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 12, "completion_tokens": 8, "total_tokens": 20},
    }
    gateway.reply(Json(body))
    answer = calls.complete()
    assert (answer.id, answer.model, answer.raw) == ("chatcmpl-abc123", "gpt-5", body)
    assert (answer.text, answer.finish_reason) == ("The capital of France is Paris.", "stop")


@pytest.mark.parametrize("stream_usage", [None, True])
def test_stream_asks_for_usage(
    gateway: OfflineGateway, calls: Calls, stream_usage: bool | None
) -> None:
    gateway.reply(Sse(text_chunks()))
    calls.stream(stream_usage=stream_usage)
    assert gateway.last.json == {**ASK, "stream": True, "stream_options": {"include_usage": True}}


TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
ACCEPTED: dict[str, list[Any]] = {
    "temperature": [0, 0.0, 1, 2, 1.5],
    "max_tokens": [1, 100_000],
    "top_p": [0, 0.5, 1],
    "frequency_penalty": [-2, 0, 2],
    "presence_penalty": [-2, 0.1, 2],
    "stop": ["END", ["a", "b"]],
    "n": [1, 3],
    "seed": [0, -1, 2**53],
    "tools": [[TOOL]],
    "parallel_tool_calls": [True, False],
    "response_format": [{"type": "json_object"}],
    "reasoning_effort": ["low", "xhigh"],
    "logprobs": [True, False],
    "user": ["someone"],
}


def test_parameter_is_sent_as_given(gateway: OfflineGateway, calls: Calls) -> None:
    for name in ACCEPTED:
        with in_row(name):
            gateway.forget()
            for value in ACCEPTED[name]:
                calls.complete(**{name: value})
            assert gateway.bodies == [{**ASK, name: value} for value in ACCEPTED[name]]


def test_tool_choice_and_top_logprobs_are_sent(gateway: OfflineGateway, calls: Calls) -> None:
    params: dict[str, Any] = {
        "tools": [TOOL],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "logprobs": True,
        "top_logprobs": 3,
    }
    gateway.reply(Json(completion()))
    calls.complete(**params)
    assert gateway.last.json == {**ASK, **params}


def test_none_is_not_sent(gateway: OfflineGateway, calls: Calls) -> None:
    names = [*ACCEPTED, "tool_choice", "top_logprobs", "extra_body"]
    calls.complete(**dict.fromkeys(names))
    assert gateway.last.json == ASK


def test_empty_tools_are_not_sent(gateway: OfflineGateway, calls: Calls) -> None:
    gateway.reply(Json(completion()))
    calls.complete(tools=[])
    assert gateway.last.json == ASK


REFUSED: dict[str, list[Any]] = {
    "temperature": [-0.1, 2.1, "hot", True, float("nan"), float("inf")],
    "max_tokens": [0, -1, 1.5, "10", True],
    "top_p": [-0.1, 1.1, "x"],
    "frequency_penalty": [-2.1, 2.1],
    "presence_penalty": [-2.1, 2.1],
    "stop": [5, [5], ["a", None]],
    "n": [0, -1, 1.5],
    "tools": ["f", {"type": "function"}, 5],
    "timeout": [0, -1, "soon"],
    "messages": [[], "Hi", {"role": "user", "content": "Hi"}, [None], ["Hi"]],
    "model": ["", None, 5],
}
WRONG = [(name, value) for name, values in REFUSED.items() for value in values]


def test_value_out_of_range_is_refused_before_sending(
    gateway: OfflineGateway, calls: Calls
) -> None:
    for name, value in WRONG:
        with in_row(name):
            gateway.forget()
            for call in (calls.complete, calls.stream):
                with pytest.raises(ConfigurationError, match=name) as caught:
                    call(**{name: value})
                assert isinstance(caught.value, ValueError)
                assert caught.value.retryable is False
            assert gateway.requests == []


MESSAGE_ERRORS: dict[str, dict[str, Any]] = {
    "role_unknown": {"role": "robot", "content": "Hi"},
    "role_missing": {"content": "Hi"},
    "content_missing": {"role": "user"},
    "content_null": {"role": "user", "content": None},
    "content_number": {"role": "user", "content": 5},
}


@each_row("kind", MESSAGE_ERRORS)
def test_wrong_message_is_refused_before_sending(
    gateway: OfflineGateway, calls: Calls, kind: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"messages\[1\]"):
        calls.complete(messages=[*MESSAGES, MESSAGE_ERRORS[kind]])
    assert gateway.requests == []


def test_messages_are_sent_as_given(gateway: OfflineGateway, calls: Calls) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "text", "text": "see"}], "name": "lan"},
        {"role": "assistant", "content": None, "tool_calls": [call], "reasoning_content": "hm"},
        {"role": "tool", "content": "sunny", "tool_call_id": "c"},
    ]
    gateway.reply(Json(completion()))
    calls.complete(messages=messages)
    assert gateway.last.json == {"model": "gpt-5", "messages": messages}


def test_developer_is_sent_as_system(gateway: OfflineGateway, calls: Calls) -> None:
    messages = [{"role": "developer", "content": "Be brief."}, *MESSAGES]
    gateway.reply(Json(completion()))
    calls.complete(messages=messages)
    assert gateway.last.json["messages"] == [{"role": "system", "content": "Be brief."}, *MESSAGES]
    assert messages[0]["role"] == "developer"


def test_extra_body_wins_and_is_not_checked(gateway: OfflineGateway, calls: Calls) -> None:
    extra = {"temperature": 9, "top_k": 5, "extra_body": {"google": {}}}
    gateway.reply(Json(completion()))
    calls.complete(temperature=1, extra_body=extra)
    assert gateway.last.json == {**ASK, **extra}


@each_row("extra", [{"stream": True}, {"model": "x"}, {"messages": []}, ["x"]])
def test_extra_body_cannot_change_what_the_call_is(
    gateway: OfflineGateway, calls: Calls, extra: Any
) -> None:
    with pytest.raises(ConfigurationError, match="extra_body"):
        calls.complete(extra_body=extra)
    assert gateway.requests == []


def test_extra_headers_are_sent_for_one_call(gateway: OfflineGateway, calls: Calls) -> None:
    gateway.reply(Json(completion()), Json(completion()))
    calls.complete(extra_headers={"X-Trace": "1", "user-agent": "mine/1"})
    assert (gateway.last.headers["x-trace"], gateway.last.headers["user-agent"]) == ("1", "mine/1")
    calls.complete()
    assert "x-trace" not in gateway.last.headers


def test_n_is_for_complete_only(gateway: OfflineGateway, calls: Calls) -> None:
    with pytest.raises(ConfigurationError, match="n"):
        calls.stream(n=2)
    assert gateway.requests == []


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("max_token", "max_tokens"), ("temprature", "temperature"), ("tool", "tools")],
)
def test_unknown_keyword_suggests_the_nearest(
    gateway: OfflineGateway, calls: Calls, typo: str, meant: str
) -> None:
    for call in (calls.complete, calls.stream):
        with pytest.raises(TypeError, match=meant):
            call(**{typo: 1})
    assert gateway.requests == []


def test_unknown_keyword_with_no_near_one_points_to_extra_body(calls: Calls) -> None:
    with pytest.raises(TypeError, match="extra_body"):
        calls.complete(zzzzzzzz=1)


def test_stream_refuses_at_once_and_sends_at_the_first_chunk(gateway: OfflineGateway) -> None:
    from ramclouds import AsyncClient, Client

    settings: dict[str, Any] = {"api_key": "test-key", "base_url": gateway.base_url}
    for client in (Client(**settings), AsyncClient(**settings)):
        with pytest.raises(ConfigurationError):
            client.stream(**{**ASK, "temperature": 3})
        client.stream(**ASK)
    assert gateway.requests == []


def test_several_answers_are_all_there(gateway: OfflineGateway, calls: Calls) -> None:
    answer = calls.complete(n=3)
    assert [one.index for one in answer.choices] == [0, 1, 2]
    assert answer.choices[0].text == answer.text
    assert len({one.text for one in answer.choices}) == 3


def test_text_that_json_cannot_hold_is_refused_or_sent(
    gateway: OfflineGateway, calls: Calls
) -> None:
    with pytest.raises(ConfigurationError):
        calls.complete(messages=[{"role": "user", "content": object()}])
    with pytest.raises(ConfigurationError):
        calls.complete(extra_body={"x": object()})
    assert gateway.requests == []
    gateway.reply(Json(completion()))
    calls.complete(messages=[{"role": "user", "content": "a\ud83d"}], user="\ud83d\ude00")
    assert gateway.last.json["messages"][0]["content"] == "a\ufffd"
    assert gateway.last.json["user"] == "😀"
