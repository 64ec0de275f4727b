"""Who imports whom, in fresh processes and in the source."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADAPTERS = {"langchain_ramclouds": "llama_index", "llama_index_ramclouds": "langchain"}
PRINT_MODULES = "import sys, {}; print(*sorted(sys.modules))"


def loaded_by(package: str) -> set[str]:
    """Top-level modules in a process that imported only this package."""
    code = PRINT_MODULES.format(package)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def imports_of(package: str) -> Iterator[tuple[str, str]]:
    """(file, module) for each import in a package."""
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: relative import"
                names = [node.module or ""]
                names += [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((str(path.relative_to(ROOT)), name) for name in names)


@pytest.mark.process
def test_client_loads_no_framework() -> None:
    loaded = loaded_by("ramclouds")
    assert not {name for name in loaded if name.startswith(("langchain", "llama_index"))}


@pytest.mark.process
@pytest.mark.parametrize(("adapter", "other"), ADAPTERS.items())
def test_adapter_does_not_load_the_other_framework(adapter: str, other: str) -> None:
    assert not {name for name in loaded_by(adapter) if name.startswith(other)}


@pytest.mark.parametrize(("adapter", "other"), ADAPTERS.items())
def test_adapter_imports_only_public_names(adapter: str, other: str) -> None:
    found = [
        (file, name)
        for file, name in imports_of(adapter)
        if name.startswith(other) or re.match(r"ramclouds\._(?!_version__)", name)
    ]
    assert found == []


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_adapter_knows_no_http(adapter: str) -> None:
    # httpx is there for the types of the two http_client fields, and nowhere else.
    outside = [
        (file, name)
        for file, name in imports_of(adapter)
        if name.partition(".")[0] in {"httpcore", "aiohttp", "httpx_aiohttp", "requests", "socket"}
    ]
    assert outside == []


def test_client_imports_no_framework() -> None:
    found = [
        (file, name)
        for file, name in imports_of("ramclouds")
        if name.startswith(("langchain", "llama_index"))
    ]
    assert found == []


@pytest.mark.process
def test_importing_the_client_is_light() -> None:
    # The HTTP libraries, the TLS context and the local model are only for those who use them.
    heavy = {"httpx", "httpcore", "httptools", "aiohttp", "httpx_aiohttp", "xllamacpp"}
    assert not heavy & loaded_by("ramclouds")
