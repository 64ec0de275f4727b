"""Every code block of the README and of docs/ works as it stands."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from importlib.metadata import metadata
from pathlib import Path

import pytest

from ramclouds import __version__
from scripts import pages
from tests.gateway import Gateway
from tests.harness import each_row
from tests.packaging.docs.conftest import Play
from tests.packaging.sources import public_modules

# LlamaIndex's agents look at attributes of theirs that pydantic has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES]
# They name files of this repository as they are now; a decision names those of its time.
MAPS = [ROOT / "CONTRIBUTING.md", DOCS / "inside" / "architecture.md"]
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.M | re.S)
# A whole file of an application. It is read, not run: its packages are not installed here.
FILE = re.compile(r'^```python title="[\w.]+"\n(?P<code>.*?)^```$', re.M | re.S)
OURS = ("ramclouds", "langchain_ramclouds", "llama_index_ramclouds")

README = ROOT / "README.md"


def blocks(path: Path, language: str) -> list[tuple[int, str]]:
    """Blocks with the line they begin in."""
    text = path.read_text()
    return [
        (text.count("\n", 0, block.start()) + 1, block["code"])
        for block in BLOCK.finditer(text)
        if block["language"] == language
    ]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some blocks write files."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "code", [pytest.param(code, id=f"line {line}") for line, code in blocks(README, "python")]
)
def test_python_block_of_the_readme_runs_alone(
    code: str, gateway: Gateway, play: Play, tmp_path: Path
) -> None:
    run(code, gateway, play, tmp_path)


WITH_PYTHON = [path for path in PAGES if blocks(path, "python")]


@pytest.mark.parametrize("path", WITH_PYTHON, ids=lambda path: str(path.relative_to(DOCS)))
def test_python_blocks_of_a_page_run_one_after_the_other(
    path: Path, gateway: Gateway, play: Play, tmp_path: Path
) -> None:
    run("\n".join(code for _, code in blocks(path, "python")), gateway, play, tmp_path)


def run(code: str, gateway: Gateway, play: Play, folder: Path) -> None:
    program = folder / "program.py"
    program.write_text(code)
    played = play(program, API_KEY="test-key", BASE_URL=gateway.base_url)
    assert played.exit is None


def test_files_of_applications_are_python_and_import_what_we_have() -> None:
    found = [code["code"] for path in DOCUMENTS for code in FILE.finditer(path.read_text())]
    imported = [
        (node.module, alias.name)
        for code in found
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(OURS)
        for alias in node.names
    ]

    assert imported
    assert [one for one in imported if not hasattr(import_module(one[0]), one[1])] == []


def test_every_python_block_is_run_or_named_as_a_file() -> None:
    begun = [(path.name, path.read_text().count("```python")) for path in DOCUMENTS]
    seen = [
        (path.name, len(blocks(path, "python")) + len(FILE.findall(path.read_text())))
        for path in DOCUMENTS
    ]
    assert seen == begun


def test_console_blocks_name_what_exists() -> None:
    code = "\n".join(code for path in DOCUMENTS for _, code in blocks(path, "console"))
    extras = set(metadata("ramclouds").get_all("Provides-Extra") or ())
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))

    assert set(re.findall(r"^make ([a-z-]+)", code, re.M)) <= targets
    named = ",".join(re.findall(r"ramclouds\[([a-z0-9,-]+)\]", code))
    assert set(named.split(",")) - {""} <= extras


def test_links_lead_somewhere() -> None:
    links = [
        (path, link)
        for path in DOCUMENTS
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text())
    ]

    assert [(path, link) for path, link in links if not (path.parent / link).exists()] == []


def test_navigation_has_each_page_once() -> None:
    """A new page needs a line under `nav:` in mkdocs.yml."""
    text = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    named = re.findall(r"([\w/.-]+\.md)$", text, re.M)

    # A notebook becomes a page of the site.
    found = [*PAGES, *(path.with_suffix(".md") for path in DOCS.rglob("*.ipynb"))]
    assert sorted(named) == sorted(str(path.relative_to(DOCS)) for path in found)


def test_reference_shows_every_public_module() -> None:
    """A new public module needs a line `::: name` in a page of docs/reference/."""
    text = "".join(path.read_text() for path in (DOCS / "reference").glob("*.md"))
    shown = set(re.findall(r"^::: (\S+)$", text, re.M))

    # Their names are shown with the package, the client's under its class.
    with_package = {
        "ramclouds",
        "ramclouds.bridge",
        "langchain_ramclouds.chat_models",
        "langchain_ramclouds.embeddings",
        "llama_index_ramclouds.embeddings",
        "llama_index_ramclouds.llm",
    }
    assert set(public_modules()) - with_package - shown == set()


@each_row("page", pages.tables())
def test_tables_of_a_page_are_those_of_the_code(page: str) -> None:
    text = (DOCS / page).read_text()
    assert text == pages.written(text, pages.tables()[page]), "Run: make pages"


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.name)
def test_named_files_exist(path: Path) -> None:
    named = re.findall(r"`((?:\w+/)+[\w.]*|\w+/\w+\.\w+)`", path.read_text())

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_comparison_names_test_files_that_exist() -> None:
    page = (DOCS / "comparison.md").read_text()
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


def test_rag_of_the_readme_is_short() -> None:
    (code,) = [code for _, code in blocks(README, "python") if "VectorStoreIndex" in code]
    assert len(code.splitlines()) <= 10
