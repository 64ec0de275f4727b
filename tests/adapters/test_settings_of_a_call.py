"""Whatever the documents say that one call can set, each call takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from llama_index.core.base.llms.types import ChatMessage

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import Client
from ramclouds.bridge.body_fields import SETTINGS
from tests.adapters.asking import Way
from tests.gateway import Gateway, Json, Request, Response, Sse, completion, text_chunks
from tests.harness import each_row

DOCS = Path(__file__).parents[2] / "docs"

# One value for each; another for those that go beside others.
BODY: dict[str, Any] = {
    "temperature": 0.5,
    "max_tokens": 50,
    "top_p": 0.5,
    "frequency_penalty": 0.5,
    "presence_penalty": 0.5,
    "stop": ["end"],
    "max_completion_tokens": 50,
    "n": 1,
    "seed": 7,
    "logprobs": True,
    "top_logprobs": 2,
    "user": "an",
    "reasoning_effort": "low",
    "verbosity": "low",
    "thinking": {"type": "disabled"},
    "top_k": 5,
    "min_tokens": 1,
    "repetition_penalty": 1.1,
    "stream_options": {"include_usage": True},
    "logit_bias": {"1": 1},
    "modalities": ["text"],
    "audio": {"voice": "alloy", "format": "wav"},
    "prediction": {"type": "content", "content": "Hi"},
    "service_tier": "default",
    "store": False,
    "safety_identifier": "x",
    "prompt_cache_key": "x",
    "prompt_cache_retention": "24h",
    "web_search_options": {},
    "web_search": True,
    "enable_search": True,
    "search_parameters": {},
    "think": False,
    "enable_thinking": False,
    "reasoning_split": True,
    "chat_template_kwargs": {},
}
BESIDE: dict[str, Any] = {
    "extra_body": {"min_p": 0.1},
    "extra_headers": {"X-Trace": "42"},
    "timeout": 5,
    "stall_timeout": 5,
    "total_timeout": 5,
    "max_wait": 5,
    "fallback_models": ["glm-4.6"],
    "dialect": "none",
}
OF_ADAPTERS: dict[str, Any] = {
    "replay_reasoning": "never",
    "merge_system_messages": True,
    "media_in_history": "send",
    "tool_calling": "native",
    "on_unsupported": "fallback",
    "on_invalid_tool_calls": "return",
    "on_empty": "return",
    "empty_retries": 1,
}


def answer(request: Request) -> Response:
    return Sse(text_chunks()) if request.json.get("stream") else Json(completion())


def test_the_tables_hold_every_field_of_the_body() -> None:
    assert set(BODY) == set(SETTINGS)


@pytest.mark.parametrize("page", ["langchain", "llama_index"])
def test_the_tables_hold_what_the_documents_name(page: str) -> None:
    text = (DOCS / page / "settings.md").read_text()
    section = text.partition("## Settings of one call")[2].partition("\n## ")[0]
    assert set(re.findall(r"`(\w+)`", section)) == BESIDE.keys() | OF_ADAPTERS.keys()


@each_row("setting", [*BODY, *BESIDE, *OF_ADAPTERS])
async def test_each_call_takes_it(
    setting: str,
    gateway: Gateway,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    gateway.handler = answer
    given = {setting: (BODY | BESIDE | OF_ADAPTERS)[setting]}
    for way in (Way(is_async=False, is_streamed=True), Way(is_async=True, is_streamed=False)):
        assert (await way.langchain(chat(), [HumanMessage("Hi")], **given)).text
        assert (await way.llama_index(llm(), [ChatMessage("Hi")], **given)).message.content
    assert llm().complete("Hi", **given).text
    if setting not in OF_ADAPTERS:
        asked: Any = {"model": "gpt-5", "messages": [{"role": "user", "content": "Hi"}], **given}
        with Client(api_key="test-key", base_url=gateway.base_url) as client:
            assert client.complete(**asked).text
            assert list(client.stream(**asked))
