"""Every notebook runs from its first cell to its last, and holds no output."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.gateway import Gateway

NOTEBOOKS = sorted((Path(__file__).parents[3] / "docs" / "notebooks").glob("*.ipynb"))


@pytest.mark.process
@pytest.mark.timeout(300)
def test_notebooks_run(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One after the other in one kernel, which forgets all names between two of them."""
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)
    notebooks = [nbformat.read(path, as_version=4) for path in NOTEBOOKS]
    code = [cell for one in notebooks for cell in one.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code if cell.outputs] == []

    together = nbformat.v4.new_notebook()
    for one in notebooks:
        together.cells += [*one.cells, nbformat.v4.new_code_cell("%reset -f")]
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(together, timeout=None, resources=where).execute()

    for path, one in zip(NOTEBOOKS, notebooks, strict=True):
        shown = [output for cell in one.cells for output in cell.get("outputs", ())]
        assert shown, path
        assert [
            output
            for output in shown
            if output.output_type == "error" or output.get("name") == "stderr"
        ] == [], path
