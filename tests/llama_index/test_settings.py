"""Settings: names, defaults, what is wrong with them, and the clients that follow from them."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import httpx
import pytest
from llama_index.core import Settings
from llama_index.core.base.llms.types import (
    ChatMessage,
    ImageBlock,
    LLMMetadata,
    TextBlock,
    ToolCallBlock,
)
from llama_index.core.callbacks import CallbackManager
from llama_index.core.indices.prompt_helper import PromptHelper
from llama_index.core.llms import LLM
from llama_index.core.llms.function_calling import FunctionCallingLLM

from llama_index_ramclouds import RamClouds, RamCloudsEmbedding
from ramclouds import ConfigurationError, known_models, model_facts
from tests.gateway import Gateway
from tests.harness import each_row

KEY = "canary-key-1"


pytestmark = pytest.mark.usefixtures("no_environment")


def test_the_class_is_llamaindexs() -> None:
    llm = RamClouds(model="gpt-5", api_key=KEY)

    assert isinstance(llm, FunctionCallingLLM)
    assert llm.class_name() == "RamClouds_LLM"
    assert llm.to_dict() == RamClouds(model="gpt-5", api_key=KEY).to_dict()


def test_the_model_may_be_positional() -> None:
    # Type checkers see the fields, which are keywords.
    make: Any = RamClouds

    assert make("gpt-5", api_key=KEY).model == "gpt-5"


def test_api_base_is_base_url(gateway: Gateway) -> None:
    llm = RamClouds(model="gpt-5", api_key=KEY, api_base=gateway.base_url)

    assert llm.base_url == llm.api_base == gateway.base_url
    assert llm.complete("Say exactly: yes").text == "yes"
    llm.close()


def test_a_missing_key_is_found_when_constructing() -> None:
    with pytest.raises(ConfigurationError, match="RAMCLOUDS_API_KEY"):
        RamClouds(model="gpt-5")


def test_no_other_vendors_key_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    with pytest.raises(ConfigurationError):
        RamClouds(model="gpt-5")


@pytest.mark.parametrize(
    ("given", "near"), [("temprature", "temperature"), ("max_token", "max_tok")]
)
def test_an_unknown_setting_is_an_error_that_suggests_one(given: str, near: str) -> None:
    with pytest.raises(TypeError, match=f"Did you mean '{near}"):
        RamClouds(model="gpt-5", api_key=KEY, **{given: 1})


@pytest.mark.parametrize(
    ("given", "way"),
    [
        ("is_chat_model", "leave it out"),
        ("should_use_structured_outputs", "structured_output_mode='json_schema'"),
        ("response_format", "structured_predict"),
    ],
)
def test_a_setting_of_openailike_is_an_error_that_names_the_way(given: str, way: str) -> None:
    with pytest.raises(TypeError, match=way):
        RamClouds(model="gpt-5", api_key=KEY, **{given: True})


@each_row(
    ("settings", "said"),
    [
        ({"model": " "}, "model must be the name"),
        ({"temperature": 5}, "temperature must be a number from 0 to 2"),
        ({"max_tokens": 0}, "max_tokens must be"),
        ({"context_window": -1}, "context_window"),
        ({"additional_kwargs": {"presence_penalty": 3}}, "presence_penalty must be"),
        ({"additional_kwargs": {"n": 2}}, "holds one choice"),
        ({"base_url": "nonsense"}, "base_url must be"),
        ({"timeout": -1}, "timeout must be"),
    ],
    ids=str,
)
def test_a_bad_value_is_found_when_constructing(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        RamClouds(**{"model": "gpt-5", "api_key": KEY, **settings})


@each_row("make", [RamClouds, RamCloudsEmbedding])
@each_row("settings", [{"api_key": [KEY]}, {"default_headers": {"Authorization": [KEY]}}], ids=list)
def test_an_error_about_a_wrong_setting_shows_no_key(make: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))) as caught:
        make(**{"model": "m", "api_key": KEY, **settings})
    assert KEY not in f"{caught.value} {caught.value!r}"


def test_an_unknown_parameter_of_every_call_is_found_when_constructing() -> None:
    with pytest.raises(TypeError, match="Did you mean 'seed'"):
        RamClouds(model="gpt-5", api_key=KEY, additional_kwargs={"sed": 1})


def test_a_model_is_needed() -> None:
    make: Any = RamClouds

    with pytest.raises(TypeError, match=r"RamClouds\.__init__\(\) missing .* 'model'"):
        make(api_key=KEY)


def test_none_is_unset() -> None:
    llm = RamClouds(
        model="gpt-5", api_key=KEY, callback_manager=None, additional_kwargs=None, stop=None
    )

    assert isinstance(llm.callback_manager, CallbackManager)
    assert llm.additional_kwargs == {}


def test_metadata_of_known_models() -> None:
    for model in known_models():
        facts = model_facts(model)
        assert RamClouds(model=model, api_key=KEY).metadata == LLMMetadata(
            context_window=min(facts.context_window, facts.max_input_tokens),
            num_output=-1,
            is_chat_model=True,
            is_function_calling_model=True,
            model_name=model,
        )


@pytest.mark.parametrize("model", ["gpt-5", "claude-opus-4-5", "unheard-of-9"])
def test_prompts_of_core_fit_at_any_max_tokens(model: str) -> None:
    for tokens in (100, 64_000, 400_000, 2_000_000):
        metadata = RamClouds(model=model, api_key=KEY, max_tokens=tokens).metadata
        room = PromptHelper.from_llm_metadata(metadata)._get_available_context_size(10)

        assert metadata.num_output == min(tokens, metadata.context_window // 2)
        assert 60_000 < room < model_facts(model).max_input_tokens


def test_metadata_of_an_unknown_model_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    llm = RamClouds(model="unheard-of-7", api_key=KEY)

    with caplog.at_level(logging.WARNING):
        windows = [llm.metadata.context_window, llm.metadata.context_window]

    assert windows == [128_000, 128_000]
    (record,) = caplog.records
    assert "unheard-of-7" in record.message
    assert "context_window" in record.message


def test_metadata_can_be_set(caplog: pytest.LogCaptureFixture) -> None:
    llm = RamClouds(
        model="unheard-of-8",
        api_key=KEY,
        context_window=8000,
        max_tokens=500,
        is_function_calling_model=False,
    )

    metadata = llm.metadata

    assert (metadata.context_window, metadata.num_output) == (8000, 500)
    assert metadata.is_function_calling_model is False
    assert caplog.records == []


@each_row("model", ["", " ", "/", "🙂", "x" * 10_000])
def test_metadata_never_raises(model: str) -> None:
    llm = RamClouds(model="gpt-5", api_key=KEY)
    llm.model = model

    assert llm.metadata.model_name == model
    assert llm.metadata.context_window > 3900


def test_it_is_the_llm_of_settings() -> None:
    llm = RamClouds(model="gpt-5", api_key=KEY)
    before = Settings._llm
    try:
        Settings.llm = llm
        assert Settings.llm is llm
        assert isinstance(Settings.llm, LLM)
    finally:
        Settings._llm = before


def test_own_http_clients_are_used_and_left_open(gateway: Gateway) -> None:
    with httpx.Client(headers={"X-Own": "yes"}) as own:
        with RamClouds(
            model="gpt-5", api_key=KEY, base_url=gateway.base_url, http_client=own
        ) as llm:
            llm.complete("Hello")
        assert not own.is_closed
    assert gateway.last.headers["X-Own"] == "yes"

    async def ask() -> None:
        async with httpx.AsyncClient(headers={"X-Own": "async"}) as own:
            settings: dict[str, Any] = {"api_key": KEY, "base_url": gateway.base_url}
            async with RamClouds(model="gpt-5", async_http_client=own, **settings) as llm:
                await llm.acomplete("Hello")
            assert not own.is_closed

    asyncio.run(ask())
    assert gateway.last.headers["X-Own"] == "async"


def test_headers_timeout_and_retries_reach_the_client(gateway: Gateway) -> None:
    llm = RamClouds(
        model="gpt-5",
        api_key=KEY,
        base_url=gateway.base_url,
        default_headers={"X-Team": "tides"},
        timeout=3,
        max_retries=0,
    )

    llm.complete("Hello", timeout=5)

    assert gateway.last.headers["X-Team"] == "tides"
    llm.close()


def test_several_event_loops_and_threads(gateway: Gateway, llm: RamClouds) -> None:
    async def ask() -> list[str]:
        answers = await asyncio.gather(*(llm.acomplete(f"Say exactly: {n}") for n in range(5)))
        streamed = [one async for one in await llm.astream_complete("Say exactly: end")]
        await llm.aclose()
        return [answer.text for answer in answers] + [streamed[-1].text]

    expected = ["0", "1", "2", "3", "4", "end"]
    assert [asyncio.run(ask()) for _ in range(3)] == [expected] * 3

    heard: list[str] = []
    threads = [
        threading.Thread(target=lambda: heard.append(llm.complete("Say exactly: yes").text))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == ["yes"] * 4


def test_closing_frees_the_connections_and_calls_open_new_ones(gateway: Gateway) -> None:
    with RamClouds(model="gpt-5", api_key=KEY, base_url=gateway.base_url) as llm:
        llm.complete("Hello")
    gateway.wait_closed()

    assert llm.complete("Say exactly: yes").text == "yes"
    llm.close()
    gateway.wait_closed()

    async def ask() -> None:
        async with llm:
            await llm.acomplete("Hello")

    asyncio.run(ask())
    gateway.wait_closed()


def test_tokens_are_counted_without_network() -> None:
    llm = RamClouds(model="gpt-5", api_key=KEY)
    call = ToolCallBlock(tool_name="f", tool_kwargs={"a": 1})

    assert llm.count_tokens("Hello world") == 2
    assert llm.count_tokens([ChatMessage("Hello world"), ChatMessage("Hello")]) == 2 + 1 + 2 * 4
    assert llm.count_tokens([ChatMessage(role="assistant", blocks=[call])]) > 4
    image = ChatMessage(
        blocks=[TextBlock(text="Look"), ImageBlock(url="https://example.com/a.png")]
    )
    assert llm.count_tokens([image]) > 2000


def test_an_own_tokenizer_counts() -> None:
    llm = RamClouds(model="gpt-5", api_key=KEY, tokenizer=str.split)

    assert llm.count_tokens("one two three") == 3
