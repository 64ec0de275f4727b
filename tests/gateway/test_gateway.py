"""A handful of what the loopback gateway promises, seen by a bare httpx client."""

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
    OfflineGateway,
    Raw,
    Sse,
    WireCase,
    completion,
)
from tests.gateway.corpus import Cut, body
from tests.harness import each_row

ASK = {"model": "gpt-5", "messages": [{"role": "user", "content": "Say exactly: one two three"}]}


def post(gateway: Gateway, **fields: Any) -> httpx.Response:
    headers = {"Authorization": "Bearer test-key", "Connection": "close"}
    url = f"{gateway.base_url}/chat/completions"
    return httpx.post(url, json={**ASK, **fields}, headers=headers, trust_env=False, verify=False)


def user_text(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


@each_row("cut", CUTS)
@each_row("name", ["json_normal", "stream_normal"])
def test_wire_case_arrives_with_the_same_body_at_every_cut(
    gateway: Gateway, name: str, cut: Cut
) -> None:
    gateway.reply(WireCase(name, cut))
    assert post(gateway).content == body(name)


@pytest.mark.parametrize("name", ["json_normal", "stream_normal"])
def test_offline_gateway_gives_the_same_body(name: str) -> None:
    gateway = OfflineGateway()
    gateway.reply(WireCase(name))
    with gateway.http_client() as client:
        response = client.post(f"{gateway.base_url}/chat/completions", json=ASK)
    assert response.content == body(name)
    assert gateway.bodies == [ASK]


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


@pytest.mark.parametrize("stage", ["accept", "mid_body"])
def test_hang_is_silent_until_the_client_goes(gateway: Gateway, stage: Any) -> None:
    gateway.reply(Hang(stage))
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{gateway.base_url}/x", timeout=0.1, trust_env=False, verify=False)
    gateway.wait_closed()


@each_row("how", ["rst", "fin", "half"])
@each_row("stage", ["accept", "mid_body"])
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


@each_row(
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
    answer = post(gateway, tools=[TOOL], **user_text(text), **fields).json()
    calls = answer["choices"][0]["message"].get("tool_calls", [])
    expected = ['{"city": "A"}', '{"city": "B"}'] if arguments is None else arguments
    assert [one["function"]["arguments"] for one in calls] == expected
