"""Changes the client's decisions one at a time, and says which changes no test notices.

mutmut changes the functions, `scripts.constants` the tables and other constants around them.

python -m scripts.mutants [FILE ...]     of those in pyproject.toml, by default all
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tomllib

from scripts.constants import mutants_of, survivors

ROOT = Path(__file__).parent.parent
_SURVIVED, _UNTESTED = 0, 33
"""mutmut's exit codes; anything else is a test that failed, an error or a timeout."""


def main() -> int:
    """Run mutmut on a copy of the working tree; 0 if it ran to its end."""
    with tempfile.TemporaryDirectory() as scratch:
        copies = [Path(scratch) / str(number) for number in range(os.cpu_count() or 1)]
        for copy in copies:
            _copy_tree(copy)
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
        files = sys.argv[1:] or settings["only_mutate"]
        code = _run(copies[0], files)
        for path in sorted((copies[0] / "mutants").rglob("*.py.meta")):
            _report(copies[0], path)
        _report_constants(copies, files, settings)
        return code


def _copy_tree(copy: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)


def _run(copy: Path, files: Sequence[str]) -> int:
    _choose(copy / "pyproject.toml", files)
    # Its progress bar redraws itself a hundred times a mutant.
    command = [str(Path(sys.executable).with_name("mutmut")), "run"]
    log = Path(tempfile.gettempdir()) / "mutants.log"
    print(f"Mutating in {copy}; progress in {log}", flush=True)
    with log.open("wb") as progress:
        done = subprocess.run(
            command,
            cwd=copy,
            stdout=progress,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return done.returncode


def _choose(settings: Path, files: Sequence[str]) -> None:
    text = settings.read_text("utf-8")
    before, _, rest = text.partition("only_mutate = [")
    _, _, after = rest.partition("]")
    settings.write_text(f"{before}only_mutate = {json.dumps(list(files))}{after}", "utf-8")


def _report(copy: Path, meta: Path) -> None:
    results = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
    counts = list(results.values())
    if not counts:
        return
    alive = [name for name, code in results.items() if code in (_SURVIVED, _UNTESTED)]
    unknown = counts.count(None)
    killed = len(counts) - len(alive) - unknown
    file = meta.relative_to(copy / "mutants").with_suffix("")
    percent = 100 * killed / (len(counts) - unknown or 1)
    print(f"\n{file}: {killed} of {len(counts)} noticed ({percent:.1f} %), {unknown} not run")
    for name in alive:
        print(f"\n{name}")
        print("\n".join(_changed_lines(copy, name)), flush=True)


def _report_constants(copies: list[Path], files: Sequence[str], settings: dict[str, Any]) -> None:
    tests = [
        *settings["pytest_add_cli_args"],
        *settings["pytest_add_cli_args_test_selection"],
    ]
    made = [mutant for file in files for mutant in mutants_of(copies[0], file)]
    alive = survivors(copies, made, tests)
    for file in files:
        of_file = [mutant for mutant in made if mutant.file == file]
        left = [mutant for mutant in alive if mutant.file == file]
        print(f"\n{file}: {len(of_file) - len(left)} of {len(of_file)} constants noticed")
        for mutant in left:
            print(f"    line {mutant.line}: {mutant.before!r} became {mutant.after!r}", flush=True)


def _changed_lines(copy: Path, name: str) -> Iterator[str]:
    command = [str(Path(sys.executable).with_name("mutmut")), "show", name]
    shown = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False).stdout
    for line in shown.splitlines():
        if line[:1] in "+-" and line[:3] not in ("+++", "---"):
            yield f"    {line}"


if __name__ == "__main__":
    sys.exit(main())
