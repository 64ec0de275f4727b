"""The command `ramclouds`, of the extra `cli`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command with these arguments, or with those of the process; the exit code."""
    missing = [name for name in ("click", "rich") if find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"The command ramclouds needs {' and '.join(missing)}. Install the extra: "
            'pip install "ramclouds[cli]"\n'
        )
        return 1
    code: int = import_module("ramclouds.cli._commands").run(argv)
    return code
