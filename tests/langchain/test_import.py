"""Importing the adapter: what it needs, and what it leaves alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.process

_WITHOUT_LANGCHAIN = """
import sys
sys.modules["langchain_core"] = None
try:
    import langchain_ramclouds
except ImportError as exc:
    print(exc)
"""

_LOADED = """
import sys
import langchain_ramclouds
heavy = {"langchain", "langgraph", "llama_index", "openai", "transformers", "tiktoken", "numpy"}
print(sorted(heavy & set(sys.modules)))
"""


def _run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_without_langchain_the_error_names_the_extra() -> None:
    assert 'pip install "ramclouds[langchain]"' in _run(_WITHOUT_LANGCHAIN)


def test_import_loads_nothing_heavy() -> None:
    assert _run(_LOADED) == "[]"
