"""One setting through both adapters, and the client: what is stored, what is refused."""

from __future__ import annotations

import copy
import json
import pickle
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from langchain_core.messages import HumanMessage
from llama_index.core.base.llms.types import ChatMessage
from pydantic import ValidationError, field_validator, model_validator

from langchain_ramclouds import ChatRamClouds, RamCloudsEmbeddings
from llama_index_ramclouds import RamClouds, RamCloudsEmbedding
from ramclouds import AsyncClient, Client, ConfigurationError
from ramclouds._wire.chat.request_body import Params
from ramclouds.bridge.body_fields import SETTINGS, BodyFields
from ramclouds.bridge.settings import FOREIGN
from tests.gateway import Gateway
from tests.harness import each_row

Chat = Callable[..., ChatRamClouds]
Llm = Callable[..., RamClouds]

SECRET = "s3cret"
KEY: dict[str, Any] = {"api_key": "test-key"}


@each_row("name", ["Authorization", "Cookie", "X-Api-Key", "X-Auth-Token", "X-Client-Secret"])
def test_no_store_holds_a_header_that_may_be_secret(name: str, chat: Chat, llm: Llm) -> None:
    headers = {"default_headers": {name: SECRET, "X-Team": "blue"}}
    model, index = chat(**headers), llm(**headers)
    with Client(api_key="test-key", **headers) as client:  # type: ignore[arg-type]
        stored = [pickle.dumps(one) for one in (client, model, index)]
    stored += [json.dumps(index.to_dict()).encode(), index.model_dump_json().encode()]
    assert [SECRET.encode() in one for one in stored] == [False] * 5
    assert [b"X-Team" in one for one in stored] == [True] * 5


@each_row(
    "wrong",
    [
        {"tool_calling": "sometimes"},
        {"on_unsupported": "shrug"},
        {"on_invalid_tool_calls": "shrug"},
        {"on_empty": "shrug"},
        {"merge_system_messages": "shrug"},
        {"temperature": 3},
    ],
    ids=repr,
)
def test_wrong_setting_of_a_call_is_the_same_error(wrong: Any, chat: Chat, llm: Llm) -> None:
    for tools in ([{"type": "function", "function": {"name": "f"}}], None):
        with pytest.raises(ConfigurationError, match=next(iter(wrong))):
            chat().invoke([HumanMessage("Hi")], tools=tools, **wrong)
        with pytest.raises(ConfigurationError, match=next(iter(wrong))):
            llm().chat([ChatMessage("Hi")], tools=tools, **wrong)


BUILDERS: dict[str, Callable[..., Any]] = {
    "langchain": lambda **settings: ChatRamClouds(**{"model": "gpt-5", **KEY, **settings}),
    "llama_index": lambda **settings: RamClouds(**{"model": "gpt-5", **KEY, **settings}),
    "langchain-embeddings": lambda **settings: RamCloudsEmbeddings(**{**KEY, **settings}),
    "llama_index-embeddings": lambda **settings: RamCloudsEmbedding(**{**KEY, **settings}),
    "client": lambda **settings: Client(**{**KEY, **settings}),
    "async-client": lambda **settings: AsyncClient(**{**KEY, **settings}),
}
MODELS = list(BUILDERS)[:2]
EVERYWHERE = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)


@EVERYWHERE
@each_row(
    "wrong",
    [
        {"timeout": "30"},
        {"timeout": -1},
        {"max_retries": -1},
        {"base_url": "ramclouds.me/v1"},
        {"api_key": ["sk-canary"]},
        {"default_headers": "Authorization: sk-canary"},
        {"timeout": "sk-canary"},
        {"base_url": "sk-canary"},
        {"pace": "sk-canary"},
    ],
    ids=repr,
)
def test_wrong_setting_is_the_same_error(build: Callable[..., Any], wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ConfigurationError, match=f"(?i){name.removeprefix('default_')}") as caught:
        build(**wrong)
    assert "canary" not in f"{caught.value!r} {caught.value.__context__!r}"


@each_row("name", MODELS)
@each_row(
    ("wrong", "says"),
    [
        ({"temperature": 3}, "temperature must be a number from 0 to 2, not 3"),
        ({"temperature": "0.5"}, "temperature must be a number"),
        ({"top_p": 1.1}, "top_p must be"),
        ({"max_tokens": 0}, "max_tokens must be"),
        ({"max_completion_tokens": -1}, "max_completion_tokens must be"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "one limit"),
    ],
    ids=repr,
)
def test_wrong_parameter_is_the_same_error_at_each_place(
    name: str, wrong: dict[str, Any], says: str
) -> None:
    model = BUILDERS[name]()
    with pytest.raises(ConfigurationError, match=says):
        BUILDERS[name](**wrong)
    with pytest.raises(ConfigurationError, match=says):
        model.invoke("Hi", **wrong) if name == "langchain" else model.complete("Hi", **wrong)
    with Client(**KEY) as client, pytest.raises(ConfigurationError, match=says):
        client.complete(model="gpt-5", messages=[{"role": "user", "content": "Hi"}], **wrong)


@pytest.mark.parametrize("name", MODELS)
def test_wrong_setting_of_a_model_is_the_error_of_pydantic_too(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        BUILDERS[name](temperature=3, api_key="sk-canary")
    assert caught.value.errors()[0]["loc"] == ("temperature",)
    stored = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(stored, ConfigurationError)
    assert str(stored) == str(caught.value)
    assert "canary" not in f"{caught.value.errors()} {caught.value!r}"


UNKNOWN_SETTINGS = {
    "apikey": "Did you mean 'api_key'",
    "timeot": "Did you mean 'timeout'",
    "openai_api_key": "Did you mean 'api_key'",
    "openai_api_base": "Did you mean 'base_url'",
    "retries": "Did you mean 'max_retries'",
    "organization": "leave it out",
    "default_query": "leave it out",
    "openai_proxy": "HTTPS_PROXY",
    "reuse_client": "leave it out",
    "disabled_params": "leave it out",
    "truncation": "/chat/completions",
    "stream": "stream",
    "tools": "Call|call",
}
UNKNOWN_PARAMETERS = {
    "temprature": "'temperature'",
    "reasoning": "reasoning_effort='high'",
    "num_predict": "'max_tokens'",
    "thinking_budget": "thinking=",
    "audio_config": "'audio'",
    "max_concurrency": "config=",
    "nonsense_of_mine": "extra_body",
}


def bare_of_model(model: Any) -> Any:
    raise AssertionError  # as a bare `assert` does


def bare_of_field(value: Any) -> Any:
    raise ValueError


@each_row("model", [ChatRamClouds, RamClouds, RamCloudsEmbeddings, RamCloudsEmbedding])
@each_row(
    ("validator", "says"),
    [
        (
            model_validator(mode="after")(bare_of_model),
            "The validator bare_of_model of Mine refused the settings without a reason.",
        ),
        (
            field_validator("max_retries")(staticmethod(bare_of_field)),
            "The validator bare_of_field of Mine refused max_retries without a reason.",
        ),
    ],
)
def test_validator_that_gives_no_reason_is_named(model: Any, validator: Any, says: str) -> None:
    mine = type("Mine", (model,), {"__module__": __name__, "_checked": validator})
    with pytest.raises(ConfigurationError, match=says):
        mine(model="gpt-5", max_retries=4, **KEY)


@pytest.mark.parametrize("name", MODELS)
def test_wrong_setting_of_several_types_is_named_once(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^replay_reasoning is wrong: .*'turn'.*boolean"):
        BUILDERS[name](replay_reasoning="x")


def test_setting_that_a_call_lacks_says_where_it_belongs() -> None:
    hints = {"think_tags": "is made", "on_empty": "adapters", "replay_reasoning": "DialectChoice"}
    messages = [{"role": "user", "content": "Hi"}]
    with Client(**KEY) as client:
        for name, hint in hints.items():
            given: Any = {name: True}
            with pytest.raises(TypeError, match=hint):
                client.complete(model="gpt-5", messages=messages, **given)


@EVERYWHERE
def test_unknown_setting_is_an_error_that_says_what_to_do(build: Callable[..., Any]) -> None:
    for name, hint in UNKNOWN_SETTINGS.items():
        with pytest.raises(TypeError, match=f"has no setting '{name}'.*({hint})"):
            build(**{name: True})


@pytest.mark.parametrize("name", MODELS)
def test_unknown_parameter_is_an_error_that_says_what_to_do(name: str) -> None:
    model = BUILDERS[name]()
    ask = model.invoke if name == "langchain" else model.complete
    for given, hint in UNKNOWN_PARAMETERS.items():
        with pytest.raises(TypeError, match=hint):
            BUILDERS[name](**{given: 1})
        with pytest.raises(TypeError, match=hint):
            ask("Hi", **{given: 1})


def test_hints_of_foreign_names_lead_to_settings_that_exist() -> None:
    known = [*ChatRamClouds.model_fields, *RamClouds.model_fields, *RamCloudsEmbedding.model_fields]
    targets = {target for hints in FOREIGN.values() for target in hints} - {""}
    assert targets <= {*known, *Params.__annotations__}


def test_settings_and_arguments_of_the_body_are_one_list() -> None:
    assert set(SETTINGS) == set(BodyFields.__annotations__)


EVERY_FIELD: dict[str, Any] = {
    "top_k": 5,
    "thinking": {"type": "disabled"},
    "verbosity": "low",
    "max_completion_tokens": 9,
    "repetition_penalty": 1.1,
    "min_tokens": 2,
    "seed": 7,
    "service_tier": "flex",
    "enable_thinking": False,
}


def test_fields_of_the_body_are_the_same_in_settings_and_calls(
    gateway: Gateway, chat: Chat, llm: Llm
) -> None:
    chat(**EVERY_FIELD).invoke("Hi")
    chat(max_tokens=5).invoke("Hi", **EVERY_FIELD)
    chat(extra_body=EVERY_FIELD, max_tokens=5).invoke("Hi")
    llm(**EVERY_FIELD).chat([ChatMessage("Hi")])
    llm(max_tokens=5).chat([ChatMessage("Hi")], **EVERY_FIELD)
    llm(additional_kwargs=EVERY_FIELD, max_tokens=5).complete("Hi")
    with Client(**KEY, base_url=gateway.base_url) as client:
        messages = [{"role": "user", "content": "Hi"}]
        client.complete(model="gpt-5", messages=messages, **EVERY_FIELD)
    message = {"messages": [{"role": "user", "content": "Hi"}], "model": "gpt-5"}
    assert [request.json for request in gateway.requests] == [EVERY_FIELD | message] * 7


def test_stream_options_go_with_streams_alone(gateway: Gateway, chat: Chat, llm: Llm) -> None:
    options = {"include_usage": True, "include_obfuscation": False}
    model, index = chat(stream_options=options), llm(stream_options=options)
    list(model.stream("Hi"))
    list(index.stream_complete("Hi"))
    list(model.stream("Hi", stream_options={"include_usage": False}))
    model.invoke("Hi")
    index.complete("Hi")
    sent = [request.json.get("stream_options") for request in gateway.requests]
    assert sent == [options, options, None, None, None]


def test_user_agent_and_verify_are_settings_of_both(gateway: Gateway, chat: Chat, llm: Llm) -> None:
    chat(user_agent="me/1", verify=False).invoke("Hi")
    llm(user_agent="me/1", verify=False).complete("Hi")
    assert [request.headers["User-Agent"] for request in gateway.requests] == ["me/1"] * 2
    for build in BUILDERS.values():
        build(user_agent="me/1", verify=False)


@EVERYWHERE
def test_key_that_cannot_be_one_is_found_before_anything_is_sent(build: Callable[..., Any]) -> None:
    for key, says in {
        "'sk-canary'": "quotation marks",
        '"sk-canary"': "quotation marks",
        "Bearer sk-canary": "Pass the key alone",
        "Authorization: Bearer sk-canary": "Pass the key alone",
        "sk-ca nary": "white space",
        "sk-ca\nnary": "white space",
        "sk-c\u00e4nary": "not ASCII",
        "...": "placeholder",
        "sk-\u2026": "placeholder",
        "<canary>": "placeholder",
        "YOUR_API_KEY": "placeholder",
        "sk-your-key-here": "placeholder",
        "${RAMCLOUDS_API_KEY}": "placeholder",
    }.items():
        with pytest.raises(ConfigurationError, match=says) as caught:
            build(api_key=key)
        assert "sk-c" not in str(caught.value)
    build(api_key=" sk-test\n")


@EVERYWHERE
def test_key_of_another_provider_is_a_warning_for_ramclouds_alone(
    build: Callable[..., Any],
) -> None:
    with pytest.warns(UserWarning, match="a key of Anthropic") as caught:
        build(api_key="sk-ant-canary")
    (warning,) = caught
    # The line of whoever built it, not one of this package or of pydantic.
    assert warning.filename == __file__
    assert "canary" not in str(warning.message)
    build(api_key="sk-ant-canary", base_url="https://other.example/v1")
    build(api_key="sk-" + "a1B2" * 12)


def test_warning_of_plain_http_points_to_the_users_line() -> None:
    for build in BUILDERS.values():
        with pytest.warns(UserWarning, match="plain http") as caught:
            build(base_url="http://other.example/v1")
        assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize("name", MODELS)
def test_unpickled_model_without_a_key_says_that_pickles_carry_none(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = pickle.dumps(BUILDERS[name]())
    monkeypatch.delenv("RAMCLOUDS_API_KEY", raising=False)
    model = pickle.loads(stored)
    ask = model.invoke if name == "langchain" else model.complete
    with pytest.raises(ConfigurationError, match=r"RAMCLOUDS_API_KEY.*carry no key"):
        ask("Hi")


@each_row("name", list(BUILDERS)[:4])
def test_deep_copies_share_the_http_clients_of_the_user(name: str) -> None:
    context = ssl.create_default_context()
    other = "http_async_client" if name.startswith("langchain") else "async_http_client"
    own = {"http_client": httpx.Client(), other: httpx.AsyncClient(), "verify": context}
    model = BUILDERS[name](**own)
    for copied in (copy.deepcopy(model), model.model_copy(deep=True)):
        assert {field: getattr(copied, field) for field in own} == own
    with pytest.raises(ConfigurationError, match="cannot be pickled"):
        pickle.dumps(model)


async def test_whole_calls_that_are_streamed_ask_for_a_stream(
    gateway: Gateway, chat: Chat, llm: Llm
) -> None:
    model = chat(stream_whole_calls=True)
    assert (await model.ainvoke("Hi")).text == model.invoke("Hi").text
    assert llm(stream_whole_calls=True).chat([ChatMessage("Hi")]).message.content
    assert [request.json["stream"] for request in gateway.requests] == [True, True, True]


@each_row("build", list(BUILDERS.values())[:4], ids=list(BUILDERS)[:4])
@each_row(
    ("name", "says"),
    [
        ("extra_headers", "Set default_headers, or extra_headers of a call"),
        ("api_key", "Give api_key where"),
        ("timeout", "Give timeout where"),
        ("extra_query", "leave it out"),
    ],
)
def test_what_is_no_field_of_a_body_is_refused_and_not_shown(
    build: Callable[..., Any], name: str, says: str
) -> None:
    wrong = {"extra_body": {name: {"Authorization": "sk-canary"}}}
    with pytest.raises(ConfigurationError, match=f"{name}.*{says}") as caught:
        build(**wrong)
    assert "canary" not in f"{caught.value!r} {caught.value.__context__!r}"


@each_row("wrong", [{"temperature": 9}, {"top_p": "x"}, {"max_tokens": 0}, {"stop": 7}])
def test_other_parameters_are_checked_and_an_extra_body_is_not(
    llm: Llm, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        ChatRamClouds(model="gpt-5", model_kwargs=wrong, **KEY)
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        llm(additional_kwargs=wrong).chat([ChatMessage("Hi")])
    assert ChatRamClouds(model="gpt-5", extra_body=wrong, **KEY).extra_body == wrong
    assert llm(extra_body=wrong).extra_body == wrong


def test_what_is_no_field_of_a_body_is_refused_in_calls(chat: Chat, llm: Llm) -> None:
    wrong = {"extra_body": {"extra_headers": {"Authorization": "sk-canary"}}}
    with pytest.raises(ConfigurationError, match="extra_headers of a call"):
        chat().invoke("Hi", **wrong)
    with pytest.raises(ConfigurationError, match="extra_headers of a call"):
        llm().chat([ChatMessage("Hi")], **wrong)
    with pytest.raises(ConfigurationError, match="extra_headers of a call"):
        ChatRamClouds(model="gpt-5", model_kwargs=wrong["extra_body"], **KEY)


# A dict of a timeout: some of its parts, or all.
PARTS = [
    ({"read": 2}, httpx.Timeout(10, read=2, write=60, pool=60)),
    ({"read": None, "pool": 5}, httpx.Timeout(10, read=None, write=60, pool=5)),
    (httpx.Timeout(4, read=2).as_dict(), httpx.Timeout(4, read=2)),
    ({}, httpx.Timeout(10, read=600, write=60, pool=60)),
]


def settings_of(built: Any) -> Any:
    client = built if isinstance(built, (Client, AsyncClient)) else built._client()
    return client._settings


@EVERYWHERE
def test_timeout_may_be_a_dict_of_its_parts(build: Callable[..., Any]) -> None:
    for given, timeout in PARTS:
        assert settings_of(build(timeout=given)).timeout == timeout
    for given, says in (({"reed": 2}, "no part 'reed'"), ({"read": "x"}, "timeout for read")):
        with pytest.raises(ConfigurationError, match=f"{says}.*"):
            build(timeout=given)


def test_timeout_of_a_call_may_be_a_dict_of_its_parts(
    gateway: Gateway, chat: Chat, llm: Llm
) -> None:
    chat().invoke("Hi", timeout={"read": 2})
    llm().chat([ChatMessage("Hi")], timeout={"read": 2})
    for ask in (chat().invoke, llm().complete):
        with pytest.raises(ConfigurationError, match="timeout has no part 'reed'"):
            ask("Hi", timeout={"reed": 2})
    with Client(timeout=7, **KEY) as client:
        request = client._request("GET", "/models", {"read": 2}, {})
    assert request.timeout == httpx.Timeout(7, read=2)


OF_ALL = ("pace", "verify", "timeout", "max_retries", "base_url", "user_agent", "default_headers")
OF_CHAT = ("dialect", "think_tags", "images_in_text", "stream_whole_calls", "fallback_models")
OF_MODELS = ("on_unsupported", "on_invalid_tool_calls", "on_empty", "empty_retries", "extra_body")
OF_EMBEDDINGS = ("on_too_long", "extra_body", "dimensions", "model", "model_name")


@EVERYWHERE
def test_none_is_the_default_of_the_client(build: Callable[..., Any]) -> None:
    names = OF_ALL if build in list(BUILDERS.values())[2:4] else OF_ALL + OF_CHAT
    for name in names:
        assert settings_of(build(**{name: None})) == settings_of(build()), name


@each_row("name", list(BUILDERS)[:4])
def test_none_is_the_default_of_the_field(name: str) -> None:
    build = BUILDERS[name]
    for field in OF_EMBEDDINGS if "embeddings" in name else OF_CHAT + OF_MODELS:
        assert getattr(build(**{field: None}), field, 0) == getattr(build(), field, 0), field


@EVERYWHERE
def test_none_is_no_limit(build: Callable[..., Any]) -> None:
    for name in ("stall_timeout", "total_timeout", "max_wait"):
        assert getattr(settings_of(build(**{name: None})), name) is None


@pytest.mark.parametrize("name", MODELS)
def test_stored_model_keeps_that_it_has_no_limit(name: str) -> None:
    model = BUILDERS[name](stall_timeout=None, max_wait=None)
    copied = pickle.loads(pickle.dumps(model))
    assert (copied.stall_timeout, copied.max_wait) == (None, None)
    if name == "llama_index":
        assert RamClouds.from_dict(model.to_dict()).max_wait is None


@pytest.mark.parametrize("name", MODELS)
def test_model_of_none_is_missing(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^model is missing\. Pass model=\.\.\.$"):
        BUILDERS[name](model=None)
