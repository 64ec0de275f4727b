"""Programs of the documents and the examples, run as a user would, and as cheaply as may be."""

from __future__ import annotations

import os
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from llama_index.core import Settings
from llama_index.core.embeddings import loading as embeddings
from llama_index.core.llms import loading as llms


@dataclass
class Played:
    """How a program ended: a text given to `sys.exit` is one for stderr, with exit code 1."""

    exit: int | str | None
    stdout: str


Play = Callable[..., Played]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Play:
    """Runs a file as the main program, in this process: importing LlamaIndex anew takes seconds."""
    keep_what_all_tests_share(monkeypatch)
    # A model in llama.cpp takes less of the processors with one thread.
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0}, raising=False)

    def run(path: Path, **settings: str) -> Played:
        for name in [name for name in os.environ if name.startswith("RAMCLOUDS_")]:
            monkeypatch.delenv(name)
        for name, text in settings.items():
            monkeypatch.setenv(f"RAMCLOUDS_{name}", text)
        end: int | str | None = None
        try:
            runpy.run_path(str(path), run_name="__main__")
        except SystemExit as exc:
            end = exc.code
        shown = capsys.readouterr()
        assert shown.err == ""
        return Played(end, shown.out)

    return run


def keep_what_all_tests_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a program sets in the process (prices, defaults, tables of names) goes with it."""
    monkeypatch.setattr("ramclouds._prices.known._of_user", {})
    for name, value in vars(Settings).items():
        monkeypatch.setattr(Settings, name, value)
    for module, name in ((llms, "RECOGNIZED_LLMS"), (embeddings, "RECOGNIZED_EMBEDDINGS")):
        monkeypatch.setattr(module, name, dict(getattr(module, name)))
