"""Another model is asked where one cannot complete the call: when, and what the call gives then."""

from __future__ import annotations

import copy
import logging
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from ramclouds import (
    APIConnectionError,
    APITimeoutError,
    Client,
    ConfigurationError,
    ContentFilterError,
    RamCloudsError,
    RateLimitError,
    ServerError,
)
from ramclouds._resting import RESTS
from tests.gateway import (
    Body,
    Drop,
    Gateway,
    Hang,
    Json,
    Sse,
    WireCase,
    completion,
    error,
    text_chunks,
    usage,
    usage_chunk,
)
from tests.gateway import chunk as event
from tests.gateway.request import Request
from tests.gateway.responses import Response
from tests.harness import EACH_TWIN, MESSAGES, Calls, each_row, in_row, read

Connect = Callable[..., Calls]
MODELS = ["gpt-5", "claude-sonnet-4-5", "gemini-2.5-pro"]
WAYS = pytest.mark.parametrize("method", ["complete", "stream"])


def provider(message: str, status: int, code: Any = "") -> Json:
    return Json(error(message, type="upstream_error", code=code), status)


def completed(request: Request) -> Response:
    model = request.json["model"]
    if request.json.get("stream"):
        return Sse(text_chunks("Hi", model=model))
    return Json(completion("Hi", model=model))


def failing(gateway: Gateway, **answers: Response) -> None:
    """Has the gateway fail for models, by the beginnings of their names."""

    def handler(request: Request) -> Response:
        family = request.json["model"].partition("-")[0]
        return answers.get(family) or completed(request)

    gateway.handler = handler


def asked(gateway: Gateway) -> list[str]:
    return [request.json["model"] for request in gateway.requests]


def outcome(calls: Calls, method: str, **params: Any) -> tuple[str, str, Any]:
    """The text, the model that wrote it, and the model that it stands in for."""
    params = {"fallback_models": MODELS[1:], **params}
    if method == "complete":
        found = calls.complete(**params)
        return found.text, found.model, found.facts.get("fallback_from")
    chunks = calls.stream(**params)
    return read(chunks)["text"], str(chunks[0].model), chunks[-1].facts.get("fallback_from")


DOWN = provider("the provider is down", 500, "do_request_failed")
OF_MODEL: dict[str, Response] = {
    "no_channel": WireCase("error_503_no_available_channel"),
    "provider_account": WireCase("error_429_insufficient_quota"),
    "server": DOWN,
    "edge_timeout": WireCase("error_524_html"),
    "bad_gateway": WireCase("error_502_plain_text"),
    "long_wait": provider("Rate limit reached. Please try again in 31.5s.", 429),
    "saturated": WireCase("error_429_saturated_code_null"),
    "silence": Hang("headers"),
    "empty": WireCase("json_empty_choices"),
    "no_body": Body("", 200, {"Content-Type": "application/json"}),
    "no_wait": provider("Rate limit reached.", 429, "rate_limit_exceeded"),
}


@EACH_TWIN
@WAYS
def test_another_model_is_asked(gateway: Gateway, connect: Connect, method: str) -> None:
    for kind, answer in OF_MODEL.items():
        with in_row(kind):
            gateway.forget()
            failing(gateway, gpt=answer)
            calls = connect(timeout=0.2 if kind == "silence" else None)
            assert outcome(calls, method) == ("Hi", "claude-sonnet-4-5", "gpt-5")
            assert asked(gateway) == MODELS[:2]


OF_CALL: dict[str, Response] = {
    "bad_request": provider("max_tokens is too large", 400),
    "too_long": WireCase("error_400_context_length"),
    "key": WireCase("error_401_invalid_key"),
    "own_credit": WireCase("error_403_insufficient_user_quota"),
    "own_limit": WireCase("error_429_new_api_user_limit"),
    "own_limit_without_body": WireCase("error_429_empty_body"),
    "edge_limit": WireCase("error_429_cf_1015_html"),
    "filter": provider("The prompt was flagged", 400, "content_policy_violation"),
    "blocked": WireCase("error_403_cf_challenge_html"),
    "connection": Drop("headers"),
}


@WAYS
def test_no_other_model_is_asked_for_what_is_not_the_models_fault(
    gateway: Gateway, connect: Connect, method: str
) -> None:
    for kind, answer in OF_CALL.items():
        with in_row(kind):
            gateway.forget()
            failing(gateway, gpt=answer)
            with pytest.raises(RamCloudsError) as without:
                outcome(connect(pace="off"), method, fallback_models=None)
            with pytest.raises(RamCloudsError) as caught:
                outcome(connect(pace="off"), method)
            assert asked(gateway) == ["gpt-5", "gpt-5"]
            assert type(caught.value) is type(without.value)


IN_STREAM: dict[str, Response] = {
    "error_first": Sse([error("overloaded", type="overloaded_error")]),
    "behind_a_role": Sse([event({"role": "assistant"}), error("gone", type="server_error")]),
    "no_channel": Sse([error("no channel", code="model_not_found")]),
    "nothing": WireCase("stream_empty_body"),
    "usage_alone": Sse([usage_chunk(usage(5, 0))]),
    "role_alone": Sse([event({"role": "assistant"})]),
}


@EACH_TWIN
def test_stream_that_fails_before_its_first_token_goes_on_with_another_model(
    gateway: Gateway, connect: Connect
) -> None:
    for kind, answer in IN_STREAM.items():
        with in_row(kind):
            failing(gateway, gpt=answer)
            assert outcome(connect(), "stream") == ("Hi", "claude-sonnet-4-5", "gpt-5")


@EACH_TWIN
def test_stream_that_fails_behind_a_token_is_an_error(gateway: Gateway, connect: Connect) -> None:
    failing(gateway, gpt=Sse([event({"content": "Hel"}), error("gone", type="server_error")]))
    calls = connect()
    with pytest.raises(RamCloudsError) as caught:
        calls.stream(fallback_models=MODELS[1:])
    assert [chunk.text for chunk in calls.arrived] == ["Hel"]
    assert asked(gateway) == ["gpt-5"]
    assert caught.value.partial is not None


@WAYS
def test_response_that_names_no_model(gateway: Gateway, connect: Connect, method: str) -> None:
    gateway.reply(DOWN, Json({**completion("Hi"), "model": ""}))
    assert outcome(connect(), method) == ("Hi", "claude-sonnet-4-5", "gpt-5")


@EACH_TWIN
def test_first_model_has_all_retries_and_further_ones_have_one(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    failing(gateway, gpt=DOWN, claude=DOWN)
    assert outcome(connect(max_retries=2), "complete")[1] == "gemini-2.5-pro"
    assert asked(gateway) == ["gpt-5"] * 3 + ["claude-sonnet-4-5"] * 2 + ["gemini-2.5-pro"]
    assert len([wait for wait in waits if wait]) == 3


@pytest.mark.parametrize(
    ("words", "models"),
    [("try again in 11s", MODELS[:2]), ("try again in 2s", ["gpt-5", "gpt-5"])],
)
def test_a_short_wait_is_waited_for_and_a_long_one_is_not(
    gateway: Gateway, connect: Connect, waits: list[float], words: str, models: list[str]
) -> None:
    limited = provider(f"Rate limit reached. Please {words}.", 429)
    gateway.reply(limited, Json(completion("Hi")))
    outcome(connect(max_retries=2, pace="off"), "complete")
    assert asked(gateway) == models
    assert bool(max(waits)) is (len(set(models)) == 1)


def test_the_last_model_waits_as_long_as_it_is_asked_to(
    gateway: Gateway, connect: Connect, waits: list[float]
) -> None:
    limited = provider("Rate limit reached. Please try again in 31s.", 429)
    failing(gateway, gpt=limited)
    gateway.reply(limited, limited)
    calls = connect(max_retries=1, pace="off")
    assert outcome(calls, "complete", fallback_models=["claude-sonnet-4-5"])[1] == MODELS[1]
    assert asked(gateway) == ["gpt-5", "claude-sonnet-4-5", "claude-sonnet-4-5"]
    assert max(waits) >= 31


@EACH_TWIN
@WAYS
def test_all_fail(gateway: Gateway, connect: Connect, method: str) -> None:
    failing(gateway, gpt=DOWN, claude=WireCase("error_503_no_available_channel"), gemini=DOWN)
    with pytest.raises(ServerError) as caught:
        outcome(connect(), method)
    assert asked(gateway) == MODELS
    message = str(caught.value)
    assert message == caught.value.message
    assert message.startswith("No model completed the call. gpt-5: ServerError: the provider is")
    assert "; claude-sonnet-4-5: ModelUnavailableError: " in message
    assert message.count("request id ") == 3
    assert caught.value.code == "do_request_failed"
    assert caught.value.retryable


LAST: dict[str, tuple[Response, type[RamCloudsError]]] = {
    # What only the last model refuses is not the call's error.
    "its_window": (WireCase("error_400_context_length"), ServerError),
    "its_parameters": (provider("temperature is not supported", 400), ServerError),
    # What would be raised whatever the model is.
    "filter": (provider("flagged", 400, "content_policy_violation"), ContentFilterError),
    "own_limit": (WireCase("error_429_new_api_user_limit"), RateLimitError),
    "connection": (Drop("headers"), APIConnectionError),
}


def test_error_of_the_last_model(gateway: Gateway, connect: Connect) -> None:
    for kind in LAST:
        with in_row(kind):
            gateway.forget()
            answer, kind_of_error = LAST[kind]
            failing(gateway, gpt=DOWN, claude=answer)
            with pytest.raises(
                kind_of_error, match=r"No model .*gpt-5: .*; claude-sonnet"
            ) as caught:
                connect().complete(fallback_models=["claude-sonnet-4-5"])
            assert type(caught.value) is kind_of_error


def test_what_one_fallback_model_refuses_another_may_take(
    gateway: Gateway, connect: Connect
) -> None:
    failing(gateway, gpt=DOWN, claude=WireCase("error_400_context_length"))
    assert outcome(connect(), "complete") == ("Hi", "gemini-2.5-pro", "gpt-5")


@EACH_TWIN
@WAYS
def test_total_timeout_is_of_all_models_together(
    gateway: Gateway, connect: Connect, method: str
) -> None:
    failing(gateway, gpt=DOWN, claude=Hang("headers"))
    with pytest.raises(APITimeoutError, match=r"gpt-5: ServerError.*total_timeout"):
        outcome(connect(total_timeout=0.3), method)
    assert asked(gateway) == MODELS[:2]


def test_a_model_that_failed_is_asked_last_for_a_while(gateway: Gateway, connect: Connect) -> None:
    failing(gateway, gpt=DOWN)
    calls = connect()
    for _ in range(3):
        assert outcome(calls, "complete")[1:] == ("claude-sonnet-4-5", "gpt-5")
    assert asked(gateway) == ["gpt-5"] + ["claude-sonnet-4-5"] * 3
    # Another key may have other channels.
    outcome(connect(api_key="another-key"), "complete")
    assert asked(gateway)[4:] == MODELS[:2]


def test_a_resting_model_is_asked_where_no_other_one_works(
    gateway: Gateway, connect: Connect
) -> None:
    failing(gateway, gpt=DOWN)
    calls = connect()
    outcome(calls, "complete")
    gateway.requests.clear()
    failing(gateway, claude=DOWN, gemini=provider("flagged by a parameter", 400))
    assert outcome(calls, "complete") == ("Hi", "gpt-5", None)
    assert asked(gateway) == ["claude-sonnet-4-5", "gemini-2.5-pro", "gpt-5"]


def test_no_model_rests_for_an_empty_completion(gateway: Gateway, connect: Connect) -> None:
    failing(gateway, gpt=WireCase("json_empty_choices"))
    calls = connect()
    for _ in range(2):
        assert outcome(calls, "complete")[1] == "claude-sonnet-4-5"
    assert asked(gateway) == ["gpt-5", "claude-sonnet-4-5"] * 2


def test_without_fallback_models_no_model_rests(gateway: Gateway, connect: Connect) -> None:
    failing(gateway, gpt=DOWN)
    calls = connect()
    for _ in range(2):
        with pytest.raises(ServerError) as caught:
            calls.complete()
        assert not caught.value.message.startswith("No model")
    assert asked(gateway) == ["gpt-5", "gpt-5"]


HISTORY: list[dict[str, Any]] = [
    {"role": "user", "content": "What is 2 + 2?"},
    {
        "role": "assistant",
        "content": "4",
        "reasoning_content": "I add.",
        "model": "deepseek-reasoner",
    },
    {"role": "user", "content": "And 3 + 3?"},
]


@each_row("dialect", [None, "auto"])
@WAYS
def test_each_model_is_asked_in_its_dialect(
    gateway: Gateway, connect: Connect, method: str, dialect: str | None
) -> None:
    failing(gateway, gpt=DOWN)
    params = {"messages": HISTORY, "max_tokens": 50, "temperature": 1.5}
    calls = connect(dialect=dialect)
    outcome(calls, method, fallback_models=["claude-sonnet-4-5"], **params)
    by_fallback = gateway.bodies[-1]
    RESTS.forget()
    getattr(connect(dialect="auto"), method)(model="claude-sonnet-4-5", **params)
    assert by_fallback == gateway.bodies[-1]
    assert "I add." not in str(by_fallback)


def test_setting_of_the_client_and_of_one_call(gateway: Gateway, connect: Connect) -> None:
    failing(gateway, gpt=DOWN)
    calls = connect(fallback_models=["claude-sonnet-4-5"])
    assert calls.complete().model == "claude-sonnet-4-5"
    RESTS.forget()
    assert calls.complete(fallback_models=["gemini-2.5-pro"]).model == "gemini-2.5-pro"
    RESTS.forget()
    with pytest.raises(ServerError):
        calls.complete(fallback_models=None)
    # The setting may name the model that a call asks.
    assert calls.complete(model="claude-sonnet-4-5").facts == {}
    gateway.handler = None
    assert calls.embed().model


WRONG: dict[str, Any] = {
    "a string": "claude-sonnet-4-5",
    "nothing": [],
    "a set": {"claude-sonnet-4-5"},
    "a number": [4],
    "a blank": [" "],
    "None in it": [None],
    "one twice": ["a", "a"],
}


def test_wrong_lists_of_models(gateway: Gateway, connect: Connect) -> None:
    for kind in WRONG:
        with in_row(kind):
            hint = "Name each model once" if kind == "one twice" else "must be a"
            with pytest.raises(ConfigurationError, match=hint):
                connect(fallback_models=WRONG[kind])
            for method in ("complete", "stream"):
                with pytest.raises(ConfigurationError, match=hint):
                    getattr(connect(), method)(fallback_models=WRONG[kind])
            assert gateway.requests == []


def test_the_model_itself_is_no_fallback(connect: Connect) -> None:
    with pytest.raises(ConfigurationError, match="'gpt-5' is asked twice"):
        connect().complete(fallback_models=["claude-sonnet-4-5", "gpt-5"])


@pytest.mark.parametrize("method", ["embed", "embed_many"])
def test_embeddings_have_no_fallback(connect: Connect, method: str) -> None:
    given: list[Any] = [["a"]] if method == "embed_many" else []
    with pytest.raises(TypeError, match="vectors"):
        getattr(connect(), method)(*given, fallback_models=["text-embedding-ada-002"])


def test_copies_and_pickles_keep_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(api_key="test-key", fallback_models=["claude-sonnet-4-5"])
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    for copied in (copy.deepcopy(client), pickle.loads(pickle.dumps(client))):
        assert copied._settings.fallback_models == ("claude-sonnet-4-5",)


def test_a_fallback_is_logged(
    gateway: Gateway, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    failing(gateway, gpt=DOWN)
    with caplog.at_level(logging.WARNING, "ramclouds"):
        outcome(connect(), "complete", messages=MESSAGES)
    (record,) = caplog.records
    said = record.getMessage()
    assert said.startswith("gpt-5: ServerError (request id ")
    assert said.endswith("); claude-sonnet-4-5 is asked instead")
