"""Errors: the client's classes and LangChain's `ModelError` family at once."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import langchain_core.exceptions as core
import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelRetryMiddleware, SummarizationMiddleware
from langchain_core.messages import AIMessage, HumanMessage

import ramclouds
from langchain_ramclouds import MissingToolCallError, StructuredOutputError
from langchain_ramclouds._errors import _TWINS, UnclassifiedError, to_model_error
from tests.gateway import Body, Drop, Gateway, Hang, Json, WireCase, completion, error
from tests.harness import each_row
from tests.langchain.conftest import Chat
from tests.langchain.recording import Recorder

_TABLE: list[tuple[Any, type[Exception], type[Exception], bool]] = [
    (
        Json(error("bad", code="x"), 400),
        ramclouds.BadRequestError,
        core.ModelInvalidRequestError,
        False,
    ),
    (
        Json(error("too long", code="context_length_exceeded"), 400),
        ramclouds.ContextLengthError,
        core.ContextOverflowError,
        False,
    ),
    (Json(error("who?"), 401), ramclouds.AuthenticationError, core.ModelAuthenticationError, False),
    (
        Json(error("no", code="access_denied"), 403),
        ramclouds.PermissionDeniedError,
        core.ModelPermissionDeniedError,
        False,
    ),
    (
        Json(error("broke", code="insufficient_user_quota"), 403),
        ramclouds.InsufficientQuotaError,
        core.ModelPermissionDeniedError,
        False,
    ),
    (
        Json(error("no channel", code="model_not_found"), 503),
        ramclouds.ModelUnavailableError,
        core.ModelNotFoundError,
        False,
    ),
    (Json(error("slow down"), 429), ramclouds.RateLimitError, core.ModelRateLimitError, True),
    (Json(error("oops"), 500), ramclouds.ServerError, core.ModelAPIError, True),
    (
        Body(b"<html>", headers={"Content-Type": "text/html"}),
        ramclouds.ResponseError,
        core.ModelAPIError,
        False,
    ),
    (Drop("headers", how="fin"), ramclouds.APIConnectionError, core.ModelConnectionError, True),
]


@each_row(("answer", "ours", "langchains", "retryable"), _TABLE)
async def test_error_is_ours_and_langchains(
    gateway: Gateway,
    chat: Chat,
    answer: Any,
    ours: type[Exception],
    langchains: type[Exception],
    retryable: bool,
) -> None:
    gateway.handler = lambda _: answer
    model = chat()
    for caught in [
        _raised(lambda: model.invoke("Hi")),
        _raised(lambda: list(model.stream("Hi"))),
        await _araised(model),
    ]:
        assert isinstance(caught, ours)
        assert isinstance(caught, langchains)
        assert caught.is_retryable is retryable


def _raised(act: Any) -> BaseException:
    with pytest.raises(core.ModelError) as caught:
        act()
    return caught.value


async def _araised(model: Any) -> BaseException:
    with pytest.raises(core.ModelError) as caught:
        await model.ainvoke("Hi")
    return caught.value


def test_time_out_is_langchains_and_a_builtin_one(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Hang("headers"))
    caught = _raised(lambda: chat(timeout=0.2).invoke("Hi"))
    assert isinstance(caught, core.ModelTimeoutError)
    assert isinstance(caught, ramclouds.APITimeoutError)
    assert isinstance(caught, TimeoutError)


def test_error_inside_a_stream_is_langchains(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(WireCase("stream_error_mid"))
    caught = _raised(lambda: list(chat().stream("Hi")))
    assert isinstance(caught, ramclouds.RamCloudsError)
    assert caught.partial is not None


def test_bad_argument_of_a_call_is_langchains_too(chat: Chat) -> None:
    caught = _raised(lambda: chat().invoke("Hi", temperature=3))
    assert isinstance(caught, ramclouds.ConfigurationError)
    assert isinstance(caught, ValueError)
    assert isinstance(caught, core.ModelInvalidRequestError)


def test_unknown_argument_of_a_call_names_the_nearest(chat: Chat) -> None:
    with pytest.raises(TypeError, match="temperature"):
        chat().invoke("Hi", temprature=1)


def test_every_error_of_the_client_has_a_class_here() -> None:
    exported = {
        kind
        for kind in vars(ramclouds).values()
        if isinstance(kind, type) and issubclass(kind, ramclouds.RamCloudsError)
    }
    assert exported == set(_TWINS)


def test_twin_has_all_facts_of_the_error() -> None:
    facts: dict[str, Any] = {"request_id": "r", "status_code": 429, "retry_after": 7.0}
    twin = to_model_error(ramclouds.RateLimitError("slow down", **facts))
    assert str(twin) == "slow down"
    assert {name: getattr(twin, name) for name in facts} == facts
    assert to_model_error(twin) is twin


def test_error_without_a_class_here_is_still_langchains() -> None:
    assert isinstance(to_model_error(ramclouds.RamCloudsError("new")), UnclassifiedError)


@each_row(
    "original",
    [
        to_model_error(ramclouds.APITimeoutError("late", request_id="r")),
        to_model_error(ramclouds.RateLimitError("slow", retry_after=1.0)),
        MissingToolCallError("none", request_id="r"),
        StructuredOutputError("unfit", llm_output="x"),
    ],
)
def test_errors_survive_pickle_and_copy(original: ramclouds.RamCloudsError) -> None:
    for again in (pickle.loads(pickle.dumps(original)), copy.copy(original)):
        assert type(again) is type(original)
        assert again.args == original.args
        assert again.__dict__ == original.__dict__


def test_on_llm_error_gets_the_request_id(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(error("oops"), 500))
    recorder = Recorder()
    caught = _raised(lambda: chat().invoke("Hi", config={"callbacks": [recorder]}))
    ((error_, response),) = recorder.failed
    assert error_ is caught
    assert isinstance(caught, ramclouds.ServerError)
    metadata = response.generations[0][0].message.response_metadata  # type: ignore[union-attr]
    assert metadata["request_id"] == caught.request_id
    assert metadata["status_code"] == 500


def test_with_retry_retries_what_is_retryable(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(error("slow down"), 429), Json(completion("Hello")))
    model = chat().with_retry(
        retry_if_exception_type=(core.ModelRateLimitError,), wait_exponential_jitter=False
    )
    assert model.invoke("Hi").content == "Hello"


def test_with_fallbacks_falls_back(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(error("none", code="model_not_found"), 503), Json(completion("Hello")))
    model = chat(model="gone").with_fallbacks(
        [chat(model="gpt-5")], exceptions_to_handle=(core.ModelNotFoundError,)
    )
    assert model.invoke("Hi").content == "Hello"
    assert [body["model"] for body in gateway.bodies] == ["gone", "gpt-5"]


def test_retry_middleware_retries_what_is_retryable(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(error("oops"), 500), Json(completion("Hello")))
    retry = ModelRetryMiddleware(max_retries=1, initial_delay=0.0, jitter=False)
    agent = create_agent(chat(), middleware=[retry])
    assert agent.invoke({"messages": [HumanMessage("Hi")]})["messages"][-1].content == "Hello"


def test_retry_middleware_does_not_retry_the_rest(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(error("who?"), 401))
    retry = ModelRetryMiddleware(max_retries=3, initial_delay=0.0, on_failure="error")
    agent = create_agent(chat(), middleware=[retry])
    with pytest.raises(ramclouds.AuthenticationError):
        agent.invoke({"messages": [HumanMessage("Hi")]})
    assert len(gateway.requests) == 1


def test_summarization_middleware_works_on_profile_and_context_overflow(
    gateway: Gateway, chat: Chat
) -> None:
    too_long = Json(error("too long", code="context_length_exceeded"), 400)
    gateway.reply(too_long, Json(completion("A summary.")), Json(completion("Hello")))
    summarize = SummarizationMiddleware(
        chat(profile={"max_input_tokens": 400}), trigger=("fraction", 0.5), keep=("messages", 1)
    )
    agent = create_agent(chat(), middleware=[summarize])
    history = [kind("a" * 50) for _ in range(15) for kind in (HumanMessage, AIMessage)]
    result = agent.invoke({"messages": [*history, HumanMessage("c")]})
    assert len(gateway.requests) == 3
    assert result["messages"][-1].content == "Hello"
    assert "A summary." in result["messages"][0].content
