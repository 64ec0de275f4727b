"""Every code block of the README and of docs/ works as it stands."""

from __future__ import annotations

import re
from importlib.metadata import metadata
from pathlib import Path

import pytest

from ramclouds import __version__
from ramclouds.local import LocalServer
from tests.gateway import Gateway
from tests.packaging.docs.conftest import Play

# LlamaIndex's agents look at attributes of theirs that pydantic has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")

ROOT = Path(__file__).parents[3]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
# They name files of this repository as they are now; a decision names those of its time.
MAPS = [ROOT / "CONTRIBUTING.md", ROOT / "docs" / "architecture.md"]
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.M | re.S)


README = ROOT / "README.md"


def blocks(path: Path, language: str) -> list[tuple[int, str]]:
    """Blocks with the line they begin in."""
    text = path.read_text()
    return [
        (text.count("\n", 0, block.start()) + 1, block["code"])
        for block in BLOCK.finditer(text)
        if block["language"] == language
    ]


@pytest.mark.parametrize(
    "code", [pytest.param(code, id=f"line {line}") for line, code in blocks(README, "python")]
)
def test_python_block_of_the_readme_runs_alone(
    code: str, gateway: Gateway, play: Play, tmp_path: Path
) -> None:
    run(code, gateway, play, tmp_path)


@pytest.mark.parametrize("path", DOCUMENTS[2:], ids=lambda path: path.name)
def test_python_blocks_of_a_document_run_one_after_the_other(
    path: Path, gateway: Gateway, play: Play, tmp_path: Path
) -> None:
    run("\n".join(code for _, code in blocks(path, "python")), gateway, play, tmp_path)


def run(code: str, gateway: Gateway, play: Play, folder: Path) -> None:
    program = folder / "program.py"
    program.write_text(code)
    played = play(program, API_KEY="test-key", BASE_URL=gateway.base_url)
    assert played.exit is None


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_console_blocks_name_what_exists(path: Path) -> None:
    code = "\n".join(code for _, code in blocks(path, "console"))
    extras = set(metadata("ramclouds").get_all("Provides-Extra") or ())
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))

    assert set(re.findall(r"^make ([a-z-]+)", code, re.M)) <= targets
    named = ",".join(re.findall(r"ramclouds\[([a-z0-9,-]+)\]", code))
    assert set(named.split(",")) - {""} <= extras


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text())

    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.name)
def test_named_files_exist(path: Path) -> None:
    named = re.findall(r"`((?:\w+/)+[\w.]*|\w+/\w+\.\w+)`", path.read_text())

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_comparison_names_test_files_that_exist() -> None:
    page = (ROOT / "docs" / "comparison.md").read_text()
    _, langchain, llama_index = re.split(r"^## Lang.*|^## Llama.*", page, flags=re.M)

    assert missing_files(langchain, ROOT / "tests" / "langchain") == []
    assert missing_files(llama_index, ROOT / "tests" / "llama_index") == []


def missing_files(table: str, folder: Path) -> list[str]:
    named = re.findall(r"`([\w/.]*test_\w+\.py)`", table)
    assert named
    return sorted({name for name in named if not (folder / name).exists()})


def test_changelog_begins_with_the_unreleased_or_this_version() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.M)

    assert headings[0] == "Unreleased"
    assert headings[1:2] in ([], [__version__])


def test_rag_of_the_readme_runs_on_the_local_model(
    play: Play, tmp_path: Path, local_server: LocalServer
) -> None:
    (code,) = [code for _, code in blocks(README, "python") if "VectorStoreIndex" in code]
    assert len(code.splitlines()) <= 10
    program = tmp_path / "program.py"
    program.write_text(code)
    played = play(program, API_KEY=local_server.api_key, BASE_URL=local_server.base_url)
    assert played.exit is None
    assert played.stdout.strip()
