"""What is installed and imported: the wheel's namespace, the missing extra, the names."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

# Builds the wheel: once, in one worker.
pytestmark = [pytest.mark.process, pytest.mark.xdist_group("wheel")]

ROOT = Path(__file__).parents[2]
BUILD = ("-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--no-index")


def _python(code: str, path: Path = ROOT) -> str:
    """Run code in a fresh process, with a folder before everything else on its path."""
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(path)!r})\n{code}"],
        capture_output=True,
        text=True,
        cwd=path,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, unpacked."""
    made = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, *BUILD, "--wheel-dir", str(made), str(ROOT)],
        capture_output=True,
        check=True,
    )
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(made / "unpacked")
    return made / "unpacked"


def test_the_wheel_adds_one_file_to_llamaindexs_namespace(unpacked: Path) -> None:
    added = sorted(str(path.relative_to(unpacked)) for path in unpacked.glob("llama_index/**/*.py"))

    assert added == ["llama_index/llms/ramclouds/__init__.py"]


def test_the_wheel_is_importable_from_the_namespace(unpacked: Path) -> None:
    code = (
        "import llama_index.llms.ramclouds as namespaced, llama_index_ramclouds as ours\n"
        "import llama_index.core.llms\n"
        "assert namespaced.RamClouds is ours.RamClouds\n"
        "assert namespaced.__all__ == ours.__all__\n"
        "print(ours.__file__)"
    )

    assert _python(code, unpacked).startswith(str(unpacked))


def test_without_its_extra_it_says_what_to_install() -> None:
    code = (
        "sys.modules['llama_index'] = sys.modules['llama_index.core'] = None\n"
        "try:\n"
        "    import llama_index_ramclouds\n"
        "except ImportError as error:\n"
        "    print(error)"
    )

    assert 'pip install "ramclouds[llama-index]"' in _python(code)


def test_importing_it_loads_nothing_that_only_some_need() -> None:
    code = (
        "import llama_index.core\n"
        "import llama_index_ramclouds\n"
        "print([name for name in ('langchain_core', 'langchain_ramclouds', 'openai', 'aiohttp',"
        " 'ramclouds.local') if name in sys.modules])"
    )

    assert _python(code) == "[]\n"
