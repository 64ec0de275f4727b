"""Each test that the feature table names exists, and the code on the page runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import Settings

from tests.gateway import Gateway

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "llama_index.md").read_text("utf-8")
ROWS = [line for line in PAGE.splitlines() if "`test_" in line]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_the_named_tests_exist(row: str) -> None:
    module = ""
    for named in re.findall(r"`(test_\w+(?:::\w+)?)`", row):
        found, _, test = named.rpartition("::")
        module = found or (named if (HERE / f"{named}.py").exists() else module)
        if test != module:
            assert f"def {test}(" in (HERE / f"{module}.py").read_text("utf-8")


# Core's workflows look at every attribute of an agent.
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
def test_the_code_runs(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)
    monkeypatch.setattr(Settings, "_llm", None)
    names: dict[str, Any] = {}

    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(block, names)

    assert "Hello! You said: Paul Graham is" in capsys.readouterr().out
    names["llm"].close()
