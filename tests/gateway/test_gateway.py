"""The loopback gateway itself: that tests fail for the code under test, not for their server."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.gateway import (
    CUTS,
    Drop,
    Endless,
    Gate,
    Gateway,
    Hang,
    Json,
    Raw,
    Sse,
    WireCase,
    call,
    completion,
    manifest,
    text_chunks,
)
from tests.gateway.corpus import Cut, body

ASK = {"model": "gpt-5", "messages": [{"role": "user", "content": "Say exactly: one two three"}]}


def post(gateway: Gateway, **fields: Any) -> httpx.Response:
    headers = {"Authorization": "Bearer test-key", "Connection": "close"}
    url = f"{gateway.base_url}/chat/completions"
    return httpx.post(url, json={**ASK, **fields}, headers=headers, trust_env=False, verify=False)


def said(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", [case["name"] for case in manifest()])
def test_wire_case_arrives_with_the_same_body_at_every_cut(
    gateway: Gateway, name: str, cut: Cut
) -> None:
    gateway.reply(WireCase(name, cut))
    received = b""
    url = f"{gateway.base_url}/chat/completions"
    with httpx.stream("POST", url, json=ASK, trust_env=False, verify=False) as response:
        try:
            for piece in response.iter_raw():
                received += piece
                if received.endswith(b"[DONE]\n\n"):
                    break
        except httpx.RemoteProtocolError:
            assert name == "stream_truncated_abrupt"
    assert received == body(name)


def test_requests_are_recorded(gateway: Gateway) -> None:
    gateway.reply(Json(completion("Hi")))
    assert post(gateway).json() == completion("Hi")
    assert (gateway.last.method, gateway.last.path) == ("POST", "/v1/chat/completions")
    assert gateway.last.headers["AUTHORIZATION"] == "Bearer test-key"
    assert gateway.bodies == [ASK]


def test_connections_are_kept_and_counted(gateway: Gateway) -> None:
    with httpx.Client(trust_env=False, verify=False) as client:
        for _ in range(3):
            client.get(f"{gateway.base_url}/models", headers={"Authorization": "Bearer k"})
        assert (gateway.connections, gateway.open_connections) == (1, 1)
    gateway.wait_closed()


def test_stale_connection_dies_at_its_next_request(gateway: Gateway) -> None:
    with httpx.Client(trust_env=False, verify=False) as client:
        client.get(f"{gateway.base_url}/models")
        gateway.go_stale()
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            client.get(f"{gateway.base_url}/models")
        assert client.get(f"{gateway.base_url}/models").status_code == 401
    assert len(gateway.requests) == 2


def test_gate_holds_the_rest_back(gateway: Gateway) -> None:
    gate = Gate()
    gateway.reply(Sse(["data: 1\n\n", gate, "data: 2\n\n"]))
    with httpx.stream("POST", f"{gateway.base_url}/x", trust_env=False, verify=False) as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"data: 1\n\n"
        gate.open()
        assert b"".join(pieces) == b"data: 2\n\ndata: [DONE]\n\n"


@pytest.mark.parametrize("answer", [Gate(), None])
def test_early_close_is_noticed(gateway: Gateway, answer: Gate | None) -> None:
    gateway.reply(Sse([{}, answer]) if answer else Endless({}))
    with httpx.stream("POST", f"{gateway.base_url}/x", trust_env=False, verify=False) as response:
        next(response.iter_raw())
    gateway.wait_closed()


@pytest.mark.parametrize("stage", ["accept", "headers", "mid_headers", "body", "mid_body"])
def test_hang_is_silent_until_the_client_goes(gateway: Gateway, stage: Any) -> None:
    gateway.reply(Hang(stage))
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{gateway.base_url}/x", timeout=0.1, trust_env=False, verify=False)
    gateway.wait_closed()


@pytest.mark.parametrize("how", ["rst", "fin", "half"])
@pytest.mark.parametrize("stage", ["accept", "headers", "mid_headers", "body", "mid_body"])
def test_drop_breaks_the_connection(gateway: Gateway, stage: Any, how: Any) -> None:
    gateway.reply(Drop(stage, how=how))
    with pytest.raises((httpx.NetworkError, httpx.RemoteProtocolError)):
        httpx.post(f"{gateway.base_url}/x", timeout=30, trust_env=False, verify=False)


def test_raw_plays_bytes(gateway: Gateway) -> None:
    gateway.reply(Raw([b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 2\r\n\r\no", b"k"]))
    assert post(gateway).text == "ok"


def test_model_streams_what_it_says_whole(gateway: Gateway) -> None:
    whole = post(gateway).json()
    events = [line[6:] for line in post(gateway, stream=True).text.split("\n\n") if line]
    assert events.pop() == "[DONE]"
    parsed = [json.loads(event) for event in events]
    text = "".join(e["choices"][0]["delta"].get("content", "") for e in parsed if e["choices"])
    assert text == whole["choices"][0]["message"]["content"] == "one two three"
    assert parsed[-1]["usage"] == whole["usage"]


TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.mark.parametrize(
    ("text", "fields", "arguments"),
    [
        ("What is the weather in San Francisco, CA?", {}, ['{"city": "San Francisco, CA"}']),
        ('get_weather("Hue")', {}, ['{"city": "Hue"}']),
        ('get_weather({"city":"A"}), get_weather({"city":"B"})', {}, None),
        ("Hello", {"tool_choice": "required"}, ['{"city": "some city"}']),
        ("Weather?", {"tool_choice": "none"}, []),
        ("Hello", {}, []),
    ],
)
def test_model_uses_tools(
    gateway: Gateway, text: str, fields: dict[str, Any], arguments: list[str] | None
) -> None:
    answer = post(gateway, tools=[TOOL], **said(text), **fields).json()
    calls = answer["choices"][0]["message"].get("tool_calls", [])
    expected = ['{"city": "A"}', '{"city": "B"}'] if arguments is None else arguments
    assert [one["function"]["arguments"] for one in calls] == expected


def test_model_answers_with_the_tool_result(gateway: Gateway) -> None:
    history = [
        *said("Weather in Hue?")["messages"],
        {"role": "assistant", "content": None, "tool_calls": [call("get_weather")]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ]
    answer = post(gateway, tools=[TOOL], messages=history).json()
    assert answer["choices"][0]["message"]["content"] == "The result is: sunny"


def test_model_makes_objects_of_a_schema(gateway: Gateway) -> None:
    schema = {
        "properties": {
            "kind": {"enum": ["cat", "dog"]},
            "age": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "owner": {"$ref": "#/$defs/Owner"},
        },
        "$defs": {"Owner": {"type": "object", "properties": {"name": {"type": "string"}}}},
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "Pet", "schema": schema}}
    text = "A dog of 7 years, whose owner is 'Lan'."
    answer = post(gateway, response_format=wanted, **said(text)).json()
    made = json.loads(answer["choices"][0]["message"]["content"])
    assert made == {"kind": "dog", "age": 7, "owner": {"name": "Lan"}}


@pytest.mark.parametrize(
    ("fields", "text", "reason"),
    [
        ({"max_tokens": 2}, "one two", "length"),
        ({"stop": ["two"]}, "one ", "stop"),
        ({"stop": "three"}, "one two ", "stop"),
    ],
)
def test_model_stops(gateway: Gateway, fields: dict[str, Any], text: str, reason: str) -> None:
    found = post(gateway, **fields).json()["choices"][0]
    assert (found["message"]["content"], found["finish_reason"]) == (text, reason)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"model": "no-such-model"}, 503, "model_not_found"),
        ({"messages": []}, 500, "invalid_request"),
        ({"tools": []}, 400, None),
        ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "y"}]}, 400, None),
        ({"messages": [{"role": "user", "content": [{"type": "reasoning"}]}]}, 400, None),
    ],
)
def test_model_refuses(
    gateway: Gateway, fields: dict[str, Any], status: int, code: str | None
) -> None:
    response = post(gateway, **fields)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def test_model_refuses_a_wrong_key(gateway: Gateway) -> None:
    gateway.model.keys = {"other"}
    assert post(gateway).status_code == 401


def test_unfinished_events_have_no_finish_reason() -> None:
    reasons = [
        e["choices"][0]["finish_reason"] for e in text_chunks(finish_reason=None, usage=None)
    ]
    assert reasons == [None, None, None]
