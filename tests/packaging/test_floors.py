"""`make test-floors` runs what pyproject.toml allows at least."""

from __future__ import annotations

import re
from pathlib import Path

from tests.harness import each_row

ROOT = Path(__file__).parents[2]
LOWER_BOUND = re.compile(r'"([a-z-]+)>=([\d.]+)(?:,|")')
EXACT = re.compile(r"^([a-z-]+)==([\d.]+)", re.MULTILINE)


def numbers(version: str) -> list[int]:
    found = [int(one) for one in version.split(".")]
    return found + [0] * (3 - len(found))


@each_row("package", ["anyio", "httpx", "json-repair", "langchain-core", "llama-index-core"])
def test_oldest_allowed_version_is_tested(package: str) -> None:
    allowed = dict(LOWER_BOUND.findall((ROOT / "pyproject.toml").read_text("utf-8")))
    tested = dict(EXACT.findall((ROOT / "requirements" / "floors.txt").read_text("utf-8")))
    assert numbers(tested[package]) == numbers(allowed[package])


def test_files_that_run_on_the_oldest_versions_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    floors = makefile[makefile.index("FLOORS :=") : makefile.index("FLOORS_WITHOUT :=")]
    named = re.findall(r"tests/[\w/.]+", floors)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
