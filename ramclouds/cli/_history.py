"""The questions of earlier sessions, in a file that only the user can read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

readline: Any = None
with suppress(ImportError):  # Windows has none.
    readline = import_module("readline")

_LENGTH = 1000


def history_file() -> Path:
    """Where the questions are kept."""
    if sys.platform == "win32":
        folder = os.environ.get("LOCALAPPDATA") or "~"
    else:
        folder = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(folder).expanduser() / "ramclouds" / "history"


@contextmanager
def history() -> Iterator[None]:
    """Lets the arrow keys bring back earlier questions, and keeps those of the block."""
    path = history_file()
    if readline is None:
        yield
        return
    with suppress(OSError):
        readline.read_history_file(path)
    try:
        yield
    finally:
        # A file that cannot be written is no reason to end with an error.
        with suppress(OSError):
            _keep(path)


def _keep(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    readline.set_history_length(_LENGTH)
    readline.write_history_file(path)
    path.chmod(0o600)
