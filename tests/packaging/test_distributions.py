"""What is released: the same bytes each time, whole, and of one version and one address."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import yaml
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from ramclouds import __version__
from tests.harness import each_row

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = sorted((ROOT / "distributions").iterdir())
PACKAGES = ("ramclouds", "langchain_ramclouds", "llama_index_ramclouds")
NAMESPACE = {
    "llama_index/embeddings/ramclouds/__init__.py",
    "llama_index/embeddings/ramclouds/py.typed",
    "llama_index/llms/ramclouds/__init__.py",
    "llama_index/llms/ramclouds/py.typed",
}


def project_of(folder: Path) -> dict[str, Any]:
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    assert isinstance(project, dict)
    return project


def built(folder: Path, into: Path) -> dict[str, Path]:
    """The sdist and the wheel of a project, by the end of their names."""
    into.mkdir(exist_ok=True)
    for builder in (SdistBuilder, WheelBuilder):
        list(builder(str(folder)).build(directory=str(into), versions=["standard"]))
    sdist, wheel = sorted(into.iterdir(), key=lambda path: path.suffix)
    return {"sdist": sdist, "wheel": wheel}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return built(ROOT, tmp_path_factory.mktemp("release"))


@pytest.mark.process
def test_builds_are_the_same_bytes_also_from_the_sdist(
    release: dict[str, Path], tmp_path: Path
) -> None:
    with tarfile.open(release["sdist"]) as archive:
        archive.extractall(tmp_path)
    again = built(tmp_path / f"ramclouds-{__version__}", tmp_path / "again")

    assert {kind: digest(path) for kind, path in again.items()} == {
        kind: digest(path) for kind, path in release.items()
    }


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.process
def test_wheel_holds_the_packages_and_their_markers_alone(release: dict[str, Path]) -> None:
    ours = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
        # These become the files in LlamaIndex's namespace.
        if not path.name.startswith("_namespace")
    }
    with zipfile.ZipFile(release["wheel"]) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert held == ours | NAMESPACE
    assert {f"{package}/py.typed" for package in PACKAGES} <= held


@pytest.mark.process
def test_package_page_links_to_files_of_this_version(release: dict[str, Path]) -> None:
    with zipfile.ZipFile(release["wheel"]) as wheel:
        page = message_from_bytes(
            wheel.read(f"ramclouds-{__version__}.dist-info/METADATA")
        ).get_payload()
    links = re.findall(r"\]\(([^)#]+)", str(page))
    base = re.escape(project_of(ROOT)["urls"]["Repository"])
    paths = [re.fullmatch(rf"{base}/(?:blob|raw)/v{__version__}/(.+)", link) for link in links]

    assert [link for link in links if not link.startswith("https://")] == []
    assert [one[1] for one in paths if one and not (ROOT / one[1]).exists()] == []
    assert any(paths)


@pytest.mark.process
def test_guessed_names_install_what_they_name(release: dict[str, Path], tmp_path: Path) -> None:
    wheels = [built(folder, tmp_path / folder.name)["wheel"] for folder in DISTRIBUTIONS]
    # An environment that sees what is installed here, as if it were installed there.
    venv.create(tmp_path / "venv", symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
    (packages / "outer.pth").write_text(sysconfig.get_path("purelib"))

    # `pip check`, below, looks for what they need.
    pip = ("-m", "pip", "install", "--no-index", "--no-deps", "--no-compile", "--quiet")
    run(python, *pip, release["wheel"], *wheels)

    assert run(python, "-m", "pip", "check") == "No broken requirements found."
    # Not from here: the checkout is on no path of that process.
    modules = ("llama_index.llms.ramclouds", "langchain_ramclouds", "llama_index_ramclouds")
    code = (
        f"from importlib.util import find_spec\nfor one in {modules}: print(find_spec(one).origin)"
    )
    found = run(python, "-c", code).splitlines()
    assert [one for one in found if not one.startswith(str(packages))] == []
    assert len(found) == len(modules)
    # Found by its entry point.
    assert "ramclouds/gpt-5" in run(python, "-m", "llm", "models", "-q", "ramclouds")


def run(python: Path, *arguments: str | Path) -> str:
    done = subprocess.run(
        [python, *arguments],
        capture_output=True,
        text=True,
        cwd=python.parent,
        check=False,
        env={"LLM_USER_PATH": str(python.parent)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_other_distributions_follow_the_version(folder: Path) -> None:
    project = project_of(folder)
    (requirement,) = [one for one in project["dependencies"] if one.startswith("ramclouds")]

    assert project["name"] == folder.name
    assert project["version"] == __version__
    assert re.sub(r"\[[a-z-]+\]", "", requirement) == f"ramclouds=={__version__}"


def test_citation_follows_the_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == __version__
    assert citation["repository-code"] == project_of(ROOT)["urls"]["Repository"]


@each_row(
    "path",
    [
        ROOT / "README.md",
        ROOT / "docs" / "start.md",
        ROOT / "pyproject.toml",
        ROOT / "SECURITY.md",
        ROOT / "mkdocs.yml",
        ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml",
        *(folder / name for folder in DISTRIBUTIONS for name in ("pyproject.toml", "README.md")),
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_repository_has_one_address(path: Path) -> None:
    repository = project_of(ROOT)["urls"]["Repository"]
    found = set(re.findall(r"https://github\.com/[\w.-]+/[\w.-]+", path.read_text("utf-8")))

    assert re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", repository)
    assert found == {repository}


def test_each_python_is_named_everywhere() -> None:
    named = re.findall(r"Python :: (3\.\d+)", " ".join(project_of(ROOT)["classifiers"]))
    tests = workflow("ci")["jobs"]["tests"]
    nox = re.findall(r'"(3\.\d+)"', (ROOT / "noxfile.py").read_text("utf-8"))

    assert tests["strategy"]["matrix"]["python"] == named == nox
    assert f">={named[0]}" == project_of(ROOT)["requires-python"]
    assert sys.version_info[:2] in [tuple(map(int, one.split("."))) for one in named]


def test_actions_are_pinned_and_publishing_needs_no_token() -> None:
    used = re.findall(
        r"uses: (\S+)", "".join(path.read_text() for path in (ROOT / ".github").rglob("*.yml"))
    )
    publish = workflow("release")["jobs"]["publish"]

    assert used
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@v\d+(\.\d+)*", one)] == []
    assert publish["permissions"] == {"id-token": "write"}
    assert "with" not in publish["steps"][-1]


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "docs" / "local-model.md"])
def test_lines_without_a_key_install_what_the_program_imports(path: Path) -> None:
    text = path.read_text("utf-8")
    block = re.search(r"^pip install.*\n.*ramclouds\.local fetch$", text, re.M)
    assert block is not None
    program = text[block.end() :].split("```python\n")[1].split("```")[0]
    extras = {
        "langchain_ramclouds": "langchain",
        "llama_index": "llama-index",
        "ramclouds.local": "local",
    }
    imported = re.findall(r"^from ([\w.]+) import", program, re.M)

    assert "ramclouds.local" in imported
    assert {extras[one] for one in imported if one in extras} <= set(
        re.findall(r"[\w-]+", block[0])
    )


def workflow(name: str) -> dict[str, Any]:
    path = ROOT / ".github" / "workflows" / f"{name}.yml"
    loaded = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded
