"""Settings: their names, where they come from and go to, and what is no setting."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from langchain_ramclouds import ChatRamClouds
from ramclouds import ConfigurationError
from tests.gateway import Gateway, Json, completion
from tests.harness import each_row
from tests.langchain.conftest import Chat
from tests.langchain.recording import EVERYTHING


def test_nothing_is_sent_that_was_not_set(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion()))
    chat().invoke("Hi")
    assert gateway.last.json == {
        "model": "gpt-5",
        "messages": [{"role": "user", "content": "Hi"}],
    }


def test_every_setting_is_sent_under_its_own_name(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion()))
    chat(model="gpt-4o", **EVERYTHING, extra_body={"top_k": 5}).invoke("Hi")
    body = gateway.last.json
    assert {name: body[name] for name in EVERYTHING} == EVERYTHING
    assert body["top_k"] == 5


def test_a_call_wins_over_the_settings(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion()))
    model = chat(**EVERYTHING, extra_body={"top_k": 5, "min_p": 0.1})
    model.invoke("Hi", temperature=1.0, model="gpt-4.1", stop=["y"], extra_body={"top_k": 6})
    body = gateway.last.json
    assert (body["temperature"], body["model"], body["stop"]) == (1.0, "gpt-4.1", ["y"])
    assert (body["top_k"], body["min_p"]) == (6, 0.1)


@each_row(
    ("alias", "name", "value"),
    [
        ("model_name", "model", "gpt-5.1"),
        ("stop_sequences", "stop", ["x"]),
        ("request_timeout", "timeout", 5.0),
        ("model_kwargs", "extra_body", {"top_k": 5}),
        ("ramclouds_api_key", "api_key", SecretStr("sk-other")),
        ("ramclouds_api_base", "base_url", "http://127.0.0.1:1/v1"),
    ],
)
def test_alias_sets_the_same_field(alias: str, name: str, value: Any) -> None:
    settings: dict[str, Any] = {"model": "gpt-5", "api_key": "test-key"}
    settings.pop(name, None)
    assert getattr(ChatRamClouds(**settings, **{alias: value}), name) == value


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("temprature", "temperature"), ("max_token", "max_tokens"), ("apikey", "api_key")],
)
def test_unknown_setting_is_an_error_that_names_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(TypeError, match=f"{name}.*{nearest}"):
        ChatRamClouds(model="gpt-5", api_key="test-key", **{name: 1})  # type: ignore[arg-type]


def test_setting_given_under_two_names_is_an_error() -> None:
    with pytest.raises(TypeError, match="'model' and 'model_name'"):
        ChatRamClouds(model="gpt-5", model_name="gpt-5.1", api_key="test-key")  # type: ignore[call-arg, arg-type]


@each_row(
    ("name", "value"),
    [
        ("temperature", 5),
        ("temperature", "hot"),
        ("top_p", 1.1),
        ("frequency_penalty", -3),
        ("presence_penalty", 3),
        ("max_tokens", 0),
        ("default_headers", {"X-Team": 5}),
    ],
)
def test_value_out_of_range_is_an_error_at_once(chat: Chat, name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=name):
        chat(**{name: value})


@each_row(
    ("name", "value", "told"),
    [
        ("base_url", "ramclouds.me/v1", "base_url"),
        ("base_url", "https://me:pass@host/v1", "user or password"),
        ("api_key", "sk test", "character"),
        ("timeout", -1, "timeout"),
        ("max_retries", -1, "max_retries"),
        ("http_client", 5, "httpx.Client"),
        ("http_async_client", 5, "httpx.AsyncClient"),
    ],
)
def test_setting_that_no_client_takes_is_an_error_at_once(
    chat: Chat, name: str, value: Any, told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        chat(**{name: value})


@pytest.mark.parametrize("settings", [{}, {"temperature": 5}, {"api_key": ["sk-canary"]}])
def test_error_about_one_setting_does_not_show_the_key(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        ChatRamClouds(**{"api_key": "sk-canary", **settings})
    assert "canary" not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize("settings", [{}, {"api_key": ""}, {"api_key": None}])
def test_missing_key_is_an_error_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    monkeypatch.delenv("RAMCLOUDS_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="RAMCLOUDS_API_KEY"):
        ChatRamClouds(model="gpt-5", **settings)


def test_missing_model_is_an_error() -> None:
    with pytest.raises(ValidationError, match="model"):
        ChatRamClouds(api_key="test-key")  # type: ignore[call-arg, arg-type]


def test_key_and_url_come_from_the_environment(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "sk-env")
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)
    gateway.reply(Json(completion("Hello")))
    assert ChatRamClouds(model="gpt-5").invoke("Hi").content == "Hello"
    assert gateway.last.headers["Authorization"] == "Bearer sk-env"


def test_headers_are_sent(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion()))
    chat(default_headers={"X-Team": "blue"}).invoke("Hi", extra_headers={"X-Call": "1"})
    assert (gateway.last.headers["X-Team"], gateway.last.headers["X-Call"]) == ("blue", "1")


@pytest.mark.parametrize("is_copy", [False, True])
def test_setting_changed_after_a_call_is_that_of_the_next(
    gateway: Gateway, chat: Chat, is_copy: bool
) -> None:
    gateway.reply(*[Json(completion())] * 2)
    model = chat(model="gpt-4o", temperature=0.1)
    model.invoke("Hi")
    change = {"temperature": 0.9, "default_headers": {"X-Team": "b"}}
    if is_copy:
        model = model.model_copy(update=change)
    else:
        for name, value in change.items():
            setattr(model, name, value)
    model.invoke("Hi")
    assert gateway.last.json["temperature"] == 0.9
    assert gateway.last.headers["X-Team"] == "b"


def test_stop_of_a_call_is_one_text_or_a_list(gateway: Gateway, chat: Chat) -> None:
    one: Any = "END"
    gateway.reply(Json(completion()), Json(completion()))
    chat(model="gpt-4o").invoke("Hi", stop=one)
    chat(model="gpt-4o").invoke("Hi", stop=["A", "B"])
    assert [request.json["stop"] for request in gateway.requests] == ["END", ["A", "B"]]
    with pytest.raises(ConfigurationError, match="stop must be a string"):
        chat(model="gpt-4o").invoke("Hi", stop=5)  # type: ignore[arg-type]


def test_own_http_clients_are_used(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion("sync")), Json(completion("async")))
    with httpx.Client(headers={"X-Mine": "sync"}) as http_client:
        assert chat(http_client=http_client).invoke("Hi").content == "sync"
    assert gateway.last.headers["X-Mine"] == "sync"

    async def run() -> Any:
        async with httpx.AsyncClient(headers={"X-Mine": "async"}) as http_async_client:
            return (await chat(http_async_client=http_async_client).ainvoke("Hi")).content

    assert asyncio.run(run()) == "async"
    assert gateway.last.headers["X-Mine"] == "async"
