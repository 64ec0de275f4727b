"""The check of agents against any gateway, against one on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from langchain_ramclouds._connection import CLIENTS
from scripts.agents import main
from tests.agents import langchain, llama_index
from tests.gateway import Gateway
from tests.llama_index.conftest import core_leaves_open
from tests.llama_index.running import AGENT_MARKS

__all__ = ["core_leaves_open"]

pytestmark = AGENT_MARKS[:-1]


@pytest.fixture(autouse=True)
def named_gateway(
    core_leaves_open: None, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)
    yield
    # They hold connections of the loop that has ended.
    CLIENTS.clear()


def test_every_scenario_comes_through(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gpt-5", "deepseek-v3.2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 * (len(langchain.SCENARIOS) + len(llama_index.SCENARIOS)) + 2
    assert all(line.startswith("ok ") for line in lines)


def test_what_fails_is_named(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.model.unknown = {"no-such-model"}
    assert main(["no-such-model"]) == 1
    assert "FAILED  no-such-model LangChain tool_without_arguments" in capsys.readouterr().out
