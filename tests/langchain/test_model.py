"""The model as an object: settings, copies, cache keys, facts, many loops and many calls."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
import time
from typing import Any

import httpx
import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.load import dumpd, load
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage, trim_messages
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import ConfigurableField
from langchain_core.tools import tool

from langchain_ramclouds import ChatRamClouds
from ramclouds import ConfigurationError, known_models, model_facts
from ramclouds.bridge.settings_cache import SettingsCache, key_of
from tests.gateway import MODELS, Gateway, Json, choice, completion, usage
from tests.harness import each_row
from tests.langchain.conftest import Chat
from tests.langchain.recording import EVERYTHING


def test_n_answers_are_n_generations_counted_once(gateway: Gateway, chat: Chat) -> None:
    answers = {"choices": [choice("Hi"), choice("Ho", index=1)], "usage": usage()}
    gateway.reply(Json({**completion(), **answers}))
    result = chat(n=2).generate([[HumanMessage("Hi")]])
    generations = result.generations[0]
    assert [g.text for g in generations] == ["Hi", "Ho"]
    counted = [g.message.usage_metadata is not None for g in generations]  # type: ignore[union-attr]
    assert counted == [True, False]


def test_n_answers_in_a_stream_are_an_error(chat: Chat) -> None:
    with pytest.raises(ConfigurationError, match="n"):
        list(chat(n=2).stream("Hi"))


def test_generate_adds_up_the_usage_of_a_batch(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(*[Json(completion(usage=usage(5, 7)))] * 2)
    result = chat().generate([[HumanMessage("a")], [HumanMessage("b")]])
    assert result.llm_output == {
        "model_name": "gpt-5.1",
        "token_usage": {"prompt_tokens": 10, "completion_tokens": 14, "total_tokens": 24},
    }


def test_logprobs_are_in_the_metadata(gateway: Gateway, chat: Chat) -> None:
    model = chat(model="gpt-4o", logprobs=True, top_logprobs=1)
    whole = model.invoke("Say exactly: one two")
    parts = list(model.stream("Say exactly: one two"))
    streamed = parts[0]
    for part in parts[1:]:
        streamed += part
    tokens = [token["token"] for token in whole.response_metadata["logprobs"]["content"]]
    assert "".join(tokens) == "one two"
    assert streamed.response_metadata["logprobs"] == whole.response_metadata["logprobs"]


# --- copies, serialization, cache ---


def test_copies_work_and_equal_the_model(
    gateway: Gateway, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    gateway.reply(*[Json(completion("Hello"))] * 4)
    model = chat(temperature=0.5)
    model.invoke("Hi")
    for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), model.model_copy()):
        assert again == model
        assert again.invoke("Hi").content == "Hello"


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
def test_saved_and_loaded_model_is_the_same(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    model = chat(**EVERYTHING, extra_body={"top_k": 5}, timeout=3.0, think_tags=True)
    saved = dumpd(model)
    assert saved["kwargs"]["api_key"] == {"lc": 1, "type": "secret", "id": ["RAMCLOUDS_API_KEY"]}
    loaded = load(
        saved,
        allowed_objects=[ChatRamClouds],
        valid_namespaces=["langchain_ramclouds"],
        secrets_from_env=True,
    )
    assert isinstance(loaded, ChatRamClouds)
    assert loaded == model


@each_row(
    "change",
    [
        {"model": "gpt-5.1"},
        {"temperature": 0.1},
        {"max_tokens": 5},
        {"stop": ["x"]},
        {"seed": 1},
        {"reasoning_effort": "high"},
        {"extra_body": {"top_k": 5}},
        {"base_url": "http://127.0.0.1:1/v1"},
        {"think_tags": True},
        {"replay_reasoning": True},
    ],
)
def test_cache_key_differs_when_the_answer_would(chat: Chat, change: dict[str, Any]) -> None:
    model = chat()
    key = model._get_llm_string()
    assert model._get_llm_string() == key == chat()._get_llm_string()
    assert chat(**change)._get_llm_string() != key
    assert model.model_copy(update=change)._get_llm_string() != key
    for name, value in change.items():
        setattr(model, name, value)
    assert model._get_llm_string() != key


def test_cached_answer_is_not_asked_for_again(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion("Hello")), Json(completion("Other")))
    model = chat(cache=InMemoryCache())
    answers = [model.invoke("Hi").content, model.invoke("Hi").content]
    assert answers == ["Hello", "Hello"]
    assert model.invoke("Hi", temperature=1.0).content == "Other"


def test_copy_of_another_model_has_its_profile(chat: Chat) -> None:
    copied = chat().model_copy(update={"model": "claude-opus-4-5"})
    assert copied.profile == chat(model="claude-opus-4-5").profile


def test_configurable_fields_still_stream_on_one_connection(gateway: Gateway, chat: Chat) -> None:
    model = chat(model="gpt-4o").configurable_fields(temperature=ConfigurableField(id="t"))
    for temperature in (0.1, 0.2, 0.3):
        parts = list(model.stream("Hi", config={"configurable": {"t": temperature}}))
        assert len(parts) > 1
    assert [body["temperature"] for body in gateway.bodies] == [0.1, 0.2, 0.3]
    assert gateway.connections == 1


def test_profile_of_every_documented_model(chat: Chat) -> None:
    for name in known_models():
        profile = chat(model=name).profile
        assert profile is not None
        assert profile["max_input_tokens"] == model_facts(name).max_input_tokens


def test_structured_output_in_the_profile_is_as_the_dialect_asks_for_it(chat: Chat) -> None:
    found = {name: (chat(model=name).profile or {})["structured_output"] for name in _SAMPLES}
    assert found == {"gpt-5": True, "claude-opus-4-5": False, "glm-4.7": True}


_SAMPLES = ("gpt-5", "claude-opus-4-5", "glm-4.7")


def test_unknown_model_has_no_profile(chat: Chat) -> None:
    assert chat(model="something-new").profile is None


def test_langsmith_parameters_follow_the_call(chat: Chat) -> None:
    model = chat(temperature=0.5, max_tokens=20, stop=["x"])
    assert model._get_ls_params() == {
        "ls_provider": "ramclouds",
        "ls_model_type": "chat",
        "ls_model_name": "gpt-5",
        "ls_temperature": 0.5,
        "ls_max_tokens": 20,
        "ls_stop": ["x"],
    }
    changed = model._get_ls_params(stop=["y"], model="gpt-5.1", temperature=1.0)
    assert (changed["ls_model_name"], changed["ls_temperature"], changed["ls_stop"]) == (
        "gpt-5.1",
        1.0,
        ["y"],
    )


def test_version_is_traced(chat: Chat) -> None:
    assert "ramclouds" in (chat().metadata or {})["lc_versions"]


def test_list_models(gateway: Gateway, chat: Chat) -> None:
    assert [model.id for model in chat().list_models()] == list(MODELS)
    assert asyncio.run(chat().alist_models()) == chat().list_models()


# --- tokens ---


def test_token_counts_need_no_network(chat: Chat) -> None:
    @tool
    def look_up(word: str) -> str:
        """Look a word up in the dictionary."""
        return word

    model = chat(model="something-new")
    messages: list[BaseMessage] = [HumanMessage("Hello there, how are you?")]
    assert model.get_num_tokens("twelve chars") == 2
    assert model.get_num_tokens("Hà Nội") == 3
    plain = model.get_num_tokens_from_messages(messages)
    assert plain == model.get_num_tokens("Hello there, how are you?") + 4
    assert model.get_num_tokens_from_messages(messages, tools=[look_up]) > plain + 20
    assert model.get_num_tokens_from_messages([]) == 0


def test_token_counts_hold_the_reasoning_that_goes_back(chat: Chat) -> None:
    thoughts = {"reasoning_content": "Long thoughts. " * 50}
    called = AIMessage(
        "", additional_kwargs=thoughts, tool_calls=[{"name": "f", "args": {}, "id": "c"}]
    )
    messages: list[BaseMessage] = [
        HumanMessage("Go"),
        called,
        ToolMessage("Done", tool_call_id="c"),
    ]
    counts = [
        chat(model=model).get_num_tokens_from_messages(messages)
        for model in ("deepseek-v4", "gpt-5")
    ]
    assert counts[0] > counts[1] + 100


def test_own_tokenizer_is_used(chat: Chat) -> None:
    model = chat(custom_get_token_ids=lambda text: [ord(c) for c in text])
    assert model.get_num_tokens("abc") == 3
    assert model.get_num_tokens_from_messages([HumanMessage("abc")]) == 3 + 4


def test_trim_messages_counts_with_the_model(chat: Chat) -> None:
    messages: list[BaseMessage] = [HumanMessage("a" * 400), AIMessage("b" * 40), HumanMessage("c")]
    kept = trim_messages(messages, max_tokens=40, token_counter=chat(), strategy="last")
    assert [message.content for message in kept] == ["b" * 40, "c"]


# --- many ---


def test_one_model_serves_several_event_loops(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(*[Json(completion("Hello"))] * 3)
    model = chat()
    assert [asyncio.run(model.ainvoke("Hi")).content for _ in range(3)] == ["Hello"] * 3


def test_one_model_serves_threads_and_loops_in_them(gateway: Gateway, chat: Chat) -> None:
    gateway.handler = lambda _: Json(completion("Hello"))
    model = chat()
    answers: list[Any] = []

    def work() -> None:
        answers.append(model.invoke("Hi").content)
        answers.append(asyncio.run(model.ainvoke("Hi")).content)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["Hello"] * 8


async def test_hundreds_of_calls_at_once(gateway: Gateway, chat: Chat) -> None:
    gateway.handler = lambda request: Json(completion(request.json["messages"][-1]["content"]))
    model = chat()
    answers = await asyncio.gather(*(model.ainvoke(str(i)) for i in range(300)))
    assert [answer.content for answer in answers] == [str(i) for i in range(300)]


async def test_abatch_keeps_max_concurrency(gateway: Gateway, chat: Chat) -> None:
    gateway.handler = lambda request: Json(completion(request.json["messages"][-1]["content"]))
    prompts: list[Any] = [str(i) for i in range(10)]
    answers = await chat().abatch(prompts, config={"max_concurrency": 2})
    assert [answer.content for answer in answers] == prompts
    assert gateway.connections <= 2


def test_rate_limiter_is_asked(gateway: Gateway, chat: Chat) -> None:
    gateway.reply(Json(completion()))
    limiter = InMemoryRateLimiter(requests_per_second=1000, check_every_n_seconds=0.001)
    before = time.monotonic()
    chat(rate_limiter=limiter).invoke("Hi")
    assert limiter.last is not None
    assert limiter.last >= before


def test_think_tags_become_reasoning(gateway: Gateway, chat: Chat) -> None:
    text = "<think>Hm</think>Hello"
    gateway.reply(Json(completion(text)), Json(completion(text)))
    assert chat().invoke("Hi").content == text
    split = chat(think_tags=True).invoke("Hi")
    assert (split.content, split.additional_kwargs) == ("Hello", {"reasoning_content": "Hm"})


def test_shared_clients_are_as_many_as_are_used_lately() -> None:
    cache = SettingsCache(limit=32)
    first = cache.get(key_of(httpx.Timeout(1.0), {"a": "b"}), dict)
    assert cache.get(key_of(httpx.Timeout(1.0), {"a": "b"}), dict) is first
    for number in range(100):
        cache.get(key_of(number), dict)
    assert len(cache.clear()) == 32


def test_no_messages_are_an_error(chat: Chat) -> None:
    with pytest.raises(ConfigurationError, match="messages"):
        chat().invoke([])
