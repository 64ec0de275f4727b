"""What the client does for a dialect beside the body: strings to stop at, efforts, limits."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from ramclouds import AsyncClient, BadRequestError, Client, ConfigurationError
from tests.gateway import Gateway, Json, Sse, chunk, completion, error, text_chunks

USER = [{"role": "user", "content": "Hi"}]
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
REFUSAL = Json(
    error(
        "Function tools with reasoning_effort are not supported for gpt-5.4 in"
        " /v1/chat/completions. Please use /v1/responses instead.",
        "invalid_request_error",
        None,
    ),
    400,
)


@pytest.fixture
def client(gateway: Gateway) -> Any:
    with Client(api_key="k", base_url=gateway.base_url, dialect="auto", max_retries=0) as made:
        yield made


def test_text_ends_at_stop_where_the_model_takes_none(gateway: Gateway, client: Client) -> None:
    gateway.reply(Json(completion("one END two")), Sse(text_chunks("one END two")))
    whole = client.complete(model="gpt-5", messages=USER, stop=["END"])
    chunks = list(client.stream(model="gpt-5", messages=USER, stop="END"))
    assert (whole.text, whole.finish_reason) == ("one ", "stop")
    assert "".join(one.text for one in chunks) == "one "
    assert [one.finish_reason for one in chunks if one.finish_reason] == ["stop"]
    assert not any("stop" in body for body in gateway.bodies)


async def test_stream_is_left_at_stop(gateway: Gateway) -> None:
    gateway.reply(Sse([*text_chunks("one END two")[:-1], chunk({"content": "more"})]))
    async with AsyncClient(api_key="k", base_url=gateway.base_url, dialect="auto") as client:
        asked = client.stream(model="gpt-5", messages=USER, stop="END")
        assert "".join([one.text async for one in asked]) == "one "


def test_tools_refused_beside_an_effort_are_asked_for_without_one(
    gateway: Gateway, client: Client
) -> None:
    gateway.reply(REFUSAL, Json(completion()), Json(completion()), Json(completion()))
    for params in ({"tools": TOOLS}, {"tools": TOOLS}, {}):
        client.complete(model="gpt-5.4", messages=USER, **params)
    efforts = [body.get("reasoning_effort") for body in gateway.bodies]
    assert efforts == [None, "none", "none", None]


def test_tools_refused_beside_the_user_s_effort_are_an_error_that_names_both_ways_out(
    gateway: Gateway, client: Client
) -> None:
    gateway.reply(REFUSAL)
    with pytest.raises(BadRequestError, match="reasoning_effort='none', or ask RamClouds"):
        client.complete(model="gpt-5.4", messages=USER, tools=TOOLS, reasoning_effort="low")
    assert len(gateway.requests) == 1


def test_limit_that_the_user_did_not_set_is_named(
    gateway: Gateway, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.reply(*[Json(completion("one", finish_reason="length"))] * 2)
    with caplog.at_level(logging.WARNING, "ramclouds"):
        unset = client.complete(model="claude-opus-4-5", messages=USER)
        client.complete(model="claude-opus-4-5", messages=USER, max_tokens=5)
    assert unset.facts["token_limit"] == 8192
    assert [record.getMessage() for record in caplog.records] == [
        "claude-opus-4-5: It was cut off at 8,192 tokens, the gateway's limit for this model where"
        " max_tokens is not set. Set max_tokens."
    ]


def test_list_of_models_tells_the_family_of_an_unknown_name(
    gateway: Gateway, client: Client
) -> None:
    listed = {"id": "fast", "object": "model", "supported_endpoint_types": ["anthropic", "openai"]}
    gateway.reply(Json({"object": "list", "data": [listed]}), *[Json(completion())])
    client.models()
    client.complete(model="fast", messages=[*USER, *USER])
    assert gateway.last.json["messages"] == [{"role": "user", "content": "Hi\n\nHi"}]


def test_what_is_left_out_is_logged(
    gateway: Gateway, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.reply(Json(completion()))
    orphan = {"role": "tool", "tool_call_id": "c1", "content": "A"}
    with caplog.at_level(logging.INFO, "ramclouds"):
        client.complete(model="gpt-5", messages=[*USER, orphan])
    (record,) = (one for one in caplog.records if one.levelno == logging.INFO)
    assert record.getMessage() == (
        "gpt-5, left out of the request: the result of 'c1', which has no call"
    )


def test_nothing_to_send_is_an_error(gateway: Gateway, client: Client) -> None:
    with pytest.raises(ConfigurationError, match="No message holds anything"):
        client.complete(model="gpt-5", messages=[{"role": "system", "content": ""}])
    assert gateway.requests == []


def test_plain_client_changes_nothing_but_the_names_of_authors(gateway: Gateway) -> None:
    gateway.reply(Json(completion()))
    assistant = {"role": "assistant", "content": " ", "model": "gpt-5"}
    with Client(api_key="k", base_url=gateway.base_url) as client:
        client.complete(model="claude-opus-4-6", messages=[*USER, *USER, assistant], stop=["a"])
    assert gateway.last.json == {
        "model": "claude-opus-4-6",
        "messages": [*USER, *USER, {"role": "assistant", "content": " "}],
        "stop": ["a"],
    }
