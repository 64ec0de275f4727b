"""What a fresh interpreter prints and loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.packaging.sources import ROOT


def printed_by(code: str, path: Path = ROOT) -> str:
    """What code prints in a fresh process, with a folder before everything else on its path."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(path)!r})\n{code}"],
        capture_output=True,
        text=True,
        cwd=path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by(code: str, path: Path = ROOT) -> set[str]:
    """Top-level modules in a process that ran only this."""
    return tops(printed_by(f"{code}\nprint(*sys.modules)", path))


def tops(names: str) -> set[str]:
    return {name.partition(".")[0] for name in names.split()}
