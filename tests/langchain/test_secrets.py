"""The key and secret headers stay out of everything that is kept or shown."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from typing import Any

import pytest
from langchain_core.load import dumpd, dumps
from langchain_core.runnables import RunnableBinding

from langchain_ramclouds import ChatRamClouds
from ramclouds import ConfigurationError, RamCloudsError
from tests.gateway import Body, Gateway, Json, Sse, chunk, completion, error
from tests.langchain.conftest import Chat

_KEY = "sk-canary"
_HEADERS = {
    "Authorization": "Basic canary",
    "Proxy-Authorization": "Basic canary",
    "Cookie": "session=canary",
    "X-Api-Key": "canary",
    "x-goog-api-key": "canary",
    "X-Access-Token": "canary",
    "X-Team": "blue",
}


@pytest.fixture
def secretive(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> ChatRamClouds:
    monkeypatch.delenv("RAMCLOUDS_API_KEY", raising=False)
    return chat(api_key=_KEY, default_headers=_HEADERS)


def test_pickle_holds_neither_key_nor_secret_headers(
    gateway: Gateway, secretive: ChatRamClouds
) -> None:
    gateway.reply(Json(completion()))
    secretive.invoke("Hi")
    secretive._get_llm_string()
    bound = secretive.bind_tools([]).with_retry().with_fallbacks([secretive])
    for kept in (secretive, RunnableBinding(bound=secretive, kwargs={}), bound):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            pickled = pickle.dumps(kept, protocol)
            assert b"canary" not in pickled
            assert b"blue" in pickled


def test_unpickled_model_takes_the_key_of_its_place(
    gateway: Gateway, secretive: ChatRamClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    pickled = pickle.dumps(secretive)
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "sk-there")
    again: ChatRamClouds = pickle.loads(pickled)
    again.invoke("Hi")
    assert gateway.last.headers["Authorization"] == "Bearer sk-there"
    assert gateway.last.headers["X-Team"] == "blue"
    assert again.default_headers == {"X-Team": "blue"}


async def test_unpickled_model_without_a_key_says_so_at_its_first_use(
    secretive: ChatRamClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: ChatRamClouds = pickle.loads(pickle.dumps(secretive))
    with pytest.raises(ConfigurationError, match="RAMCLOUDS_API_KEY"):
        again.invoke("Hi")
    with pytest.raises(ConfigurationError, match="RAMCLOUDS_API_KEY"):
        [part async for part in again.astream("Hi")]
    with pytest.raises(ConfigurationError, match="RAMCLOUDS_API_KEY"):
        again.list_models()


def test_key_set_after_unpickling_is_used(gateway: Gateway, secretive: ChatRamClouds) -> None:
    again: ChatRamClouds = pickle.loads(pickle.dumps(secretive))
    again.api_key = secretive.api_key
    again.invoke("Hi")
    assert gateway.last.headers["Authorization"] == f"Bearer {_KEY}"


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, ChatRamClouds.model_copy], ids=lambda each: each.__name__
)
def test_copies_in_the_process_keep_key_and_headers(
    gateway: Gateway, chat: Chat, copied: Any
) -> None:
    copied(chat(api_key=_KEY, default_headers={"X-Api-Key": "canary"})).invoke("Hi")
    assert gateway.last.headers["Authorization"] == f"Bearer {_KEY}"
    assert gateway.last.headers["X-Api-Key"] == "canary"


def test_nothing_that_shows_the_model_shows_secrets(secretive: ChatRamClouds) -> None:
    shown = [
        repr(secretive),
        str(secretive),
        dumps(secretive),
        repr(dumpd(secretive)),
        secretive.model_dump_json(),
        repr(secretive.model_dump()),
        repr(secretive.asdict()),
        repr(secretive._get_ls_params()),
        repr(secretive._identifying_params),
        secretive._get_llm_string(),
        repr(secretive.bind_tools([])),
    ]
    assert [text for text in shown if "canary" in text] == []


_ECHOES = [
    Json(error(f"Invalid key {_KEY}"), 401),
    Json(error(f"token quota is exhausted [{_KEY}]", code=_KEY), 403),
    Body(f"<html>{_KEY}</html>", headers={"Content-Type": "text/html"}),
    Sse([chunk({"content": "a"}), error(f"upstream said {_KEY}")]),
    Sse([chunk({"content": "a"})]),
    Json(completion("I would rather talk.")),
]


@pytest.mark.parametrize("answer", _ECHOES)
@pytest.mark.parametrize("streamed", [True, False])
def test_no_error_and_no_log_shows_secrets(
    gateway: Gateway,
    secretive: ChatRamClouds,
    caplog: pytest.LogCaptureFixture,
    answer: Any,
    streamed: bool,
) -> None:
    caplog.set_level(logging.DEBUG)
    gateway.handler = lambda _: answer
    forced = secretive.bind_tools([_TOOL], tool_choice="any")
    with pytest.raises(RamCloudsError) as caught:
        list(forced.stream("Hi")) if streamed else forced.invoke("Hi")
    told = "".join(traceback.format_exception(caught.value))
    assert "canary" not in told + repr(caught.value) + repr(vars(caught.value))
    assert "canary" not in caplog.text
    assert b"canary" not in pickle.dumps(caught.value)


_TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
