"""What a fresh interpreter loads, and what is in the wheel: as few processes as show it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.packaging.fresh import loaded_by, printed_by, tops
from tests.packaging.sources import ROOT

pytestmark = pytest.mark.process


def own(names: str) -> int:
    """How many modules of the project are among these: an import takes about 1 ms for each."""
    return sum("ramclouds" in name for name in names.split())


def test_names_that_load_late_are_found_by_their_packages() -> None:
    code = """
from unittest.mock import patch
import ramclouds, langchain_ramclouds, ramclouds.prompted as prompted
loaded = set(sys.modules)
for package in (ramclouds, langchain_ramclouds, prompted):
    assert set(package.__all__) <= set(dir(package)), package
assert set(sys.modules) == loaded
assert ramclouds.prices.Price is ramclouds.Price
assert langchain_ramclouds.embeddings.RamCloudsEmbeddings is langchain_ramclouds.RamCloudsEmbeddings
assert not hasattr(ramclouds, "Clients")
with patch("ramclouds.prices.cost_of") as mock:
    assert ramclouds.cost_of is mock
assert ramclouds.cost_of is ramclouds.prices.cost_of is not mock
"""
    printed_by(code)


def test_client_loads_no_framework_and_adapter_nothing_heavy() -> None:
    """In one process, from the lightest on: the frameworks take a second each."""
    modules = ("ramclouds", "ramclouds.local", "langchain_ramclouds")
    code = "\n".join(f"import {module}; print(*sys.modules)" for module in modules)
    printed = printed_by(code).splitlines()
    client, local, langchain = map(tops, printed)

    assert not client & {"httpx", "httpcore", "httptools", "anyio"}
    assert not {name for name in client if name.startswith(("langchain", "llama_index"))}
    assert "xllamacpp" not in local
    heavy = {"langchain", "langgraph", "openai", "transformers", "tiktoken", "numpy"}
    assert not langchain & heavy
    assert not {name for name in langchain if name.startswith("llama_index")}
    assert own(printed[0]) <= 7
    assert own(printed[2]) - own(printed[1]) <= 24


def test_adapter_without_its_framework_says_which_extra_to_install() -> None:
    code = """
for framework, adapter in (("langchain_core", "langchain"), ("llama_index.core", "llama_index")):
    sys.modules[framework] = None
    try:
        __import__(f"{adapter}_ramclouds")
    except ImportError as error:
        print(error)
"""
    first, second = printed_by(code).splitlines()
    assert 'pip install "ramclouds[langchain]"' in first
    assert 'pip install "ramclouds[llama-index]"' in second


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, unpacked."""
    made = tmp_path_factory.mktemp("wheel")
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(made), versions=["standard"]))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(made / "unpacked")
    return made / "unpacked"


def test_the_wheel_adds_two_files_to_llamaindexs_namespace(unpacked: Path) -> None:
    added = sorted(str(path.relative_to(unpacked)) for path in unpacked.glob("llama_index/**/*.py"))

    assert added == [
        "llama_index/embeddings/ramclouds/__init__.py",
        "llama_index/llms/ramclouds/__init__.py",
    ]


def test_llama_index_adapter_of_the_wheel_loads_nothing_heavy(unpacked: Path) -> None:
    code = """
import llama_index_ramclouds as ours
own = [name for name in sys.modules if "ramclouds" in name]
assert len(own) <= 27, own
import llama_index.llms.ramclouds as namespaced
import llama_index.core.llms, llama_index.embeddings.ramclouds as embeddings
assert namespaced.RamClouds is ours.RamClouds
assert namespaced.__all__ == embeddings.__all__ == ours.__all__
assert ours.__file__.startswith(sys.path[0]), ours.__file__
"""
    loaded = loaded_by(code, unpacked)
    assert not loaded & {"langchain_core", "langchain_ramclouds", "openai", "aiohttp", "xllamacpp"}
    assert not {name for name in loaded if name.startswith("langchain")}
