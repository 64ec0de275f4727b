"""Some of LangChain's standard integration tests, on a model of 135 million parameters.

Others need what it has not: eyes and ears (image, PDF and audio tests), another name
(`*_with_model_override`: the server answers with its own), a choice of tool by name
(`test_tool_choice`) and JSON without a grammar (`test_json_mode`): llama.cpp ignores both with
this model; and words to the point (`test_agent_loop`, `test_anthropic_inputs`, others with
tool results).
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests
from pydantic import BaseModel

from langchain_ramclouds import ChatRamClouds
from ramclouds.local import LocalServer


class _Local(ChatModelIntegrationTests):
    @property
    def chat_model_class(self) -> type[ChatRamClouds]:
        return ChatRamClouds

    @property
    def chat_model_params(self) -> dict[str, Any]:
        # The key and the URL are in the environment.
        return {"model": "local", "temperature": 0, "seed": 1, "max_tokens": 8}


@pytest.fixture
def suite(local_server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> _Local:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", local_server.api_key)
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", local_server.base_url)
    return _Local()


# One for each way of calling; all tests of the suite run on the tests' own gateway.
_PASSED = [
    "test_ainvoke",
    "test_stream",
    "test_astream_events_v3",
    "test_conversation",
    "test_usage_metadata_streaming",
]


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
@pytest.mark.parametrize("name", _PASSED)
async def test_local_model_passes(suite: _Local, name: str) -> None:
    model = ChatRamClouds(**suite.chat_model_params)
    outcome = getattr(suite, name)(model)
    if inspect.isawaitable(outcome):
        await outcome


def test_local_model_calls_a_tool(suite: _Local) -> None:
    suite.test_tool_calling(ChatRamClouds(**{**suite.chat_model_params, "max_tokens": 60}))


class _City(BaseModel):
    is_capital: bool


@pytest.mark.usefixtures("suite")
def test_a_grammar_holds_the_model_to_the_schema() -> None:
    """The suite's own schema holds texts of any length."""
    model = ChatRamClouds(model="local", temperature=0, max_tokens=30)
    structured = model.with_structured_output(_City, method="json_schema")
    assert isinstance(structured.invoke("Is Hanoi a capital?"), _City)
    *_, last = structured.stream("Is Hanoi a capital?")
    assert isinstance(last, _City)
