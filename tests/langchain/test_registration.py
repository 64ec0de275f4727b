"""Where LangChain builds a model from a string: what works, and what does not."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain.embeddings import init_embeddings
from langchain_core.runnables import ConfigurableField

from tests.gateway import Gateway
from tests.harness import each_row
from tests.langchain.conftest import Chat

FROM_STRINGS: dict[str, Any] = {
    "prefix": lambda: init_chat_model("ramclouds:gpt-5"),
    "provider": lambda: init_chat_model("gpt-5", model_provider="ramclouds"),
    "agent": lambda: create_agent("ramclouds:gpt-5"),
    "embeddings": lambda: init_embeddings("ramclouds:text-embedding-3-small"),
}


@each_row("kind", FROM_STRINGS)
def test_langchain_still_has_fixed_lists_of_providers(kind: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)provider"):
        FROM_STRINGS[kind]()


def test_model_of_a_call_comes_from_its_config(gateway: Gateway, chat: Chat) -> None:
    model = chat().configurable_fields(model=ConfigurableField("model"))
    model.invoke("Hi", config={"configurable": {"model": "claude-sonnet-4-5"}})
    model.invoke("Hi")
    assert [request.json["model"] for request in gateway.requests] == ["claude-sonnet-4-5", "gpt-5"]
