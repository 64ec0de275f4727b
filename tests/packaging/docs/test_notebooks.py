"""Every notebook runs from its first cell to its last, and holds no output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tests.gateway import Gateway
from tests.packaging.docs.conftest import keep_what_all_tests_share

NOTEBOOKS = sorted((Path(__file__).parents[3] / "docs" / "notebooks").glob("*.ipynb"))


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[InteractiveShell]:
    """What runs the cells in a kernel, here without a process of its own and its imports."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.chdir(tmp_path)
    made: Any = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    yield made
    made.restore_sys_module_state()


# LlamaIndex's agents look at attributes of theirs that pydantic has deprecated.
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_runs(
    path: Path,
    gateway: Gateway,
    shell: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keep_what_all_tests_share(monkeypatch)
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)
    cells = nbformat.read(path, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code if cell.outputs] == []

    async def run() -> None:
        # A loop runs around each cell, as in a kernel.
        for cell in code:
            text = shell.transform_cell(cell.source)
            done = await shell.run_cell_async(cell.source, transformed_cell=text)
            done.raise_error()

    asyncio.run(run())

    shown = capsys.readouterr()
    assert shown.out
    assert shown.err == ""
