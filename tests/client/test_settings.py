"""Settings: argument, then environment, then default."""

from __future__ import annotations

import copy
import pickle
import ssl
import warnings
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from ramclouds import (
    APIConnectionError,
    AsyncClient,
    AuthenticationError,
    Client,
    ConfigurationError,
)
from tests.gateway import Gateway, Json, completion
from tests.harness import ASK, EACH_TWIN, Calls, each_row, in_row

CLIENTS = pytest.mark.parametrize("kind", [Client, AsyncClient])
AnyClient = type[Client] | type[AsyncClient]


@CLIENTS
def test_missing_key_says_how_to_set_it(kind: AnyClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "other-vendor")
    with pytest.raises(ConfigurationError, match="RAMCLOUDS_API_KEY"):
        kind()


def test_key_that_cannot_be_one_is_refused() -> None:
    for key in ["", "  ", "a b", "a\nb", "schlüssel", '"sk-key"', "'sk-key'", 5]:
        with in_row(key):
            with pytest.raises(ConfigurationError) as caught:
                Client(api_key=key)
            assert "schlüssel" not in str(caught.value)
            assert "sk-key" not in str(caught.value)


def test_key_from_the_environment(
    gateway: Gateway, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", " from-env\n")
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url + "/")
    connect(api_key=None, base_url=None).complete()
    assert gateway.last.key == "from-env"


def test_argument_beats_environment(
    gateway: Gateway, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "from-env")
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", "https://elsewhere.invalid/v1")
    connect(api_key=SecretStr("given")).complete()
    assert gateway.last.key == "given"


@each_row("suffix", ["", "/", "/chat/completions", "/chat/completions/"])
def test_base_url_is_taken_in_every_usual_form(gateway: Gateway, connect: Any, suffix: str) -> None:
    connect(base_url=gateway.base_url + suffix).complete()
    assert gateway.last.path == "/v1/chat/completions"


def test_base_url_that_is_none_is_refused() -> None:
    for url in [
        "ramclouds.me/v1",
        "ftp://x/v1",
        "https://",
        "https://u:secret@x/v1",
        "https://x/v1?a=1",
        "http://[x",
        "http://x:y/",
        "https://a..b/v1",
        "https://a b/v1",
        f"https://xn--{'a' * 70}/v1",
    ]:
        with in_row(url):
            with pytest.raises(ConfigurationError) as caught:
                Client(api_key="test-key", base_url=url)
            assert "secret" not in str(caught.value)


@each_row("url", ["http://127.0.0.1:99999/v1", "http://x:secret/v1", "http://[::1]:65536"])
def test_port_that_is_none_is_named_and_not_quoted(url: str) -> None:
    with pytest.raises(ConfigurationError, match="port must be a number") as caught:
        Client(api_key="test-key", base_url=url)
    assert "secret" not in str(caught.value)


@EACH_TWIN
def test_host_that_no_resolver_takes_is_a_connection_error(connect: Any) -> None:
    with pytest.raises(APIConnectionError, match="too long"):
        connect(base_url=f"https://{'a' * 64}.test/v1", max_retries=0).complete()


def test_max_retries_that_is_none_is_refused() -> None:
    for value in [-1, 1.5, "2", True]:
        with in_row(value), pytest.raises(ConfigurationError, match="max_retries"):
            Client(api_key="test-key", max_retries=value)


def test_timeout_that_is_none_is_refused() -> None:
    for value in [0, -1, "5", True, float("nan")]:
        with in_row(value), pytest.raises(ConfigurationError, match="timeout"):
            Client(api_key="test-key", timeout=value)


def test_header_that_is_none_is_refused() -> None:
    for headers in [
        {"X": "a\r\nAuthorization: b"},
        {"X": 5},
        {"X": "Nguyễn"},
        {"X\n": "a"},
        {"X Y": "a"},
        {"Ü": "a"},
        {"": "a"},
        {5: "a"},
    ]:
        with in_row(headers), pytest.raises(ConfigurationError, match="header"):
            Client(api_key="test-key", default_headers=headers)


@CLIENTS
def test_plain_http_elsewhere_warns_once(kind: AnyClient) -> None:
    with pytest.warns(UserWarning, match="unencrypted") as caught:
        kind(api_key="test-key", base_url="http://gateway.example/v1")
    assert len(caught) == 1
    assert caught[0].filename == __file__


@each_row("host", ["localhost", "127.0.0.1", "[::1]", "x.localhost"])
def test_plain_http_on_loopback_does_not_warn(host: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Client(api_key="test-key", base_url=f"http://{host}:1/v1")


def test_user_agent_is_ours_by_default(gateway: Gateway, connect: Any) -> None:
    connect().complete()
    assert gateway.last.headers["user-agent"].startswith("ramclouds")
    assert not [name for name in gateway.last.headers if name.startswith("x-stainless")]


def test_user_agent_by_environment_argument_and_header(
    gateway: Gateway, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMCLOUDS_USER_AGENT", "env/1")
    connect().complete()
    connect(user_agent="arg/1").complete()
    connect(user_agent="arg/1", default_headers={"User-agent": "header/1"}).complete()
    agents = [request.headers["user-agent"] for request in gateway.requests]
    assert agents == ["env/1", "arg/1", "header/1"]


def test_default_headers_are_sent_with_every_request(gateway: Gateway, connect: Any) -> None:
    calls = connect(default_headers={"X-Team": "a"})
    calls.complete()
    calls.stream()
    calls.models()
    assert [request.headers["x-team"] for request in gateway.requests] == ["a"] * 3


def test_only_our_key_is_sent(gateway: Gateway, connect: Any) -> None:
    connect().models()
    assert not {"x-api-key", "x-goog-api-key", "cookie"} & set(gateway.last.headers)


def test_models_are_listed(gateway: Gateway, calls: Calls) -> None:
    found = calls.models()
    assert [model.id for model in found] == list(gateway.model.models)
    assert (found[0].owned_by, found[0].created) == ("custom", 1626777600)
    assert found[0].supported_endpoint_types == ("openai",)
    assert (gateway.last.method, gateway.last.path) == ("GET", "/v1/models")


def test_models_with_a_wrong_key(gateway: Gateway, calls: Calls) -> None:
    gateway.model.keys = {"other"}
    with pytest.raises(AuthenticationError):
        calls.models()


@CLIENTS
def test_client_with_a_tls_context_cannot_be_pickled(kind: AnyClient) -> None:
    client = kind(api_key="test-key", verify=ssl.create_default_context())
    with pytest.raises(ConfigurationError, match="verify="):
        pickle.dumps(client)
    assert copy.copy(client) is not client


@CLIENTS
def test_constructing_builds_nothing(kind: AnyClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("built too early")

    monkeypatch.setattr(httpx.Client, "__init__", refuse)
    monkeypatch.setattr(httpx.AsyncClient, "__init__", refuse)
    monkeypatch.setattr("ssl.create_default_context", refuse)
    kind(api_key="test-key")


@pytest.mark.parametrize(
    "clone", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_copies_work_before_and_after_use(
    gateway: Gateway, clone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A pickle holds no key: it is read again where the client is loaded.
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "sk-test-key")
    gateway.handler = lambda _: Json(completion("Hi"))
    with Client(api_key="sk-test-key", base_url=gateway.base_url) as client:
        with clone(client) as fresh:
            assert fresh.complete(**ASK).text == "Hi"
        assert client.complete(**ASK).text == "Hi"
        with clone(client) as used:
            assert used.complete(**ASK).text == "Hi"
    assert {request.key for request in gateway.requests} == {"sk-test-key"}
